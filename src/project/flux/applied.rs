//! Objects as a Kustomization hands them to the API server: variables replaced, then common metadata.

use std::borrow::Cow;

use crate::model::archive::{ObjectStore, StoreLocation};
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::project::Project;
use crate::yaml::{Node, Origin};

use super::Kustomization;

impl Kustomization {
    /// An object of the build as the API server gets it, as far as it can be known.
    pub(in crate::project) fn applied(&self, node: &Node) -> Node {
        self.with_common_metadata(self.substituted(node))
            .into_owned()
    }

    /// The object with `spec.commonMetadata`, which wins over labels and annotations of its own.
    pub(in crate::project) fn with_common_metadata<'n>(
        &self,
        node: Cow<'n, Node>,
    ) -> Cow<'n, Node> {
        let common = self.spec().and_then(|spec| spec.get("commonMetadata"));
        let Some(common) = common else {
            return node;
        };
        let mut object = node.into_owned();
        for map in ["labels", "annotations"] {
            let entries = common.get(map).and_then(Node::as_mapping);
            for entry in entries.unwrap_or_default() {
                let Some(key) = entry.key.text() else {
                    continue;
                };
                let value = entry.value.clone();
                let by = value.span();
                if object.get("metadata").is_none() {
                    object.set("metadata", Node::mapping(Origin::Made { by }));
                }
                let metadata = object.get_mut("metadata");
                if let Some(metadata) = metadata {
                    if metadata.get(map).and_then(Node::as_mapping).is_none() {
                        metadata.set(map, Node::mapping(Origin::Made { by }));
                    }
                    if let Some(own) = metadata.get_mut(map) {
                        own.set(key, value);
                    }
                }
            }
        }
        Cow::Owned(object)
    }
}

impl Project {
    /// The repository as its clusters get it: variables of Flux replaced in every object, as far as they are known.
    ///
    /// What is edited is the repository as written; what is judged is this one. Values that were replaced point at the
    /// scalar that holds the variable and cannot be edited there.
    pub fn as_applied(&self) -> Self {
        let mut applied = self.clone();
        let by = |build: usize| {
            let index = self.builds[build].flux?;
            self.flux.get(index).filter(|own| own.substitutes)
        };
        let object = |old: &Object, build: usize| match by(build)?.substituted(&old.node) {
            Cow::Borrowed(_) => None,
            Cow::Owned(new) => Object::new(new),
        };
        for cluster in &mut applied.clusters {
            if let Some(new) = object(&cluster.object, cluster.build) {
                *cluster = Cluster::new(new, cluster.build);
            }
        }
        for store in &mut applied.stores {
            if let Some(new) = object(&store.object, store.build) {
                let location = StoreLocation::read(&new, &["spec", "configuration"]);
                *store = ObjectStore {
                    object: new,
                    location,
                    build: store.build,
                };
            }
        }
        for release in &mut applied.releases {
            if let Some(new) = object(&release.object, release.build) {
                release.object = new;
            }
        }
        for further in &mut applied.further {
            if let Some(new) = object(&further.object, further.build) {
                further.object = new;
            }
        }
        let users = applied.schedules.iter_mut().chain(&mut applied.backups);
        let users = users.chain(&mut applied.poolers);
        for user in users.chain(&mut applied.database_objects) {
            if let Some(new) = object(&user.object, user.build) {
                *user = ClusterUser::new(new, user.build);
            }
        }
        applied
    }
}
