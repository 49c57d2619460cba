//! Where a node stands, and whether an edit there does what it should.

use std::ops::Range;

use super::PatchError;
use super::layout::Layout;
use crate::text::{Edit, Span, edit};
use crate::yaml::{
    AnchorId, Document, Kind, Locator, Node, Origin, Scalar, Style, comments, parse,
    scalar::reads_as_text,
};

/// A child of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Key(usize),
    Value(usize),
    Item(usize),
}

/// The way from the documents of a text to one node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path {
    pub(super) document: usize,
    pub(super) steps: Vec<Step>,
}

/// The documents of a text, or of a literal block within one, and the node that matters in them.
struct Level {
    documents: Vec<Document>,
    path: Path,
}

/// A node in its source text, found again by its span. Trees handed in may be expanded or merged; the
/// trees here are what the text itself says.
pub(super) struct Site<'s> {
    pub(super) layout: Layout<'s>,
    /// Around the node: literal blocks that hold YAML, outermost first. Each path leads to the next block.
    holders: Vec<Level>,
    level: Level,
}

impl<'s> Site<'s> {
    pub(super) fn find(source: &'s str, target: &Node) -> Result<Self, PatchError> {
        let Origin::Read(span) = target.origin else {
            return Err(PatchError::NotInText);
        };
        let unreadable = |_| PatchError::NotInText;
        let mut holders = Vec::new();
        let mut documents = parse(source, &Locator::File(span.file)).map_err(unreadable)?;
        loop {
            let is_target = |node: &Node| node.origin == target.origin && same_kind(node, target);
            if let Some(path) = path_to(&documents, &is_target) {
                return Ok(Self {
                    layout: Layout::new(source),
                    holders,
                    level: Level { documents, path },
                });
            }
            let path =
                path_to(&documents, &|node| holds(node, span)).ok_or(PatchError::NotInText)?;
            let holder = resolve(&documents, &path).ok_or(PatchError::NotInText)?;
            let content = holder.text().unwrap_or_default();
            let place = Locator::inside(source, holder.span(), content);
            let inner = parse(content, &place).map_err(unreadable)?;
            holders.push(Level { documents, path });
            documents = inner;
        }
    }

    /// The node as the text has it.
    pub(super) fn node(&self) -> &Node {
        // `find` made the path from these documents.
        resolve(&self.level.documents, &self.level.path)
            .unwrap_or(&self.level.documents[self.level.path.document].root)
    }

    /// The range of the node's content.
    pub(super) fn range(&self) -> Range<usize> {
        let range = self.node().span().range();
        range.start..self.layout.content_end(&range)
    }

    /// The node this one stands in, and how to get from there to here.
    pub(super) fn parent(&self) -> Option<(&Node, Step)> {
        let (step, steps) = self.level.path.steps.split_last()?;
        let path = Path {
            document: self.level.path.document,
            steps: steps.to_vec(),
        };
        Some((resolve(&self.level.documents, &path)?, *step))
    }

    /// Whether a flow map or flow list holds the node.
    pub(super) fn in_flow(&self) -> bool {
        let path = &self.level.path;
        let Some(document) = self.level.documents.get(path.document) else {
            return false;
        };
        let mut node = Some(&document.root);
        path.steps.iter().any(|step| {
            let flow = node.is_some_and(|node| self.is_flow(node));
            node = node.and_then(|node| child(node, *step));
            flow
        })
    }

    /// Whether a map or list is written in brackets.
    pub(super) fn is_flow(&self, node: &Node) -> bool {
        self.layout.is_flow(node)
    }

    /// The end of the key's colon, or of the anchor behind it, where the value begins below the key; else `below`.
    pub(super) fn key_end(&self, below: usize) -> usize {
        let layout = self.layout;
        let Some((parent, Step::Value(at))) = self.parent() else {
            return below;
        };
        let key = parent.as_mapping().and_then(|entries| entries.get(at));
        let start = key.map_or(below, |entry| entry.key.span().range().end);
        let line_end = layout.cursor.line_end(start);
        let line = &layout.source[start..line_end];
        let content = line.find(" #").map_or(line, |comment| &line[..comment]);
        start + content.trim_end().len()
    }

