//! What there is to say about one database.

use crate::barman::TargetTimeline;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::archives::AtHand;
use crate::facts::verdict::Window;
use crate::facts::{Archives, Goal, Target, Wanted};
use crate::gitops::argocd::{Applications, Certainty};
use crate::gitops::{Appliers, appliers};
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::model::cluster::{Cluster, Method};
use crate::model::instant::Instant;
use crate::project::{Database, Project};

/// Every database of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// The databases, in the order of their titles.
    pub rows: Vec<StatusRow>,
    /// Findings that belong to no single database.
    pub elsewhere: Findings,
}

/// One database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRow {
    /// Its name in the configuration.
    pub name: Option<String>,
    /// The namespace, where it is known.
    pub namespace: Option<String>,
    /// The name of the Cluster.
    pub cluster: String,
    /// The directory that renders it, relative to the root.
    pub directory: String,
    /// What a Cluster that is created now would do.
    pub mode: Mode,
    /// Where it archives to.
    pub write_lineage: Option<Lineage>,
    /// Where its recovery reads from.
    pub source_lineage: Option<Source>,
    /// The newest base backup in the write lineage that can be restored; `None` is none.
    pub last_backup: Fact<Option<Backup>>,
    /// The times that a recovery from the newest base backup of the write lineage can end at.
    pub window: Fact<Window>,
    /// The objects of GitOps controllers that apply it, or why they are not known.
    pub applied_by: Appliers,
    /// What `lint` finds about it.
    pub findings: Findings,
}

/// What a Cluster that is created now would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Start empty. Also what the operator does without any `bootstrap`.
    Initdb,
    /// Recover from an archive or a snapshot.
    Recovery,
    /// Copy a running server.
    PgBasebackup,
    /// Follow another cluster.
    Replica,
    /// Its manifests do not agree.
    Conflict,
}

/// An archive that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// `serverName`.
    pub server_name: String,
    /// `destinationPath`, where it is known.
    pub destination: Option<String>,
    /// `endpointURL`, where it is known and set.
    pub endpoint: Option<String>,
}

/// Where a recovery reads from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The archive.
    pub lineage: Lineage,
    /// Whether the recovery is selected; otherwise it waits in an overlay.
    pub in_use: bool,
}

/// A base backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub id: String,
    /// When it ended.
    pub ended: Option<Instant>,
}

/// Something that needs evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// The evidence tells.
    Known(T),
    /// It does not: why.
    Unknown(String),
}

/// Findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Findings {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Mode {
    /// The word in text and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Initdb => "initdb",
            Self::Recovery => "recovery",
            Self::PgBasebackup => "pg_basebackup",
            Self::Replica => "replica",
            Self::Conflict => "conflict",
        }
    }

    fn of(database: &Database<'_>) -> Self {
        let mut modes = database.live().into_iter().map(Self::of_cluster);
        let first = modes.next().unwrap_or(Self::Initdb);
        if modes.all(|mode| mode == first) {
            first
        } else {
            Self::Conflict
        }
    }

    fn of_cluster(cluster: &Cluster) -> Self {
        if cluster.is_replica() {
            return Self::Replica;
        }
        match cluster.methods.as_slice() {
            [] | [Method::Initdb] => Self::Initdb,
            [Method::Recovery] => Self::Recovery,
            [Method::PgBasebackup] => Self::PgBasebackup,
            _ => Self::Conflict,
        }
    }
}

impl Findings {
    fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
    }
}

impl StatusReport {
    /// Looks at a repository, at what `lint` found in it, at the archives at hand, and at the Applications of the
    /// repository.
    pub fn of(
        project: &Project,
        config: &Config,
        findings: &[Diagnostic],
        archives: &Archives,
        applications: &Applications,
    ) -> Self {
        let databases = project.all_databases(config);
        let mut rows: Vec<StatusRow> = databases
            .iter()
            .map(|database| row(database, archives, applications))
            .collect();
        let mut elsewhere = Findings::default();
        for finding in findings {
            let owner = owner(&databases, finding).and_then(|at| rows.get_mut(at));
            let count = owner.map_or(&mut elsewhere, |row| &mut row.findings);
            count.add(finding.severity);
        }
        Self { rows, elsewhere }
    }
}

fn row(database: &Database<'_>, archives: &Archives, applications: &Applications) -> StatusRow {
    let applied_by = appliers(database.project, applications, &database.live());
    let applied = as_applied(database, applications);
    let database = &applied;
    let writes = database.archives_to();
    let (last_backup, window) = evidence(writes.as_ref(), archives);
    StatusRow {
        name: database.configured.map(|entry| entry.name.clone()),
        namespace: database.namespace.clone(),
        cluster: database.name.clone(),
        directory: database.directory().to_owned(),
        mode: Mode::of(database),
        write_lineage: writes.as_ref().map(Lineage::of),
        source_lineage: source(database),
        last_backup,
        window,
        applied_by,
        findings: Findings::default(),
    }
}

