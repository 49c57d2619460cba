//! Builds of roots, and of what Flux applies.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kustomize::{self, Additions, BuildError, Builder, ErrorKind, Resource};
use crate::model::object::Object;
use crate::text::{FileId, SourceMap, Span, normalized};
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Node, expand};

use super::flux::{Chain, Release, Rendered, SOURCE_GROUP, Source, group, is_kustomization};
use super::kept::Reuse;
use super::load::{Loader, cluster_object, is_relevant};
use super::reference::{Listed, References};
use super::{BuildKind, Switch};

/// What an Argo CD Application adds to a directory.
pub(super) struct Applied {
    /// The additions.
    pub(super) additions: Additions,
    /// The file that asks for them.
    pub(super) asked: FileId,
}

/// Builds of directories as they are, from the roots down.
pub(super) struct Roots<'r> {
    references: &'r BTreeMap<PathBuf, References>,
    applied: BTreeMap<PathBuf, Applied>,
    queue: Vec<PathBuf>,
    waiting: Vec<PathBuf>,
    /// Directories that need no build of their own.
    pub(super) reached: HashSet<PathBuf>,
    /// Builds that need not be made again.
    reuse: &'r Reuse<'r>,
    /// The builds.
    pub(super) built: Vec<Built>,
}

/// A directory and its build.
pub(super) type Built = (PathBuf, Result<Arc<kustomize::Build>, BuildError>);

impl<'r> Roots<'r> {
    /// The directories that no other one includes.
    ///
    /// `applied` are directories that an Argo CD Application applies with components of its own.
    pub(super) fn new(
        references: &'r BTreeMap<PathBuf, References>,
        applied: BTreeMap<PathBuf, Applied>,
        reuse: &'r Reuse<'r>,
    ) -> Self {
        let included: BTreeSet<&PathBuf> = references
            .values()
            .flat_map(|own| own.directories.iter().map(|listed| &listed.directory))
            .collect();
        let reversed = |mut directories: Vec<PathBuf>| {
            directories.reverse();
            directories
        };
        let roots = references.keys().filter(|own| !included.contains(own));
        Self {
            references,
            applied,
            queue: reversed(roots.cloned().collect()),
            waiting: reversed(references.keys().cloned().collect()),
            reached: HashSet::new(),
            reuse,
            built: Vec::new(),
        }
    }

    /// Builds the roots that are wanted now, and the parts of those that fail. The others stay for later.
    pub(super) fn build(&mut self, builder: &mut Builder<'_, '_>, now: impl Fn(&Path) -> bool) {
        let mut later = Vec::new();
        while let Some(directory) = self.queue.pop() {
            if now(&directory) {
                self.one(builder, directory);
            } else {
                later.push(directory);
            }
        }
        later.reverse();
        self.queue = later;
    }

    /// Builds what no root reaches: it lies on a circle, so begin anywhere.
    pub(super) fn build_rest(&mut self, builder: &mut Builder<'_, '_>) {
        while let Some(directory) = self.waiting.pop() {
            self.one(builder, directory);
            self.build(builder, |_| true);
        }
    }

    fn one(&mut self, builder: &mut Builder<'_, '_>, directory: PathBuf) {
        if !self.reached.insert(directory.clone()) {
            return;
        }
        let result = match (self.applied.get(&directory), self.reuse.root(&directory)) {
            (Some(own), _) => builder
                .build_with(&directory, &own.additions, own.asked)
                .or_else(|_| builder.build(&directory))
                .map(Arc::new),
            (None, Some(build)) => Ok(build),
            (None, None) => builder.build(&directory).map(Arc::new),
        };
        let children = self
            .references
            .get(&directory)
            .map_or(&[][..], |own| &own.directories);
        match &result {
            Ok(_) => self.reach(children),
            // Below such a chain every directory would fail alike.
            Err(error) if matches!(error.kind(), ErrorKind::TooDeep(_)) => self.reach(children),
            // A Component makes sense within its users only.
            Err(_) => {
                let alone = children.iter().rev().map(|listed| &listed.directory);
                let alone = alone.filter(|own| !self.is_component(own)).cloned();
                let alone: Vec<PathBuf> = alone.collect();
                self.queue.extend(alone);
            }
        }
        self.built.push((directory, result));
    }

    /// The builds to which nobody adds anything.
    pub(super) fn as_they_are(&self) -> BTreeMap<PathBuf, Arc<kustomize::Build>> {
        let built = self.built.iter();
        let own = built.filter(|(directory, _)| !self.applied.contains_key(directory));
        own.filter_map(|(directory, build)| {
            let build = build.as_ref().ok()?;
            Some((directory.clone(), Arc::clone(build)))
        })
        .collect()
    }

    fn is_component(&self, directory: &Path) -> bool {
        let own = self.references.get(directory);
        own.is_some_and(|own| own.is_component)
    }

