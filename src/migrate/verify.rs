//! Proof, before anything is written, that a migration leaves every lineage where it is and changes nothing else.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::model::archive::{ArchiveRef, ObjectStore};
use crate::model::cluster::{Cluster, Plugin};
use crate::model::object::same_namespace;
use crate::project::Project;
use crate::recover::difference::{Allowed, compare, renderings};
use crate::yaml::Node;

use super::gather::{Gathered, Rendering};
use super::schedule;
use super::store::{means_same, reads_alike};
use super::{Base, Refusal};

/// Proves that `after` archives to, and reads from, exactly where `before` does, with the same settings.
///
/// # Errors
/// When it would not, or when anything else would change.
pub(super) fn migrated(
    before: &Project,
    gathered: &Gathered<'_>,
    after: &Project,
    config: &Config,
    base: Option<Base<'_>>,
) -> Result<(), Refusal> {
    let mut differences = broken(before, after);
    for rendering in &gathered.renderings {
        differences.extend(of_rendering(before, rendering, after));
    }
    if !differences.is_empty() {
        return Err(Refusal::Unproved { differences });
    }
    let mut moved: Vec<(&str, &str)> = Vec::new();
    for rendering in &gathered.renderings {
        let schedules = schedule::in_tree(&before.schedules, rendering.cluster);
        let backups = schedule::in_tree(&before.backups, rendering.cluster);
        let backups = backups.filter(|backup| schedule::is_new(backup, base));
        moved.extend(schedules.chain(backups).map(|own| {
            let object = &own.object;
            (object.kind.as_str(), object.name.value.as_str())
        }));
    }
    let allowed = Allowed {
        databases: &gathered.titles,
        namesakes: &BTreeSet::new(),
        field: &|_, pointer| moves(pointer),
        object: &|key| {
            let mut words = key.split(' ');
            match (words.next(), words.next()) {
                (Some("ObjectStore"), _) => true,
                (Some(kind), Some(name)) => moved.contains(&(kind, name)),
                _ => false,
            }
        },
    };
    compare(renderings(before, config), before, after, config, &allowed)?;
    Ok(())
}

/// Builds and files that only the result cannot be read in.
pub(super) fn broken(before: &Project, after: &Project) -> Vec<String> {
    let failures = |project: &Project| -> Vec<String> {
        let shown = project
            .failures
            .iter()
            .map(|failure| format!("{} does not build: {}", failure.directory, failure.error));
        let broken = project.broken.iter().map(|broken| {
            format!(
                "{}: {}",
                project.sources.describe(broken.span),
                broken.message
            )
        });
        shown.chain(broken).collect()
    };
    let known = failures(before);
    failures(after)
        .into_iter()
        .filter(|failure| !known.contains(failure))
        .collect()
}

