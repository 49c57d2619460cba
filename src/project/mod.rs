//! A repository resolved: every cluster, overlay and object store, as rendered by every build.
//!
//! [`load`](load::load) reads the files, builds each kustomization root once, takes plain directories as they are,
//! and sorts what came out. Rules look at the result and never at files.

mod activity;
mod classify;
mod component_switch;
pub mod database;
mod deliver;
pub mod delivery;
mod failure;
pub mod flux;
mod kept;
mod listing;
mod load;
mod plain;
mod reference;
mod switch;
pub mod variable;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::kustomize::BuildError;
use crate::model::archive::ObjectStore;
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::text::{FileId, SourceMap, Span};
use crate::yaml::store::Parsed;
use crate::yaml::{Kind, Node};

pub use classify::{ENCRYPTED, is_manifest_text};
pub use database::{Database, DatabaseError};
pub use delivery::{Controller, Delivery};
pub use load::{Input, is_relevant, load, load_after, load_first};
pub use switch::{Choice, Switch};

/// Where rendered objects come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildKind {
    /// `kustomize build` of a directory.
    Kustomization,
    /// Files applied as they are.
    Plain,
    /// Manifests from standard input, rendered by another program.
    Input,
}

/// One source of rendered objects.
#[derive(Debug, Clone)]
pub struct Build {
    /// Directory as shown to people.
    pub directory: String,
    /// What makes it.
    pub kind: BuildKind,
    /// Whether another overlay over the same base is the one in use.
    pub dormant: bool,
    /// The Flux Kustomization that applies it, as an index of [`Project::flux`].
    pub flux: Option<usize>,
    /// Every file and directory that took part, without symbolic links; of plain manifests the files with objects that
    /// count.
    pub files: Vec<PathBuf>,
}

/// An object that tells how databases are applied: one of a GitOps controller, a ConfigMap or a Secret.
#[derive(Debug, Clone)]
pub struct Steering {
    /// The object.
    pub object: Object,
    /// Index of the build that rendered it; `None` for a file beside a kustomization that does not list it, which
    /// somebody applies by hand.
    pub build: Option<usize>,
}

/// An object of CloudNativePG that no other list holds: DatabaseRole, Publication, Subscription and the catalogues of images.
#[derive(Debug, Clone)]
pub struct Further {
    /// The object.
    pub object: Object,
    /// Index of the build that rendered it.
    pub build: usize,
}

/// A kustomization that could not be built.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Directory as shown to people.
    pub directory: String,
    /// Where to point: the place the error names, or the kustomization file's start.
    pub span: Span,
    /// What went wrong.
    pub error: BuildError,
}

/// A file of manifests that cannot be read as YAML.
#[derive(Debug, Clone)]
pub struct BrokenFile {
    /// The place of the problem.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A file with CloudNativePG objects that its directory's kustomization does not list.
#[derive(Debug, Clone)]
pub struct Unreferenced {
    /// The first such object's kind.
    pub span: Span,
    /// `Kind name` of the objects in it.
    pub objects: Vec<String>,
    /// The kustomization file beside it, as shown to people.
    pub kustomization: String,
}

/// Kinds of objects that files which could not be read seem to hold. What such a file defines cannot be called missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Clusters.
    pub clusters: bool,
    /// ObjectStores.
    pub stores: bool,
    /// ScheduledBackups.
    pub schedules: bool,
}