    /// The documents around the node, for the habits of their author.
    pub(super) fn documents(&self) -> &[Document] {
        &self.level.documents
    }

    /// Tries the edit: afterwards the text must parse to the same documents but for `change` at this node.
    pub(super) fn verified(
        &self,
        edit: Edit,
        change: impl FnOnce(&mut Node),
    ) -> Result<Edit, PatchError> {
        let after = self.tried(std::slice::from_ref(&edit))?;
        let found = self.read_again(&after)?;
        let mut expected = self.level.documents.clone();
        change(resolve_mut(&mut expected, &self.level.path).ok_or(PatchError::Entangled)?);
        if same_documents(&expected, found.documents()) {
            Ok(edit)
        } else {
            Err(PatchError::Entangled)
        }
    }

    /// The text after some edits.
    pub(super) fn tried(&self, edits: &[Edit]) -> Result<String, PatchError> {
        edit::apply(self.layout.source, edits).map_err(|_| PatchError::Entangled)
    }

    /// The same place in a changed text. Nothing may differ around the literal blocks that hold it.
    pub(super) fn read_again<'a>(&self, after: &'a str) -> Result<Site<'a>, PatchError> {
        let file = Locator::File(self.node().span().file);
        let unreadable = |_| PatchError::Entangled;
        let mut documents = parse(after, &file).map_err(unreadable)?;
        let mut holders = Vec::with_capacity(self.holders.len());
        for holder in &self.holders {
            let block = resolve(&documents, &holder.path);
            let block = block.ok_or(PatchError::Entangled)?;
            let text = block.as_scalar().ok_or(PatchError::Entangled)?.clone();
            let place = Locator::inside(after, block.span(), &text.text);
            let mut expected = holder.documents.clone();
            let old = resolve_mut(&mut expected, &holder.path).ok_or(PatchError::Entangled)?;
            old.kind = Kind::Scalar(text.clone());
            if !same_documents(&expected, &documents) {
                return Err(PatchError::Entangled);
            }
            let inner = parse(&text.text, &place).map_err(unreadable)?;
            let path = holder.path.clone();
            holders.push(Level { documents, path });
            documents = inner;
        }
        let path = self.level.path.clone();
        resolve(&documents, &path).ok_or(PatchError::Entangled)?;
        Ok(Site {
            layout: Layout::new(after),
            holders,
            level: Level { documents, path },
        })
    }

    /// The document that holds the node.
    pub(super) fn document(&self) -> Option<&Document> {
        self.level.documents.get(self.level.path.document)
    }

    /// The way from the document to the node as keys and list indexes; `None` when the node is or is in a key.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        let mut node = &self.document()?.root;
        let mut keys = Vec::new();
        for step in &self.level.path.steps {
            keys.push(match step {
                Step::Key(_) => return None,
                Step::Value(at) => node.as_mapping()?.get(*at)?.key.text()?.to_owned(),
                Step::Item(at) => at.to_string(),
            });
            node = child(node, *step)?;
        }
        Some(keys)
    }

    /// The way from the documents to the node.
    pub(super) fn path(&self) -> &Path {
        &self.level.path
    }

    /// Whether a comment stands in a part of the text; a `#` within a value is none.
    pub(super) fn has_comment(&self, range: &Range<usize>) -> bool {
        let file = self.node().span().file;
        comments(self.layout.source, file, self.documents())
            .iter()
            .any(|comment| range.contains(&(comment.span.start as usize)))
    }
}

fn same_kind(a: &Node, b: &Node) -> bool {
    std::mem::discriminant(&a.kind) == std::mem::discriminant(&b.kind)
}

/// Whether a node is a literal block around a span.
fn holds(node: &Node, span: Span) -> bool {
    let own = node.span();
    node.as_scalar().is_some_and(|s| s.style == Style::Literal)
        && own.file == span.file
        && own.start <= span.start
        && span.end <= own.end
}

