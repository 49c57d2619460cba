//! An archive that no WAL has reached for too long.
//!
//! Silence alone means nothing: an idle database writes no WAL, and `archive_timeout` closes a segment only when
//! something was written. But every base backup taken on the primary closes one, and so does its end. When two
//! scheduled backups in a row, and an hour for the second, have passed since the last upload, archiving has stopped.

use crate::barman::Catalog;
use crate::diagnostic::Severity;
use crate::model::instant::Instant;

use super::archived::{Lineage, Looked};
use super::backup_runs::Runs;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "wal-stalled",
    summary: "no WAL for longer than the backup schedule allows",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/wal-stalled/README.md"),
    check: Check::Lineage(check),
};

/// How many scheduled backups have to pass.
const RUNS: usize = 2;

/// How long the last of them may take until its first segment arrives.
const GRACE_MICROS: i64 = 3_600 * 1_000_000;

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    // What is read only is at rest, and a replica's backups need not be its own.
    if !lineage.live || lineage.cluster.is_replica() {
        return Ok(Vec::new());
    }
    let archive = lineage.at_hand(context)?;
    let Some(newest) = last_upload(archive.catalog()) else {
        return Ok(Vec::new());
    };
    let seen = archive.taken_at().unwrap_or(context.now);
    let is_over = |run: &Instant| run.as_micros().saturating_add(GRACE_MICROS) <= seen.as_micros();
    let silent = |runs: &Runs| {
        let passed = runs.after(newest, RUNS);
        passed.len() == RUNS && passed.iter().all(is_over)
    };
    let Some(runs) = Runs::of(lineage.cluster, context).into_iter().find(silent) else {
        return Ok(Vec::new());
    };
    let message = format!(
        "no WAL has reached `{}` since {newest}, although at least {RUNS} scheduled backups should have written some by {seen}",
        lineage.name()
    );
    let finding = RULE
        .found(&lineage.cluster.object, lineage.place(), message)
        .label("WAL should go here")
        .related(runs.span, format!("`{}` has passed {RUNS} times", runs.text))
        .help("look at the condition `ContinuousArchiving` of the Cluster and at `pg_stat_archiver`; until WAL arrives, everything since then is lost with the volumes");
    Ok(vec![finding.seen_at(archive.depth())])
}

fn last_upload(catalog: &Catalog) -> Option<Instant> {
    let files = catalog.timelines.values();
    let runs = files.flat_map(|files| files.runs.iter().map(|run| run.last_upload));
    let partials = catalog
        .timelines
        .values()
        .flat_map(|files| files.partials.values().flatten());
    runs.chain(partials.map(|partial| partial.last_modified))
        .max()
}
