//! Which overlays are in use.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::text::normalized;
use crate::yaml::{Document, Node};

use super::flux::{Kustomization, Source};
use super::{Project, Switch};

/// Directories that Argo CD is told to apply: `path` of its sources; what Flux applies is told by [`applied_by_flux`].
/// Whether one of the controllers takes files from outside a kustomization's directory: Flux always, Argo CD when its
/// `kustomize.buildOptions` say so.
pub(super) fn applied_directories(
    documents: &[Document],
    top: &Path,
    applied: &mut BTreeSet<PathBuf>,
) -> bool {
    let mut unrestricted = false;
    for document in documents {
        let root = &document.root;
        let kind = root.get("kind").and_then(Node::text);
        let group = root
            .get("apiVersion")
            .and_then(Node::text)
            .and_then(|version| version.split('/').next());
        let mut add = |node: Option<&Node>| {
            let path = node
                .and_then(Node::text)
                .map(|path| path.trim_start_matches('/'));
            applied.extend(path.map(|path| normalized(&top.join(path))));
        };
        match (group, kind) {
            (Some("kustomize.toolkit.fluxcd.io"), Some("Kustomization")) => {
                unrestricted = true;
            }
            (Some("argoproj.io"), Some("Application")) => {
                add(root.at(&["spec", "source", "path"]));
                let sources = root
                    .at(&["spec", "sources"])
                    .and_then(Node::as_sequence)
                    .unwrap_or(&[]);
                sources.iter().for_each(|source| add(source.get("path")));
            }
            (Some("argoproj.io"), Some("ApplicationSet")) => {
                let path = root.at(&["spec", "template", "spec", "source", "path"]);
                let is_plain = |node: &&Node| node.text().is_some_and(|text| !text.contains("{{"));
                add(path.filter(is_plain));
            }
            (_, Some("ConfigMap")) => {
                let options = root
                    .at(&["data", "kustomize.buildOptions"])
                    .and_then(Node::text);
                unrestricted |=
                    options.is_some_and(|options| options.contains("LoadRestrictionsNone"));
            }
            _ => {}
        }
    }
    unrestricted
}

/// The directories that Flux Kustomizations apply. One that is suspended applies nothing.
pub(super) fn applied_by_flux<'k>(
    kustomizations: &'k [Kustomization],
    top: &'k Path,
) -> impl Iterator<Item = PathBuf> + 'k {
    let active = kustomizations.iter().filter(|own| !own.is("suspend"));
    active.filter_map(move |own| {
        let path = match &own.source {
            Source::Here { directory } => directory.as_str(),
            // What cannot be told apart from this repository may be it.
            Source::Unknown(_) => own.spec()?.get("path")?.text()?.trim_start_matches('/'),
        };
        Some(normalized(&top.join(path)))
    })
}

/// Marks the builds of overlays that are not the one in use.
///
/// An overlay is dormant when a switch lists it in a comment and another one in force, or when a sibling directory
/// renders the same cluster and only the sibling is referred to. With no such evidence every overlay may be in use.
pub(super) fn mark_dormant(
    project: &mut Project,
    directories: &[Option<PathBuf>],
    used: &BTreeSet<PathBuf>,
) {
    let unused_choices = unused_choices(&project.switches);
    let parents: BTreeSet<&Path> = used.iter().filter_map(|used| used.parent()).collect();
    for (build, directory) in directories.iter().enumerate() {
        let Some(directory) = directory else { continue };
        let beside_used = !used.contains(directory)
            && directory
                .parent()
                .is_some_and(|parent| parents.contains(parent));
        let dormant = unused_choices.contains(directory)
            || (beside_used
                && has_used_sibling(
                    project,
                    build,
                    directory,
                    directories,
                    used,
                    &unused_choices,
                ));
        project.builds[build].dormant = dormant;
    }
}

fn unused_choices(switches: &[Switch]) -> BTreeSet<PathBuf> {
    let decided = switches
        .iter()
        .filter(|switch| switch.active().next().is_some());
    decided
        .flat_map(|switch| switch.choices.iter().filter(|choice| !choice.active))
        .map(|choice| choice.directory.clone())
        .collect()
}

/// Whether a build of a used directory beside this one bootstraps the same cluster in another way. A choice that a
/// switch leaves in a comment is no such directory.
fn has_used_sibling(
    project: &Project,
    build: usize,
    directory: &Path,
    directories: &[Option<PathBuf>],
    used: &BTreeSet<PathBuf>,
    unused_choices: &BTreeSet<PathBuf>,
) -> bool {
    let is_used_build = |other: usize| {
        let own = directories[other].as_ref();
        own.is_none_or(|own| {
            !unused_choices.contains(own)
                && (used.contains(own) || own.parent() != directory.parent())
        })
    };
    project
        .clusters
        .iter()
        .filter(|cluster| cluster.build == build)
        .any(|cluster| {
            project
                .siblings(cluster)
                .any(|other| is_used_build(other.build) && other.methods != cluster.methods)
        })
}
