//! A label on a Flux Kustomization that makes a patch of another one apply to it.
//!
//! Where the chain of Kustomizations is at hand, the patch is rendered; else the bootstrap is read from the patch.

use crate::model::cluster::Method;
use crate::project::Database;
use crate::project::delivery::Controller;
use crate::text::{FileId, Span};
use crate::yaml::patch::NewValue;
use crate::yaml::patch::{
    PatchError, comment_entry, commented_entries, set_paths, uncomment_entry,
};
use crate::yaml::{Document, Locator, Node, parse};

use super::Flip;

/// The switch of one database.
pub(super) struct Label<'p> {
    key: String,
    value: String,
    /// What the patch makes of the bootstrap.
    pub(super) method: Method,
    /// Whether the label is on.
    pub(super) on: bool,
    /// The Flux Kustomization of the database.
    file: FileId,
    root: &'p Node,
    /// Where the patch stands.
    patch: Span,
}

/// The switch of a database that Flux applies.
pub(super) fn find<'p>(database: &Database<'p>) -> Option<Label<'p>> {
    let project = database.project;
    let delivery = database.delivery.as_ref();
    let place = delivery
        .filter(|own| own.controller == Controller::Flux)?
        .place;
    let documents = |file: &FileId| -> Option<&'p Vec<Document>> {
        project.parsed.get(file)?.as_ref().as_ref().ok()
    };
    let mut own = documents(&place.file)?.iter().map(|own| &own.root);
    let root = own.find(|root| root.get("kind").map(Node::span) == Some(place))?;
    let all = project.parsed.keys().filter_map(documents).flatten();
    let patches = all
        .map(|document| &document.root)
        .filter(|root| is_flux(root))
        .filter_map(|root| root.at(&["spec", "patches"])?.as_sequence())
        .flatten();
    patches.into_iter().find_map(|patch| {
        let selector = patch.at(&["target", "labelSelector"])?.text()?;
        let (key, value) = selector
            .split_once('=')
            .filter(|_| !selector.contains(','))?;
        let value = value.trim_start_matches('=').trim();
        let key = key.trim();
        let method = bootstrap_of(patch.get("patch")?.text()?)?;
        let label = root
            .at(&["metadata", "labels"])
            .and_then(|labels| labels.get(key));
        Some(Label {
            on: label.and_then(Node::text) == Some(value),
            key: key.to_owned(),
            value: value.to_owned(),
            method,
            file: place.file,
            root,
            patch: patch.get("patch")?.span(),
        })
    })
}

/// Whether a document is a Flux Kustomization.
pub(super) fn is_flux(root: &Node) -> bool {
    let version = root.get("apiVersion").and_then(Node::text);
    version.is_some_and(|version| version.starts_with("kustomize.toolkit.fluxcd.io/"))
}

/// The bootstrap that a patch of a Flux Kustomization puts into Clusters by a patch of its own.
fn bootstrap_of(patch: &str) -> Option<Method> {
    let root = |text: &str| -> Option<Node> {
        let whole = Span::new(FileId(0), 0, 0);
        let documents = parse(text, &Locator::Opaque { whole }).ok()?;
        Some(documents.into_iter().next()?.root)
    };
    let outer = root(patch)?;
    let inner = outer.at(&["spec", "patches"])?.as_sequence()?;
    let texts = inner.iter().filter_map(|inner| inner.get("patch")?.text());
    let operations = texts.filter_map(root);
    operations
        .filter_map(|operations| {
            let all = operations.as_sequence()?;
            let on_bootstrap = |operation: &&Node| {
                operation.get("path").and_then(Node::text) == Some("/spec/bootstrap")
            };
            let value = all.iter().find(on_bootstrap)?.get("value")?;
            let known = [Method::Initdb, Method::Recovery];
            known
                .into_iter()
                .find(|method| value.get(method.key()).is_some())
        })
        .next()
}

impl Label<'_> {
    /// Puts the label on, or takes it off.
    pub(super) fn flip(&self, database: &Database<'_>, rendered: bool) -> Result<Flip, PatchError> {
        let sources = &database.project.sources;
        let source = &sources.file(self.file).text;
        let edits = if self.on {
            vec![self.taken_off(source)?]
        } else {
            match self.uncommented(source) {
                Some(edit) => vec![edit],
                None => set_paths(
                    source,
                    self.root,
                    &[(
                        &["metadata", "labels", &self.key],
                        NewValue::Scalar(self.value.clone()),
                    )],
                )?,
            }
        };
        let verb = if self.on { "take off" } else { "put on" };
        Ok(Flip {
            title: format!(
                "{verb} the label `{}: {}` in {}",
                self.key,
                self.value,
                sources.file(self.file).name
            ),
            edits,
            notes: if rendered {
                Vec::new()
            } else {
                vec![format!(
                    "Flux applies the patch at {} to Kustomizations with this label; it is read here, not rendered",
                    sources.describe(self.patch)
                )]
            },
        })
    }

    fn taken_off(&self, source: &str) -> Result<crate::text::Edit, PatchError> {
        let missing = PatchError::NotInText;
        let metadata = self.root.get("metadata").ok_or(missing.clone())?;
        let labels = metadata.get("labels").ok_or(missing)?;
        if labels.as_mapping().is_some_and(|all| all.len() > 1) {
            comment_entry(source, labels, &self.key)
        } else {
            comment_entry(source, metadata, "labels")
        }
    }

    /// Switches the label on where it stands in a comment.
    fn uncommented(&self, source: &str) -> Option<crate::text::Edit> {
        let metadata = self.root.get("metadata")?;
        let is_own = |value: &Node| value.text() == Some(self.value.as_str());
        if let Some(labels) = metadata.get("labels") {
            let found = commented_entries(source, labels).ok()?;
            let own = found.iter().find(|entry| {
                entry.key.as_deref() == Some(self.key.as_str()) && is_own(&entry.value)
            })?;
            return uncomment_entry(source, labels, own.span, None).ok();
        }
        let found = commented_entries(source, metadata).ok()?;
        let own = found.iter().find(|entry| {
            let inner = entry.value.as_mapping().unwrap_or_default();
            entry.key.as_deref() == Some("labels")
                && inner.len() == 1
                && entry.value.get(&self.key).is_some_and(is_own)
        })?;
        uncomment_entry(source, metadata, own.span, None).ok()
    }
}
