//! The values that a Kustomization's `postBuild` names.

use std::collections::BTreeMap;

use crate::text::Spanned;
use crate::yaml::Node;

/// A ConfigMap that may be meant.
#[derive(Debug, Clone)]
pub(super) struct ConfigMap {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    /// `data`, `None` where somebody encrypted it.
    pub(super) data: Option<BTreeMap<String, Spanned<String>>>,
}

impl ConfigMap {
    /// Reads one; `None` for another kind of object.
    pub(super) fn read(node: &Node) -> Option<Self> {
        if node.get("kind").and_then(Node::text) != Some("ConfigMap") {
            return None;
        }
        let text = |key| node.at(&["metadata", key]).and_then(Node::text);
        let open = node.get("sops").is_none();
        Some(Self {
            namespace: text("namespace").map(str::to_owned),
            name: text("name")?.to_owned(),
            data: open.then(|| node.get("data").map(entries).unwrap_or_default()),
        })
    }
}

/// What `postBuild` gives.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) substitutes: bool,
    pub(super) known: BTreeMap<String, Spanned<String>>,
    pub(super) hidden_sources: Vec<String>,
}

impl Values {
    /// Reads `spec.postBuild`. Of the lists of ConfigMaps the first that has the name decides: those that the same
    /// cluster gets come before all of the repository.
    pub(super) fn read(node: &Node, namespace: Option<&str>, maps: &[&[ConfigMap]]) -> Self {
        let Some(build) = node.at(&["spec", "postBuild"]) else {
            return Self::default();
        };
        let mut values = Self::default();
        let sources = build.get("substituteFrom").and_then(Node::as_sequence);
        for source in sources.unwrap_or_default() {
            let text = |key| source.get(key).and_then(Node::text).unwrap_or_default();
            let (kind, name) = (text("kind"), text("name"));
            let found = (kind == "ConfigMap").then(|| find(maps, name, namespace));
            match found.flatten() {
                Some(data) => values.known.extend(data.clone()),
                None => values.hidden_sources.push(format!("{kind} {name}")),
            }
        }
        let own = build.get("substitute").map(entries);
        values.known.extend(own.unwrap_or_default());
        // Without any variable Flux leaves the text alone, defaults included.
        values.substitutes = !(values.known.is_empty() && values.hidden_sources.is_empty());
        values
    }
}

/// `data` of the only ConfigMap that fits.
fn find<'m>(
    maps: &[&'m [ConfigMap]],
    name: &str,
    namespace: Option<&str>,
) -> Option<&'m BTreeMap<String, Spanned<String>>> {
    let fits = |map: &&ConfigMap| {
        let same = match (map.namespace.as_deref(), namespace) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        map.name == name && same
    };
    let maps = maps.iter().map(|maps| maps.iter().filter(fits));
    let mut decisive = maps.map(Iterator::collect::<Vec<_>>);
    let found = decisive.find(|found| !found.is_empty())?;
    let first = found.first()?.data.as_ref()?;
    let agree = found.iter().all(|map| {
        map.data.as_ref().is_some_and(|data| {
            data.len() == first.len()
                && std::iter::zip(data, first).all(|((a, b), (c, d))| a == c && b.value == d.value)
        })
    });
    agree.then_some(first)
}

/// Flux takes line ends out of values.
fn entries(map: &Node) -> BTreeMap<String, Spanned<String>> {
    let entries = map.as_mapping().unwrap_or_default().iter();
    entries
        .filter_map(|entry| {
            let value = entry.value.text()?.replace('\n', "");
            let key = entry.key.text()?.to_owned();
            Some((key, Spanned::new(value, entry.value.span())))
        })
        .collect()
}
