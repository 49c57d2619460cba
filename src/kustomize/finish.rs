//! What happens once, at the root, when everything is accumulated.
//!
//! Source: kustomize `api/internal/target/kusttarget.go` (makeCustomizedResMap), `api/krusty/kustomizer.go` (Run).

use std::cmp::Ordering;
use std::path::Path;

use crate::text::{Span, Spanned};
use crate::yaml::{Node, Origin};

use super::error::{BuildError, ErrorKind};
use super::fieldspecs;
use super::file::SortOptions;
use super::hash;
use super::order::{LegacyOrder, SortId};
use super::provenance;
use super::resource::{Resource, is_stringified, stringify};
use super::set::{ResourceSet, name_span};
use super::transform::set_entries;

/// Annotations that never reach the output.
const BOOKKEEPING: [&str; 9] = [
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    provenance::ANNOTATION,
    "config.k8s.io/id",
    "alpha.config.kubernetes.io/transformations",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
];

/// Appends the hash of their content to the names of generated objects.
///
/// # Errors
/// When a patch made a generated object one of another kind: the reference hashes its own memory layout then.
pub(super) fn add_hashes(set: &mut ResourceSet) -> Result<(), BuildError> {
    if !set.items().iter().any(Resource::needs_hash) {
        return Ok(());
    }
    for resource in set.items_mut() {
        if !resource.needs_hash() {
            continue;
        }
        let by = name_span(resource);
        let Some(hash) = hash::suffix(resource.node()) else {
            let what = format!("a name hash for {}", resource.id());
            return Err(BuildError::at(by, ErrorKind::Unsupported(what)).help(
                "a patch changed the kind of a generated object; set disableNameSuffixHash for it",
            ));
        };
        let name = format!("{}-{hash}", resource.id().name());
        resource.store_previous_id();
        resource.rename(&name, by)?;
    }
    Ok(())
}

/// Drops the resources that are for local use only.
pub(super) fn drop_local(set: &mut ResourceSet) {
    let is_local = |resource: &Resource| {
        resource
            .node()
            .at(&[
                "metadata",
                "annotations",
                "config.kubernetes.io/local-config",
            ])
            .is_some_and(|value| value.text() != Some("false"))
    };
    if set.items().iter().any(is_local) {
        set.items_mut().retain(|resource| !is_local(resource));
    }
}

/// Sorts the resources for the output.
///
/// # Errors
/// When the options are wrong, or the legacy order meets one identity twice.
pub(super) fn sort(set: &mut ResourceSet, options: Option<&SortOptions>) -> Result<(), BuildError> {
    let texts = |list: &[Spanned<String>]| list.iter().map(|text| text.value.clone()).collect();
    let order = options.and_then(|options| options.order.as_ref());
    // Options without an order are refused, none at all mean the legacy order.
    let missing = if options.is_some() { "" } else { "legacy" };
    let word = order.map_or(missing, |order| order.value.as_str());
    let lists = options.and_then(|options| options.legacy.as_ref());
    let span = options.map(|options| order.map_or(options.span, |order| order.span));
    let legacy = match (word, lists, span) {
        ("legacy", None, _) => LegacyOrder::default(),
        ("legacy", Some(lists), _) => LegacyOrder::new(texts(&lists.first), texts(&lists.last)),
        ("fifo", None, _) => return Ok(()),
        ("fifo", Some(_), Some(span)) => {
            return Err(BuildError::invalid(
                span,
                "legacySortOptions needs `order: legacy`",
            ));
        }
        (_, _, Some(span)) => {
            let message = format!("order `{word}` is neither `legacy` nor `fifo`");
            return Err(BuildError::invalid(span, message));
        }
        (_, _, None) => return Ok(()),
    };
    if let Some(last) = set.items().last() {
        let place = name_span(last);
        set.check_unique(place)?;
    }
    set.items_mut()
        .sort_by(|left, right| compare(&legacy, left, right));
    Ok(())
}

