//! Proof, before anything is written, that a draft does what was planned and nothing else.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::archive::ArchiveRef;
use crate::project::{Database, Project};

use super::difference::{self, Allowed, Renderings};
use super::plan::Plan;
use super::{Refusal, bump, generation};

/// Proves that a draft changes the write lineage of this database to `to`, and nothing else.
///
/// # Errors
/// When it changes more, or less.
pub fn bumped(
    database: &Database<'_>,
    after: &Project,
    config: &Config,
    to: &str,
) -> Result<(), Refusal> {
    let paths = write_pointers(database);
    let title = database.title();
    let allowed = Allowed {
        databases: std::slice::from_ref(&title),
        namesakes: &difference::namesakes(database.project, config, [database]),
        field: &|_, pointer| paths.iter().any(|path| path == pointer),
        object: &|_| false,
    };
    let before = difference::renderings(database.project, config);
    difference::compare(before, database.project, after, config, &allowed)?;
    let found = same(database, after, config)?;
    expect("archive to", &title, found.archives_to().as_ref(), to)
}

/// Proves that a draft makes these databases recover as planned, and does nothing else.
///
/// # Errors
/// When it changes more, or less.
pub fn recovered(
    databases: &[(&Database<'_>, &Plan)],
    before: &Project,
    after: &Project,
    config: &Config,
) -> Result<(), Refusal> {
    let titles: Vec<String> = databases
        .iter()
        .map(|(own, plan)| after_title(own, plan))
        .collect();
    let pointers: BTreeMap<String, Vec<String>> = databases
        .iter()
        .map(|(own, plan)| (after_title(own, plan), write_pointers(own)))
        .collect();
    let renamed: Vec<&str> = databases
        .iter()
        .zip(&titles)
        .filter(|((_, plan), _)| plan.generation.is_some())
        .map(|(_, title)| title.as_str())
        .collect();
    let mut renderings = difference::renderings(before, config);
    let next = difference::renderings(after, config);
    let mut moved = Vec::new();
    for (_, plan) in databases {
        moved.extend(exchanged(&mut renderings, &next, plan));
    }
    let mut followed: Vec<String> = Vec::new();
    for ((database, plan), title) in databases.iter().zip(&titles) {
        if plan.generation.is_none() {
            continue;
        }
        let users = generation::users(before, database).map(|user| (user, before));
        followed.extend(users.map(|(user, project)| difference::key_of(project, user)));
        if let Some(old) = renderings.remove(&(plan.title.clone(), plan.directory.clone())) {
            renderings.insert((title.clone(), plan.directory.clone()), old);
        }
        let found = named(after, config, title)?;
        followed
            .extend(generation::users(after, &found).map(|user| difference::key_of(after, user)));
    }
    let allowed = Allowed {
        databases: &titles,
        namesakes: &difference::namesakes(before, config, databases.iter().map(|(own, _)| *own)),
        field: &|title, pointer| {
            let own = pointers.get(title);
            own.is_some_and(|own| own.iter().any(|path| path == pointer))
                || ["/spec/bootstrap", "/spec/externalClusters"]
                    .iter()
                    .any(|top| below(pointer, top))
                || (renamed.contains(&title)
                    && (pointer == "/metadata/name" || pointer.ends_with("/cnpg.io~1cluster")))
        },
        object: &|key| {
            key.starts_with("Backup ")
                || moves(key, &moved)
                || followed.iter().any(|own| own == key)
        },
    };
    difference::compare(renderings, before, after, config, &allowed)?;
    for ((database, plan), title) in databases.iter().zip(&titles) {
        let found = match plan.generation {
            None => same(database, after, config)?,
            Some(_) => named(after, config, title)?,
        };
        let (write, source) = (
            &plan.write.server_name.value,
            &plan.source.server_name.value,
        );
        // Every rendering in use counts: whichever of them is applied, it must be the planned recovery.
        for cluster in found.live() {
            let resolved = |archive: Option<ArchiveRef>| archive.map(|own| found.resolved(own));
            let archived = resolved(cluster.archives_to(&after.stores));
            let read = resolved(cluster.recovers_from(&after.stores));
            expect("archive to", title, archived.as_ref(), write)?;
            expect("recover from", title, read.as_ref(), source)?;
        }
    }
    Ok(())
}

/// The errors that lint finds in `after` and not in `before`, as sentences.
pub fn new_errors(before: &[Diagnostic], after: &[Diagnostic]) -> Vec<String> {
    let key = |found: &Diagnostic| (found.rule, found.object.clone(), found.pointer.clone());
    let is_error = |found: &&Diagnostic| found.severity == Severity::Error;
    let known: Vec<_> = before.iter().filter(is_error).map(key).collect();
    after
        .iter()
        .filter(is_error)
        .filter(|found| !known.contains(&key(found)))
        .map(|found| format!("{}: {}", found.rule, found.message))
        .collect()
}

/// Where overlays change places below one root, each build is compared with the overlay that it takes over. The
/// directories of the builds concerned.
fn exchanged(old: &mut Renderings, new: &Renderings, plan: &Plan) -> Vec<String> {
    let key = |directory: &str| (plan.title.clone(), directory.to_owned());
    let Some(overlay) = plan.overlay.as_deref() else {
        return Vec::new();
    };
    let mut moved = vec![plan.directory.clone(), overlay.to_owned()];
    if new.contains_key(&key(overlay)) {
        return moved;
    }
    let fresh: Vec<_> = new
        .keys()
        .filter(|(title, _)| *title == plan.title)
        .filter(|key| !old.contains_key(*key))
        .cloned()
        .collect();
    let recovering = old.remove(&key(overlay));
    let used = old.remove(&key(&plan.directory));
    if let Some(recovering) = recovering {
        old.insert(key(&plan.directory), recovering);
    }
    if let (Some(used), [fresh]) = (used, fresh.as_slice()) {
        moved.push(fresh.1.clone());
        old.insert(fresh.clone(), used);
    }
    moved
}

/// Whether an object belongs to a build that changes places with another one.
fn moves(key: &str, moved: &[String]) -> bool {
    key.rsplit_once(" in ")
        .is_some_and(|(_, directory)| moved.iter().any(|own| own == directory))
}

fn below(pointer: &str, top: &str) -> bool {
    pointer
        .strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn write_pointers(database: &Database<'_>) -> Vec<String> {
    let paths = database
        .clusters
        .iter()
        .filter_map(|cluster| bump::write_path(cluster));
    paths.map(|path| format!("/{}", path.join("/"))).collect()
}

fn expect(
    verb: &str,
    title: &str,
    found: Option<&ArchiveRef>,
    wanted: &str,
) -> Result<(), Refusal> {
    let found = found.map_or("", |archive| archive.server_name.value.as_str());
    if found == wanted {
        return Ok(());
    }
    Err(Refusal::Unplanned {
        differences: vec![format!("{title} would {verb} `{found}`, not `{wanted}`")],
    })
}

/// The title of a database behind the change.
fn after_title(database: &Database<'_>, plan: &Plan) -> String {
    match (&plan.generation, &database.namespace) {
        (None, _) => database.title(),
        (Some(name), Some(namespace)) => format!("{namespace}/{name}"),
        (Some(name), None) => name.clone(),
    }
}

/// The database with this title.
fn named<'p>(after: &'p Project, config: &'p Config, title: &str) -> Result<Database<'p>, Refusal> {
    let mut all = after.all_databases(config).into_iter();
    all.find(|own| own.title() == title)
        .ok_or_else(|| Refusal::Unplanned {
            differences: vec![format!("no build would render {title}")],
        })
}

/// The same database in another state of the repository.
fn same<'p>(
    database: &Database<'_>,
    after: &'p Project,
    config: &'p Config,
) -> Result<Database<'p>, Refusal> {
    let files: Vec<&str> = sources(database);
    let same = |other: &Database<'_>| {
        let shares = sources(other).iter().any(|file| files.contains(file));
        other.title() == database.title() && shares
    };
    let gone = || Refusal::Unplanned {
        differences: vec![format!("{} would be gone", database.described())],
    };
    let all = after.all_databases(config);
    all.into_iter().find(same).ok_or_else(gone)
}

/// The files that hold the Cluster, as shown to people.
fn sources<'p>(database: &Database<'p>) -> Vec<&'p str> {
    let project = database.project;
    let files = database.clusters.iter().map(|cluster| {
        let file = cluster.object.source().file;
        project.sources.file(file).name.as_str()
    });
    files.collect()
}
