//! From files to a [`Project`].

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kustomize::{self, Builder, Resource};
use crate::model::cluster::Cluster;
use crate::model::object::{BARMAN_GROUP, CNPG_GROUP, Object};
use crate::text::{FileId, FileTree, ReadError};
use crate::yaml::{DocumentStore, Node};

use super::activity::{applied_directories, mark_dormant};
use super::classify::{Verdict, judge};
use super::deliver::Roots;
use super::kept::{Kept, Reuse};
use super::listing::Listing;
use super::reference::{References, is_kustomization, read_all};
use super::{BrokenFile, Build, BuildKind, Project, component_switch, flux, switch};

/// What to look at.
pub enum Input<'i> {
    /// YAML files of a repository: absolute paths without symbolic links, in order, each once.
    Files(&'i [PathBuf]),
    /// Manifests rendered by another program, with the name to show for them.
    Text {
        /// The name to show, such as `<stdin>`.
        name: &'i str,
        /// The manifests.
        text: Arc<str>,
    },
}

/// Reads and resolves everything. Never fails: what cannot be read is part of the result.
///
/// `top` is the directory that shown paths are relative to.
pub fn load(tree: &dyn FileTree, top: &Path, input: &Input<'_>) -> Project {
    load_with(tree, top, input, None, false)
}

/// As [`load`], and keeps what makes it quick to load another state of the repository behind it.
pub fn load_first(tree: &dyn FileTree, top: &Path, input: &Input<'_>) -> Project {
    load_with(tree, top, input, None, true)
}

/// As [`load`], where another state of the repository was loaded: files with the very same texts are not parsed again,
/// and what is built from such files only is not built again.
pub fn load_after(
    tree: &dyn FileTree,
    top: &Path,
    input: &Input<'_>,
    earlier: &Project,
) -> Project {
    load_with(tree, top, input, Some(earlier), false)
}

fn load_with(
    tree: &dyn FileTree,
    top: &Path,
    input: &Input<'_>,
    earlier: Option<&Project>,
    keep: bool,
) -> Project {
    let listed: &[PathBuf] = match input {
        Input::Files(files) => files,
        Input::Text { .. } => &[],
    };
    let tree = Listing::new(tree, listed);
    let mut store = DocumentStore::new(&tree, top.to_path_buf());
    let earlier = earlier.and_then(|earlier| {
        let changed = store.take_over(&earlier.sources, &earlier.parsed)?;
        let created = listed
            .iter()
            .filter(|path| earlier.sources.find(path).is_none());
        let created = created.cloned().collect();
        Some(Earlier {
            kept: earlier.kept.as_ref()?,
            changed,
            created,
        })
    });
    let mut loader = Loader {
        store,
        earlier,
        keep,
        project: Project::default(),
        directories: Vec::new(),
        applied: BTreeSet::new(),
        unsupported: Vec::new(),
        unrestricted: false,
        delivered: HashSet::new(),
        top,
    };
    match input {
        Input::Files(files) => loader.files(files),
        Input::Text { name, text } => loader.text(name, Arc::clone(text)),
    }
    let (sources, parsed) = loader.store.into_parts();
    Project {
        top: top.to_path_buf(),
        sources,
        parsed,
        ..loader.project
    }
}

/// Groups whose objects tell controllers what to apply: Argo CD's and those of Flux.
const STEERING_GROUPS: [&str; 4] = [
    "argoproj.io",
    "kustomize.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
];

/// Whether an object tells how others are applied, judged by version and kind alone.
pub(super) fn steers(node: &Node) -> bool {
    let Some(version) = node.get("apiVersion").and_then(Node::text) else {
        return false;
    };
    match version.split_once('/') {
        Some((group, _)) => STEERING_GROUPS.contains(&group),
        None => matches!(
            node.get("kind").and_then(Node::text),
            Some("ConfigMap" | "Secret")
        ),
    }
}

/// The Clusters among the resources of a build.
pub(super) fn clusters_of(build: &kustomize::Build) -> Vec<Cluster> {
    let nodes = build.resources.iter().map(Resource::shared);
    let clusters = nodes.filter_map(cluster_object);
    clusters.map(|object| Cluster::new(object, 0)).collect()
}

/// A Cluster of CloudNativePG.
pub(super) fn cluster_object(node: &Arc<Node>) -> Option<Object> {
    let is_cluster = group_of(node) == Some(CNPG_GROUP)
        && node.get("kind").and_then(Node::text) == Some("Cluster");
    is_cluster.then(|| Object::new(Arc::clone(node)))?
}

/// Whether an object is of one of CloudNativePG's groups.
pub(super) fn is_cnpg(node: &Node) -> bool {
    group_of(node).is_some_and(|group| group == CNPG_GROUP || group == BARMAN_GROUP)
}

fn group_of(node: &Node) -> Option<&str> {
    let version = node.get("apiVersion").and_then(Node::text)?;
    version.split('/').next()
}

