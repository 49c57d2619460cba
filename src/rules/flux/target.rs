//! Which objects an ignore rule of Flux means.
//!
//! Source: fluxcd/pkg `ssa/jsondiff/selector.go`: anchored regular expressions, label and annotation selectors; what is
//! absent or empty accepts everything.

use std::collections::BTreeMap;

use regex::RegexBuilder;

use crate::kustomize::selector::LabelSelector;
use crate::model::object::{Object, has_variable};
use crate::text::Spanned;
use crate::yaml::Node;

/// Most bytes that one compiled expression may take.
const MAX_COMPILED: usize = 1 << 20;

/// Whether a target means an object; `None` where a namespace or a variable is not known here, or the target is no
/// valid one, which Flux refuses.
pub(super) fn matches(target: Option<&Node>, object: &Object) -> Option<bool> {
    let Some(target) = target.filter(|target| !target.is_null()) else {
        return Some(true);
    };
    let text = |node: &Node, key: &str| Some(node.get(key)?.text()?.to_owned());
    let version = text(&object.node, "apiVersion").unwrap_or_default();
    let version = version.rsplit('/').next().unwrap_or_default().to_owned();
    let fields = [
        ("group", Some(object.group.clone())),
        ("version", Some(version)),
        ("kind", Some(object.kind.clone())),
        ("name", Some(object.name.value.clone())),
        ("namespace", object.namespace().map(str::to_owned)),
    ];
    let mut known = true;
    for (field, value) in fields {
        let Some(pattern) = text(target, field).filter(|pattern| !pattern.is_empty()) else {
            continue;
        };
        match value.filter(|value| !has_variable(value)) {
            Some(value) if anchored(&pattern, &value)? => {}
            Some(_) => return Some(false),
            None => known = false,
        }
    }
    for (field, map) in [
        ("labelSelector", "labels"),
        ("annotationSelector", "annotations"),
    ] {
        let selector = target
            .get(field)
            .filter(|node| node.text().is_some_and(|text| !text.is_empty()));
        let Some(node) = selector else { continue };
        let written = Spanned::new(node.text().unwrap_or_default().to_owned(), node.span());
        let selector = LabelSelector::parse(&written).ok()?;
        if !selector.matches(&pairs(object, map)) {
            return Some(false);
        }
    }
    known.then_some(true)
}

fn anchored(pattern: &str, text: &str) -> Option<bool> {
    let pattern = RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(MAX_COMPILED)
        .build();
    Some(pattern.ok()?.is_match(text))
}

fn pairs(object: &Object, map: &str) -> BTreeMap<String, String> {
    let entries = object.find(&["metadata", map]).and_then(Node::as_mapping);
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some((entry.key.text()?.to_owned(), entry.value.text()?.to_owned())))
        .collect()
}
