//! Aliases and merge keys resolved.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::text::Span;

use super::parse::MAX_DEPTH;
use super::{AnchorId, Document, Entry, Kind, Node, Properties, Style};

/// Most nodes that aliases of one document may add.
const MAX_ALIASED: usize = 200_000;

/// Why a document cannot be expanded.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ExpandError {
    /// An alias names no anchor above it in its document.
    #[error("alias names no anchor of this document")]
    UnknownAlias(Span),
    /// An alias stands inside the node it names.
    #[error("alias refers to a node that contains it")]
    Cyclic(Span),
    /// Expansion would make more nodes or levels than the limit: an alias bomb.
    #[error("aliases expand to more than {limit} nodes or {MAX_DEPTH} levels")]
    TooLarge {
        /// The alias at which the limit was passed.
        span: Span,
        /// Most nodes the aliases of one document may add.
        limit: usize,
    },
    /// `<<` holds something that is not a map or a list of maps.
    #[error("merge key needs a map or a list of maps")]
    BadMerge(Span),
}

impl ExpandError {
    /// The place of the problem.
    pub fn span(&self) -> Span {
        match self {
            Self::UnknownAlias(span)
            | Self::Cyclic(span)
            | Self::BadMerge(span)
            | Self::TooLarge { span, .. } => *span,
        }
    }
}

/// A copy of the document's root without aliases and merge keys.
///
/// The map's own keys win over merged ones; in a list of maps the earlier one wins. What an alias brings keeps
/// the place of the anchored text, since that is where it has to be edited.
///
/// # Errors
/// When an alias cannot be resolved or the result would be too large.
pub fn expand(document: &Document) -> Result<Node, ExpandError> {
    let mut anchors = BTreeMap::new();
    collect(&document.root, &mut anchors);
    if anchors.is_empty() && !has_merge_or_alias(&document.root) {
        return Ok(document.root.clone());
    }
    Expander {
        anchors,
        open: Vec::new(),
        within_alias: 0,
        aliased: 0,
        depth: 0,
    }
    .node(&document.root)
}

fn collect<'n>(node: &'n Node, anchors: &mut BTreeMap<AnchorId, &'n Node>) {
    if let Some(id) = node
        .properties
        .as_ref()
        .and_then(|properties| properties.anchor)
    {
        anchors.insert(id, node);
    }
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| collect(item, anchors)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| {
            collect(&entry.key, anchors);
            collect(&entry.value, anchors);
        }),
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
}

fn has_merge_or_alias(node: &Node) -> bool {
    match &node.kind {
        Kind::Alias(_) => true,
        Kind::Scalar(_) => false,
        Kind::Sequence(items) => items.iter().any(has_merge_or_alias),
        Kind::Mapping(entries) => entries.iter().any(|entry| {
            is_merge(&entry.key)
                || has_merge_or_alias(&entry.key)
                || has_merge_or_alias(&entry.value)
        }),
    }
}

/// Whether this key is `<<` as written by people: plain, or tagged as a merge.
fn is_merge(key: &Node) -> bool {
    let plain = key
        .as_scalar()
        .is_some_and(|scalar| scalar.style == Style::Plain && scalar.text.as_ref() == "<<");
    plain && key.tag().is_none_or(|tag| tag.ends_with("merge"))
}

struct Expander<'n> {
    anchors: BTreeMap<AnchorId, &'n Node>,
    /// Anchors of the lists and maps that are being expanded, outermost first.
    open: Vec<AnchorId>,
    /// How many aliases deep the walk is, and how many nodes were made within aliases.
    within_alias: usize,
    aliased: usize,
    depth: usize,
}

