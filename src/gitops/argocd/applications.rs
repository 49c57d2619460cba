//! The Applications of a repository.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::ObjectRef;
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::project::Project;
use crate::text::{FileTree, Span};
use crate::yaml::DocumentStore;

use super::application::{Application, Applied, Certainty, MadeBy, Unknown};
use super::application_set;
use super::checkout::Checkout;
use super::rendering::Renderer;

/// Argo CD's API group.
const GROUP: &str = "argoproj.io";

/// The Applications of a repository, and what cannot be known of them.
#[derive(Debug, Default)]
pub struct Applications {
    /// Every Application, in the order of the builds that render them.
    pub list: Vec<Application>,
    /// What cannot be known of Applications that nothing in the repository tells of.
    pub unknown: Vec<Unknown>,
    /// Application and index in its `applies`.
    by_cluster: BTreeMap<ClusterKey, Vec<(usize, usize)>>,
}

impl Applications {
    /// Finds the Applications of a repository and renders their sources. `tree` gives the files that the project did
    /// not read.
    pub fn of(project: &Project, tree: &dyn FileTree) -> Self {
        let checkout = Checkout::of(project, tree);
        let mut all = Self::default();
        // One manifest that several builds list is one object.
        let mut known = BTreeSet::new();
        let mut is_new = |object: &Object| {
            object.group == GROUP && known.insert((object.source(), object.reference()))
        };
        let mut found = Vec::new();
        for object in checkout.steering("Application") {
            if is_new(object) {
                let (made_by, certainty) = (MadeBy::Manifest, Certainty::Certain);
                found.push(Application::new(object.clone(), made_by, certainty));
            }
        }
        for set in checkout.steering("ApplicationSet") {
            if is_new(set) {
                let generated = application_set::generate(set, &checkout);
                all.unknown.extend(generated.unknown);
                found.extend(generated.applications);
            }
        }
        if found.is_empty() {
            return all;
        }
        let mut store = DocumentStore::new(tree, project.top.clone())
            .knowing(project.sources.clone(), project.parsed.clone());
        let mut renderer = Renderer::new(&checkout, &mut store);
        for mut application in found {
            renderer.render(&mut application);
            all.add(application, project);
        }
        all
    }

    /// The applications that apply a Cluster of the project, each with the Cluster as it renders it.
    pub fn of_cluster(&self, cluster: &Cluster) -> impl Iterator<Item = (&Application, &Applied)> {
        let places = self.by_cluster.get(&ClusterKey::of(cluster));
        places.into_iter().flatten().map(|(application, applied)| {
            let application = &self.list[*application];
            (application, &application.applies[*applied])
        })
    }

    fn add(&mut self, application: Application, project: &Project) {
        for (at, applied) in application.applies.iter().enumerate() {
            let key = ClusterKey::of(&project.clusters[applied.cluster]);
            let places = self.by_cluster.entry(key).or_default();
            places.push((self.list.len(), at));
        }
        self.list.push(application);
    }
}

/// What tells the Clusters of a project apart: the build, the document, and the name that it got.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ClusterKey(usize, Span, ObjectRef);

impl ClusterKey {
    fn of(cluster: &Cluster) -> Self {
        let object = &cluster.object;
        Self(cluster.build, object.source(), object.reference())
    }
}
