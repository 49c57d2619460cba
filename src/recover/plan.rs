//! A recovery as one change: which lineage is read, which is written, and every edit that follows.

use jiff::civil::Date;

use crate::barman::TargetTimeline;
use crate::config::{Config, LineagePolicy};
use crate::facts::{Goal, Target};
use crate::model::archive::ArchiveRef;
use crate::model::cluster::{Cluster, Method};
use crate::model::identity::Identity;
use crate::model::instant::Instant;
use crate::project::Database;
use crate::text::{FileTree, Span};

use super::bootstrap::{self, Recovery};
use super::bump::{self, Choice, Wish};
use super::lineages::{Lineages, Occupancy};
use super::sight::{Sight, has_backup, occupancy};
use super::workbench::Workbench;
use super::{Draft, Refusal, base_backup, first_backup, generation, lineage_log};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `--from`, `--to` and the pattern of names.
    pub wish: Wish<'a>,
    /// Whether a recovery may write what it reads.
    pub policy: LineagePolicy,
    /// Where the recovery is to end.
    pub target: &'a Target,
    /// `--target-tli`.
    pub timeline: TargetTimeline,
    /// `--backup-id`.
    pub backup_id: Option<&'a str>,
    /// The time of the run.
    pub now: Instant,
    /// Its day, for dated lineages and logs of lineages.
    pub today: Date,
}

/// A recovery that was planned.
#[derive(Debug, Clone)]
pub struct Plan {
    /// `namespace/name` of the Cluster.
    pub title: String,
    /// The archive that is read.
    pub source: ArchiveRef,
    /// The archive that is written from then on.
    pub write: ArchiveRef,
    /// The lineage that the database wrote so far.
    pub before: String,
    /// What is known of the new write lineage.
    pub occupancy: Occupancy,
    /// Whether an earlier try is gone on with.
    pub going_on: bool,
    /// Name of the Cluster that is recovered beside the live one.
    pub beside: Option<String>,
    /// Name of the Cluster that takes the place of the live one, where each generation has a file of its own.
    pub generation: Option<String>,
    /// The directory of the build in use.
    pub directory: String,
    /// The directory of the overlay that recovers, where another one was in use.
    pub overlay: Option<String>,
    /// Where the recovery ends.
    pub target: Target,
    /// `targetTLI`.
    pub timeline: TargetTimeline,
    /// `backupID`.
    pub backup_id: Option<String>,
    /// What a person should know, in sentences.
    pub notes: Vec<String>,
}

impl Plan {
    /// The target for people.
    pub fn target_in_words(&self) -> String {
        match &self.target.goal {
            Goal::Latest => "everything that is archived".to_owned(),
            Goal::Time { replay, .. } => replay.to_string(),
            Goal::Lsn(lsn) => format!("WAL position {lsn}"),
            Goal::Xid(xid) => format!("transaction {}", xid.0),
            Goal::Name(name) => format!("restore point `{name}`"),
            Goal::Immediate => "the end of the base backup".to_owned(),
        }
    }
}

/// Plans the recovery of one database and writes it into the draft.
///
/// # Errors
/// When it cannot be planned or a value cannot be edited where it lives; the draft is of no use then.
pub fn plan(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    lineages: &Lineages,
    request: &Request<'_>,
    sight: &dyn Sight,
) -> Result<Plan, Refusal> {
    let title = database.title();
    refuse_target(request)?;
    let own = database.archives_to().ok_or_else(|| Refusal::NoArchive {
        title: title.clone(),
    })?;
    let mut notes = Vec::new();
    let (source, going_on) = source(database, &own, request, sight, &mut notes)?;
    let choice = write_lineage(database, lineages, &own, &source, request, sight)?;
    if choice.to != choice.from {
        notes.extend(left_behind(database, &own, &choice.to));
    }
    refuse_links(draft, database)?;
    let rendering = recovering(database)?;
    let recovery = Recovery {
        source: source.server_name.value.clone(),
        write: choice.to.clone(),
        before: own.server_name.value.clone(),
        target: request.target.clone(),
        timeline: request.timeline,
        backup_id: base_backup::named(request, &source, sight, &mut notes)?,
        identity: identity(database),
    };
    let bumps = choice.to != choice.from;
    let event = bumps.then(|| lineage_log::Event {
        before: &choice.from,
        source: &recovery.source,
        write: &choice.to,
        day: request.today,
    });
    let layout = event.and_then(|event| Some((generation::layout(database, &own)?, event)));
    let placed = match layout {
        Some((layout, event)) => generation::add(draft, database, &layout, &recovery, &event)?,
        None => in_place(draft, database, rendering, &recovery, event.as_ref())?,
    };
    notes.extend(placed.notes);
    let mut write = own;
    write.server_name.value = choice.to;
    Ok(Plan {
        title,
        source,
        write,
        before: choice.from,
        occupancy: choice.occupancy,
        going_on,
        beside: None,
        generation: placed.generation,
        directory: placed.directory,
        overlay: placed.overlay,
        target: recovery.target,
        timeline: recovery.timeline,
        backup_id: recovery.backup_id,
        notes,
    })
}

