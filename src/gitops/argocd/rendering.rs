//! What the sources of an Application render.
//!
//! Source: Argo CD `reposerver/repository/repository.go`, `util/app/discovery/discovery.go`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::ObjectRef;
use crate::kustomize::file::find;
use crate::kustomize::{Additions, Builder};
use crate::model::cluster::Cluster;
use crate::model::object::{CNPG_GROUP, Object};
use crate::project::{BuildKind, is_relevant};
use crate::text::{EntryKind, Span};
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{DocumentStore, Node, expand};

use super::application::{Application, Applied, Rendering, Unknown};
use super::checkout::Checkout;
use super::glob;
use super::source::clean;

/// What a directory gives: files that take part, and objects.
type Rendered = (Vec<PathBuf>, Vec<Object>);

/// Renders sources, each base once.
pub(super) struct Renderer<'r, 's, 't> {
    checkout: &'r Checkout<'r>,
    builder: Builder<'s, 't>,
    /// Files that the project knows: places in others cannot be shown.
    known_files: usize,
    /// The Clusters of the project by the document that they come from.
    by_source: BTreeMap<Span, Vec<(usize, ObjectRef)>>,
    /// Clusters and other objects of each build of a kustomization, by directory.
    builds: BTreeMap<String, usize>,
}

impl<'r, 's, 't> Renderer<'r, 's, 't> {
    /// `store` knows the files of the project.
    pub(super) fn new(checkout: &'r Checkout<'r>, store: &'s mut DocumentStore<'t>) -> Self {
        let project = checkout.project;
        let mut by_source: BTreeMap<Span, Vec<(usize, ObjectRef)>> = BTreeMap::new();
        // Builds in use come first: what they render is meant where several fit.
        let (used, dormant): (Vec<_>, Vec<_>) = project
            .clusters
            .iter()
            .enumerate()
            .partition(|(_, cluster)| !project.is_dormant(cluster));
        for (index, cluster) in used.into_iter().chain(dormant) {
            let places = by_source.entry(cluster.object.source()).or_default();
            places.push((index, cluster.object.reference()));
        }
        let builds = project.builds.iter().enumerate();
        let builds = builds
            .filter(|(_, build)| build.kind == BuildKind::Kustomization)
            .map(|(index, build)| (clean(&build.directory), index));
        Self {
            checkout,
            known_files: project.sources.iter().count(),
            by_source,
            builds: builds.collect(),
            builder: Builder::new(store).partial().unrestricted(&project.top),
        }
    }

    /// Renders every source of an application.
    pub(super) fn render(&mut self, application: &mut Application) {
        for index in 0..application.sources.len() {
            let source = &application.sources[index];
            let place = source
                .path
                .as_ref()
                .map_or(source.node.span(), |path| path.span);
            // A source that others take value files from renders nothing itself.
            if source.reference.is_some() && source.path.is_none() && source.chart.is_none() {
                continue;
            }
            let path = source.node.get("path");
            let is_open = path.is_some_and(|path| application.is_unresolved(path));
            match self.source(application, index) {
                Ok((directory, (files, objects))) => {
                    self.take(application, index, directory, files, objects);
                }
                // Said already: what the template asks for is not known.
                Err(_) if is_open && !application.unknown.is_empty() => {}
                Err(reason) => application.unknown.push(Unknown {
                    span: place,
                    reason,
                }),
            }
        }
    }

    fn source(
        &mut self,
        application: &Application,
        index: usize,
    ) -> Result<(String, Rendered), String> {
        let source = &application.sources[index];
        let directory = source.directory(self.checkout)?;
        let (node, overrides) = source.overridden(application.name(), &directory, self.checkout)?;
        let given = |key: &str| node.get(key).filter(|own| !is_zero(own));
        if given("plugin").is_some() {
            return Err("only the controller knows what a plugin renders".to_owned());
        }
        let path = self.checkout.path(&directory);
        let has = |name: &str| self.checkout.tree.kind(&path.join(name)) == Some(EntryKind::File);
        let has_kustomization = !find(self.checkout.tree, &path).is_empty();
        let of_kustomize = given("kustomize").is_some()
            || (given("directory").is_none() && given("helm").is_none() && has_kustomization);
        if !of_kustomize
            && given("directory").is_none()
            && (given("helm").is_some() || has("Chart.yaml"))
        {
            return Err("Helm charts cannot be rendered here".to_owned());
        }
        let (mut files, objects) = if of_kustomize {
            self.kustomization(&directory, given("kustomize"))?
        } else {
            self.plain(&directory, given("directory"))
        };
        files.extend(overrides.iter().map(|name| self.checkout.path(name)));
        Ok((directory, (files, objects)))
    }

    fn kustomization(
        &mut self,
        directory: &str,
        options: Option<&Node>,
    ) -> Result<Rendered, String> {
        let failed = |error: String| format!("`{directory}` cannot be built: {error}");
        let additions = match options {
            Some(options) => {
                Additions::of_argocd(options).map_err(|error| failed(error.to_string()))?
            }
            None => Additions::default(),
        };
        let project = self.checkout.project;
        if let Some(build) = self.builds.get(directory).filter(|_| additions.is_empty()) {
            let files = project.builds[*build].files.clone();
            return Ok((files, self.objects_of(*build)));
        }
        let path = self.checkout.path(directory);
        let build = if additions.is_empty() {
            self.builder.build(&path)
        } else {
            let asked = options.map_or(Span::new(crate::text::FileId(0), 0, 0), Node::span);
            self.builder.build_with(&path, &additions, asked.file)
        };
        let build = build.map_err(|error| failed(error.to_string()))?;
        if let Some(error) = build.left_out.first() {
            return Err(failed(error.to_string()));
        }
        if self.builder.store().sources().iter().count() > self.known_files {
            return Err(failed("it takes files that are no manifests".to_owned()));
        }
        let resources = build.resources.iter();
        let objects = resources
            .filter(|resource| is_relevant(resource.node()))
            .filter_map(|resource| Object::new(Arc::clone(resource.shared())));
        Ok((build.files, objects.collect()))
    }

