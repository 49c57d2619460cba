//! Patches meet resources.

use std::collections::BTreeMap;

use crate::kustomize::error::{BuildError, ErrorKind};
use crate::kustomize::json6902::{Operation, apply};
use crate::kustomize::merge::{Outcome, strategic_merge};
use crate::kustomize::resource::{Resource, stringify};
use crate::kustomize::schema::Schema;
use crate::kustomize::selector::{Candidate, Target};
use crate::kustomize::set::{ResourceSet, name_span};
use crate::text::Span;
use crate::yaml::{Node, Origin};

use super::Allowed;

/// Merges a patch into the one resource that has or had its identity.
pub(super) fn merge_by_id(
    set: &mut ResourceSet,
    schema: &Schema,
    patch: &Resource,
    allowed: Allowed,
    as_strings: bool,
) -> Result<(), BuildError> {
    let place = name_span(patch);
    let at = match set.find_any(patch.id()) {
        [at] => *at,
        [] => return Err(no_match(set, patch, place)),
        _ => {
            let message = format!("several resources are or were {}", patch.id());
            return Err(BuildError::invalid(place, message)
                .help("use `target:` with the current name of the one to patch"));
        }
    };
    let prepared;
    let node = if as_strings {
        prepared = with_string_metadata(patch.node());
        &prepared
    } else {
        patch.node()
    };
    let may_rename = allowed.name || allowed.kind;
    let items = if may_rename {
        set.items_mut().as_mut_slice()
    } else {
        set.contents_mut()
    };
    let Some(resource) = items.get_mut(at) else {
        return Ok(());
    };
    if merge_one(resource, node, schema, allowed, place)? == Outcome::Deleted {
        set.remove(&[at]);
    }
    if may_rename && as_strings {
        set.check_unique(place)?;
    }
    Ok(())
}

/// Merges a patch into every selected resource.
pub(super) fn merge_into_targets(
    set: &mut ResourceSet,
    schema: &Schema,
    patch: &Resource,
    target: &Target,
    allowed: Allowed,
) -> Result<(), BuildError> {
    let place = name_span(patch);
    let node = with_string_metadata(patch.node());
    let selected = select(set, target);
    let mut deleted = Vec::new();
    let may_rename = allowed.name || allowed.kind;
    let items = if may_rename {
        set.items_mut().as_mut_slice()
    } else {
        set.contents_mut()
    };
    for at in selected {
        let Some(resource) = items.get_mut(at) else {
            continue;
        };
        if merge_one(resource, &node, schema, allowed, place)? == Outcome::Deleted {
            deleted.push(at);
        } else if resource.node().get("apiVersion").is_none() {
            // The reference gives the patch the resource's apiVersion first, and writes an absent one as null.
            let null = Node::plain("", Origin::Made { by: place });
            resource.node_mut().set("apiVersion", null);
        }
    }
    set.remove(&deleted);
    if may_rename {
        set.check_unique(place)?;
    }
    Ok(())
}

/// Merges a patch into one resource and gives it its name, kind and namespace back.
fn merge_one(
    resource: &mut Resource,
    patch: &Node,
    schema: &Schema,
    allowed: Allowed,
    place: Span,
) -> Result<Outcome, BuildError> {
    if allowed.name || allowed.kind {
        resource.store_previous_id();
    }
    let id = resource.id().clone();
    resource.change(place, |node| {
        let before = Identity::of(node);
        let outcome = strategic_merge(node, patch, schema, id.api_version(), id.kind())?;
        if outcome == Outcome::Merged {
            before.restore(node, allowed);
        }
        Ok(outcome)
    })
}

/// The parts of a resource that a strategic merge leaves as they were.
struct Identity {
    api_version: Option<Node>,
    kind: Option<Node>,
    name: Option<Node>,
    namespace: Option<Node>,
}

impl Identity {
    fn of(node: &Node) -> Self {
        Self {
            api_version: node.get("apiVersion").cloned(),
            kind: node.get("kind").cloned(),
            name: node.at(&["metadata", "name"]).cloned(),
            namespace: node.at(&["metadata", "namespace"]).cloned(),
        }
    }

