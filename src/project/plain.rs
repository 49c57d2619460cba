//! Manifests that are applied as they are, without kustomize.

use crate::model::archive::{ObjectStore, StoreLocation};
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::object::{BARMAN_GROUP, CNPG_GROUP, Object};
use crate::text::{FileId, Span};
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Document, ExpandError, Kind, Node, expand};

use super::classify::looks_like_cnpg;
use super::load::{Loader, is_cnpg, is_relevant, steers};
use super::{BrokenFile, BuildKind, Further, Steering, Unreferenced};

impl Loader<'_> {
    /// A file applied as it is, by kubectl or a controller.
    pub(super) fn plain(&mut self, file: FileId, kind: BuildKind, shown: &str) {
        let parsed = self.store.documents(file);
        let Ok(documents) = parsed.as_ref() else {
            return;
        };
        self.misshapen(documents);
        let mut index = None;
        for document in documents {
            if document.root.get("kind").is_none() || document.root.get("apiVersion").is_none() {
                continue;
            }
            for object in self.plain_objects(document) {
                let index = match index {
                    Some(index) => index,
                    None => *index.insert(self.plain_build(kind, shown)),
                };
                self.sort(object, index);
            }
        }
        if let Some(index) = index {
            let path = self.store.sources().file(file).path.clone();
            self.project.builds[index].files.push(path);
        }
    }

    /// Plain files of one directory are one build.
    fn plain_build(&mut self, kind: BuildKind, shown: &str) -> usize {
        let known = self.project.builds.iter().position(|build| {
            build.kind == kind && build.directory == shown && build.flux.is_none()
        });
        known.unwrap_or_else(|| self.add_build(None, kind, shown.to_owned(), None))
    }

    fn plain_objects(&mut self, document: &Document) -> Vec<Object> {
        let is_list = document
            .root
            .get("kind")
            .and_then(Node::text)
            .is_some_and(|kind| kind.ends_with("List"));
        let is_of_cnpg = document
            .root
            .get("apiVersion")
            .and_then(Node::text)
            .is_some_and(|version| version.contains("cnpg.io/"));
        if !is_list && !is_of_cnpg && !steers(&document.root) {
            self.project.objects += 1;
            return Vec::new();
        }
        let root = match expand(document) {
            Ok(root) => canonical(&root, Dialect::Direct),
            Err(error) => {
                if is_list || is_of_cnpg {
                    self.unexpandable(&error);
                }
                return Vec::new();
            }
        };
        let items = root
            .get("items")
            .and_then(Node::as_sequence)
            .filter(|_| is_list);
        let nodes = items.unwrap_or(std::slice::from_ref(&root));
        self.project.objects += nodes.len();
        nodes
            .iter()
            .filter(|node| is_relevant(node))
            .filter_map(|node| Object::new(node.clone()))
            .collect()
    }

    /// Reports documents that should be CloudNativePG objects and cannot be applied.
    pub(super) fn misshapen(&mut self, documents: &[Document]) {
        let beside = documents.iter().any(|document| is_cnpg(&document.root));
        for document in documents {
            let root = &document.root;
            let problem = match &root.kind {
                Kind::Sequence(items) if beside || items.iter().any(is_cnpg) => Some((
                    first_line(root.span(), items.first()),
                    "not a manifest: the document is a list, not an object".to_owned(),
                )),
                Kind::Scalar(scalar) if beside && !scalar.text.is_empty() => Some((
                    root.span(),
                    "not a manifest: the document is a single value, not an object".to_owned(),
                )),
                _ if is_cnpg(root) => nameless(root),
                _ => None,
            };
            if let Some((span, message)) = problem {
                let help = "write one object with `apiVersion`, `kind` and `metadata.name` in each document".to_owned();
                self.project.broken.push(BrokenFile {
                    span,
                    message,
                    help: Some(help),
                });
            }
        }
    }

    fn unexpandable(&mut self, error: &ExpandError) {
        self.project.broken.push(BrokenFile {
            span: error.span(),
            message: format!("not valid YAML: {error}"),
            help: None,
        });
    }

    pub(super) fn unreferenced(&mut self, file: FileId, kustomization: FileId) {
        let parsed = self.store.documents(file);
        let Ok(documents) = parsed.as_ref() else {
            return;
        };
        let by_hand = documents
            .iter()
            .filter(|document| steers(&document.root))
            .filter_map(|document| Object::new(canonical(&expand(document).ok()?, Dialect::Direct)))
            .map(|object| Steering {
                object,
                build: None,
            });
        self.project.steering.extend(by_hand);
        if !looks_like_cnpg(&self.store.sources().file(file).text) {
            return;
        }
        let objects: Vec<Object> = documents
            .iter()
            .filter(|document| is_cnpg(&document.root))
            .filter_map(|document| Object::new(document.root.clone()))
            .collect();
        let Some(first) = objects.first() else { return };
        self.project.unreferenced.push(Unreferenced {
            span: first.source(),
            objects: objects
                .iter()
                .map(|object| format!("{} {}", object.kind, object.name.value))
                .collect(),
            kustomization: self.store.sources().file(kustomization).name.clone(),
        });
    }

    pub(super) fn sort(&mut self, object: Object, build: usize) {
        let project = &mut self.project;
        match (object.group.as_str(), object.kind.as_str()) {
            (CNPG_GROUP, "Cluster") => project.clusters.push(Cluster::new(object, build)),
            (CNPG_GROUP, "ScheduledBackup") => {
                project.schedules.push(ClusterUser::new(object, build))
            }
            (CNPG_GROUP, "Backup") => project.backups.push(ClusterUser::new(object, build)),
            (CNPG_GROUP, "Pooler") => project.poolers.push(ClusterUser::new(object, build)),
            (CNPG_GROUP, "Database") => {
                project
                    .database_objects
                    .push(ClusterUser::new(object, build));
            }
            (BARMAN_GROUP, "ObjectStore") => {
                let location = StoreLocation::read(&object, &["spec", "configuration"]);
                project.stores.push(ObjectStore {
                    object,
                    location,
                    build,
                });
            }
            (CNPG_GROUP | BARMAN_GROUP, _) => project.further.push(Further { object, build }),
            _ if steers(&object.node) => project.steering.push(Steering {
                object,
                build: Some(build),
            }),
            _ => {}
        }
    }
}

