//! What Argo CD adds to the kustomization of a directory.
//!
//! Source: Argo CD `util/kustomize/kustomize.go` (Build), which runs `kustomize edit` in a copy of the directory.

use crate::text::{Span, Spanned};
use crate::yaml::Node;

use super::additions::Additions;
use super::error::BuildError;
use super::file::{Fields, LabelEntry, Pairs, Reading, sections};
use super::image::ImageFields;

impl Additions {
    /// The additions that `kustomize` of a source of an Argo CD Application asks for. Components that are missing are
    /// not left out here, whatever `ignoreMissingComponents` says.
    ///
    /// # Errors
    /// When a field is of another type than its API says.
    pub fn of_argocd(kustomize: &Node) -> Result<Self, BuildError> {
        let mut fields = Fields::new(kustomize, "kustomize".to_owned(), Reading::REPLACEMENT)?;
        let labels = fields.pairs("commonLabels")?.unwrap_or_default();
        let without_selector = fields.bool("labelWithoutSelector")?;
        let include_templates = fields.bool("labelIncludeTemplates")?;
        let images = fields.strings("images")?.unwrap_or_default();
        let mut additions = Self {
            resources: Vec::new(),
            namespace: fields.string("namespace")?,
            name_prefix: fields.string("namePrefix")?,
            name_suffix: fields.string("nameSuffix")?,
            patches: fields.maps("patches", sections::patch)?.unwrap_or_default(),
            components: fields.strings("components")?.unwrap_or_default(),
            images: images.iter().map(image).collect(),
            replicas: fields
                .maps("replicas", sections::replica)?
                .unwrap_or_default(),
            labels: Vec::new(),
            common_labels: Pairs::new(),
            common_annotations: fields.pairs("commonAnnotations")?.unwrap_or_default(),
        };
        if without_selector && !labels.is_empty() {
            additions.labels.push(LabelEntry {
                span: fields.span(),
                pairs: labels,
                include_selectors: false,
                include_templates,
                fields: Vec::new(),
            });
        } else {
            additions.common_labels = labels;
        }
        Ok(additions)
    }
}

/// `name`, `name:tag`, `name@digest`, each with `old=` before it. Source: kustomize `kustomize/commands/edit/set/setimage.go`.
fn image(written: &Spanned<String>) -> ImageFields {
    let (old, new) = match written.value.split_once('=') {
        Some((old, new)) => (Some(old), new),
        None => (None, written.value.as_str()),
    };
    let (new, digest) = match new.split_once('@') {
        Some((new, digest)) => (new, Some(digest.to_owned())),
        None => (new, None),
    };
    let name_ends = new.rfind('/').map_or(0, |at| at + 1);
    let (new, tag) = match new[name_ends..].split_once(':') {
        Some((name, tag)) => (&new[..name_ends + name.len()], Some(tag.to_owned())),
        None => (new, None),
    };
    let span: Span = written.span;
    ImageFields {
        name: Some(Spanned::new(old.unwrap_or(new).to_owned(), span)),
        new_name: old.map(|_| new.to_owned()).filter(|new| new != "*"),
        new_tag: tag.filter(|tag| tag != "*"),
        digest,
        tag_suffix: None,
        made_by: span,
    }
}
