//! The order and the choice of items in lists that merge by key.
//!
//! kustomize's own algorithm has corners that no description of strategic merge mentions (items without the key,
//! repeated keys, half-given pairs of keys). Output must equal kustomize's, so the steps here are its steps
//! (`kyaml/yaml/walk/associative_sequence.go`, `ElementSetter` in `kyaml/yaml/fns.go`), on indices instead of shared
//! pointers.

use std::collections::BTreeSet;

use crate::yaml::{Entry, Node, Origin};

use super::MergeError;

/// Where the patch's items are.
#[derive(Debug)]
pub(super) enum PatchItems {
    /// The patch does not mention the list.
    Absent,
    /// The list is the patch's own: the resource has none.
    Same,
    /// The patch has items of its own.
    Own(Vec<usize>),
}

/// All items of one merge, each under a number, and the lists of numbers.
pub(super) struct Lists<'k> {
    pub(super) keys: &'k [&'k str],
    pub(super) items: Vec<Node>,
    pub(super) resource: Vec<usize>,
    pub(super) patch: PatchItems,
}

/// The values of the keys in one item; empty where it has none.
type KeyValues = Vec<String>;

impl Lists<'_> {
    /// Merges all items with `merge_item`, which gets the numbers of a pair and gives the number of the result.
    ///
    /// # Errors
    /// Those of `merge_item`, and an item that cannot hold the key.
    pub(super) fn merge(
        &mut self,
        mut merge_item: impl FnMut(
            &mut Self,
            Option<usize>,
            Option<usize>,
        ) -> Result<Option<usize>, MergeError>,
    ) -> Result<Vec<usize>, MergeError> {
        let mut wanted = self.all_values();
        if self.keys.len() > 1 {
            join_values(&mut wanted);
        }
        let mut added = Vec::new();
        let mut last_keys = Vec::new();
        for values in &wanted {
            let (keys, values) = usable(&wanted, values, self.keys);
            let (find_keys, find_values) = usable(std::slice::from_ref(&values), &values, &keys);
            let resource = self.find(&self.resource, &find_keys, &find_values);
            let patch = match &self.patch {
                PatchItems::Absent => None,
                PatchItems::Same => resource,
                PatchItems::Own(numbers) => self.find(numbers, &find_keys, &find_values),
            };
            let merged = merge_item(self, resource, patch)?;
            match merged.filter(|at| !is_nothing(&self.items[*at])) {
                Some(at) => {
                    self.fill_keys(at, &keys, &values);
                    self.put(&mut added, Some(at), &keys, &values)?;
                }
                None => {
                    let mut resource = std::mem::take(&mut self.resource);
                    self.put(&mut resource, None, &keys, &values)?;
                    self.resource = resource;
                }
            }
            last_keys = keys;
        }
        if wanted.is_empty() {
            return Ok(std::mem::take(&mut self.resource));
        }
        self.append_resource(added, &last_keys)
    }

    /// The key values of all items, the patch's first, each once.
    fn all_values(&self) -> Vec<KeyValues> {
        let mut found: Vec<KeyValues> = Vec::new();
        let patch = match &self.patch {
            PatchItems::Own(numbers) => numbers.as_slice(),
            PatchItems::Absent | PatchItems::Same => &[],
        };
        for at in patch.iter().chain(&self.resource) {
            let item = &self.items[*at];
            let values = self.keys.iter().map(|key| key_value(item, key).to_owned());
            let values = values.collect();
            if !found.contains(&values) {
                found.push(values);
            }
        }
        found
    }

    /// The first item whose keys have these values.
    fn find(&self, numbers: &[usize], keys: &[&str], values: &[String]) -> Option<usize> {
        let matches = |item: &Node| {
            if keys.first().is_none_or(|key| key.is_empty()) {
                return values.first().is_some_and(|value| raw(item) == value);
            }
            keys.iter()
                .zip(values)
                .all(|(key, value)| item.get(key).is_some_and(|found| raw(found) == value))
        };
        let mut numbers = numbers.iter().copied();
        numbers.find(|at| matches(&self.items[*at]))
    }

    /// Writes key values that the item lacks and another item supplied.
    fn fill_keys(&mut self, at: usize, keys: &[&str], values: &[String]) {
        let item = &mut self.items[at];
        let by = item.span();
        for (key, value) in keys.iter().zip(values) {
            if !value.is_empty() && item.get(key).is_none() {
                item.set(key, Node::plain(value.as_str(), Origin::Made { by }));
            }
        }
    }

    /// Replaces every item with these key values by `element`, or removes them; appends an element that replaced none.
    ///
    /// A missing value accepts any item that has the key, and with no values at all every item goes: this is how
    /// kustomize treats items without keys.
    fn put(
        &self,
        list: &mut Vec<usize>,
        element: Option<usize>,
        keys: &[&str],
        values: &[String],
    ) -> Result<(), MergeError> {
        let of_maps = keys.first().is_some_and(|key| !key.is_empty())
            && values.first().is_some_and(|value| !value.is_empty());
        let mut kept = Vec::with_capacity(list.len() + 1);
        let mut replaced = false;
        for at in list.iter().copied() {
            let item = &self.items[at];
            if is_nothing(item) {
                continue;
            }
            if of_maps && item.as_mapping().is_none() {
                kept.push(at);
            } else if !has_values(item, keys, values)? {
                if !values.is_empty() {
                    kept.push(at);
                }
            } else {
                replaced = true;
                kept.extend(element);
            }
        }
        if !replaced {
            kept.extend(element.filter(|at| !self.items[*at].is_null()));
        }
        *list = kept;
        Ok(())
    }

    /// The merged items first, then the resource's other ones.
    fn append_resource(
        &mut self,
        mut list: Vec<usize>,
        keys: &[&str],
    ) -> Result<Vec<usize>, MergeError> {
        for at in std::mem::take(&mut self.resource) {
            let item = &self.items[at];
            if keys.first() == Some(&"") {
                let value = raw(item).to_owned();
                self.put(&mut list, Some(at), &[""], &[value])?;
                continue;
            }
            let mut values = Vec::new();
            for key in keys {
                match item.get(key) {
                    Some(value) => values.push(raw(value).to_owned()),
                    None => list.push(at),
                }
            }
            if keys.len() > 1 {
                self.put(&mut list, None, keys, &values)?;
            }
            self.put(&mut list, Some(at), keys, &values)?;
        }
        Ok(list)
    }

    /// Moves the nodes out; an item that stands in the list twice is copied.
    pub(super) fn collect(mut self, numbers: &[usize]) -> Vec<Node> {
        let mut nodes = Vec::with_capacity(numbers.len());
        for (index, at) in numbers.iter().enumerate() {
            if numbers[index + 1..].contains(at) {
                nodes.push(self.items[*at].clone());
            } else {
                let origin = self.items[*at].origin;
                let taken = std::mem::replace(&mut self.items[*at], Node::sequence(origin));
                nodes.push(taken);
            }
        }
        nodes
    }
}