/// What is missing from an object that the API server would refuse for want of an identity.
fn nameless(root: &Node) -> Option<(Span, String)> {
    let present = |path: &[&str]| {
        root.at(path)
            .and_then(Node::text)
            .is_some_and(|text| !text.is_empty())
    };
    let Some(kind) = root
        .get("kind")
        .filter(|kind| kind.text().is_some_and(|text| !text.is_empty()))
    else {
        let version = root
            .entry("apiVersion")
            .map_or(root.span(), |entry| entry.value.span());
        return Some((
            version,
            "not a manifest: the object has no `kind`".to_owned(),
        ));
    };
    let is_list = kind.text().is_some_and(|kind| kind.ends_with("List"));
    let aliased = root
        .at(&["metadata", "name"])
        .is_some_and(|name| matches!(name.kind, Kind::Alias(_)));
    let merged = root.get("metadata").is_some_and(|metadata| {
        metadata.entry("<<").is_some() || matches!(metadata.kind, Kind::Alias(_))
    });
    if is_list
        || aliased
        || merged
        || present(&["metadata", "name"])
        || present(&["metadata", "generateName"])
    {
        return None;
    }
    Some((
        kind.span(),
        format!(
            "not a manifest: {} has no `metadata.name`",
            kind.text().unwrap_or("")
        ),
    ))
}

/// The place to point at for a whole list.
fn first_line(whole: Span, first: Option<&Node>) -> Span {
    first.map_or(whole, |first| Span {
        end: first.span().start.max(whole.start + 1),
        ..whole
    })
}