    /// What a build of the project rendered.
    fn objects_of(&self, build: usize) -> Vec<Object> {
        let project = self.checkout.project;
        let clusters = project.clusters.iter().map(|own| (own.build, &own.object));
        let stores = project.stores.iter().map(|own| (own.build, &own.object));
        let users = [&project.schedules, &project.backups, &project.poolers];
        let users = users
            .into_iter()
            .flatten()
            .map(|own| (own.build, &own.object));
        let steering = project.steering.iter();
        let steering = steering.filter_map(|own| Some((own.build?, &own.object)));
        clusters
            .chain(stores)
            .chain(users)
            .chain(steering)
            .filter(|(own, _)| *own == build)
            .map(|(_, object)| object.clone())
            .collect()
    }

    /// Manifests of a directory as they are; of those below it too where `recurse` says so.
    fn plain(&self, directory: &str, options: Option<&Node>) -> Rendered {
        let flag = |key| options.and_then(|own| own.get(key)).and_then(Node::as_bool) == Some(true);
        let pattern = |key| {
            let own = options.and_then(|own| own.get(key)).and_then(Node::text);
            own.filter(|pattern| !pattern.is_empty())
        };
        let (recurse, include, exclude) = (flag("recurse"), pattern("include"), pattern("exclude"));
        let mut rendered: Rendered = (Vec::new(), Vec::new());
        let project = self.checkout.project;
        for file in self.checkout.below(directory) {
            let below = file[directory.len()..].trim_start_matches('/');
            let taken = (recurse || !below.contains('/'))
                && [".yaml", ".yml", ".json"]
                    .iter()
                    .any(|end| below.ends_with(end))
                && !exclude.is_some_and(|exclude| glob::matches(exclude, below))
                && include.is_none_or(|include| glob::matches(include, below));
            let path = self.checkout.path(file);
            let Some(id) = project.sources.find(&path).filter(|_| taken) else {
                continue;
            };
            if project
                .sources
                .file(id)
                .text
                .contains("+argocd:skip-file-rendering")
            {
                continue;
            }
            let Some(Ok(documents)) = project.parsed.get(&id).map(AsRef::as_ref) else {
                continue;
            };
            rendered.0.push(path);
            for document in documents {
                let Ok(root) = expand(document) else { continue };
                let root = canonical(&root, Dialect::Direct);
                let is_list = root
                    .get("kind")
                    .and_then(Node::text)
                    .is_some_and(|kind| kind.ends_with("List"));
                let items = root
                    .get("items")
                    .and_then(Node::as_sequence)
                    .filter(|_| is_list);
                let nodes = items.unwrap_or(std::slice::from_ref(&root));
                rendered.1.extend(
                    nodes
                        .iter()
                        .filter(|node| is_relevant(node))
                        .filter_map(|node| Object::new(node.clone())),
                );
            }
        }
        rendered
    }

    /// Notes what a source renders.
    fn take(
        &self,
        application: &mut Application,
        source: usize,
        directory: String,
        files: Vec<PathBuf>,
        objects: Vec<Object>,
    ) {
        let destination = application.destination_namespace().map(|own| own.value);
        let is_cluster = |object: &Object| object.group == CNPG_GROUP && object.kind == "Cluster";
        let (clusters, objects): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_cluster);
        for object in clusters {
            let Some(cluster) = self.index_of(&object, &directory) else {
                continue;
            };
            application.applies.push(Applied {
                cluster,
                namespace: object
                    .namespace()
                    .map(str::to_owned)
                    .or_else(|| destination.clone()),
                rendered: Cluster::new(object, self.checkout.project.clusters[cluster].build),
                rendering: application.renderings.len(),
            });
        }
        application.renderings.push(Rendering {
            source,
            directory,
            files,
            objects,
        });
    }

    /// The Cluster of the project that an object is, or that comes from the same document.
    fn index_of(&self, object: &Object, directory: &str) -> Option<usize> {
        let places = self.by_source.get(&object.source())?;
        let project = self.checkout.project;
        let is_here = |index: usize| {
            clean(&project.builds[project.clusters[index].build].directory) == directory
        };
        let reference = object.reference();
        let same = |(_, own): &&(usize, ObjectRef)| *own == reference;
        places
            .iter()
            .filter(same)
            .find(|(index, _)| is_here(*index))
            .or_else(|| places.iter().find(|(index, _)| is_here(*index)))
            .or_else(|| places.iter().find(same))
            .or_else(|| places.first())
            .map(|(index, _)| *index)
    }
}

/// Whether Argo CD takes an option for absent: nothing in it is set.
fn is_zero(node: &Node) -> bool {
    match (node.as_mapping(), node.as_sequence()) {
        (Some(entries), _) => entries.iter().all(|entry| is_zero(&entry.value)),
        (_, Some(items)) => items.is_empty(),
        _ => node.is_null() || node.text() == Some("") || node.as_bool() == Some(false),
    }
}
