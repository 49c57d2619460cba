//! Rendered objects as JSON, which is what Argo CD compares.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::yaml::scalar::Meaning;
use crate::yaml::{Kind, Node};

/// The object without its origins. What JSON cannot hold is null.
pub(super) fn json(node: &Node) -> Json {
    match &node.kind {
        Kind::Alias(_) => Json::Null,
        Kind::Sequence(items) => Json::Array(items.iter().map(json).collect()),
        Kind::Mapping(entries) => {
            let entry = |entry: &crate::yaml::Entry| {
                Some((entry.key.text()?.to_owned(), json(&entry.value)))
            };
            Json::Object(entries.iter().filter_map(entry).collect())
        }
        Kind::Scalar(_) => match node.meaning() {
            None | Some(Meaning::Null) => Json::Null,
            Some(Meaning::Bool(value)) => Json::Bool(value),
            Some(Meaning::Integer(value)) => Json::from(value),
            Some(Meaning::Unsigned(value)) => Json::from(value),
            Some(Meaning::Float(value)) => Json::from(value),
            Some(Meaning::Text(text)) => Json::String(text.into_owned()),
        },
    }
}

/// The value down a path of keys.
pub(super) fn at<'j>(json: &'j Json, path: &[&str]) -> Option<&'j Json> {
    path.iter().try_fold(json, |json, key| json.get(*key))
}

/// The map down a path of keys, made where there is none.
pub(super) fn map_at<'j>(json: &'j mut Json, path: &[&str]) -> Option<&'j mut Map<String, Json>> {
    path.iter().try_fold(json.as_object_mut()?, |map, key| {
        map.entry(*key)
            .or_insert_with(|| Json::Object(Map::new()))
            .as_object_mut()
    })
}

/// How the items of lists appear in leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// A list is one value: the API server replaces CloudNativePG's lists as a whole.
    Whole,
    /// Each item has leaves of its own; their index is `*`.
    Items,
}

/// Every leaf with the keys that lead to it.
pub(super) fn leaves(json: &Json, lists: Lists) -> Vec<(Vec<String>, &Json)> {
    let mut found = Vec::new();
    collect(json, lists, &mut Vec::new(), &mut found);
    found
}

/// The keys to every leaf that the first has and the second has not, or has otherwise. What is the same in both is not
/// looked into.
pub(super) fn only_in(first: &Json, second: &Json, lists: Lists) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    add_only(first, Some(second), lists, &mut Vec::new(), &mut found);
    found
}

fn add_only(
    first: &Json,
    second: Option<&Json>,
    lists: Lists,
    way: &mut Vec<String>,
    found: &mut BTreeSet<Vec<String>>,
) {
    if Some(first) == second {
        return;
    }
    if let (Json::Object(entries), Some(Json::Object(others))) = (first, second) {
        for (key, value) in entries {
            way.push(key.clone());
            add_only(value, others.get(key), lists, way, found);
            way.pop();
        }
        return;
    }
    // Items are told apart by what they hold, not by their place.
    let others = second
        .map(|second| leaves(second, lists))
        .unwrap_or_default();
    for (below, value) in leaves(first, lists) {
        if !others
            .iter()
            .any(|(other, held)| *other == below && *held == value)
        {
            found.insert(way.iter().cloned().chain(below).collect());
        }
    }
}

fn collect<'j>(
    json: &'j Json,
    lists: Lists,
    way: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, &'j Json)>,
) {
    let mut below = |key: &str, value: &'j Json| {
        way.push(key.to_owned());
        collect(value, lists, way, found);
        way.pop();
    };
    match json {
        Json::Object(entries) => entries.iter().for_each(|(key, value)| below(key, value)),
        Json::Array(items) if lists == Lists::Items => {
            items.iter().for_each(|value| below("*", value))
        }
        leaf => found.push((way.clone(), leaf)),
    }
}