/// The database with its Clusters as Argo CD renders them, where one Application for sure applies each.
fn as_applied<'p>(database: &Database<'p>, applications: &'p Applications) -> Database<'p> {
    let rendered = |cluster: &'p Cluster| {
        let mut own = applications.of_cluster(cluster);
        match (own.next(), own.next()) {
            (Some((application, applied)), None) if application.certainty == Certainty::Certain => {
                &applied.rendered
            }
            _ => cluster,
        }
    };
    Database {
        clusters: database.clusters.iter().map(|own| rendered(own)).collect(),
        ..database.clone()
    }
}

impl Lineage {
    fn of(archive: &ArchiveRef) -> Self {
        let store = match &archive.store {
            StoreRef::Known(store) => Some(store),
            StoreRef::Unresolved { .. } | StoreRef::Unknown => None,
        };
        let endpoint = store.map(|store| store.endpoint.clone());
        Self {
            server_name: archive.server_name.value.clone(),
            destination: store.map(|store| store.destination.clone()),
            endpoint: endpoint.filter(|endpoint| !endpoint.is_empty()),
        }
    }
}

/// The source of the recovery in use, else of one that waits.
fn source(database: &Database<'_>) -> Option<Source> {
    if let Some(archive) = database.recovers_from() {
        return Some(Source {
            lineage: Lineage::of(&archive),
            in_use: true,
        });
    }
    let stores = &database.project.stores;
    let mut waiting = database
        .dormant()
        .filter_map(|cluster| cluster.recovers_from(stores));
    let archive = database.resolved(waiting.next()?);
    Some(Source {
        lineage: Lineage::of(&archive),
        in_use: false,
    })
}

fn evidence(
    writes: Option<&ArchiveRef>,
    archives: &Archives,
) -> (Fact<Option<Backup>>, Fact<Window>) {
    let unknown = |reason: &str| {
        let reason = reason.to_owned();
        (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
    };
    let Some(archive) = writes else {
        return unknown("it archives nowhere");
    };
    match archives.look_up(archive) {
        None => unknown("no inventory and no archive at hand"),
        Some(Err(reason)) => unknown(reason),
        Some(Ok(at_hand)) => (Fact::Known(last_backup(&at_hand)), window(&at_hand)),
    }
}

fn last_backup(at_hand: &AtHand<'_>) -> Option<Backup> {
    let ended = |backup: &crate::barman::Backup| Some(backup.info()?.end_time?.instant);
    let backups = at_hand.catalog().backups.iter();
    let newest = backups
        .filter(|backup| backup.restorable())
        .max_by_key(|backup| (ended(backup), backup.id.clone()))?;
    Some(Backup {
        id: newest.id.to_string(),
        ended: ended(newest),
    })
}

fn window(at_hand: &AtHand<'_>) -> Fact<Window> {
    let verdict = at_hand.judge(&Wanted {
        target: Target {
            goal: Goal::Latest,
            inclusive: true,
        },
        timeline: TargetTimeline::Latest,
        backup_id: None,
    });
    match verdict.window {
        window @ Window {
            latest: Some(_), ..
        } => Fact::Known(window),
        _ => Fact::Unknown(match verdict.reasons.first() {
            Some(reason) => reason.message.clone(),
            None => "the records of the WAL were not read".to_owned(),
        }),
    }
}

/// The database that a finding is about: the one whose Cluster it names, else the only one that its builds render.
fn owner(databases: &[Database<'_>], finding: &Diagnostic) -> Option<usize> {
    let named = finding
        .object
        .as_ref()
        .filter(|object| object.kind == "Cluster");
    if let Some(object) = named {
        let is_it = |database: &Database<'_>| {
            database
                .clusters
                .iter()
                .any(|cluster| cluster.object.reference() == *object)
        };
        return only(databases, is_it);
    }
    let renders = |database: &Database<'_>| {
        let mut builds = database
            .clusters
            .iter()
            .map(|cluster| &database.project.build_of(cluster).directory);
        builds.any(|directory| {
            let in_build = |rendering: &String| {
                let rest = rendering.strip_prefix(directory.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" ("))
            };
            finding.renderings.iter().any(in_build)
        })
    };
    only(databases, renders)
}

/// The place of the one that fits; `None` where several do.
fn only(databases: &[Database<'_>], fits: impl Fn(&Database<'_>) -> bool) -> Option<usize> {
    let mut found = (0..databases.len()).filter(|at| databases.get(*at).is_some_and(&fits));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
