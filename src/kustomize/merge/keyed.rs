//! Lists that merge by the keys of their items.
//!
//! kustomize's own algorithm has corners that no description of strategic merge mentions (items without the key,
//! repeated keys, half-given pairs of keys). Output must equal kustomize's, so the steps here are its steps
//! (`kyaml/yaml/walk/associative_sequence.go`, `ElementSetter` in `kyaml/yaml/fns.go`), on indices instead of shared
//! pointers.

use crate::yaml::{Entry, Kind, Node, Origin};

use super::{DIRECTIVE, directive, directive_word};
use super::{Directive, Fate, Known, MergeError, Merger, Strictness, TypeRef};

/// Where the patch's items are.
#[derive(Debug)]
enum PatchItems {
    /// The patch does not mention the list.
    Absent,
    /// The list is the patch's own: the resource has none.
    Same,
    /// The patch has items of its own.
    Own(Vec<usize>),
}

/// All items of one merge, each under a number, and the lists of numbers.
struct Lists<'k> {
    keys: &'k [&'k str],
    items: Vec<Node>,
    resource: Vec<usize>,
    patch: PatchItems,
}

/// The values of the keys in one item; empty where it has none.
type KeyValues = Vec<String>;

impl<'s> Merger<'s> {
    pub(super) fn merge_keyed(
        &self,
        into: &mut Node,
        patch: &Node,
        keys: &'s [String],
        items: Option<TypeRef>,
    ) -> Result<Fate, MergeError> {
        let mut brought = patch.as_sequence().unwrap_or_default().to_vec();
        match take_directive(&mut brought)? {
            Some(Directive::Delete) => return Ok(Fate::Clear),
            Some(Directive::Replace) => {
                let merged = self.run(brought, None, PatchItems::Same, keys, items)?;
                *into = Node::new(Kind::Sequence(merged), patch.origin);
            }
            Some(Directive::Merge) | None => {
                let own = into.as_sequence_mut().map(std::mem::take);
                let own = own.unwrap_or_default();
                let numbers = (own.len()..own.len() + brought.len()).collect();
                let lists = PatchItems::Own(numbers);
                let merged = self.run(own, Some(brought), lists, keys, items)?;
                into.kind = Kind::Sequence(merged);
            }
        }
        Ok(Fate::Keep)
    }

    pub(super) fn settle_keyed(
        &self,
        list: &mut Node,
        keys: &'s [String],
        items: Option<TypeRef>,
    ) -> Result<(), MergeError> {
        if let Some(own) = list.as_sequence_mut() {
            let taken = std::mem::take(own);
            *own = self.run(taken, None, PatchItems::Absent, keys, items)?;
        }
        Ok(())
    }

    pub(super) fn adopt_keyed(
        &self,
        patch: &Node,
        keys: &'s [String],
        items: Option<TypeRef>,
        strictness: Strictness,
    ) -> Result<Option<Node>, MergeError> {
        let mut brought = patch.as_sequence().unwrap_or_default().to_vec();
        if strictness == Strictness::Strict
            && take_directive(&mut brought)? == Some(Directive::Delete)
        {
            return Ok(None);
        }
        let merged = self.run(brought, None, PatchItems::Same, keys, items)?;
        Ok(Some(Node::new(Kind::Sequence(merged), patch.origin)))
    }

    fn run(
        &self,
        own: Vec<Node>,
        brought: Option<Vec<Node>>,
        patch: PatchItems,
        keys: &'s [String],
        items: Option<TypeRef>,
    ) -> Result<Vec<Node>, MergeError> {
        let keys: Vec<&str> = if keys.is_empty() {
            vec![""]
        } else {
            keys.iter().map(String::as_str).collect()
        };
        let resource = (0..own.len()).collect();
        let mut all = own;
        all.extend(brought.into_iter().flatten());
        let mut lists = Lists {
            keys: &keys,
            items: all,
            resource,
            patch,
        };
        let merged = lists.merge(|lists, resource, patch| {
            self.merge_item(lists, resource, patch, Known::Map(items))
        })?;
        Ok(lists.collect(&merged))
    }

    /// Merges one pair of items; the number of the result, or `None` when nothing is left.
    fn merge_item(
        &self,
        lists: &mut Lists<'_>,
        resource: Option<usize>,
        patch: Option<usize>,
        known: Known<'s>,
    ) -> Result<Option<usize>, MergeError> {
        let strictness = match (resource, patch) {
            (None, None) => return Ok(None),
            (Some(at), None) => {
                let fate = self.settle(&mut lists.items[at], known)?;
                return Ok((fate == Fate::Keep).then_some(at));
            }
            (Some(into), Some(at)) if into != at => {
                let found = directive(&lists.items[at])?;
                if found != Some(Directive::Replace) {
                    let patch = lists.items[at].clone();
                    // A second look at the same patch item finds no directive any more.
                    lists.items[at].remove(DIRECTIVE);
                    let fate = self.merge(&mut lists.items[into], &patch, known)?;
                    return Ok((fate == Fate::Keep).then_some(into));
                }
                Strictness::Strict
            }
            (Some(_), _) => Strictness::Strict,
            (None, _) => Strictness::Lenient,
        };
        let Some(at) = patch else {
            return Ok(None);
        };
        let adopted = self.adopt(&lists.items[at], known, strictness)?;
        match adopted {
            Some(node) => lists.items[at] = node,
            None => {
                lists.items[at].remove(DIRECTIVE);
                return Ok(None);
            }
        }
        Ok(Some(at))
    }
}