fn compare(order: &LegacyOrder, left: &Resource, right: &Resource) -> Ordering {
    fn key(resource: &Resource) -> SortId<'_> {
        let id = resource.id();
        SortId {
            gvk: id.gvk(),
            namespace: id.namespace(),
            name: id.name(),
        }
    }
    order.compare(key(left), key(right))
}

/// What the root's `buildMetadata` asks for, each with the place of the word.
#[derive(Default)]
pub(super) struct Metadata {
    managed_by: Option<Span>,
    origins: Option<Span>,
}

impl Metadata {
    /// Reads the list.
    ///
    /// # Errors
    /// When it has an unknown word, or one for something that walbound does not keep.
    pub(super) fn read(options: &[Spanned<String>]) -> Result<Self, BuildError> {
        let mut metadata = Self::default();
        for option in options {
            match option.value.as_str() {
                "managedByLabel" => metadata.managed_by = Some(option.span),
                "originAnnotations" => metadata.origins = Some(option.span),
                "transformerAnnotations" => {
                    let what = format!("buildMetadata `{}`", option.value);
                    return Err(BuildError::at(option.span, ErrorKind::Unsupported(what))
                        .help("remove it, or build this directory with kustomize"));
                }
                other => {
                    let message = format!("buildMetadata has no option `{other}`");
                    return Err(BuildError::invalid(option.span, message).help(
                        "the options are managedByLabel, originAnnotations, transformerAnnotations",
                    ));
                }
            }
        }
        Ok(metadata)
    }

    /// Labels every resource as made by kustomize, if asked to.
    ///
    /// # Errors
    /// When a resource's labels are no map.
    pub(super) fn label(&self, set: &mut ResourceSet) -> Result<(), BuildError> {
        let Some(by) = self.managed_by else {
            return Ok(());
        };
        // The word of kubectl's build; a released kustomize says its version.
        let value = Spanned::new("kustomize-(devel)".to_owned(), by);
        let pairs = [("app.kubernetes.io/managed-by".to_owned(), value)];
        set_entries(set, &pairs, &fieldspecs::metadata_labels())
    }

    /// Writes where every resource came from, if asked to.
    pub(super) fn annotate(&self, set: &mut ResourceSet, root: &Path) {
        let Some(by) = self.origins else { return };
        let origin = Origin::Made { by };
        for resource in set.contents_mut() {
            let Some(provenance) = resource.provenance() else {
                continue;
            };
            let value = Node::string(provenance.annotation(root), origin);
            if let Some(metadata) = resource.node_mut().get_mut("metadata") {
                if metadata.get("annotations").is_none() {
                    metadata.set("annotations", Node::mapping(origin));
                }
                if let Some(annotations) = metadata.get_mut("annotations") {
                    annotations.set(provenance::ANNOTATION, value);
                }
            }
        }
    }
}

/// Rewrites the annotations of every resource as the reference does last: without bookkeeping, values as strings, an
/// empty map gone.
pub(super) fn tidy_annotations(set: &mut ResourceSet) {
    for resource in set.contents_mut() {
        if resource
            .node()
            .at(&["metadata", "annotations"])
            .is_some_and(needs_tidying)
            && let Some(metadata) = resource.node_mut().get_mut("metadata")
        {
            tidy(metadata);
        }
    }
}

fn is_bookkeeping(key: &str) -> bool {
    BOOKKEEPING.contains(&key)
}

fn needs_tidying(annotations: &Node) -> bool {
    let Some(entries) = annotations.as_mapping() else {
        return true;
    };
    entries.is_empty()
        || !is_stringified(annotations)
        || entries
            .iter()
            .any(|entry| entry.key.text().is_some_and(is_bookkeeping))
}

fn tidy(metadata: &mut Node) {
    let Some(annotations) = metadata.get_mut("annotations") else {
        return;
    };
    if let Some(entries) = annotations.as_mapping_mut() {
        entries.retain(|entry| !entry.key.text().is_some_and(is_bookkeeping));
    }
    match annotations.as_mapping() {
        Some([]) => {
            metadata.remove("annotations");
        }
        Some(_) => stringify(annotations),
        None => {
            metadata.remove("annotations");
        }
    }
}