    fn restore(self, node: &mut Node, allowed: Allowed) {
        put(node, "apiVersion", self.api_version);
        if !allowed.kind {
            put(node, "kind", self.kind);
        }
        if node.get("metadata").is_none() {
            let origin = node.origin;
            node.set("metadata", Node::mapping(origin));
        }
        if let Some(metadata) = node.get_mut("metadata") {
            if !allowed.name {
                put(metadata, "name", self.name);
            }
            put(metadata, "namespace", self.namespace);
        }
    }
}

fn put(map: &mut Node, key: &str, value: Option<Node>) {
    match value {
        Some(value) => map.set(key, value),
        None => {
            map.remove(key);
        }
    }
}

/// The patch with its own labels and annotations as strings; empty and null maps are dropped.
fn with_string_metadata(patch: &Node) -> Node {
    let mut patch = patch.clone();
    if let Some(metadata) = patch.get_mut("metadata") {
        for key in ["labels", "annotations"] {
            let Some(map) = metadata.get_mut(key) else {
                continue;
            };
            match map.as_mapping() {
                Some([]) | None => {
                    metadata.remove(key);
                }
                Some(_) => stringify(map),
            }
        }
    }
    patch
}

/// Runs operations on every selected resource.
pub(super) fn operate(
    set: &mut ResourceSet,
    operations: &[Operation],
    target: &Target,
    asked: Span,
    remember: bool,
) -> Result<(), BuildError> {
    let selected = select(set, target);
    if selected.is_empty() {
        return Ok(());
    }
    let items = set.items_mut();
    for at in selected {
        let Some(resource) = items.get_mut(at) else {
            continue;
        };
        if remember {
            resource.store_previous_id();
        }
        let bookkeeping = resource.has_internal_annotations();
        let shown = resource.id().to_string();
        resource.rewrite(asked, |node| {
            // The reference keeps its bookkeeping in the annotations, so an operation may find the map there.
            let lent = bookkeeping && lend_annotations(node, asked);
            apply(node, operations).map_err(|error| {
                BuildError::from(error).related(asked, format!("this patch changes {shown}"))
            })?;
            if lent {
                drop_empty_annotations(node);
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn lend_annotations(node: &mut Node, by: Span) -> bool {
    let Some(metadata) = node.get_mut("metadata") else {
        return false;
    };
    let missing = metadata.get("annotations").is_none_or(Node::is_null);
    if missing {
        metadata.set("annotations", Node::mapping(Origin::Made { by }));
    }
    missing
}

fn drop_empty_annotations(node: &mut Node) {
    if let Some(metadata) = node.get_mut("metadata")
        && let Some([]) = metadata.get("annotations").and_then(Node::as_mapping)
    {
        metadata.remove("annotations");
    }
}

/// The positions of the resources that a target selects.
fn select(set: &ResourceSet, target: &Target) -> Vec<usize> {
    let matches = |resource: &Resource| {
        let (labels, annotations): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (resource.labels(), resource.annotations());
        let (id, original) = (resource.id(), resource.original_id());
        target.matches(&Candidate {
            gvk: id.gvk(),
            name: id.name(),
            original_name: original.name(),
            namespace: id.effective_namespace(),
            original_namespace: original.effective_namespace(),
            labels: &labels,
            annotations: &annotations,
        })
    };
    set.items()
        .iter()
        .enumerate()
        .filter(|(_, resource)| matches(resource))
        .map(|(at, _)| at)
        .collect()
}

/// The error about a patch for a resource that is not there, with the nearest one that is.
fn no_match(set: &ResourceSet, patch: &Resource, place: Span) -> BuildError {
    let wanted = patch.id();
    let error = BuildError::at(place, ErrorKind::NoMatch(wanted.to_string()));
    let near = set
        .items()
        .iter()
        .filter(|resource| resource.id().kind() == wanted.kind())
        .min_by_key(|resource| strsim::levenshtein(resource.id().name(), wanted.name()));
    match near {
        Some(near) => error
            .related(name_span(near), "the nearest resource of its kind")
            .help(format!(
                "a patch without target needs the same apiVersion, kind, name and namespace; the nearest is {}",
                near.id()
            )),
        None => error.help(format!(
            "no resource here has the kind {}; list its file under `resources`",
            wanted.kind()
        )),
    }
}
