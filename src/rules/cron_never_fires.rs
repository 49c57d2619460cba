//! A schedule no day of the calendar fits.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::ClusterUser;
use crate::model::cron::Schedule;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "cron-never-fires",
    summary: "schedule that never fires",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/cron-never-fires/README.md"),
    check: Check::Schedule(check),
};

fn check(backup: &ClusterUser, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(schedule) = backup.object.value(&["spec", "schedule"]) else {
        return Vec::new();
    };
    if !Schedule::parse(&schedule.value).is_ok_and(|parsed| parsed.never_fires()) {
        return Vec::new();
    }
    let message = format!("schedule `{}` never fires", schedule.value);
    let help = "name a day that exists; admission accepts this, and the operator gives up after looking five years ahead";
    vec![
        RULE.found(
            &backup.object,
            backup.object.place(&["spec", "schedule"]),
            message,
        )
        .help(help),
    ]
}