/// Whether the item has each key with its value. A key beyond the values is judged like the one before it.
fn has_values(item: &Node, keys: &[&str], values: &[String]) -> Result<bool, MergeError> {
    let mut found = false;
    for (index, key) in keys.iter().enumerate() {
        if let Some(value) = values.get(index) {
            found = has_value(item, key, value)?;
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(found)
}

fn has_value(item: &Node, key: &str, value: &str) -> Result<bool, MergeError> {
    let wrong = |expected| MergeError::ListItem {
        span: item.span(),
        expected,
    };
    if key.is_empty() {
        return match item.text() {
            Some(text) => Ok(text == value),
            None => Err(wrong("scalar")),
        };
    }
    if item.as_mapping().is_none() {
        return Err(wrong("map"));
    }
    let found = item.get(key);
    Ok(found.is_some_and(|found| value.is_empty() || raw(found) == value))
}

/// Whether every item has all keys and no other item has the same ones: then nothing happens to the list when the patch
/// does not mention it.
pub(super) fn is_orderly(items: &[Node], keys: &[String]) -> bool {
    let mut seen = BTreeSet::new();
    items.iter().all(|item| {
        let values: Vec<&str> = if keys.is_empty() {
            vec![raw(item)]
        } else {
            keys.iter().map(|key| key_value(item, key)).collect()
        };
        let right_shape = item.as_scalar().is_some() == keys.is_empty();
        right_shape && !item.is_null() && !values.contains(&"") && seen.insert(values)
    })
}

/// Null or an empty map.
fn is_nothing(item: &Node) -> bool {
    item.is_null() || item.as_mapping().is_some_and(<[Entry]>::is_empty)
}

/// The text of a scalar; lists and maps have none.
fn raw(node: &Node) -> &str {
    node.text().unwrap_or_default()
}

/// The value of a key in an item; the item itself for the empty key. Empty for null and for lists and maps.
fn key_value<'n>(item: &'n Node, key: &str) -> &'n str {
    if key.is_empty() {
        return raw(item);
    }
    let value = item.get(key).filter(|value| !value.is_null());
    value.map_or("", raw)
}

/// The keys that some item of the list carries, and their values; all keys when no item carries any.
fn usable<'k>(all: &[KeyValues], values: &[String], keys: &[&'k str]) -> (Vec<&'k str>, KeyValues) {
    let carried = |index: usize| {
        all.iter()
            .any(|values| values.get(index).is_some_and(|value| !value.is_empty()))
    };
    let carried: Vec<bool> = (0..keys.len()).map(carried).collect();
    if !carried.contains(&true) {
        return (keys.to_vec(), values.to_vec());
    }
    keys.iter()
        .zip(values)
        .zip(carried)
        .filter(|(_, carried)| *carried)
        .map(|((key, value), _)| (*key, value.clone()))
        .unzip()
}

/// Fills the gaps of key values from others that agree on the rest.
fn join_values(all: &mut [KeyValues]) {
    for left in 0..all.len() {
        // The left side is the one from before this round, even when the round has changed it.
        let before = all[left].clone();
        for right in 0..all.len() {
            if let Some(joined) = join(&before, &all[right]) {
                all[left].clone_from(&joined);
                all[right] = joined;
            }
        }
    }
}

fn join(left: &[String], right: &[String]) -> Option<KeyValues> {
    let mut agree = false;
    let mut joined = Vec::with_capacity(left.len());
    for (left, right) in left.iter().zip(right) {
        if left == right {
            agree = true;
        } else if !left.is_empty() && !right.is_empty() {
            return None;
        }
        joined.push(if left.is_empty() { right } else { left }.clone());
    }
    agree.then_some(joined)
}
