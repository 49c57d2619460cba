//! A base backup that is far smaller than those before it.

use crate::barman::Backup;
use crate::diagnostic::Severity;
use crate::text::bytes;

use super::archived::{Lineage, Looked};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "backup-size-collapse",
    summary: "newest base backup far smaller than those before it",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/backup-size-collapse/README.md"),
    check: Check::Lineage(check),
};

/// How many backups before it are the measure.
const TREND: usize = 7;

/// Less than this part of their middle one is a collapse.
const COLLAPSED_TO: u64 = 4;

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    let archive = lineage.at_hand(context)?;
    let mut finished: Vec<(&Backup, u64)> = archive
        .catalog()
        .backups
        .iter()
        .filter(|backup| backup.restorable())
        .filter_map(|backup| Some((backup, backup.info()?.cluster_size?)))
        .collect();
    finished.sort_by_key(|(backup, _)| {
        backup
            .info()
            .and_then(|info| info.end_time.map(|time| time.instant))
    });
    let Some(((newest, size), before)) = finished.split_last() else {
        return Ok(Vec::new());
    };
    let mut trend: Vec<u64> = before
        .iter()
        .rev()
        .take(TREND)
        .map(|(_, size)| *size)
        .collect();
    trend.sort_unstable();
    let Some(usual) = trend.get(trend.len() / 2).copied() else {
        return Ok(Vec::new());
    };
    if *size >= usual / COLLAPSED_TO {
        return Ok(Vec::new());
    }
    let message = format!(
        "base backup {}, the newest in `{}`, is of {} of data; those before it were of about {}",
        newest.id,
        lineage.name(),
        bytes(*size),
        bytes(usual)
    );
    let finding = RULE
        .found(&lineage.cluster.object, lineage.place(), message)
        .help("look whether the database is the one it should be, before retention deletes the backups that are; a Cluster created anew with initdb looks like this");
    Ok(vec![finding.seen_at(archive.depth())])
}
