//! `$(VAR)` references.
//!
//! Source: `api/filters/refvar` of kustomize 5.5.0.

use std::collections::BTreeMap;

use crate::yaml::scalar::Meaning;
use crate::yaml::{Node, Origin};

/// Replaces `$(NAME)` in a string; returns the names used. `$$` is a dollar, an unknown name stays as it is.
///
/// A string that is one whole reference becomes the value, type and origin and all. Within a longer string the value is
/// written as text. Anything but a string is left alone, and so is a reference to a map or list.
pub fn expand_scalar(node: &mut Node, values: &BTreeMap<String, Node>) -> Vec<String> {
    let Some(text) = node.as_string() else {
        return Vec::new();
    };
    if !text.contains('$') {
        return Vec::new();
    }
    if let Some(name) = whole_reference(&text)
        && let Some(value) = values.get(name).filter(|value| value.as_scalar().is_some())
    {
        let used = vec![name.to_owned()];
        *node = value.clone();
        return used;
    }
    let mut expanded = String::with_capacity(text.len());
    let mut used = Vec::new();
    let mut rest: &str = &text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        rest = if let Some(behind) = behind.strip_prefix('$') {
            expanded.push('$');
            behind
        } else if let Some((name, behind)) = reference(behind) {
            match values.get(name).and_then(shown) {
                Some(value) => {
                    expanded.push_str(&value);
                    used.push(name.to_owned());
                }
                None => {
                    expanded.push_str("$(");
                    expanded.push_str(name);
                    expanded.push(')');
                }
            }
            behind
        } else {
            expanded.push('$');
            behind
        };
    }
    expanded.push_str(rest);
    if expanded != text.as_ref() {
        *node = Node::string(expanded, Origin::Made { by: node.span() });
    }
    used
}

/// The name when the whole text is one reference.
fn whole_reference(text: &str) -> Option<&str> {
    let (name, behind) = reference(text.strip_prefix('$')?)?;
    behind.is_empty().then_some(name)
}

/// The name in `(NAME)` at the start, and what follows.
fn reference(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('(')?.split_once(')')
}

/// A value within a longer string.
fn shown(value: &Node) -> Option<String> {
    match value.meaning()? {
        Meaning::Text(text) => Some(text.into_owned()),
        Meaning::Bool(value) => Some(value.to_string()),
        Meaning::Integer(value) => Some(value.to_string()),
        Meaning::Unsigned(value) => Some(value.to_string()),
        Meaning::Float(value) => Some(value.to_string()),
        Meaning::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileId, Span};

    fn expand(text: &str) -> Node {
        let origin = Origin::Read(Span::new(FileId(0), 0, 0));
        let values = BTreeMap::from([
            ("NAME".to_owned(), Node::string("db", origin)),
            ("PORT".to_owned(), Node::plain("5432", origin)),
        ]);
        let mut node = Node::string(text, origin);
        expand_scalar(&mut node, &values);
        node
    }

    #[test]
    fn references_within_a_string_become_text() {
        for (text, expected) in [
            ("$(NAME):$(PORT)", "db:5432"),
            ("$$(NAME)", "$(NAME)"),
            ("$(OTHER)-$(NAME)", "$(OTHER)-db"),
            ("a$b $(NAME", "a$b $(NAME"),
            ("cost 5$", "cost 5$"),
            ("$$$(NAME)", "$db"),
        ] {
            assert_eq!(
                expand(text).as_string().as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn a_whole_reference_keeps_the_type_of_the_value() {
        assert_eq!(expand("$(PORT)").as_integer(), Some(5432));
    }
}
