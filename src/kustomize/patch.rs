//! Patches: strategic merges and JSON 6902 operations.
//!
//! Source: kustomize `api/internal/builtins/Patch*Transformer.go`, `api/resource/resource.go` (ApplySmPatch).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::text::{Span, Spanned};
use crate::yaml::{Document, Kind, Node, Origin, expand};

use super::documents;
use super::error::{BuildError, ErrorKind};
use super::file::PatchEntry;
use super::json6902::{Operation, apply, parse_operations};
use super::loader::Loader;
use super::merge::{Outcome, strategic_merge};
use super::resource::{Resource, stringify};
use super::schema::Schema;
use super::selector::{Candidate, Target, TargetFields};
use super::set::ResourceSet;

/// Whether a strategic merge may change name and kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Allowed {
    pub(super) name: bool,
    pub(super) kind: bool,
}

enum Content {
    Strategic(Vec<Resource>),
    Operations(Vec<Operation>),
}

/// Applies one entry of `patches`.
///
/// # Errors
/// When the patch is malformed, finds no resource that it must find, or does not fit.
pub(super) fn apply_entry(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    schema: &Schema,
    entry: &PatchEntry,
) -> Result<(), BuildError> {
    let target = compiled(entry.target.as_ref())?;
    let allowed = Allowed {
        name: entry.allow_name_change,
        kind: entry.allow_kind_change,
    };
    match (content(loader, entry)?, target) {
        (Content::Strategic(patches), None) => patches
            .iter()
            .try_for_each(|patch| merge_by_id(set, schema, patch, allowed, false)),
        (Content::Strategic(patches), Some(target)) => match patches.as_slice() {
            [patch] => merge_into_targets(set, schema, patch, &target, allowed),
            _ => Err(BuildError::invalid(
                entry.span,
                "a patch of several documents cannot have a target",
            )
            .help("make one entry for each document")),
        },
        (Content::Operations(_), None) => Err(BuildError::invalid(
            entry.span,
            "a JSON patch needs a target",
        )
        .help("add `target:` with kind and name of the resource to patch")),
        (Content::Operations(operations), Some(target)) => {
            operate(set, &operations, &target, entry.span, true)
        }
    }
}

/// Applies one entry of `patchesJson6902`.
///
/// # Errors
/// As for `patches`, and when the target has no name.
pub(super) fn apply_json_entry(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    entry: &PatchEntry,
) -> Result<(), BuildError> {
    let named = entry.target.as_ref().filter(|target| target.name.is_some());
    let Some(target) = compiled(named)? else {
        return Err(BuildError::invalid(
            entry.span,
            "an entry of patchesJson6902 needs `target.name`",
        ));
    };
    match content(loader, entry)? {
        Content::Operations(operations) if !operations.is_empty() => {
            operate(set, &operations, &target, entry.span, false)
        }
        _ => Err(BuildError::invalid(
            entry.span,
            "the patch is no list of JSON patch operations",
        )),
    }
}

/// Applies one entry of `patchesStrategicMerge`: a text, or else a path.
///
/// # Errors
/// When the patch is malformed, finds no resource, or does not fit.
pub(super) fn apply_legacy(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    schema: &Schema,
    entry: &Spanned<String>,
) -> Result<(), BuildError> {
    let inline = documents::of_inline(loader.store(), entry);
    let nodes = match inline {
        Ok(nodes) => nodes,
        Err(_) if entry.value.contains('\n') => inline?,
        Err(_) => {
            let file = loader.open(entry, "patch file")?;
            documents::of_file(loader.store(), file)?
        }
    };
    if nodes.is_empty() {
        return Err(BuildError::invalid(entry.span, "the patch is empty"));
    }
    for node in nodes {
        merge_by_id(set, schema, &Resource::new(node)?, Allowed::default(), true)?;
    }
    Ok(())
}

fn compiled(fields: Option<&TargetFields>) -> Result<Option<Target>, BuildError> {
    Ok(fields.map(Target::compile).transpose()?)
}

/// Reads the patch of an entry and tells which kind it is.
fn content(loader: &mut Loader<'_, '_>, entry: &PatchEntry) -> Result<Content, BuildError> {
    let inline = entry
        .patch
        .as_ref()
        .filter(|patch| !patch.value.trim().is_empty());
    match (&entry.path, inline) {
        (Some(path), Some(_)) => Err(BuildError::invalid(
            path.span,
            "a patch has either `path` or `patch`, not both",
        )),
        (None, None) => Err(BuildError::invalid(
            entry.span,
            "a patch needs `path` or `patch`",
        )),
        (None, Some(inline)) => {
            let documents = documents::inline_documents(loader.store(), inline)?;
            decide(inline.span, inline.value.trim(), &documents, || {
                documents::of_inline(loader.store(), inline)
            })
        }
        (Some(path), None) => {
            let file = loader.open(path, "patch file")?;
            let text = Arc::clone(&loader.store().sources().file(file).text);
            let parsed = loader.store().documents(file);
            let documents: &[Document] = match parsed.as_ref() {
                Ok(documents) => documents,
                Err(_) => &[],
            };
            decide(path.span, &text, documents, || {
                documents::of_file(loader.store(), file)
            })
        }
    }
}

/// A list is a JSON patch, a map a strategic merge.
fn decide(
    span: Span,
    text: &str,
    documents: &[Document],
    resources: impl FnOnce() -> Result<Vec<Node>, BuildError>,
) -> Result<Content, BuildError> {
    let is_list = documents
        .first()
        .is_some_and(|document| matches!(document.root.kind, Kind::Sequence(_)));
    if !is_list {
        let patches = resources()?
            .into_iter()
            .map(Resource::new)
            .collect::<Result<Vec<_>, _>>()?;
        if text.is_empty() {
            // A file without a byte is a patch without operations to the reference.
            return Ok(Content::Operations(Vec::new()));
        }
        if patches.is_empty() {
            return Err(BuildError::invalid(span, "the patch is empty")
                .help("write a resource to merge, or a list of JSON patch operations"));
        }
        return Ok(Content::Strategic(patches));
    }
    if text.starts_with('[')
        && let Err(error) = serde_json::from_str::<serde_json::Value>(text)
    {
        let message = format!("a patch that starts with `[` must be JSON: {error}");
        return Err(BuildError::invalid(span, message)
            .help("write it as a YAML list with `- op: …` on lines of their own"));
    }
    let Some(document) = documents.first() else {
        return Ok(Content::Operations(Vec::new()));
    };
    let operations = parse_operations(&expand(document)?)?;
    if operations.is_empty() {
        return Err(BuildError::invalid(span, "the patch is an empty list"));
    }
    Ok(Content::Operations(operations))
}

/// Merges a patch into the one resource that has or had its identity.
fn merge_by_id(
    set: &mut ResourceSet,
    schema: &Schema,
    patch: &Resource,
    allowed: Allowed,
    as_strings: bool,
) -> Result<(), BuildError> {
    let place = super::set::name_span(patch);
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
fn merge_into_targets(
    set: &mut ResourceSet,
    schema: &Schema,
    patch: &Resource,
    target: &Target,
    allowed: Allowed,
) -> Result<(), BuildError> {
    let place = super::set::name_span(patch);
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
        if let Some(resource) = items.get_mut(at)
            && merge_one(resource, &node, schema, allowed, place)? == Outcome::Deleted
        {
            deleted.push(at);
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
fn operate(
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
        resource.change(asked, |node| {
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
pub(super) fn select(set: &ResourceSet, target: &Target) -> Vec<usize> {
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
            .related(super::set::name_span(near), "the nearest resource of its kind")
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
