//! What a draft changes in what clusters get: every value of every object, by database and by path.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::project::{Database, Project};
use crate::yaml::{Kind, Node};

use super::Refusal;

/// Values of one rendered object by JSON pointer.
pub(crate) type Leaves = BTreeMap<String, String>;

/// Clusters by the title of their database and the directory of their build.
pub(crate) type Renderings = BTreeMap<(String, String), Leaves>;

/// What stands beside the values of a rendering: whether its overlay is the one in use. No pointer looks like it.
const IN_USE: &str = "in use";

/// Every rendering of every Cluster, by the database's title and the build's directory, as the cluster gets it.
pub(crate) fn renderings(project: &Project, config: &Config) -> Renderings {
    let mut all = BTreeMap::new();
    for database in project.all_databases(config) {
        for cluster in &database.clusters {
            let directory = project.build_of(cluster).directory.clone();
            let mut leaves = leaves(&database, &cluster.object.node);
            let in_use = !project.is_dormant(cluster);
            leaves.insert(IN_USE.to_owned(), in_use.to_string());
            all.insert((database.title(), directory), leaves);
        }
    }
    all
}

/// The objects that belong to Clusters or stores, by build and identity.
fn others(project: &Project) -> BTreeMap<String, Leaves> {
    let users = project.schedules.iter().chain(&project.backups);
    let users = users
        .chain(&project.poolers)
        .chain(&project.database_objects);
    let users = users.map(|user| (&user.object, user.build));
    let stores = project.stores.iter();
    let stores = stores.map(|store| (&store.object, store.build));
    users
        .chain(stores)
        .map(|(object, build)| {
            let key = key(project, object, build);
            let mut found = Leaves::new();
            collect(
                &object.node,
                &mut String::new(),
                &|text| text.to_owned(),
                &mut found,
            );
            (key, found)
        })
        .collect()
}

/// What tells an object that belongs to a Cluster, for [`Allowed::object`].
pub(super) fn key_of(project: &Project, user: &ClusterUser) -> String {
    key(project, &user.object, user.build)
}

fn key(project: &Project, object: &Object, build: usize) -> String {
    let directory = &project.builds[build].directory;
    format!("{} {} in {directory}", object.kind, object.name.value)
}

fn leaves(database: &Database<'_>, node: &Node) -> Leaves {
    let mut found = Leaves::new();
    let resolve = |text: &str| database.resolve(text);
    collect(node, &mut String::new(), &resolve, &mut found);
    found
}

fn collect(node: &Node, path: &mut String, resolve: &dyn Fn(&str) -> String, found: &mut Leaves) {
    let length = path.len();
    let mut below = |step: &str, child: &Node| {
        path.push('/');
        path.push_str(&step.replace('~', "~0").replace('/', "~1"));
        collect(child, path, resolve, found);
        path.truncate(length);
    };
    match &node.kind {
        Kind::Scalar(scalar) => {
            let text = resolve(&scalar.text);
            found.insert(path.clone(), text);
        }
        Kind::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                below(&at.to_string(), item);
            }
        }
        Kind::Mapping(entries) => {
            for entry in entries {
                below(entry.key.text().unwrap_or_default(), &entry.value);
            }
        }
        Kind::Alias(_) => {}
    }
}

/// The pointers at which two objects differ.
fn differing(before: &Leaves, after: &Leaves) -> Vec<String> {
    let mut pointers: Vec<&String> = before
        .iter()
        .filter(|(pointer, value)| after.get(*pointer) != Some(value))
        .map(|(pointer, _)| pointer)
        .chain(
            after
                .keys()
                .filter(|pointer| !before.contains_key(*pointer)),
        )
        .collect();
    pointers.sort();
    pointers.into_iter().cloned().collect()
}

/// The pointers at which two nodes differ, with the variables filled in that are known.
pub(super) fn unlike(database: &Database<'_>, one: &Node, other: &Node) -> Vec<String> {
    differing(&leaves(database, one), &leaves(database, other))
}

/// What may change.
pub(crate) struct Allowed<'a> {
    /// Titles of the databases that are meant.
    pub(crate) databases: &'a [String],
    /// Renderings of other databases with such a title, see [`namesakes`].
    pub(crate) namesakes: &'a BTreeSet<(String, String)>,
    /// Whether this field of the Cluster with this title may change.
    pub(crate) field: &'a dyn Fn(&str, &str) -> bool,
    /// Whether this object beside Clusters may come, go or change: `Backup name in directory`.
    pub(crate) object: &'a dyn Fn(&str) -> bool,
}

/// The renderings of databases that have the title of one of these and are another one, as on another site.
pub(crate) fn namesakes<'d>(
    project: &Project,
    config: &Config,
    databases: impl IntoIterator<Item = &'d Database<'d>>,
) -> BTreeSet<(String, String)> {
    let own: Vec<(String, String)> = databases
        .into_iter()
        .map(|own| (own.title(), own.described()))
        .collect();
    let is_namesake = |other: &Database<'_>| {
        let (title, described) = (other.title(), other.described());
        own.iter().any(|(own, _)| *own == title) && own.iter().all(|(_, own)| *own != described)
    };
    let all = project.all_databases(config);
    let namesakes = all.iter().filter(|other| is_namesake(other));
    namesakes
        .flat_map(|other| {
            let directory = |cluster: &&Cluster| project.build_of(cluster).directory.clone();
            let directories = other.clusters.iter().map(directory);
            directories.map(|directory| (other.title(), directory))
        })
        .collect()
}

/// Compares two states of the repository. `old` holds what each rendering is compared with.
///
/// # Errors
/// When something changes that may not.
pub(crate) fn compare(
    old: Renderings,
    before: &Project,
    after: &Project,
    config: &Config,
    allowed: &Allowed<'_>,
) -> Result<(), Refusal> {
    let new = renderings(after, config);
    let mut spread: Vec<String> = Vec::new();
    let mut unplanned: Vec<String> = Vec::new();
    let empty = Leaves::new();
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (title, directory) = key;
        let (one, other) = (old.get(key), new.get(key));
        let differences = differing(one.unwrap_or(&empty), other.unwrap_or(&empty));
        if differences.is_empty() {
            continue;
        }
        let other = match allowed.namesakes.contains(key) {
            true => Some(format!("{title} in {directory}")),
            false => (!allowed.databases.contains(title)).then(|| title.clone()),
        };
        if let Some(other) = other {
            if !spread.contains(&other) {
                spread.push(other);
            }
            continue;
        }
        let surprising = differences
            .iter()
            .filter(|at| *at != IN_USE && !(allowed.field)(title, at));
        unplanned.extend(surprising.map(|at| format!("{at} of {title} in {directory}")));
    }
    if !spread.is_empty() {
        return Err(Refusal::Spread { others: spread });
    }
    let (old, new) = (others(before), others(after));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changed = keys
        .into_iter()
        .filter(|key| old.get(*key) != new.get(*key) && !(allowed.object)(key));
    unplanned.extend(changed.cloned());
    if unplanned.is_empty() {
        Ok(())
    } else {
        unplanned.truncate(5);
        Err(Refusal::Unplanned {
            differences: unplanned,
        })
    }
}
