//! A ScheduledBackup reads six fields; five shift by one place.

use crate::diagnostic::{Diagnostic, Safety, Severity};
use crate::model::backup::ClusterUser;
use crate::model::cron::FiveFields;
use crate::model::object::has_variable;
use crate::yaml::patch;

use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "cron-five-fields",
    summary: "schedule has five fields where the operator reads six",
    severity: Severity::Error,
    remedy: Remedy::Safe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/cron-five-fields/README.md"),
    check: Check::Schedule(check),
};

fn check(backup: &ClusterUser, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(node) = backup.object.find(&["spec", "schedule"]) else {
        return Vec::new();
    };
    let text = node.text().unwrap_or("");
    let Some(FiveFields {
        written: Ok(written),
        fix,
    }) = FiveFields::of(text).filter(|_| !has_variable(text))
    else {
        return Vec::new();
    };
    let message = format!(
        "schedule `{text}` has five fields and fires {}",
        written.describe()
    );
    let finding = RULE
        .found(
            &backup.object,
            backup.object.place(&["spec", "schedule"]),
            message,
        )
        .label("read as second, minute, hour, day, month");
    let Some(fix) = fix else {
        return vec![
            finding
                .help("write six fields: second, minute, hour, day of month, month, day of week"),
        ];
    };
    let edit = patch::set_scalar(context.source(node.span()), node, &fix.text);
    let finding = finding.help(format!("write `{}`: {}", fix.text, fix.schedule.describe()));
    vec![finding.maybe_fix(single_edit(
        format!("write `{}`", fix.text),
        context.safety_of(node, Safety::Safe),
        edit,
    ))]
}
