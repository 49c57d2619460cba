//! How a field of a manifest comes by its value: written there, or through an alias or a merge key.

use crate::project::Project;
use crate::text::{Edit, Span};
use crate::yaml::patch::{NewValue, insert_entry};
use crate::yaml::{AnchorId, Document, Kind, Node};

/// The way from a document's root to a value.
pub(super) enum Way<'d> {
    /// The value stands in the field itself.
    Own,
    /// The field is `*alias`.
    Scalar {
        /// The alias.
        alias: &'d Node,
    },
    /// A map on the way is `*alias`.
    Whole {
        /// The alias.
        alias: &'d Node,
        /// The key in front of it.
        key: &'d Node,
        /// The rest of the path.
        rest: Vec<String>,
    },
    /// A map on the way has the field, or what holds it, from a merge.
    Merged {
        /// The map.
        map: &'d Node,
        /// The path of the map.
        path: Vec<String>,
        /// The rest of the path.
        rest: Vec<String>,
    },
}

/// The way of `path` in the document that holds the place; `None` where the document is not the object itself.
pub(super) fn way<'p>(project: &'p Project, place: Span, path: &[String]) -> Option<Way<'p>> {
    let documents = project.parsed.get(&place.file)?.as_ref().as_ref().ok()?;
    documents
        .iter()
        .filter(|document| encloses(&document.root, place))
        .find_map(|document| in_document(document, place, path))
}

fn encloses(node: &Node, place: Span) -> bool {
    let own = node.span();
    own.start <= place.start && place.end <= own.end
}

fn in_document<'d>(document: &'d Document, place: Span, path: &[String]) -> Option<Way<'d>> {
    let mut node = &document.root;
    let mut key = None;
    for (depth, step) in path.iter().enumerate() {
        if let Kind::Alias(_) = node.kind {
            return Some(Way::Whole {
                alias: node,
                key: key?,
                rest: path[depth..].to_vec(),
            });
        }
        match &node.kind {
            Kind::Sequence(items) => {
                key = None;
                node = items.get(step.parse::<usize>().ok()?)?;
            }
            Kind::Mapping(_) => match node.entry(step) {
                Some(entry) => {
                    key = Some(&entry.key);
                    node = &entry.value;
                }
                None => {
                    node.entry("<<")?;
                    return Some(Way::Merged {
                        map: node,
                        path: path[..depth].to_vec(),
                        rest: path[depth..].to_vec(),
                    });
                }
            },
            Kind::Scalar(_) | Kind::Alias(_) => return None,
        }
    }
    match node.kind {
        Kind::Alias(id) => {
            let anchored = anchored(&document.root, id)?;
            (anchored.span() == place).then_some(Way::Scalar { alias: node })
        }
        _ => (node.span() == place).then_some(Way::Own),
    }
}

fn anchored(node: &Node, id: AnchorId) -> Option<&Node> {
    let own = node.properties.as_ref().and_then(|own| own.anchor);
    if own == Some(id) {
        return Some(node);
    }
    match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => None,
        Kind::Sequence(items) => items.iter().find_map(|item| anchored(item, id)),
        Kind::Mapping(entries) => entries
            .iter()
            .find_map(|entry| anchored(&entry.key, id).or_else(|| anchored(&entry.value, id))),
    }
}

impl Way<'_> {
    /// Whether the value stands in the field itself.
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Own)
    }

    /// The edit that gives the field a value of its own. `rendered` is the whole object, for what a merge brought.
    pub(super) fn localized(&self, source: &str, rendered: &Node, new: &str) -> Option<Edit> {
        let literal = quoted(new)?;
        match self {
            Self::Own => None,
            Self::Scalar { alias } => Some(Edit::new(alias.span(), literal)),
            Self::Whole { alias, key, rest } => {
                let [last] = rest.as_slice() else { return None };
                let name = source.get(alias.span().range())?;
                let start = key.span().range().start;
                let line = source[..start].rfind('\n').map_or(0, |line| line + 1);
                let column = source[line..start].chars().count();
                let below = source.get(key.span().range().end..alias.span().range().start)?;
                // In brackets, or with something else between key and alias, only a person can do it.
                let before = source[line..start].trim_start_matches([' ', '-']);
                if below.trim() != ":" || !before.is_empty() {
                    return None;
                }
                let line_break = if source.contains("\r\n") {
                    "\r\n"
                } else {
                    "\n"
                };
                let indent = format!("{line_break}{}", " ".repeat(column + 2));
                let text = format!("{indent}<<: {name}{indent}{last}: {literal}");
                let span = Span::new(
                    alias.span().file,
                    key.span().range().end + 1,
                    alias.span().range().end,
                );
                Some(Edit::new(span, text))
            }
            Self::Merged { map, path, rest } => {
                let (first, inner) = rest.split_first()?;
                let value = if inner.is_empty() {
                    NewValue::Scalar(new.to_owned())
                } else {
                    let mut whole = path.iter().chain([first]);
                    let node = whole.try_fold(rendered, |node, step| child(node, step))?;
                    copied(node, inner, new)?
                };
                insert_entry(source, map, None, first, &value).ok()
            }
        }
    }
}

fn child<'n>(node: &'n Node, step: &str) -> Option<&'n Node> {
    match node.as_sequence() {
        Some(items) => items.get(step.parse::<usize>().ok()?),
        None => node.get(step),
    }
}

/// A copy of maps of strings in which the value at a path is another one.
fn copied(node: &Node, path: &[String], new: &str) -> Option<NewValue> {
    let (first, rest) = path.split_first()?;
    let entries = node.as_mapping()?.iter().map(|entry| {
        let key = entry.key.text()?.to_owned();
        let value = if key != *first {
            NewValue::Scalar(entry.value.text()?.to_owned())
        } else if rest.is_empty() {
            NewValue::Scalar(new.to_owned())
        } else {
            copied(&entry.value, rest, new)?
        };
        Some((key, value))
    });
    entries.collect::<Option<Vec<_>>>().map(NewValue::Mapping)
}

/// A server name or name of an external cluster as a plain or quoted scalar; `None` for what would need more thought.
fn quoted(text: &str) -> Option<String> {
    let simple = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || !text.chars().all(simple) {
        return None;
    }
    // Longer than any word that YAML reads as something else.
    Some(
        if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.len() > 5 {
            text.to_owned()
        } else {
            format!("\"{text}\"")
        },
    )
}
