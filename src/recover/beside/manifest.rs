//! The manifest of the second Cluster: what the live one is, but for what only one Cluster can have.

use crate::model::archive::ArchiveRef;
use crate::model::cluster::{Cluster, SKIP_EMPTY_ARCHIVE_CHECK};
use crate::project::Database;
use crate::yaml::emit::emit;
use crate::yaml::{Kind, Node, Origin};

use super::super::bootstrap::Recovery;
use super::super::{Refusal, bump, difference};

/// Annotations of the live Cluster's present state. Source: CNPG `pkg/utils/labels_annotations.go`.
const OF_THE_LIVE: [&str; 4] = [
    SKIP_EMPTY_ARCHIVE_CHECK,
    "cnpg.io/hibernation",
    "cnpg.io/fencedInstances",
    "cnpg.io/reconciliationLoop",
];

/// The label by which the operator marks what belongs to a Cluster. Source: CNPG `pkg/utils/labels_annotations.go`.
const CLUSTER_LABEL: &str = "cnpg.io/cluster";

/// A copy of the live Cluster under another name, without a bootstrap.
pub(super) struct Copy {
    node: Node,
    /// What was left out, in sentences.
    pub(super) notes: Vec<String>,
}

impl Copy {
    /// Copies the rendering in use.
    pub(super) fn of(
        database: &Database<'_>,
        live: &Cluster,
        name: &str,
        write: &str,
        source: &ArchiveRef,
    ) -> Result<Self, Refusal> {
        let mut copy = Self {
            node: Node::clone(&live.object.node),
            notes: Vec::new(),
        };
        let kept = kept_source(database, live, source);
        copy.node.remove("status");
        copy.of_its_own(live.name(), name);
        copy.bootstrap(live, kept.as_deref());
        let path = bump::write_path(live).ok_or_else(|| Refusal::NoArchive {
            title: database.title(),
        })?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        put(&mut copy.node, &path, text(write, live));
        Ok(copy)
    }

    /// What two Clusters in one namespace cannot share.
    fn of_its_own(&mut self, live: &str, name: &str) {
        relabel(&mut self.node, live, name);
        let made = Origin::Made {
            by: self.node.span(),
        };
        if let Some(metadata) = self.node.get_mut("metadata") {
            metadata.set("name", Node::string(name, made));
            if let Some(annotations) = metadata.get_mut("annotations") {
                for annotation in OF_THE_LIVE {
                    annotations.remove(annotation);
                }
            }
            remove_empty(metadata, "annotations");
        }
        let Some(spec) = self.node.get_mut("spec") else {
            return;
        };
        if let Some(managed) = spec.get_mut("managed") {
            let services = managed.get_mut("services");
            let additional = services.and_then(|services| services.remove("additional"));
            if additional.is_some() {
                self.notes.push(format!(
                    "the additional Services of `{live}` stay with it: their names can be used once"
                ));
            }
            remove_empty(managed, "services");
        }
        remove_empty(spec, "managed");
        if spec.get("certificates").is_some() {
            self.notes.push(format!(
                "`{name}` gets the certificates of `{live}`: see that they hold its host names"
            ));
        }
    }

    /// Leaves nothing of the bootstrap but the source that the recovery reads from, where the live Cluster has it.
    fn bootstrap(&mut self, live: &Cluster, kept: Option<&str>) {
        let made = Origin::Made {
            by: self.node.span(),
        };
        let Some(spec) = self.node.get_mut("spec") else {
            return;
        };
        for field in ["bootstrap", "externalClusters", "replica"] {
            spec.remove(field);
        }
        let Some(entry) =
            kept.and_then(|index| live.object.find(&["spec", "externalClusters", index]))
        else {
            return;
        };
        let Some(source) = live.recovery("source") else {
            return;
        };
        let mut recovery = Node::mapping(made);
        recovery.set("source", Node::string(source.value, made));
        let mut bootstrap = Node::mapping(made);
        bootstrap.set("recovery", recovery);
        spec.set("bootstrap", bootstrap);
        spec.set(
            "externalClusters",
            Node::new(Kind::Sequence(vec![entry.clone()]), made),
        );
    }

    /// The manifest, a whole document.
    pub(super) fn text(
        &self,
        database: &Database<'_>,
        recovery: &Recovery,
    ) -> Result<String, Refusal> {
        let text = emit(&self.node).map_err(|error| Refusal::Unplanned {
            differences: vec![error.to_string()],
        })?;
        // Names come from manifests: none may begin a line of its own.
        let shown = |name: &str| name.replace(char::is_control, "?");
        Ok(format!(
            "\
# A copy of `{live}` that is recovered beside it; `{live}` is not touched.
# Reads `{source}` and writes `{write}`.
# When it is no longer needed, remove this file and the line that lists it.
---
{text}",
            live = shown(&database.name),
            source = shown(&recovery.source),
            write = shown(&recovery.write),
        ))
    }

    /// The fields in which a rendering is not this copy, but for those of the bootstrap.
    pub(super) fn unlike(&self, database: &Database<'_>, cluster: &Cluster) -> Vec<String> {
        let pointers = difference::unlike(database, &self.node, &cluster.object.node);
        let own = |pointer: &String| {
            ["/spec/bootstrap", "/spec/externalClusters"]
                .iter()
                .any(|top| pointer.starts_with(top))
        };
        pointers
            .into_iter()
            .filter(|pointer| !own(pointer))
            .map(|pointer| {
                format!(
                    "{pointer} of {} would not be that of the live one",
                    cluster.title()
                )
            })
            .collect()
    }
}

/// The index of the external cluster that the live Cluster was recovered from, when that archive is read again.
fn kept_source(database: &Database<'_>, live: &Cluster, source: &ArchiveRef) -> Option<String> {
    let read = live.recovers_from(&database.project.stores)?;
    let same = database.resolved(read).same_archive(source) == Some(true);
    same.then(|| live.recovery_source().map(|entry| entry.index.clone()))?
}

fn text(value: &str, live: &Cluster) -> Node {
    Node::string(
        value,
        Origin::Made {
            by: live.object.source(),
        },
    )
}

/// Sets a value at a path of keys and indexes whose parents exist.
fn put(node: &mut Node, path: &[&str], value: Node) {
    match path {
        [] => {}
        [last] => node.set(last, value),
        [first, rest @ ..] => {
            let child = match node.kind {
                Kind::Sequence(_) => first
                    .parse()
                    .ok()
                    .and_then(|at: usize| node.as_sequence_mut()?.get_mut(at)),
                _ => node.get_mut(first),
            };
            if let Some(child) = child {
                put(child, rest, value);
            }
        }
    }
}

/// Selectors of the Cluster's own pods, as in topology spread constraints, select those of the copy.
fn relabel(node: &mut Node, live: &str, name: &str) {
    let origin = node.origin;
    if node.get(CLUSTER_LABEL).and_then(Node::text) == Some(live) {
        node.set(CLUSTER_LABEL, Node::string(name, origin));
    }
    if let Some(items) = node.as_sequence_mut() {
        items.iter_mut().for_each(|item| relabel(item, live, name));
    }
    if let Some(entries) = node.as_mapping_mut() {
        entries
            .iter_mut()
            .for_each(|entry| relabel(&mut entry.value, live, name));
    }
}

fn remove_empty(node: &mut Node, key: &str) {
    if node
        .get(key)
        .and_then(Node::as_mapping)
        .is_some_and(<[_]>::is_empty)
    {
        node.remove(key);
    }
}