/// Where a recovery was written.
pub(super) struct Placed {
    /// [`Plan::directory`].
    pub(super) directory: String,
    /// [`Plan::overlay`].
    pub(super) overlay: Option<String>,
    /// [`Plan::generation`].
    pub(super) generation: Option<String>,
    /// What a person should know, in sentences.
    pub(super) notes: Vec<String>,
}

/// Writes the recovery into the manifests as they are. `event` is the change of the write lineage, where it changes.
fn in_place(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    rendering: &Cluster,
    recovery: &Recovery,
    event: Option<&lineage_log::Event<'_>>,
) -> Result<Placed, Refusal> {
    let mut notes = Vec::new();
    let dormant = database.project.is_dormant(rendering);
    let overlay = dormant.then(|| database.project.build_of(rendering).directory.clone());
    let live = database.live();
    let first = live.first().copied().filter(|_| dormant);
    let used = first.unwrap_or(rendering);
    let mut bench = Workbench::new(draft, database, used);
    if !used.recovers()
        && let Some(flipped) = bench.flip()?
    {
        // What the recovery lacks is completed below.
        notes.extend(flipped.into_iter().filter(|note| !note.contains("differ")));
    }
    bootstrap::complete(&mut bench, recovery)?;
    first_backup::rename(&mut bench, &recovery.before, &recovery.write)?;
    if let Some(event) = event {
        bench.everywhere(|database, cluster| {
            let own = cluster.archives_to(&database.project.stores);
            let own = own.map(|archive| database.resolved(archive).server_name.value);
            if own.as_deref() == Some(event.before) {
                bump::in_rendering(database, cluster, event.write)
            } else {
                Ok(Vec::new())
            }
        })?;
        lineage_log::note(&mut bench, event)?;
    }
    let named = recovery.identity.is_some() || rendering.recovery("database").is_some();
    if !named {
        notes.push(format!(
            "{} says nowhere with which database and owner it was made: after the recovery the application's are `app`",
            database.title()
        ));
    }
    Ok(Placed {
        directory: bench.directory().to_owned(),
        overlay,
        generation: None,
        notes,
    })
}

/// Why a database has nothing that could be recovered; `None` where it has.
pub fn nothing_to_recover(database: &Database<'_>) -> Option<Refusal> {
    if database.archives_to().is_none() {
        return Some(Refusal::NoArchive {
            title: database.title(),
        });
    }
    recovering(database).err().filter(|refusal| {
        matches!(
            refusal,
            Refusal::Replica { .. } | Refusal::CopiesServer { .. }
        )
    })
}

pub(super) fn refuse_target(request: &Request<'_>) -> Result<(), Refusal> {
    match &request.target.goal {
        Goal::Time { replay, .. } if *replay > request.now => Err(Refusal::Future {
            target: replay.to_string(),
            now: request.now.to_string(),
        }),
        _ => Ok(()),
    }
}

/// An overlay that a switch can select must stand where the switch says.
fn refuse_links(draft: &Draft<'_>, database: &Database<'_>) -> Result<(), Refusal> {
    let bases: Vec<Span> = database
        .clusters
        .iter()
        .map(|cluster| cluster.object.source())
        .collect();
    let switches = database.project.switches.iter();
    let choices = switches
        .filter(|switch| bases.contains(&switch.base))
        .flat_map(|switch| &switch.choices);
    for choice in choices {
        if draft.canonical(&choice.directory).as_ref() != Ok(&choice.directory) {
            return Err(Refusal::Linked {
                overlay: choice.written.clone(),
            });
        }
    }
    Ok(())
}

