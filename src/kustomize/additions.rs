//! What a GitOps controller adds to the kustomization of a directory before it builds it.
//!
//! Source of the order and of what replaces what: fluxcd/pkg `kustomize/kustomize_generator.go` (GenerateManifest).

use std::path::Path;
use std::sync::Arc;

use crate::text::{FileId, Spanned};
use crate::yaml::Node;

use super::error::BuildError;
use super::file::{
    Fields, Kustomization, LabelEntry, Pairs, PatchEntry, Reading, ReplicaEntry, sections,
};
use super::image::ImageFields;

/// Fields that are added to a kustomization, each with the place that asks for it.
#[derive(Debug, Clone, Default)]
pub struct Additions {
    /// Resources of a directory without a kustomization file, relative to it. Not used where there is such a file.
    pub resources: Vec<Spanned<String>>,
    /// Replaces `namespace`.
    pub namespace: Option<Spanned<String>>,
    /// Replaces `namePrefix`.
    pub name_prefix: Option<Spanned<String>>,
    /// Replaces `nameSuffix`.
    pub name_suffix: Option<Spanned<String>>,
    /// Follow the kustomization's `patches`.
    pub patches: Vec<PatchEntry>,
    /// Follow the kustomization's `components`.
    pub components: Vec<Spanned<String>>,
    /// Merged into the kustomization's `images`.
    pub images: Vec<ImageFields>,
    /// Follow the kustomization's `replicas`.
    pub replicas: Vec<ReplicaEntry>,
    /// Follow the kustomization's `labels`.
    pub labels: Vec<LabelEntry>,
    /// Laid over the kustomization's `commonLabels`.
    pub common_labels: Pairs,
    /// Laid over the kustomization's `commonAnnotations`.
    pub common_annotations: Pairs,
}

impl Additions {
    /// The additions that `spec` of a Flux Kustomization asks for.
    ///
    /// # Errors
    /// When a field is of another type than its API says.
    pub fn of_flux(spec: &Node) -> Result<Self, BuildError> {
        let mut fields = Fields::new(spec, "spec".to_owned(), Reading::REPLACEMENT)?;
        let patch = |fields: &mut Fields<'_>| {
            let entry = sections::patch(fields)?;
            // The API has neither a path nor options.
            Ok(PatchEntry {
                path: None,
                allow_name_change: false,
                allow_kind_change: false,
                ..entry
            })
        };
        Ok(Self {
            resources: Vec::new(),
            namespace: fields.string("targetNamespace")?,
            name_prefix: fields.string("namePrefix")?,
            name_suffix: fields.string("nameSuffix")?,
            patches: fields.maps("patches", patch)?.unwrap_or_default(),
            components: fields.strings("components")?.unwrap_or_default(),
            images: fields.maps("images", sections::image)?.unwrap_or_default(),
            ..Self::default()
        })
    }

    /// Whether nothing is added to a kustomization that is there.
    pub fn is_empty(&self) -> bool {
        self.namespace.is_none()
            && self.name_prefix.is_none()
            && self.name_suffix.is_none()
            && self.patches.is_empty()
            && self.components.is_empty()
            && self.images.is_empty()
            && self.replicas.is_empty()
            && self.labels.is_empty()
            && self.common_labels.is_empty()
            && self.common_annotations.is_empty()
    }

    /// The kustomization with these fields added.
    pub(super) fn applied(&self, base: &Kustomization) -> Arc<Kustomization> {
        let mut file = base.clone();
        let replace = |field: &mut Option<Spanned<String>>, new: &Option<Spanned<String>>| {
            if new.is_some() {
                field.clone_from(new);
            }
        };
        replace(&mut file.namespace, &self.namespace);
        replace(&mut file.name_prefix, &self.name_prefix);
        replace(&mut file.name_suffix, &self.name_suffix);
        file.patches.extend(self.patches.iter().cloned());
        file.components.extend(self.components.iter().cloned());
        for image in &self.images {
            merge_image(&mut file.images, image);
        }
        file.replicas.extend(self.replicas.iter().cloned());
        file.labels.extend(self.labels.iter().cloned());
        lay_over(&mut file.common_labels, &self.common_labels);
        lay_over(&mut file.common_annotations, &self.common_annotations);
        Arc::new(file)
    }

    /// The kustomization of a directory that has none.
    pub(super) fn generated(&self, file: FileId, directory: &Path) -> Arc<Kustomization> {
        let mut base = Kustomization::empty(file, directory.join("kustomization.yaml"));
        base.resources.clone_from(&self.resources);
        self.applied(&base)
    }
}

/// Values replace those of the same keys; keys stay in byte order.
fn lay_over(pairs: &mut Pairs, others: &Pairs) {
    for (key, value) in others {
        match pairs.binary_search_by(|(own, _)| own.cmp(key)) {
            Ok(at) => pairs[at].1.clone_from(value),
            Err(at) => pairs.insert(at, (key.clone(), value.clone())),
        }
    }
}

/// Tag and digest choose the version together: setting one clears the other.
fn merge_image(images: &mut Vec<ImageFields>, new: &ImageFields) {
    let name = |image: &ImageFields| image.name.as_ref().map(|name| name.value.clone());
    let known = images.iter_mut().find(|image| name(image) == name(new));
    let Some(known) = known else {
        images.push(new.clone());
        return;
    };
    if new.new_name.is_some() {
        known.new_name.clone_from(&new.new_name);
    }
    if new.new_tag.is_some() || new.digest.is_some() {
        known.new_tag.clone_from(&new.new_tag);
        known.digest.clone_from(&new.digest);
    }
    known.made_by = new.made_by;
}
