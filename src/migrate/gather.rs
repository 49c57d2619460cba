//! What a migration reaches: the databases that share documents with the one that was named, and these documents.

use std::collections::BTreeSet;

use crate::model::cluster::Cluster;
use crate::project::{Database, Project};
use crate::text::Span;
use crate::yaml::Node;

use super::holder::{self, Holder};
use super::sheet::Sheet;

/// A rendering of a Cluster with an in-tree store, and the documents that its stores are written in.
pub(super) struct Rendering<'p> {
    /// The rendered Cluster.
    pub(super) cluster: &'p Cluster,
    /// Indexes of [`Gathered::sheets`].
    pub(super) parts: Vec<usize>,
}

/// Everything that a migration changes.
pub(super) struct Gathered<'p> {
    /// The titles of the databases, the one that was named first.
    pub(super) titles: Vec<String>,
    /// Every rendering of them that has an in-tree store.
    pub(super) renderings: Vec<Rendering<'p>>,
    /// The documents, in the order of files.
    pub(super) sheets: Vec<Sheet<'p>>,
    /// What cannot be migrated, each with its place.
    pub(super) obstacles: BTreeSet<String>,
}

/// Collects what hangs together with a database: renderings of one document change together, whatever they are named.
pub(super) fn gather<'p>(all: &[Database<'p>], named: &Database<'p>) -> Gathered<'p> {
    let project = named.project;
    let sources = |database: &Database<'p>| -> BTreeSet<Span> {
        let clusters = database.clusters.iter();
        clusters.map(|cluster| cluster.object.source()).collect()
    };
    let own = sources(named);
    let mut reached: BTreeSet<usize> = (0..all.len())
        .filter(|at| !sources(&all[*at]).is_disjoint(&own))
        .collect();
    let mut obstacles = BTreeSet::new();
    let mut holders: Vec<Holder> = Vec::new();
    loop {
        for cluster in reached.iter().flat_map(|at| &all[*at].clusters) {
            collect(project, cluster, &mut holders, &mut obstacles);
        }
        let touches = |database: &Database<'p>| {
            let places = database.clusters.iter().flat_map(|cluster| places(cluster));
            let mut places = places.filter_map(Result::ok).flatten();
            places.any(|place| holders.iter().any(|holder| holder.encloses(place)))
        };
        let before = reached.len();
        reached.extend((0..all.len()).filter(|at| touches(&all[*at])));
        if reached.len() == before {
            break;
        }
    }
    holders.sort_by_key(Holder::place);
    let mut sheets = Vec::new();
    for holder in holders {
        let text = &project.sources.file(holder.file).text;
        match Sheet::read(holder, text) {
            Ok(sheet) => sheets.push(sheet),
            Err((place, why)) => {
                obstacles.insert(format!("{}: {why}", project.sources.describe(place)));
            }
        }
    }
    let clusters = reached
        .iter()
        .flat_map(|at| all[*at].clusters.iter().copied());
    let renderings: Vec<Rendering<'p>> = clusters
        .filter(|cluster| !paths(cluster).is_empty())
        .map(|cluster| Rendering {
            cluster,
            parts: parts(cluster, &sheets),
        })
        .collect();
    for rendering in &renderings {
        obstacles.extend(without_counterpart(project, rendering, &sheets));
    }
    let mut titles = vec![named.title()];
    let others = reached.iter().map(|at| all[*at].title());
    titles.extend(others.filter(|title| *title != named.title()));
    titles.dedup();
    Gathered {
        titles,
        renderings,
        sheets,
        obstacles,
    }
}

/// The paths of what moves out of a rendered Cluster.
fn paths(cluster: &Cluster) -> Vec<Vec<&str>> {
    let mut paths = cluster.in_tree_stores();
    if cluster.in_tree {
        paths.push(vec!["spec", "backup", "retentionPolicy"]);
    }
    paths
}

fn places(cluster: &Cluster) -> Vec<Result<Vec<Span>, Span>> {
    let paths = paths(cluster);
    paths
        .iter()
        .map(|path| holder::places(cluster, path))
        .collect()
}

/// Adds the documents of a Cluster to those that are known.
fn collect(
    project: &Project,
    cluster: &Cluster,
    holders: &mut Vec<Holder>,
    obstacles: &mut BTreeSet<String>,
) {
    let mut refuse = |place: Span, why: &str| {
        obstacles.insert(format!("{}: {why}", project.sources.describe(place)));
    };
    for places in places(cluster) {
        let places = match places {
            Ok(places) => places,
            Err(by) => {
                refuse(
                    by,
                    "this makes a value of the in-tree store: write the value out first",
                );
                continue;
            }
        };
        for place in places {
            if holders.iter().any(|holder| holder.encloses(place)) {
                continue;
            }
            match holder::holding(project, place, cluster) {
                Some(holder) => holders.push(holder),
                None => refuse(
                    place,
                    "this value of the in-tree store stands neither in a Cluster nor in a strategic merge patch: write it there first",
                ),
            }
        }
    }
}

/// The documents that a rendering has its stores from.
fn parts(cluster: &Cluster, sheets: &[Sheet<'_>]) -> Vec<usize> {
    let places: Vec<Span> = places(cluster)
        .into_iter()
        .filter_map(Result::ok)
        .flatten()
        .collect();
    let holds = |sheet: &Sheet<'_>| places.iter().any(|place| sheet.holder.encloses(*place));
    (0..sheets.len()).filter(|at| holds(&sheets[*at])).collect()
}

/// What of a Cluster the plugin has no counterpart for.
fn without_counterpart(
    project: &Project,
    rendering: &Rendering<'_>,
    sheets: &[Sheet<'_>],
) -> Vec<String> {
    let cluster = rendering.cluster;
    let at = |path: &[&str]| project.sources.describe(cluster.object.place(path).span);
    let mut found = Vec::new();
    let backup = ["spec", "bootstrap", "recovery", "backup"];
    if cluster
        .object
        .find(&backup)
        .is_some_and(|node| !node.is_null())
    {
        found.push(format!(
            "{}: `recovery.backup` names a Backup, from which the plugin cannot restore: use `recovery.source` with an external cluster, and `recoveryTarget.backupID`",
            at(&backup)
        ));
    }
    let archiver = cluster.plugins.iter().find(|plugin| {
        let archives = plugin.is_barman() || plugin.is_wal_archiver;
        plugin.enabled && archives
    });
    if let Some(plugin) = archiver.filter(|_| cluster.in_tree) {
        let path: Vec<&str> = plugin.own_path();
        found.push(format!(
            "{}: a plugin archives already: remove one of the two archives first",
            at(&path)
        ));
    }
    let own = rendering
        .parts
        .iter()
        .map(|part| &sheets[*part].holder)
        .find(|holder| holder.is_resource);
    let written = own
        .and_then(|holder| holder.get(&["metadata", "name"]))
        .and_then(Node::text);
    if written.is_some_and(|written| written != cluster.name()) {
        found.push(format!(
            "{}: the Cluster is called `{}` in {}: what renames it would rename the ObjectStore too, but not the references to it",
            at(&["metadata", "name"]),
            cluster.name(),
            project.build_of(cluster).directory
        ));
    }
    found
}