impl<'n> Expander<'n> {
    fn node(&mut self, node: &'n Node) -> Result<Node, ExpandError> {
        if self.within_alias > 0 {
            self.aliased += 1;
        }
        if self.aliased > MAX_ALIASED || self.depth > MAX_DEPTH {
            return Err(ExpandError::TooLarge {
                span: node.span(),
                limit: MAX_ALIASED,
            });
        }
        let own = node
            .properties
            .as_ref()
            .and_then(|properties| properties.anchor);
        self.depth += 1;
        self.open.extend(own);
        let kind = match &node.kind {
            Kind::Alias(id) => return self.alias(*id, node.span()),
            Kind::Scalar(scalar) => Kind::Scalar(scalar.clone()),
            Kind::Sequence(items) => Kind::Sequence(
                items
                    .iter()
                    .map(|item| self.node(item))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Mapping(entries) => Kind::Mapping(self.entries(entries)?),
        };
        self.depth -= 1;
        self.open
            .truncate(self.open.len() - usize::from(own.is_some()));
        Ok(Node {
            kind,
            origin: node.origin,
            properties: without_anchor(node),
        })
    }

    fn alias(&mut self, id: AnchorId, span: Span) -> Result<Node, ExpandError> {
        let target = self
            .anchors
            .get(&id)
            .copied()
            .ok_or(ExpandError::UnknownAlias(span))?;
        if self.open.contains(&id) {
            return Err(ExpandError::Cyclic(span));
        }
        self.within_alias += 1;
        let expanded = self.node(target)?;
        self.within_alias -= 1;
        self.depth -= 1;
        Ok(expanded)
    }

    fn entries(&mut self, entries: &'n [Entry]) -> Result<Vec<Entry>, ExpandError> {
        let mut own = Vec::with_capacity(entries.len());
        let mut merged = Vec::new();
        for entry in entries {
            if is_merge(&entry.key) {
                let value = self.node(&entry.value)?;
                merged.push(value);
            } else {
                own.push(Entry {
                    key: self.node(&entry.key)?,
                    value: self.node(&entry.value)?,
                });
            }
        }
        for value in merged {
            let span = value.span();
            match value.kind {
                Kind::Mapping(entries) => merge_into(&mut own, entries),
                Kind::Sequence(maps) => {
                    for map in maps {
                        let span = map.span();
                        let Kind::Mapping(entries) = map.kind else {
                            return Err(ExpandError::BadMerge(span));
                        };
                        merge_into(&mut own, entries);
                    }
                }
                Kind::Scalar(_) | Kind::Alias(_) => return Err(ExpandError::BadMerge(span)),
            }
        }
        Ok(own)
    }
}

/// Adds the entries whose keys are not there yet.
fn merge_into(own: &mut Vec<Entry>, entries: Vec<Entry>) {
    for entry in entries {
        let known = own
            .iter()
            .any(|known| known.key.text().is_some() && known.key.text() == entry.key.text());
        if !known {
            own.push(entry);
        }
    }
}

fn without_anchor(node: &Node) -> Option<Box<Properties>> {
    let tag = node.properties.as_ref()?.tag.clone()?;
    Some(Box::new(Properties {
        tag: Some(tag),
        anchor: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    fn expanded(text: &str) -> Result<Node, ExpandError> {
        expand(&parse(text, &Locator::File(FileId(0))).unwrap()[0])
    }

    #[test]
    fn an_anchor_defined_twice_means_the_nearest_above() {
        let root = expanded("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").unwrap();
        assert_eq!(root.get("b").unwrap().text(), Some("1"));
        assert_eq!(root.get("d").unwrap().text(), Some("2"));
        assert_eq!(
            root.get("d").unwrap().span().range(),
            20..21,
            "it points at the anchored text"
        );
    }

    #[test]
    fn own_keys_win_over_merged_ones_and_earlier_maps_over_later() {
        let root = expanded("p: &p {a: 1, b: 1}\nq: &q {b: 2, c: 2}\nr:\n  <<: [*p, *q]\n  a: 9\n")
            .unwrap();
        let r = root.get("r").unwrap();
        let values: Vec<_> = ["a", "b", "c"]
            .map(|key| r.get(key).and_then(Node::text).unwrap())
            .into();
        assert_eq!(values, ["9", "1", "2"]);
        assert!(r.get("<<").is_none());
        assert!(
            expanded("a: {\"<<\": {b: 1}}\n")
                .unwrap()
                .at(&["a", "<<"])
                .is_some(),
            "a quoted key is no merge"
        );
    }

    #[test]
    fn bombs_cycles_and_unknown_names_end_with_an_error() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let below = level - 1;
            bomb += &format!(
                "a{level}: &a{level} [{}]\n",
                vec![format!("*a{below}"); 10].join(", ")
            );
        }
        assert!(matches!(expanded(&bomb), Err(ExpandError::TooLarge { .. })));
        let mut chain = String::from("a0: &a0 [x]\n");
        for level in 1..1000 {
            chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
        }
        assert!(matches!(
            expanded(&chain),
            Err(ExpandError::TooLarge { .. })
        ));
        assert!(matches!(
            expanded("a: &a [*a]\n"),
            Err(ExpandError::Cyclic(_))
        ));
        assert!(matches!(
            expanded("a: {<<: 1}\n"),
            Err(ExpandError::BadMerge(_))
        ));
        let documents = parse("a: &x 1\n---\nb: *x\n", &Locator::File(FileId(0))).unwrap();
        assert!(matches!(
            expand(&documents[1]),
            Err(ExpandError::UnknownAlias(_))
        ));
    }
}
