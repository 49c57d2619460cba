//! What aliases share, and how one of them gets a value of its own.

use std::collections::BTreeSet;

use super::PatchError;
use super::new_value::NewValue;
use super::site::{Path, Step};
use crate::yaml::{AnchorId, Document, Kind, Node};

/// Where an anchor is used.
pub(super) enum Use {
    /// The alias is a value or an item.
    Value(Path),
    /// The alias is merged into the map at this path.
    Merge(Path),
}

/// Every use of an anchor in a document, in the order of the text.
pub(super) fn uses(document: &Document, number: usize, anchor: AnchorId) -> Vec<Use> {
    let mut found = Vec::new();
    let mut path = Path {
        document: number,
        steps: Vec::new(),
    };
    search(&document.root, anchor, &mut path, None, &mut found);
    found
}

/// `merging` is the depth of the map that merges what stands here.
fn search(
    node: &Node,
    anchor: AnchorId,
    path: &mut Path,
    merging: Option<usize>,
    found: &mut Vec<Use>,
) {
    match &node.kind {
        Kind::Alias(id) if *id == anchor => {
            let own = path.clone();
            found.push(match merging {
                None => Use::Value(own),
                Some(depth) => Use::Merge(Path {
                    steps: own.steps[..depth].to_vec(),
                    ..own
                }),
            });
        }
        Kind::Scalar(_) | Kind::Alias(_) => {}
        Kind::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                path.steps.push(Step::Item(at));
                search(item, anchor, path, merging, found);
                path.steps.pop();
            }
        }
        Kind::Mapping(entries) => {
            let depth = path.steps.len();
            for (at, entry) in entries.iter().enumerate() {
                let merges = entry.key.text() == Some("<<");
                path.steps.push(Step::Value(at));
                search(&entry.value, anchor, path, merges.then_some(depth), found);
                path.steps.pop();
            }
        }
    }
}

/// What takes the place of an alias: what it means, with some values changed.
pub(super) struct Override {
    value: NewValue,
    /// The entries to write beside the merged alias; `None` when all is to be written out.
    beside: Option<BTreeSet<String>>,
}

impl Override {
    /// Starts from what the alias means.
    pub(super) fn of(value: NewValue) -> Self {
        let mergeable = matches!(value, NewValue::Mapping(_));
        Self {
            value,
            beside: mergeable.then(BTreeSet::new),
        }
    }

    /// Changes one value.
    pub(super) fn set(&mut self, keys: &[&str], value: NewValue) -> Result<(), PatchError> {
        self.keep(keys.first().copied());
        self.value.put(keys, value)
    }

    /// Writes one entry out, or all, so that it stays when the anchored text changes.
    pub(super) fn keep(&mut self, key: Option<&str>) {
        match (key, &mut self.beside) {
            (Some(key), Some(beside)) => drop(beside.insert(key.to_owned())),
            _ => self.beside = None,
        }
    }

    /// The entries beside the merged alias, when it can be merged.
    pub(super) fn entries(&self) -> Option<Vec<(String, NewValue)>> {
        let beside = self.beside.as_ref()?;
        let NewValue::Mapping(entries) = &self.value else {
            return None;
        };
        let kept = entries.iter().filter(|(key, _)| beside.contains(key));
        Some(kept.cloned().collect())
    }

    /// The whole value.
    pub(super) fn whole(&self) -> &NewValue {
        &self.value
    }
}
