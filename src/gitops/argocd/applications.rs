//! The Applications of a repository.

use std::collections::BTreeMap;

use crate::diagnostic::ObjectRef;
use crate::model::cluster::Cluster;
use crate::project::Project;
use crate::text::{FileTree, Span};

use super::application::{Application, Applied, Certainty, MadeBy, Unknown};
use super::rendering::render;

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
    pub fn of(project: &Project, _tree: &dyn FileTree) -> Self {
        let mut all = Self::default();
        for steering in &project.steering {
            let object = &steering.object;
            let in_use = steering
                .build
                .is_none_or(|build| !project.builds[build].dormant);
            if !in_use || object.group != GROUP || object.kind != "Application" {
                continue;
            }
            // One manifest that several builds list is one Application.
            let known = all.list.iter().any(|known: &Application| {
                known.object.source() == object.source()
                    && known.object.reference() == object.reference()
            });
            if !known {
                let mut application =
                    Application::new(object.clone(), MadeBy::Manifest, Certainty::Certain);
                render(&mut application, project);
                all.add(application, project);
            }
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