/// Whether a field of a Cluster is one that a migration takes away or adds. Existing plugins are not: the new one is
/// the last.
fn moves(pointer: &str) -> bool {
    let below = |rest: &str, top: &str| {
        rest.strip_prefix(top)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(rest) = pointer.strip_prefix("/spec/backup/") {
        return below(rest, "barmanObjectStore") || rest == "retentionPolicy";
    }
    if let Some(rest) = pointer.strip_prefix("/spec/externalClusters/") {
        let field = rest.split_once('/').map_or("", |(_, field)| field);
        return below(field, "barmanObjectStore") || below(field, "plugin");
    }
    pointer.starts_with("/spec/plugins/")
}

fn of_rendering(before: &Project, rendering: &Rendering<'_>, after: &Project) -> Vec<String> {
    let old = rendering.cluster;
    let directory = &before.build_of(old).directory;
    let title = format!("{} in {directory}", old.title());
    let same = |new: &&Cluster| {
        after.build_of(new).directory == *directory
            && new.object.reference() == old.object.reference()
    };
    let Some(new) = after.clusters.iter().find(same) else {
        return vec![format!("{title} would be gone")];
    };
    let mut found = Vec::new();
    if old.in_tree {
        let (one, other) = (
            old.archives_to(&before.stores),
            new.archives_to(&after.stores),
        );
        found.extend(same_archive(&title, "archives to", one, other));
        found.extend(own_store(old, new, after).map(|what| format!("{title}: {what}")));
        if new.in_tree {
            found.push(format!("{title} would keep its in-tree store"));
        }
        if new.plugins.len() != old.plugins.len() + 1 {
            found.push(format!("{title} would lose plugins"));
        }
    }
    for (one, other) in old
        .external_clusters
        .iter()
        .zip(&new.external_clusters)
        .filter(|(one, _)| one.in_tree)
    {
        let name = one.name.as_ref().map_or("", |name| name.value.as_str());
        let title = format!("{title}, external cluster `{name}`");
        let archives = (
            old.archive_of(one, &before.stores),
            new.archive_of(other, &after.stores),
        );
        found.extend(same_archive(&title, "reads", archives.0, archives.1));
        let stanza =
            old.object
                .find(&["spec", "externalClusters", &one.index, "barmanObjectStore"]);
        let store = other
            .plugin
            .as_ref()
            .and_then(|plugin| store_of(new, plugin, after));
        let configuration = store.and_then(|store| store.object.find(&["spec", "configuration"]));
        let alike = stanza
            .zip(configuration)
            .is_some_and(|(stanza, configuration)| reads_alike(stanza, configuration));
        if !alike {
            found.push(format!(
                "{title}: the ObjectStore would not have the settings of the in-tree store"
            ));
        }
    }
    found
}

/// The same endpoint, destination and server name; without a server name written out nothing is proved.
fn same_archive(
    title: &str,
    verb: &str,
    old: Option<ArchiveRef>,
    new: Option<ArchiveRef>,
) -> Option<String> {
    let shown = |archive: &Option<ArchiveRef>| {
        archive
            .as_ref()
            .map_or("nothing".to_owned(), |archive| match &archive.store {
                crate::model::archive::StoreRef::Known(store) => format!(
                    "{} {} {}",
                    store.endpoint, store.destination, archive.server_name.value
                )
                .trim_start()
                .to_owned(),
                _ => format!("an unknown store, {}", archive.server_name.value),
            })
    };
    let same = match (&old, &new) {
        (Some(old), Some(new)) => old.same_archive(new) == Some(true),
        _ => false,
    };
    (!same).then(|| {
        format!(
            "{title} {verb} {} and would {verb} {}",
            shown(&old),
            shown(&new)
        )
    })
}

/// What of the settings of the store that is written to would change.
fn own_store(old: &Cluster, new: &Cluster, after: &Project) -> Option<&'static str> {
    let stanza = old.object.find(&["spec", "backup", "barmanObjectStore"])?;
    let store = new
        .barman_plugin()
        .and_then(|plugin| store_of(new, plugin, after));
    let Some(store) = store else {
        return Some("the ObjectStore would be missing");
    };
    let mut wanted = stanza.clone();
    wanted.remove("serverName");
    let configuration = store.object.find(&["spec", "configuration"]);
    if !configuration.is_some_and(|configuration| means_same(&wanted, configuration)) {
        return Some("the ObjectStore would not have the settings of the in-tree store");
    }
    let policy = old
        .object
        .find(&["spec", "backup", "retentionPolicy"])
        .and_then(Node::text);
    let moved = store
        .object
        .find(&["spec", "retentionPolicy"])
        .and_then(Node::text);
    (policy != moved)
        .then_some("the ObjectStore would not have the retention policy of the Cluster")
}

/// The ObjectStore of a plugin, in the build of the Cluster.
fn store_of<'p>(
    cluster: &Cluster,
    plugin: &Plugin,
    project: &'p Project,
) -> Option<&'p ObjectStore> {
    let name = &plugin.object_store.as_ref()?.value;
    project.stores.iter().find(|store| {
        store.build == cluster.build
            && store.object.name.value == *name
            && same_namespace(store.object.namespace(), cluster.object.namespace())
    })
}
