//! Keys that a map holds twice.

use std::collections::BTreeMap;

use crate::text::Span;

use super::{Kind, Node};

/// A key that stands in one map more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key.
    pub key: String,
    /// Where it stands first.
    pub first: Span,
    /// Where it stands again.
    pub again: Span,
}

/// Every repeated key below a node, in source order. The event parser accepts them silently, readers of
/// manifests refuse them or keep the last.
pub fn duplicate_keys(root: &Node) -> Vec<DuplicateKey> {
    let mut found = Vec::new();
    visit(root, &mut found);
    found
}

fn visit(node: &Node, found: &mut Vec<DuplicateKey>) {
    match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => {}
        Kind::Sequence(items) => items.iter().for_each(|item| visit(item, found)),
        Kind::Mapping(entries) => {
            let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
            for entry in entries {
                if let Some(key) = entry.key.text().filter(|key| *key != "<<") {
                    match seen.get(key) {
                        Some(first) => {
                            found.push(DuplicateKey {
                                key: key.to_owned(),
                                first: *first,
                                again: entry.key.span(),
                            });
                        }
                        None => {
                            seen.insert(key, entry.key.span());
                        }
                    }
                }
                visit(&entry.value, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    #[test]
    fn repeated_keys_are_found_at_any_depth() {
        let text = "a: 1\nb:\n- {x: 1, y: 2, x: 3}\na: 2\n";
        let document = &parse(text, &Locator::File(FileId(0))).unwrap()[0];
        let found: Vec<_> = duplicate_keys(&document.root)
            .into_iter()
            .map(|d| (d.key, d.again.start))
            .collect();
        assert_eq!(found, [("x".to_owned(), 23), ("a".to_owned(), 29)]);
    }
}