/// Takes a directive for the whole list out of it: an item that holds `$patch` and nothing else.
///
/// Only the first item with `$patch` can be one (`kyaml/yaml/merge2/smpdirective.go`).
fn take_directive(items: &mut Vec<Node>) -> Result<Option<Directive>, MergeError> {
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
        !empty && item.get(DIRECTIVE).map(raw) != Some(raw(&word))
    });
    Ok(Some(found))
}

impl Lists<'_> {
    fn merge(
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
    fn collect(mut self, numbers: &[usize]) -> Vec<Node> {
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

#[cfg(test)]
mod tests {
    use crate::kustomize::merge::strategic_merge;
    use crate::kustomize::schema::Schema;
    use crate::text::FileId;
    use crate::yaml::{Locator, Node, emit::emit, parse};

    fn merged(api_version: &str, kind: &str, resource: &str, patch: &str) -> String {
        let read = |spec: &str| {
            let text = format!("{{apiVersion: {api_version}, kind: {kind}, spec: {spec}}}");
            let documents = parse(&text, &Locator::File(FileId(0))).unwrap();
            documents[0].root.clone()
        };
        let mut node = read(resource);
        strategic_merge(
            &mut node,
            &read(patch),
            Schema::builtin(),
            api_version,
            kind,
        )
        .unwrap();
        node.get("spec")
            .map_or(String::new(), |spec: &Node| emit(spec).unwrap())
    }

    fn pod(resource: &str, patch: &str) -> String {
        let spec = |containers: &str| format!("{{containers: {containers}}}");
        let merged = merged("v1", "Pod", &spec(resource), &spec(patch));
        merged
            .strip_prefix("containers:")
            .unwrap_or(&merged)
            .trim_start()
            .to_owned()
    }

    fn ports(resource: &str, patch: &str) -> String {
        let spec = |ports: &str| format!("{{ports: {ports}}}");
        let merged = merged("v1", "Service", &spec(resource), &spec(patch));
        merged
            .strip_prefix("ports:")
            .unwrap_or(&merged)
            .trim_start()
            .to_owned()
    }

    #[test]
    fn patched_items_come_first_and_the_others_follow() {
        let merged = pod(
            "[{name: a, image: one}, {name: b}, {name: c, tty: true}]",
            "[{name: c, tty: null, image: three}, {name: n}]",
        );
        assert_eq!(
            merged,
            "- image: three\n  name: c\n- name: \"n\"\n- image: one\n  name: a\n- name: b\n"
        );
    }

    #[test]
    fn directives_delete_items_and_replace_or_clear_the_list() {
        let resource = "[{name: a}, {name: b}]";
        assert_eq!(pod(resource, "[{name: a, $patch: delete}]"), "- name: b\n");
        assert_eq!(
            pod(resource, "[{$patch: replace}, {name: c}]"),
            "- name: c\n"
        );
        assert_eq!(pod(resource, "[{$patch: delete}]"), "{}\n");
    }

    #[test]
    fn replacing_an_item_that_is_there_changes_nothing() {
        let merged = pod(
            "[{name: a, image: one}]",
            "[{name: a, $patch: replace, image: two}]",
        );
        assert_eq!(merged, "- image: one\n  name: a\n");
    }

    #[test]
    fn a_patch_item_without_the_key_empties_the_list() {
        let merged = pod("[{name: a}, {name: b}]", "[{image: none}, {name: z}]");
        assert_eq!(merged, "- name: z\n");
    }

    #[test]
    fn finalizers_merge_as_a_set() {
        let read = |finalizers: &str| {
            let text =
                format!("{{apiVersion: v1, kind: Pod, metadata: {{finalizers: {finalizers}}}}}");
            let documents = parse(&text, &Locator::File(FileId(0))).unwrap();
            documents[0].root.clone()
        };
        let mut node = read("[a, b]");
        strategic_merge(&mut node, &read("[c, a]"), Schema::builtin(), "v1", "Pod").unwrap();
        let finalizers = node.at(&["metadata", "finalizers"]).unwrap();
        assert_eq!(emit(finalizers).unwrap(), "- c\n- a\n- b\n");
    }

    #[test]
    fn ports_without_protocol_match_by_port_alone() {
        let merged = ports("[{port: 80, name: a}, {port: 81}]", "[{port: 80, name: b}]");
        assert_eq!(merged, "- name: b\n  port: 80\n- port: 81\n");
    }

    #[test]
    fn a_patch_item_without_the_protocol_of_the_resource_is_lost() {
        let merged = ports("[{port: 80, protocol: UDP}]", "[{port: 80, name: b}]");
        assert_eq!(merged, "- port: 80\n  protocol: UDP\n");
    }
}
