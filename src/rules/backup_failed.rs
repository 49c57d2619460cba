//! Base backups that cannot be restored.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::barman::{Backup, BackupProblem, BackupStatus};
use crate::diagnostic::Severity;
use crate::facts::AtHand;
use crate::model::instant::Instant;

use super::archived::{Lineage, Looked};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "backup-failed",
    summary: "base backup that failed or is incomplete",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/backup-failed/README.md"),
    check: Check::Lineage(check),
};

/// A backup may run this long before it counts as one that died.
const LONGEST_BACKUP_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// How many are named.
const MOST_NAMES: usize = 4;

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    let archive = lineage.at_hand(context)?;
    let seen = archive.taken_at().unwrap_or(context.now);
    let backups = &archive.catalog().backups;
    let failed: Vec<(&Backup, BackupProblem)> = backups
        .iter()
        .filter_map(|backup| Some((backup, problem(backup, seen)?)))
        .collect();
    let Some((newest, problem)) = failed.last() else {
        return Ok(Vec::new());
    };
    let others: Vec<&str> = failed
        .iter()
        .rev()
        .skip(1)
        .map(|(backup, _)| backup.id.as_str())
        .collect();
    let also = match others.len() {
        0 => String::new(),
        count if count <= MOST_NAMES => format!("; so are {}", others.join(", ")),
        count => format!("; so are {count} earlier ones"),
    };
    let message = format!(
        "base backup {} in `{}` cannot be restored: {problem}{also}",
        newest.id,
        lineage.name()
    );
    let finding = RULE
        .found(&lineage.cluster.object, lineage.place(), message)
        .help(help(archive, &failed));
    Ok(vec![finding.seen_at(archive.depth())])
}

/// Why it cannot be restored. What may still run, lies in snapshots or was not handed out has not failed.
fn problem(backup: &Backup, seen: Instant) -> Option<BackupProblem> {
    let is_over = || {
        let began = began(backup).map(Instant::as_micros);
        began.is_some_and(|began| seen.as_micros().saturating_sub(began) > LONGEST_BACKUP_MICROS)
    };
    let problem = backup.problems().into_iter().next()?;
    let counts = match &problem {
        BackupProblem::Snapshots | BackupProblem::InfoUnreadable(_) => false,
        BackupProblem::NotDone { status, .. } => *status == BackupStatus::Failed || is_over(),
        // Barman 3.17 and earlier write it only at the end. A folder without data is left over from a deletion.
        BackupProblem::InfoMissing => !backup.tars.is_empty() && is_over(),
        _ => true,
    };
    counts.then_some(problem)
}

/// When it began, by its name where nothing else tells: the pods of the operator run in UTC.
fn began(backup: &Backup) -> Option<Instant> {
    let told = backup.info().and_then(|info| info.begin_time);
    told.map(|time| time.instant).or_else(|| {
        let named = DateTime::strptime("%Y%m%dT%H%M%S", backup.id.as_str()).ok()?;
        let named = Offset::UTC.to_timestamp(named).ok()?;
        Some(Instant::from_seconds(named.as_second()))
    })
}

fn help(archive: AtHand<'_>, failed: &[(&Backup, BackupProblem)]) -> String {
    let usable = archive.catalog().backups.iter().rev();
    let newest = usable
        .filter(|backup| backup.usable_for_operator())
        .map(|backup| &backup.id)
        .next();
    let chosen = failed.iter().any(|(backup, _)| Some(&backup.id) == newest);
    if chosen {
        "the operator looks at its times only and would restore it: delete it with `barman-cloud-backup-delete`, or name a good one in `backupID`; see in the logs of the instance why it failed".to_owned()
    } else {
        "see in the logs of the instance why it failed; what is left of it can be deleted with `barman-cloud-backup-delete`".to_owned()
    }
}
