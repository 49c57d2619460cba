//! Patches: strategic merges and JSON 6902 operations.
//!
//! Source: kustomize `api/internal/builtins/Patch*Transformer.go`, `api/resource/resource.go` (ApplySmPatch).

mod apply;

use std::sync::Arc;

use crate::text::{Span, Spanned};
use crate::yaml::{Document, Kind, Node, expand};

use crate::kustomize::documents;
use crate::kustomize::error::BuildError;
use crate::kustomize::file::PatchEntry;
use crate::kustomize::json6902::{Operation, parse_operations};
use crate::kustomize::loader::Loader;
use crate::kustomize::resource::Resource;
use crate::kustomize::schema::Schema;
use crate::kustomize::selector::{Target, TargetFields};
use crate::kustomize::set::ResourceSet;

use apply::{merge_by_id, merge_into_targets, operate};

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
