//! `$patch` directives.

use crate::yaml::{Entry, Node};

use super::MergeError;

/// The key of a directive.
pub(super) const DIRECTIVE: &str = "$patch";

/// What `$patch` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Delete,
    Replace,
    Merge,
}

/// The directive that stands in a map.
///
/// # Errors
/// When it is none of the three words.
pub(super) fn directive(map: &Node) -> Result<Option<Directive>, MergeError> {
    match map.get(DIRECTIVE) {
        Some(word) => directive_word(word).map(Some),
        None => Ok(None),
    }
}

fn directive_word(word: &Node) -> Result<Directive, MergeError> {
    match word.text() {
        Some("delete") => Ok(Directive::Delete),
        Some("replace") => Ok(Directive::Replace),
        Some("merge") => Ok(Directive::Merge),
        other => Err(MergeError::UnknownDirective {
            span: word.span(),
            word: other.unwrap_or_default().to_owned(),
        }),
    }
}

/// Whether this entry of a map is its directive.
pub(super) fn is_directive(entry: &Entry) -> bool {
    entry.key.text() == Some(DIRECTIVE)
}

/// Takes a directive for the whole list out of it: an item that holds `$patch` and nothing else.
///
/// Only the first item with `$patch` can be one (`kyaml/yaml/merge2/smpdirective.go`).
pub(super) fn take_directive(items: &mut Vec<Node>) -> Result<Option<Directive>, MergeError> {
    let first = items.iter().find(|item| item.get(DIRECTIVE).is_some());
    let Some(word) = first
        .filter(|item| item.as_mapping().is_some_and(|entries| entries.len() == 1))
        .and_then(|item| item.get(DIRECTIVE))
        .cloned()
    else {
        return Ok(None);
    };
    let found = directive_word(&word)?;
    items.retain(|item| {
        let empty = item.is_null() || item.as_mapping().is_some_and(<[Entry]>::is_empty);
        !empty && item.get(DIRECTIVE).map(Node::text) != Some(word.text())
    });
    Ok(Some(found))
}
