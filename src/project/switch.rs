//! Kustomizations that choose a bootstrap by choosing an overlay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::kustomize::Builder;
use crate::model::cluster::{Cluster, Method};
use crate::text::{FileId, Span};

use super::load::clusters_of;
use super::reference::{Listed, References};

/// One overlay that a switch can select.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The path as written in the kustomization.
    pub written: String,
    /// Its directory.
    pub directory: PathBuf,
    /// The list item, or the comment that holds it.
    pub span: Span,
    /// Whether the item is in force.
    pub active: bool,
    /// How the overlay bootstraps the cluster.
    pub method: Method,
}

/// A kustomization that lists overlays over one base Cluster, or components that bootstrap it, some of them in comments.
/// With Flux, the components may be listed in `spec.components` of a Flux Kustomization.
#[derive(Debug, Clone)]
pub struct Switch {
    /// The file with the list.
    pub file: FileId,
    /// The key of its list.
    pub list: Span,
    /// The source document of the Cluster that the overlays share: the place of its `kind`.
    pub base: Span,
    /// Name of that Cluster.
    pub cluster: String,
    /// The overlays or components, in the order of their places.
    pub choices: Vec<Choice>,
    /// Whether components are chosen, which change a Cluster that is rendered anyway.
    pub in_place: bool,
    /// The bootstrap without any choice in force, where there is one.
    pub default: Option<Method>,
}

impl Switch {
    /// The overlays in force.
    pub fn active(&self) -> impl Iterator<Item = &Choice> {
        self.choices.iter().filter(|choice| choice.active)
    }
}

/// The source document of a Cluster and its name.
pub(super) type Base = (Span, String);

/// Finds the switches of all kustomizations.
pub(super) fn find(
    builder: &mut Builder<'_, '_>,
    all: &BTreeMap<PathBuf, References>,
) -> Vec<Switch> {
    let mut switches = Vec::new();
    for references in all.values() {
        // One listed directory and nothing in comments is no choice.
        if references.directories.len() + references.commented.len() < 2 {
            continue;
        }
        let mut groups: BTreeMap<Base, Vec<Choice>> = BTreeMap::new();
        let active = references.directories.iter().map(|listed| (listed, true));
        for (listed, active) in
            active.chain(references.commented.iter().map(|listed| (listed, false)))
        {
            for (base, method) in bootstraps(builder, &listed.directory) {
                groups
                    .entry(base)
                    .or_default()
                    .push(choice(listed, active, method));
            }
        }
        for ((base, cluster), mut choices) in groups {
            choices.sort_by_key(|choice| choice.span);
            let methods = choices
                .iter()
                .any(|choice| choice.method != choices[0].method);
            if methods {
                switches.push(Switch {
                    file: references.file,
                    list: references.list,
                    base,
                    cluster,
                    choices,
                    in_place: false,
                    default: None,
                });
            }
        }
    }
    switches
}

fn choice(listed: &Listed, active: bool, method: Method) -> Choice {
    Choice {
        written: listed.written.clone(),
        directory: listed.directory.clone(),
        span: listed.span,
        active,
        method,
    }
}

/// The Clusters that a directory renders with exactly one bootstrap method.
fn bootstraps(builder: &mut Builder<'_, '_>, directory: &Path) -> Vec<(Base, Method)> {
    let Ok(build) = builder.build(directory) else {
        return Vec::new();
    };
    let single = |cluster: Cluster| match cluster.methods.as_slice() {
        [method] => Some((
            (cluster.object.source(), cluster.name().to_owned()),
            *method,
        )),
        _ => None,
    };
    clusters_of(&build).into_iter().filter_map(single).collect()
}