/// Whether an object is of the kinds that walbound looks at: CloudNativePG's, controllers', ConfigMaps and Secrets.
pub fn is_relevant(node: &Node) -> bool {
    is_cnpg(node) || steers(node)
}

/// What another state of the repository has left.
struct Earlier<'e> {
    kept: &'e Kept,
    /// Files that have other texts now.
    changed: BTreeSet<PathBuf>,
    /// Files that it did not have.
    created: Vec<PathBuf>,
}

pub(super) struct Loader<'t> {
    pub(super) store: DocumentStore<'t>,
    earlier: Option<Earlier<'t>>,
    /// Whether builds are kept.
    keep: bool,
    pub(super) project: Project,
    /// The directory of each build, `None` for plain files.
    directories: Vec<Option<PathBuf>>,
    applied: BTreeSet<PathBuf>,
    /// Directories that cannot be built for want of support.
    pub(super) unsupported: Vec<PathBuf>,
    /// Whether whoever applies this repository takes files from outside a kustomization's directory.
    unrestricted: bool,
    /// Files and directories that Flux Kustomizations render. There are many, and nobody asks in which order.
    pub(super) delivered: HashSet<PathBuf>,
    pub(super) top: &'t Path,
}

impl<'t> Loader<'t> {
    fn text(&mut self, name: &str, text: Arc<str>) {
        let file = self.store.add(name, text);
        self.project.files = 1;
        if self.readable(file, false) {
            self.plain(file, BuildKind::Input, name);
        }
    }

    fn files(&mut self, files: &[PathBuf]) {
        self.project.files = files.len();
        let mut kustomizations = BTreeMap::new();
        let mut others = Vec::new();
        let opened = self.store.open_all(files);
        for (path, file) in std::iter::zip(files, opened) {
            let file = match file {
                Ok(file) => file,
                Err(error) => {
                    self.unread(path, &error);
                    continue;
                }
            };
            let readable = self.readable(file, self.in_chart(path));
            let own = path.parent().unwrap_or(Path::new(""));
            // Flux people name its Kustomization objects alike; those are plain manifests.
            if is_kustomization(path) && !self.is_flux(file) {
                kustomizations.insert(own.to_path_buf(), file);
            } else if readable {
                others.push((own, file));
            }
        }
        let references = read_all(&mut self.store, &kustomizations);
        let manifests: Vec<FileId> = others.iter().map(|(_, file)| *file).collect();
        self.build_roots(&references, files, &manifests);
        let consumed: BTreeSet<FileId> = references
            .values()
            .flat_map(|references| references.files.iter().copied())
            .collect();
        for (own, file) in others {
            if consumed.contains(&file) {
                continue;
            }
            if self
                .delivered
                .contains(&self.store.sources().file(file).path)
            {
                if let Ok(documents) = self.store.documents(file).as_ref() {
                    self.misshapen(documents);
                }
                continue;
            }
            match kustomizations.get(own) {
                Some(kustomization) => self.unreferenced(file, *kustomization),
                None => {
                    let shown = self.store.shown(own);
                    self.plain(file, BuildKind::Plain, &shown);
                }
            }
        }
        self.take_unbuilt(&references);
        let mut used: BTreeSet<PathBuf> = references
            .values()
            .flat_map(|references| {
                references
                    .directories
                    .iter()
                    .map(|listed| listed.directory.clone())
            })
            .collect();
        used.extend(self.applied.iter().cloned());
        mark_dormant(&mut self.project, &self.directories, &used);
        self.keep_releases_of_clusters();
    }

    /// Takes the resource files of directories that cannot be built as they are: unpatched is better than unseen.
    fn take_unbuilt(&mut self, references: &BTreeMap<PathBuf, References>) {
        for directory in std::mem::take(&mut self.unsupported) {
            let resources = references
                .get(&directory)
                .map_or(&[][..], |own| &own.resources);
            for path in resources {
                if let Ok(file) = self.store.open(path) {
                    let shown = self.store.shown(&directory);
                    self.plain(file, BuildKind::Plain, &shown);
                }
            }
        }
    }

    /// Parses a file and judges it; whether it is to be read on.
    fn readable(&mut self, file: FileId, in_chart: bool) -> bool {
        let parsed = self.store.documents(file);
        let source = self.store.sources().file(file);
        match judge(source, &parsed, in_chart) {
            Verdict::Manifest => {
                if let Ok(documents) = parsed.as_ref() {
                    self.unrestricted |=
                        applied_directories(documents, self.top, &mut self.applied);
                }
                true
            }
            Verdict::Skip(reason) => {
                self.hide(file);
                let name = self.store.sources().file(file).name.clone();
                self.project
                    .skipped
                    .entry(reason.to_owned())
                    .or_default()
                    .push(name);
                false
            }
            Verdict::Broken => {
                self.hide(file);
                if let Err(error) = parsed.as_ref() {
                    let help = error.kind.to_string().contains("invalid indentation in quoted scalar").then(|| {
                        "indent the continuation lines of the quoted text deeper than its key; kubectl accepts it as it is, other readers do not".to_owned()
                    });
                    self.project.broken.push(BrokenFile {
                        span: error.span,
                        message: format!("not valid YAML: {error}"),
                        help,
                    });
                }
                false
            }
        }
    }

