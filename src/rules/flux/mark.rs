//! Labels and annotations of an object that tell Flux how to treat it.
//!
//! Source: fluxcd/pkg `ssa/utils/meta.go` (AnyInMetadata): either map counts, and the value in any case.

use crate::model::object::{Object, Place};

/// The place of the label or annotation `kustomize.toolkit.fluxcd.io/<name>` with this value.
pub(super) fn mark(object: &Object, name: &str, value: &str) -> Option<Place> {
    let key = format!("kustomize.toolkit.fluxcd.io/{name}");
    let maps = ["annotations", "labels"].into_iter();
    let mut paths = maps.map(|map| ["metadata", map, key.as_str()]);
    let found = paths.find(|path| {
        let found = object.value(path);
        found.is_some_and(|found| found.value.eq_ignore_ascii_case(value))
    });
    found.map(|path| object.place(&path))
}

/// The place of what keeps Flux from applying and from deleting an object.
pub(super) fn left_alone(object: &Object) -> Option<Place> {
    mark(object, "reconcile", "disabled").or_else(|| mark(object, "ssa", "Ignore"))
}