/// Everything known about a repository.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The directory that paths are shown relative to. Absolute.
    pub top: PathBuf,
    /// Every file read.
    pub sources: SourceMap,
    /// The documents of every file read.
    pub parsed: BTreeMap<FileId, Parsed>,
    /// Builds for another state of the repository.
    kept: Option<kept::Kept>,
    /// The builds, in order of their directories.
    pub builds: Vec<Build>,
    /// Clusters of all builds.
    pub clusters: Vec<Cluster>,
    /// ObjectStores of all builds.
    pub stores: Vec<ObjectStore>,
    /// ScheduledBackups of all builds.
    pub schedules: Vec<ClusterUser>,
    /// Backups of all builds.
    pub backups: Vec<ClusterUser>,
    /// Poolers of all builds.
    pub poolers: Vec<ClusterUser>,
    /// Database objects of all builds.
    pub database_objects: Vec<ClusterUser>,
    /// CloudNativePG's other objects of all builds.
    pub further: Vec<Further>,
    /// Flux Kustomizations as they reach a cluster, each after the one that applies it.
    pub flux: Vec<flux::Kustomization>,
    /// HelmReleases that hold Clusters.
    pub releases: Vec<flux::Release>,
    /// Objects of all builds that tell how databases are applied.
    pub steering: Vec<Steering>,
    /// Kustomizations that choose between bootstrap overlays.
    pub switches: Vec<Switch>,
    /// Kustomizations that cannot be built, or only without some of their fields.
    pub failures: Vec<Failure>,
    /// CloudNativePG-looking files that are not YAML.
    pub broken: Vec<BrokenFile>,
    /// CloudNativePG files that nothing refers to.
    pub unreferenced: Vec<Unreferenced>,
    /// What unreadable files may define.
    pub hidden: Hidden,
    /// Files left out, by reason, as shown to people.
    pub skipped: BTreeMap<String, Vec<String>>,
    /// Files that could not be read at all: path as shown, and why.
    pub unreadable: Vec<(String, String)>,
    /// YAML files looked at.
    pub files: usize,
    /// Kubernetes objects rendered.
    pub objects: usize,
}

impl Project {
    /// The build that rendered a cluster.
    pub fn build_of(&self, cluster: &Cluster) -> &Build {
        &self.builds[cluster.build]
    }

    /// The Flux Kustomization that applies a cluster, where one is known to.
    pub fn flux_of(&self, cluster: &Cluster) -> Option<&flux::Kustomization> {
        self.flux.get(self.build_of(cluster).flux?)
    }

    /// Where the Kustomization at the top of the chain stands: each stands for a Kubernetes cluster. `None` for one that
    /// nothing here applies, which may belong to any.
    pub fn flux_top(&self, own: &flux::Kustomization) -> Option<Span> {
        let mut top = own;
        while let Some(above) = top.applied_by.and_then(|index| self.flux.get(index)) {
            top = above;
        }
        (top.place != own.place).then_some(top.place)
    }

    /// Whether the cluster is rendered by an overlay that is not the one in use.
    pub fn is_dormant(&self, cluster: &Cluster) -> bool {
        self.build_of(cluster).dormant
    }

    /// The node of a source document that covers exactly these bytes.
    ///
    /// Rendered maps mix entries of several files; an edit needs the map as one file has it.
    pub fn written(&self, span: Span) -> Option<&Node> {
        let documents = self.parsed.get(&span.file)?.as_ref().as_ref().ok()?;
        documents
            .iter()
            .find_map(|document| covering(&document.root, span))
    }

    /// The other renderings of the same source document under the same name and namespace.
    pub fn siblings<'p>(&'p self, cluster: &'p Cluster) -> impl Iterator<Item = &'p Cluster> {
        let source = cluster.object.source();
        self.clusters.iter().filter(move |other| {
            other.build != cluster.build
                && other.object.source() == source
                && other.object.reference() == cluster.object.reference()
        })
    }

    /// How many databases there are: renderings of one document under one identity count once.
    pub fn databases(&self) -> usize {
        let mut seen: Vec<_> = self
            .clusters
            .iter()
            .map(|cluster| (cluster.object.source(), cluster.object.reference()))
            .collect();
        seen.sort();
        seen.dedup();
        seen.len()
    }
}

fn covering(node: &Node, span: Span) -> Option<&Node> {
    let own = node.span();
    if own == span {
        return Some(node);
    }
    if own.start > span.start || own.end < span.end {
        return None;
    }
    match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => None,
        Kind::Sequence(items) => items.iter().find_map(|item| covering(item, span)),
        Kind::Mapping(entries) => entries
            .iter()
            .find_map(|entry| covering(&entry.key, span).or_else(|| covering(&entry.value, span))),
    }
}
