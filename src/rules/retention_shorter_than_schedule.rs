//! Backups are kept for at least as long as it takes to make the next one.

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::{BackupMethod, ClusterUser};
use crate::model::cluster::Cluster;
use crate::model::cron::{FiveFields, Schedule};

use super::retention::{Retention, window};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "retention-shorter-than-schedule",
    summary: "backups that are kept for less time than passes between two of them",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::EverySchedule,
    explain: include_str!("../../fixtures/rules/retention-shorter-than-schedule/README.md"),
    check: Check::Cluster(check),
};

const DAY: u64 = 86_400;

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(retention) = Retention::of(cluster, context.project) else {
        return Vec::new();
    };
    let Some(policy) = retention.policy() else {
        return Vec::new();
    };
    let Some(kept) = window(&policy) else {
        return Vec::new();
    };
    let schedules = context.project.schedules.iter().filter(|schedule| {
        schedule.belongs_to(cluster.object.namespace(), cluster.name())
            && schedule.method() != Some(BackupMethod::VolumeSnapshot)
            && schedule.object.flag(&["spec", "suspend"]) != Some(true)
    });
    let gaps: Option<Vec<(Duration, &ClusterUser)>> = schedules
        .map(|schedule| gap(schedule).map(|gap| (gap, schedule)))
        .collect();
    // A schedule that cannot be read may be the one that is frequent enough.
    let shortest = gaps.and_then(|gaps| gaps.into_iter().min_by_key(|(gap, _)| *gap));
    let Some((gap, schedule)) = shortest.filter(|(gap, _)| *gap > kept) else {
        return Vec::new();
    };
    let message = format!(
        "backups of `{}` are kept for {policy}, and the next one comes after {} days",
        cluster.title(),
        gap.as_secs() / DAY
    );
    let place = schedule.object.place(&["spec", "schedule"]);
    let finding = RULE
        .found(retention.object, retention.place(), message)
        .related(place.span, "base backups are made by this schedule")
        .help("keep backups for at least two rounds of the schedule, or make them more often; as it is, a backup that turns out damaged has no earlier one behind it");
    vec![finding]
}

/// The time between two backups of a schedule; `None` where it cannot be read or means something else than it says.
fn gap(schedule: &ClusterUser) -> Option<Duration> {
    let text = schedule.object.value(&["spec", "schedule"])?.value;
    if FiveFields::of(&text).is_some() {
        return None;
    }
    Schedule::parse(&text).ok()?.shortest_gap()
}
