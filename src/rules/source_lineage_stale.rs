//! A newer lineage of the same database lies beside the source.
//!
//! Newer means both: its newest finished backup ended later than that of the source, and its WAL reaches further. Each
//! alone would also be true of a test restore that ran beside a source still in use. Both are told by the archive's
//! own content, so that a copy with new file times is judged alike.

use std::collections::BTreeSet;

use crate::barman::Backup;
use crate::diagnostic::Severity;
use crate::facts::descent::systems;
use crate::facts::{AtHand, Goal, Verdict};
use crate::model::instant::Instant;
use crate::wal::{Lsn, SystemId};

use super::archived::{Looked, Recovery};
use super::recovery_left_active as done;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "source-lineage-stale",
    summary: "a newer lineage of the same database than the source",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/source-lineage-stale/README.md"),
    check: Check::Recovery(check),
};

/// How far a lineage reaches.
struct Reach {
    /// When its newest finished backup ended.
    backup: Instant,
    /// The end of its WAL.
    wal: Lsn,
}

impl Reach {
    /// Backups of other systems do not count.
    fn of(archive: AtHand<'_>, systems: &BTreeSet<SystemId>) -> Option<Self> {
        let catalog = archive.catalog();
        let backups = catalog.backups.iter();
        let infos = backups
            .filter(|backup| backup.restorable())
            .filter_map(Backup::info);
        let own = infos.filter(|info| {
            let system = info.system_identifier;
            system.is_some_and(|system| systems.contains(&system))
        });
        let ends = own.filter_map(|info| Some(info.end_time?.instant));
        let last = catalog.timelines.values().filter_map(|files| files.last());
        Some(Self {
            backup: ends.max()?,
            wal: last.max()?.next().start(catalog.segment_size),
        })
    }

    fn is_beyond(&self, other: &Self) -> bool {
        self.backup > other.backup && self.wal > other.wal
    }
}

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let source = recovery.source(context)?;
    let own = systems(source);
    let Some(reach) = Reach::of(source, &own) else {
        return Ok(Vec::new());
    };
    // Whoever names a point that the source holds does not want newer data.
    let wanted = recovery.wanted()?;
    let is_reached = || source.judge(&wanted).verdict == Verdict::Reachable;
    if wanted.target.goal != Goal::Latest && is_reached() {
        return Ok(Vec::new());
    }
    // What this very recovery wrote is newer by nature.
    let written = match done::is_done(recovery, context) {
        true => recovery
            .target
            .as_ref()
            .map(|target| target.server_name.value.as_str()),
        false => None,
    };
    let beside = context.archives.beside(&recovery.source);
    let newer = beside
        .into_iter()
        .filter(|other| Some(other.server_name()) != written);
    let newest = newer
        .filter_map(|other| Some((Reach::of(other, &own)?, other)))
        .filter(|(other, _)| other.is_beyond(&reach))
        .max_by_key(|(other, _)| other.backup);
    let Some((newest, other)) = newest else {
        return Ok(Vec::new());
    };
    let name = &recovery.source.server_name;
    let message = format!(
        "recovery of `{}` reads `{}`, whose newest base backup ended at {}; `{}`, of the same database system, has one of {}",
        recovery.cluster.title(),
        name.value,
        reach.backup,
        other.server_name(),
        newest.backup
    );
    let finding = RULE
        .found(&recovery.cluster.object, name.place.clone(), message)
        .label("recovery reads from here")
        .help(format!(
            "to recover what the database held last, read `{}`; keep the source if the newer lineage is a test or was abandoned",
            other.server_name()
        ));
    Ok(vec![finding.seen_at(source.depth())])
}
