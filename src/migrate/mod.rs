//! The way from in-tree Barman support to the Barman Cloud plugin, as one change to a repository.
//!
//! Lines move with their comments: what stood under `barmanObjectStore` becomes the configuration of an ObjectStore,
//! `serverName` becomes a parameter of the plugin and is written out where it was left to its default. Before anything
//! is handed out, [`migrate`] proves that every Cluster writes to and reads from the same endpoint, destination and
//! server name as before. Source of the mapping: plugin-barman-cloud `web/docs/migration.md`.

mod dormant;
mod files;
mod gather;
mod holder;
mod lines;
mod listing;
mod plan;
mod pod_monitor;
mod refusal;
mod rollout;
mod schedule;
mod sheet;
mod stanza;
mod store;
mod verify;

use crate::config::{Config, OperatorVersion};
use crate::project::Database;
use crate::recover::Draft;

pub use pod_monitor::migrate_pod_monitor;
pub use refusal::Refusal;
pub use rollout::Base;

/// The first release with the interface that the plugin needs. Source: plugin-barman-cloud `web/docs/intro.md`.
const FIRST_RELEASE: OperatorVersion = OperatorVersion {
    major: 1,
    minor: 26,
    patch: 0,
};

/// What a migration does, and what has to be known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The databases that change, the one that was named first.
    pub titles: Vec<String>,
    /// What a person has to know before it is merged.
    pub notes: Vec<String>,
}

/// Moves a database to the plugin, in a draft. `None` where nothing of it is in-tree.
///
/// With a base revision the notes tell what merging does to what runs, Backups that are new since are moved too, and a
/// migration that was made since gets its notes, with nothing left to change.
///
/// # Errors
/// When something has no counterpart, cannot be edited, or the result would not be the same archive.
pub fn migrate(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    config: &Config,
    base: Option<Base<'_>>,
) -> Result<Option<Migration>, Refusal> {
    let project = database.project;
    let all = project.all_databases(config);
    let mut gathered = gather::gather(&all, database);
    if gathered.renderings.is_empty() {
        return Ok(base.and_then(|base| rollout::made(base, database, config)));
    }
    if let Some(version) = config
        .operator_version
        .filter(|version| *version < FIRST_RELEASE)
    {
        gathered.obstacles.insert(format!(
            "the manifests are for CloudNativePG {version}, and the plugin needs {FIRST_RELEASE} or later: upgrade the operator first"
        ));
    }
    let mut notes = plan::write(draft, project, &gathered, base)?;
    let migrated = draft.project();
    verify::migrated(project, &gathered, &migrated, config, base)?;
    notes.extend(dormant::notes(project, &gathered, &migrated));
    let shared = gathered.titles.len() > 1;
    if let Some((first, others)) = gathered.titles.split_first().filter(|_| shared) {
        notes.insert(
            0,
            format!(
                "{first} shares files with {}: they are migrated together",
                others.join(", ")
            ),
        );
    }
    let archives = gathered.renderings.iter().any(|one| one.cluster.in_tree);
    match base {
        None => notes.extend(general(archives)),
        Some(base) => {
            let mut after = migrated.all_databases(config);
            after.retain(|database| gathered.titles.contains(&database.title()));
            notes.extend(rollout::notes(base, &after, config));
        }
    }
    if archives {
        notes.push(AFTERWARDS.to_owned());
    }
    Ok(Some(Migration {
        titles: gathered.titles,
        notes,
    }))
}

/// What remains to do when a migration is merged.
const AFTERWARDS: &str = "afterwards: take a backup at once, and watch the plugin's metrics (`barman_cloud_cloudnative_pg_io_…`), because those of the operator no longer move";

/// What holds for every migration, whatever runs.
fn general(archives: bool) -> Vec<String> {
    let mut notes = vec![
        "before merging: CloudNativePG 1.26 or later (1.27 is advised), the Barman Cloud plugin beside it in its namespace, and cert-manager".to_owned(),
    ];
    if archives {
        notes.push("the instances restart one by one, because each gets a sidecar; the archive stays where it is, and older backups stay restorable".to_owned());
    }
    notes
}