fn path_to(documents: &[Document], wanted: &dyn Fn(&Node) -> bool) -> Option<Path> {
    documents
        .iter()
        .enumerate()
        .find_map(|(document, content)| {
            let mut steps = Vec::new();
            search(&content.root, wanted, &mut steps).then_some(Path { document, steps })
        })
}

fn search(node: &Node, wanted: &dyn Fn(&Node) -> bool, steps: &mut Vec<Step>) -> bool {
    if wanted(node) {
        return true;
    }
    let mut descend = |step: Step, child: &Node| {
        steps.push(step);
        let found = search(child, wanted, steps);
        if !found {
            steps.pop();
        }
        found
    };
    match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => false,
        Kind::Sequence(items) => items
            .iter()
            .enumerate()
            .any(|(at, item)| descend(Step::Item(at), item)),
        Kind::Mapping(entries) => entries.iter().enumerate().any(|(at, entry)| {
            descend(Step::Key(at), &entry.key) || descend(Step::Value(at), &entry.value)
        }),
    }
}

/// The node at the end of a way.
pub(super) fn resolve<'d>(documents: &'d [Document], path: &Path) -> Option<&'d Node> {
    let root = &documents.get(path.document)?.root;
    path.steps
        .iter()
        .try_fold(root, |node, step| child(node, *step))
}

/// One step of a way.
pub(super) fn child(node: &Node, step: Step) -> Option<&Node> {
    match step {
        Step::Key(at) => node.as_mapping()?.get(at).map(|entry| &entry.key),
        Step::Value(at) => node.as_mapping()?.get(at).map(|entry| &entry.value),
        Step::Item(at) => node.as_sequence()?.get(at),
    }
}

/// The node at the end of a way, to change it.
pub(super) fn resolve_mut<'d>(documents: &'d mut [Document], path: &Path) -> Option<&'d mut Node> {
    let root = &mut documents.get_mut(path.document)?.root;
    path.steps.iter().try_fold(root, |node, step| match *step {
        Step::Key(at) => node.as_mapping_mut()?.get_mut(at).map(|e| &mut e.key),
        Step::Value(at) => node.as_mapping_mut()?.get_mut(at).map(|e| &mut e.value),
        Step::Item(at) => node.as_sequence_mut()?.get_mut(at),
    })
}

/// Whether two rows of documents say the same.
pub(super) fn same_documents(a: &[Document], b: &[Document]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(a, b)| same(&a.root, &b.root, &mut Vec::new()))
}

/// Whether two trees say the same, with the same tags and anchors, wherever they stand. `anchors` pairs the
/// numbers of anchors seen so far, since they shift when one is removed.
fn same(a: &Node, b: &Node, anchors: &mut Vec<(AnchorId, AnchorId)>) -> bool {
    let anchor = |node: &Node| node.properties.as_ref().and_then(|p| p.anchor);
    match (anchor(a), anchor(b)) {
        (None, None) => {}
        (Some(a), Some(b)) => anchors.push((a, b)),
        _ => return false,
    }
    if a.tag() != b.tag() {
        return false;
    }
    match (&a.kind, &b.kind) {
        (Kind::Scalar(a), Kind::Scalar(b)) => same_scalar(a, b),
        (Kind::Sequence(a), Kind::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, anchors))
        }
        (Kind::Mapping(a), Kind::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| {
                    same(&a.key, &b.key, anchors) && same(&a.value, &b.value, anchors)
                })
        }
        (Kind::Alias(a), Kind::Alias(b)) => anchors.contains(&(*a, *b)),
        _ => false,
    }
}

/// Quotes may differ as long as both are strings to everyone.
fn same_scalar(a: &Scalar, b: &Scalar) -> bool {
    let is_text = |scalar: &Scalar| scalar.style != Style::Plain || reads_as_text(&scalar.text);
    a.text == b.text && (a.style == b.style || (is_text(a) && is_text(b)))
}