    /// A file whose bytes are no text is left out; one that the system does not give is a failure of the run.
    fn unread(&mut self, path: &Path, error: &ReadError) {
        let shown = self.store.shown(path);
        let reason = match error {
            ReadError::TooLarge { .. } => "larger than 16 MiB",
            ReadError::NotUtf8 { .. } => "not UTF-8 text",
            ReadError::Missing | ReadError::Io(_) => {
                self.project.unreadable.push((shown, error.to_string()));
                return;
            }
        };
        self.project
            .skipped
            .entry(reason.to_owned())
            .or_default()
            .push(shown);
    }

    /// Notes what an unreadable file may define.
    fn hide(&mut self, file: FileId) {
        let text = &self.store.sources().file(file).text;
        let hidden = &mut self.project.hidden;
        if text.contains("cnpg.io") {
            hidden.clusters |= text.contains("kind: Cluster");
            hidden.stores |= text.contains("kind: ObjectStore");
            hidden.schedules |= text.contains("kind: ScheduledBackup");
        }
    }

    fn in_chart(&self, path: &Path) -> bool {
        let templates = path
            .ancestors()
            .find(|ancestor| ancestor.file_name().is_some_and(|name| name == "templates"));
        templates
            .and_then(Path::parent)
            .is_some_and(|chart| self.store.tree().kind(&chart.join("Chart.yaml")).is_some())
    }

    fn is_flux(&mut self, file: FileId) -> bool {
        let parsed = self.store.documents(file);
        let first = parsed
            .as_ref()
            .as_ref()
            .ok()
            .and_then(|documents| documents.first());
        let version = first
            .and_then(|document| document.root.get("apiVersion"))
            .and_then(Node::text);
        version.is_some_and(|version| version.starts_with("kustomize.toolkit.fluxcd.io/"))
    }

    /// Builds every kustomization that no other one includes, and the parts of those that fail; what Flux applies is
    /// built as Flux does.
    fn build_roots(
        &mut self,
        references: &BTreeMap<PathBuf, References>,
        files: &[PathBuf],
        manifests: &[FileId],
    ) {
        let mut objects = self.flux_objects(references, manifests);
        let named = self.named_by_flux(&objects);
        let lists = self.component_lists(manifests);
        let of_applications = self.application_lists(manifests);
        // A repository without Git that is looked at from elsewhere has no top of its own.
        let below = self
            .store
            .sources()
            .iter()
            .all(|(_, file)| file.path.starts_with(self.top));
        let top = if below { self.top } else { Path::new("/") };
        let builder = Builder::new(&mut self.store).partial();
        let mut builder = if self.unrestricted {
            builder.unrestricted(top)
        } else {
            builder
        };
        let reuse = match self.earlier.take() {
            Some(earlier) => Reuse::of(
                earlier.kept,
                earlier.changed,
                earlier.created,
                self.unrestricted,
            ),
            None => Reuse::default(),
        };
        let applied = component_switch::applied(&of_applications);
        let mut roots = Roots::new(references, applied, &reuse);
        roots.build(&mut builder, |directory| !named.contains(directory));
        objects.extend(roots.objects());
        let repository = flux::Repository {
            top: self.top,
            files,
            objects,
        };
        let (mut chain, by_flux) = flux::follow(&mut builder, &repository, &reuse);
        for rendered in &chain.rendered {
            if let Ok(build) = &rendered.build {
                self.delivered.extend(build.files.iter().cloned());
                self.delivered.insert(rendered.directory.clone());
            }
        }
        roots.reached.extend(self.delivered.iter().cloned());
        roots.build(&mut builder, |_| true);
        roots.build_rest(&mut builder);
        let mut switches = switch::find(&mut builder, references);
        switches.extend(component_switch::of_kustomizations(
            &mut builder,
            references,
        ));
        switches.extend(component_switch::of_flux(
            &mut builder,
            references,
            &chain,
            &lists,
        ));
        switches.extend(component_switch::of_argocd(
            &mut builder,
            references,
            &of_applications,
        ));
        self.project.switches = switches;
        let overlays = roots.overlays(&chain, &self.project.switches, builder.store().sources());
        for (by, directory) in overlays {
            chain.render_beside(&mut builder, by, directory);
        }
        drop(builder);
        if self.keep {
            self.project.kept = Some(Kept {
                unrestricted: self.unrestricted,
                roots: roots.as_they_are(),
                by_flux,
            });
        }
        self.take_built(roots.built, chain, references);
    }

    pub(super) fn add_build(
        &mut self,
        directory: Option<PathBuf>,
        kind: BuildKind,
        shown: String,
        flux: Option<usize>,
    ) -> usize {
        self.directories.push(directory);
        self.project.builds.push(Build {
            directory: shown,
            kind,
            dormant: false,
            flux,
            files: Vec::new(),
        });
        self.project.builds.len() - 1
    }
}