    /// Marks everything below as built with its parent.
    fn reach(&mut self, children: &[Listed]) {
        let mut queue: Vec<&Path> = children
            .iter()
            .map(|listed| listed.directory.as_path())
            .collect();
        while let Some(directory) = queue.pop() {
            if self.reached.insert(normalized(directory)) {
                let own = self.references.get(directory);
                let below = own.map_or(&[][..], |own| &own.directories);
                queue.extend(below.iter().map(|listed| listed.directory.as_path()));
            }
        }
    }

    /// What the chain of Flux Kustomizations may be found in, as rendered.
    pub(super) fn objects(&self) -> Vec<Node> {
        let builds = self
            .built
            .iter()
            .filter_map(|(_, build)| build.as_ref().ok());
        let nodes = builds.flat_map(|build| build.resources.iter().map(Resource::node));
        nodes.filter(|node| concerns_flux(node)).cloned().collect()
    }

    /// Overlays that stand beside one that Flux applies, or that a comment switches off below it, and render a Cluster
    /// of the same base: what each Kustomization would apply instead.
    pub(super) fn overlays(
        &self,
        chain: &Chain,
        switches: &[Switch],
        sources: &SourceMap,
    ) -> BTreeSet<(usize, PathBuf)> {
        let known: Vec<OnceCell<BTreeSet<Span>>> = vec![OnceCell::new(); self.built.len()];
        let mut by_directory: BTreeMap<&Path, usize> = BTreeMap::new();
        let mut by_parent: BTreeMap<Option<&Path>, Vec<usize>> = BTreeMap::new();
        for (at, (directory, _)) in self.built.iter().enumerate() {
            by_directory.insert(directory, at);
            by_parent.entry(directory.parent()).or_default().push(at);
        }
        let mut switched: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
        for switch in switches {
            let off = switch.choices.iter().filter(|choice| !choice.active);
            let off = off.map(|choice| choice.directory.as_path());
            let file = sources.file(switch.file).path.as_path();
            switched.entry(file).or_default().extend(off);
        }
        let mut found = BTreeSet::new();
        for rendered in chain.rendered.iter().filter(|rendered| !rendered.generated) {
            let Ok(build) = &rendered.build else { continue };
            let own = cluster_sources(build);
            if own.is_empty() {
                continue;
            }
            let files = build.files.iter();
            let choices = files.filter_map(|file| switched.get(file.as_path()));
            let below = choices.flatten().filter_map(|own| by_directory.get(own));
            let beside = by_parent.get(&rendered.directory.parent());
            for at in beside.into_iter().flatten().chain(below) {
                let (directory, Ok(other)) = &self.built[*at] else {
                    continue;
                };
                let theirs = known[*at].get_or_init(|| cluster_sources(other));
                if !own.is_disjoint(theirs) {
                    found.insert((rendered.by, directory.clone()));
                }
            }
        }
        found
    }
}

/// A build on its way into the project.
enum Taken {
    /// Of a directory as it is.
    AsIs(PathBuf, Result<Arc<kustomize::Build>, BuildError>),
    /// Of what a Flux Kustomization applies.
    ByFlux(Rendered),
}

impl Taken {
    fn order(&self) -> (&Path, Option<usize>) {
        match self {
            Self::AsIs(directory, _) => (directory, None),
            Self::ByFlux(own) => (&own.directory, Some(own.by)),
        }
    }
}

/// The documents of the Clusters that a build renders.
fn cluster_sources(build: &kustomize::Build) -> BTreeSet<Span> {
    let nodes = build.resources.iter().map(Resource::shared);
    let clusters = nodes.filter_map(cluster_object);
    clusters.map(|object| object.source()).collect()
}

fn concerns_flux(node: &Node) -> bool {
    is_kustomization(node)
        || group(node) == Some(SOURCE_GROUP)
        || node.get("kind").and_then(Node::text) == Some("ConfigMap")
}