/// Replica clusters of the repository that follow the lineage that is left, in sentences.
fn left_behind(database: &Database<'_>, own: &ArchiveRef, to: &str) -> Vec<String> {
    let mut clusters = database.project.clusters.iter();
    if !clusters.any(Cluster::is_replica) {
        return Vec::new();
    }
    let config = Config::default();
    let all = database.project.all_databases(&config);
    let follows = |other: &&Database<'_>| {
        let read = other.recovers_from();
        other.live().iter().any(|cluster| cluster.is_replica())
            && read.is_some_and(|read| read.same_archive(own) == Some(true))
    };
    let followers = all.iter().filter(follows);
    followers
        .map(|other| {
            format!(
                "{} follows `{}`, where nothing arrives any more: make it anew as a replica of `{to}`, with a write lineage of its own that is unused",
                other.title(),
                own.server_name.value
            )
        })
        .collect()
}

/// The archive to read from, and whether an earlier try is gone on with.
fn source(
    database: &Database<'_>,
    own: &ArchiveRef,
    request: &Request<'_>,
    sight: &dyn Sight,
    notes: &mut Vec<String>,
) -> Result<(ArchiveRef, bool), Refusal> {
    let earlier = database.recovers_from();
    let own_name = &own.server_name.value;
    if let Some(asked) = request.wish.from {
        let named = earlier
            .filter(|earlier| earlier.server_name.value == asked)
            .unwrap_or_else(|| {
                let mut other = own.clone();
                asked.clone_into(&mut other.server_name.value);
                other
            });
        let goes_on = named.server_name.value != *own_name;
        return Ok((named, goes_on));
    }
    let Some(earlier) = earlier.filter(|earlier| earlier.server_name.value != *own_name) else {
        return Ok((own.clone(), false));
    };
    let read = earlier.server_name.value.clone();
    match has_backup(sight, own) {
        Some(true) => Err(Refusal::WhichSource {
            title: database.title(),
            read,
            written: own_name.clone(),
        }),
        Some(false) => {
            notes.push(format!(
                "`{own_name}` holds no base backup, so the last recovery did not get far: this one reads `{read}` again"
            ));
            Ok((earlier, true))
        }
        None => {
            notes.push(format!(
                "the recovery from `{read}` is active, so it counts as a try that failed and is gone on with; where the database came up and archived to `{own_name}`, say `--from {own_name}`"
            ));
            Ok((earlier, true))
        }
    }
}

fn write_lineage(
    database: &Database<'_>,
    lineages: &Lineages,
    own: &ArchiveRef,
    source: &ArchiveRef,
    request: &Request<'_>,
    sight: &dyn Sight,
) -> Result<Choice, Refusal> {
    let stays = request.policy == LineagePolicy::InPlace
        && request.wish.to.is_none()
        && source.same_archive(own) == Some(true);
    if stays {
        let name = own.server_name.value.clone();
        return Ok(Choice {
            from: name.clone(),
            to: name,
            occupancy: Occupancy::Occupied,
        });
    }
    let probe = |archive: &ArchiveRef| occupancy(sight, archive);
    bump::choose_after(database, lineages, own, request.wish, request.today, &probe)
}

/// The rendering that recovers, or is to be made to.
fn recovering<'p>(database: &Database<'p>) -> Result<&'p Cluster, Refusal> {
    let live = database.live();
    let active = live.iter().find(|cluster| cluster.recovers());
    let dormant: Vec<&Cluster> = database
        .dormant()
        .filter(|cluster| cluster.recovers())
        .collect();
    let chosen = match (active, dormant.as_slice()) {
        (Some(active), _) => Some(*active),
        (None, [only]) => Some(*only),
        (None, []) => live.first().copied(),
        (None, several) => {
            let directory =
                |cluster: &&Cluster| database.project.build_of(cluster).directory.clone();
            return Err(Refusal::WhichOverlay {
                title: database.title(),
                overlays: several.iter().map(directory).collect(),
            });
        }
    };
    let chosen = chosen.ok_or_else(|| Refusal::NoArchive {
        title: database.title(),
    })?;
    if chosen.methods.contains(&Method::PgBasebackup) {
        return Err(Refusal::CopiesServer {
            title: database.title(),
        });
    }
    if chosen.is_replica() {
        return Err(Refusal::Replica {
            title: database.title(),
        });
    }
    Ok(chosen)
}

/// What the application's database was made with: initdb as rendered, in use or not.
pub(super) fn identity(database: &Database<'_>) -> Option<Identity> {
    let live = database.live();
    let dormant: Vec<&Cluster> = database.dormant().collect();
    let all = || live.iter().chain(&dormant);
    let initdb = all().find(|cluster| cluster.methods.contains(&Method::Initdb));
    initdb.map(|cluster| Identity::of(cluster, Method::Initdb))
}
