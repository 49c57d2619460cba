//! The operator refuses the schedule.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::ClusterUser;
use crate::model::cron::{FiveFields, Schedule};
use crate::model::object::has_variable;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "cron-invalid",
    summary: "schedule that admission refuses",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/cron-invalid/README.md"),
    check: Check::Schedule(check),
};

fn check(backup: &ClusterUser, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(node) = backup.object.find(&["spec", "schedule"]) else {
        return Vec::new();
    };
    let text = node.text().unwrap_or("");
    let Some(error) = Schedule::parse(text).err().filter(|_| !has_variable(text)) else {
        return Vec::new();
    };
    let repaired = FiveFields::of(text).and_then(|five| five.fix);
    let help = match repaired {
        Some(fix) => format!("the operator reads six fields, seconds first: write `{}` ({})", fix.text, fix.schedule.describe()),
        None => "write six fields: second, minute, hour, day of month, month, day of week (0-6, Sunday is 0), or a word such as `@daily`".to_owned(),
    };
    let message = format!("schedule `{text}` is refused: {error}");
    vec![
        RULE.found(
            &backup.object,
            backup.object.place(&["spec", "schedule"]),
            message,
        )
        .help(help),
    ]
}