impl Loader<'_> {
    /// What the chain of Flux Kustomizations may be found in, as it stands in files. A file beside a kustomization that
    /// does not list it is applied by nobody.
    pub(super) fn flux_objects(
        &mut self,
        references: &BTreeMap<PathBuf, References>,
        manifests: &[FileId],
    ) -> Vec<Node> {
        let listed: BTreeSet<FileId> = references
            .values()
            .flat_map(|own| own.files.iter().copied())
            .collect();
        let mut objects = Vec::new();
        for file in manifests {
            let path = &self.store.sources().file(*file).path;
            let beside = path
                .parent()
                .is_some_and(|own| references.contains_key(own));
            if beside && !listed.contains(file) {
                continue;
            }
            let parsed = self.store.documents(*file);
            let Ok(documents) = parsed.as_ref() else {
                continue;
            };
            let own = documents
                .iter()
                .filter(|document| concerns_flux(&document.root));
            let expanded = own.filter_map(|document| expand(document).ok());
            objects.extend(expanded.map(|root| canonical(&root, Dialect::Direct)));
        }
        objects
    }

    /// The directories that Flux Kustomizations name.
    pub(super) fn named_by_flux(&self, objects: &[Node]) -> BTreeSet<PathBuf> {
        let paths = objects
            .iter()
            .filter(|node| is_kustomization(node))
            .filter_map(|node| node.at(&["spec", "path"])?.text());
        paths
            .map(|path| normalized(&self.top.join(path.trim_start_matches('/'))))
            .collect()
    }

    /// Takes the builds over into the project, in the order of directories.
    pub(super) fn take_built(
        &mut self,
        built: Vec<Built>,
        chain: Chain,
        references: &BTreeMap<PathBuf, References>,
    ) {
        self.tell_unknown(&chain);
        self.project.flux = chain.kustomizations;
        let (done, refused): (Vec<Rendered>, Vec<Rendered>) = chain
            .rendered
            .into_iter()
            .partition(|rendered| rendered.build.is_ok());
        let replaced: BTreeSet<PathBuf> = done.iter().map(|own| own.directory.clone()).collect();
        let as_is = built.into_iter().filter(|(own, _)| !replaced.contains(own));
        let by_flux = done.into_iter().chain(refused);
        let mut all: Vec<Taken> = as_is
            .map(|(directory, build)| Taken::AsIs(directory, build))
            .chain(by_flux.map(Taken::ByFlux))
            .collect();
        all.sort_by(|left, right| left.order().cmp(&right.order()));
        for taken in all {
            match taken {
                Taken::ByFlux(own) => self.take_applied(own, references),
                Taken::AsIs(directory, Ok(build)) => {
                    self.built(directory, references, &build, None);
                }
                Taken::AsIs(directory, Err(error)) => {
                    let own = references.get(&directory);
                    if error.is_unsupported() || own.is_some_and(|own| own.is_component) {
                        self.unsupported.push(directory.clone());
                    }
                    self.failed(&directory, references, error);
                }
            }
        }
    }

    fn take_applied(&mut self, own: Rendered, references: &BTreeMap<PathBuf, References>) {
        match own.build {
            Ok(build) => self.built(
                own.directory,
                references,
                &build,
                Some((own.by, own.generated)),
            ),
            // Flux fails on a file that is no manifest; which files it gets is decided elsewhere too.
            Err(_) if own.generated => {
                let shown = self.store.shown(&own.directory);
                let reason = "directory that Flux applies, with files that are no manifests";
                let skipped = self.project.skipped.entry(reason.to_owned()).or_default();
                if !skipped.contains(&shown) {
                    skipped.push(shown);
                }
            }
            Err(error) => self.failed(&own.directory, references, error),
        }
    }

    /// Charts are not rendered, so releases without a sign of a Cluster say nothing here.
    pub(super) fn keep_releases_of_clusters(&mut self) {
        let steering = self.project.steering.iter().filter_map(Release::of);
        let mut releases: Vec<Release> = steering.collect();
        if releases.is_empty() {
            return;
        }
        let files: Vec<FileId> = self.store.sources().iter().map(|(file, _)| file).collect();
        let parsed: Vec<_> = files
            .iter()
            .map(|file| self.store.documents(*file))
            .collect();
        let documents = parsed.iter().filter_map(|own| own.as_ref().as_ref().ok());
        let roots = documents.flatten().map(|own| &own.root);
        let objects: Vec<&Node> = roots
            .filter(|root| group(root) == Some(SOURCE_GROUP))
            .collect();
        let sources = self.store.sources();
        releases.retain(|own| own.holds_cluster(&objects, sources, self.top));
        self.project.releases = releases;
    }

    fn tell_unknown(&mut self, chain: &Chain) {
        for own in &chain.kustomizations {
            let Source::Unknown(reason) = own.source else {
                continue;
            };
            let name = self.store.sources().file(own.place.file).name.clone();
            let reason = format!("Flux Kustomization with {reason}");
            let files = self.project.skipped.entry(reason).or_default();
            if !files.contains(&name) {
                files.push(name);
            }
        }
    }

    fn built(
        &mut self,
        directory: PathBuf,
        all: &BTreeMap<PathBuf, References>,
        build: &kustomize::Build,
        by: Option<(usize, bool)>,
    ) {
        let shown = self.store.shown(&directory);
        for error in &build.left_out {
            self.failed(&directory, all, error.clone());
        }
        let generated = by.is_some_and(|(_, generated)| generated);
        let kind = if generated {
            BuildKind::Plain
        } else {
            BuildKind::Kustomization
        };
        let flux = by.map(|(index, _)| index);
        let index = self.add_build(Some(directory), kind, shown, flux);
        self.project.objects += build.resources.len();
        let own = flux.and_then(|index| self.project.flux.get(index)).cloned();
        for resource in &build.resources {
            if !is_relevant(resource.node()) {
                continue;
            }
            let Some(mut object) = Object::new(Arc::clone(resource.shared())) else {
                continue;
            };
            if let Some(own) = &own
                && let Cow::Owned(node) = own.with_common_metadata(Cow::Borrowed(&object.node))
            {
                object.node = Arc::new(node);
            }
            self.sort(object, index);
        }
        self.project.builds[index].files.clone_from(&build.files);
    }
}
