//! The documents that a Cluster's fields are written in: its own, and strategic merge patches.

use crate::model::cluster::Cluster;
use crate::model::object::CNPG_GROUP;
use crate::project::Project;
use crate::text::{FileId, Span};
use crate::yaml::{Document, Kind, Locator, Node, Origin, Style, comments, expand, parse};

/// A document with fields of a Cluster, as it is written.
pub(super) struct Holder {
    /// The file.
    pub(super) file: FileId,
    /// The document, with aliases and merge keys.
    pub(super) document: Document,
    /// The same with aliases and merge keys resolved.
    pub(super) expanded: Node,
    /// Whether this is the Cluster itself; else it is a patch.
    pub(super) is_resource: bool,
    /// Whether it is a text within a kustomization.
    pub(super) inline: bool,
}

impl Holder {
    /// Where the document begins: what tells holders apart.
    pub(super) fn place(&self) -> Span {
        self.document.root.span()
    }

    /// The value at a path of keys, aliases resolved.
    pub(super) fn get(&self, path: &[&str]) -> Option<&Node> {
        self.expanded.at(path).filter(|node| !node.is_null())
    }

    /// Whether the place lies in this document.
    pub(super) fn encloses(&self, place: Span) -> bool {
        encloses(&self.document.root, place)
    }

    /// The texts of the comments in a range of the file, each with its `#`.
    pub(super) fn comments(&self, text: &str, range: std::ops::Range<usize>) -> Vec<String> {
        comments(text, self.file, std::slice::from_ref(&self.document))
            .into_iter()
            .filter(|comment| {
                range.start <= comment.span.start as usize && comment.span.end as usize <= range.end
            })
            .map(|comment| text[comment.span.range()].trim_end().to_owned())
            .collect()
    }
}

fn encloses(node: &Node, place: Span) -> bool {
    let own = node.span();
    own.file == place.file && own.start <= place.start && place.end <= own.end
}

/// The place of every key and scalar at or below a path of a rendered Cluster.
///
/// # Errors
/// The place of what makes a value, where that is no place of the value itself.
pub(super) fn places(cluster: &Cluster, path: &[&str]) -> Result<Vec<Span>, Span> {
    fn walk(node: &Node, found: &mut Vec<Span>) -> Result<(), Span> {
        match &node.kind {
            Kind::Scalar(_) => match node.origin {
                Origin::Read(span) => found.push(span),
                Origin::Made { by } => return Err(by),
            },
            Kind::Sequence(items) => items.iter().try_for_each(|item| walk(item, found))?,
            Kind::Mapping(entries) => entries
                .iter()
                .try_for_each(|entry| walk(&entry.value, found))?,
            Kind::Alias(_) => {}
        }
        Ok(())
    }
    let mut found = Vec::new();
    if let Some(node) = cluster.object.find(path) {
        walk(node, &mut found)?;
    }
    Ok(found)
}

/// The document that holds a place; `None` where that is no Cluster and no patch in the form of one.
pub(super) fn holding(project: &Project, place: Span, cluster: &Cluster) -> Option<Holder> {
    let parsed = project.parsed.get(&place.file)?;
    let documents = parsed.as_ref().as_ref().ok()?;
    let document = documents
        .iter()
        .find(|document| encloses(&document.root, place))?;
    let source = cluster.object.source();
    if is_cluster(&document.root) {
        return holder(
            document.clone(),
            document.root.get("kind")?.span() == source,
            false,
        );
    }
    let text = &project.sources.file(place.file).text;
    let inner = inline(text, &document.root, place)?;
    is_cluster(&inner.root)
        .then(|| holder(inner, false, true))
        .flatten()
}

fn holder(document: Document, is_resource: bool, inline: bool) -> Option<Holder> {
    Some(Holder {
        file: document.root.span().file,
        expanded: expand(&document).ok()?,
        document,
        is_resource,
        inline,
    })
}

fn is_cluster(root: &Node) -> bool {
    let text = |key: &str| root.get(key).and_then(Node::text);
    let group = text("apiVersion").and_then(|version| version.split('/').next());
    group == Some(CNPG_GROUP) && text("kind") == Some("Cluster")
}

/// The document written in a literal block of `node`, where that holds the place.
fn inline(text: &str, node: &Node, place: Span) -> Option<Document> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.style == Style::Literal => {
            let content = scalar.text.trim_end();
            if content.starts_with(char::is_whitespace) {
                return None;
            }
            let locator = Locator::inside(text, node.span(), &scalar.text);
            let documents = parse(content, &locator).ok()?;
            documents
                .into_iter()
                .find(|document| encloses(&document.root, place))
        }
        Kind::Scalar(_) | Kind::Alias(_) => None,
        Kind::Sequence(items) => items
            .iter()
            .filter(|item| encloses(item, place))
            .find_map(|item| inline(text, item, place)),
        Kind::Mapping(entries) => entries
            .iter()
            .filter(|entry| encloses(&entry.value, place))
            .find_map(|entry| inline(text, &entry.value, place)),
    }
}
