//! A base backup takes longer than minutes.

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::ClusterUser;
use crate::model::cron::{FiveFields, Schedule};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "cron-too-frequent",
    summary: "base backups less than 15 minutes apart",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/cron-too-frequent/README.md"),
    check: Check::Schedule(check),
};

/// Base backups closer than this are seldom meant.
const LEAST: Duration = Duration::from_secs(15 * 60);

fn check(backup: &ClusterUser, _: &Context<'_>) -> Vec<Diagnostic> {
    let path = ["spec", "schedule"];
    let Some(schedule) = backup.object.value(&path) else {
        return Vec::new();
    };
    // Five fields, which shift one place, are another rule's finding.
    if FiveFields::of(&schedule.value).is_some() {
        return Vec::new();
    }
    let Some(gap) = Schedule::parse(&schedule.value)
        .ok()
        .and_then(|parsed| parsed.shortest_gap())
    else {
        return Vec::new();
    };
    if gap >= LEAST {
        return Vec::new();
    }
    let seconds = gap.as_secs();
    let every = if seconds % 60 == 0 {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    };
    let message = format!(
        "schedule `{}` takes base backups {every} apart",
        schedule.value
    );
    vec![RULE.found(&backup.object, backup.object.place(&path), message).help(
        "the first field is seconds: a daily backup is `0 0 2 * * *`; WAL covers the time between base backups, and each Backup stays as an object in the cluster",
    )]
}
