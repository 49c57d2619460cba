//! A target time that has not come yet.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::target_time::TargetTime;

use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::target_time_invalid::{PATH, written};

pub(super) const RULE: Rule = Rule {
    id: "target-time-in-future",
    summary: "target time in the future",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-time-in-future/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(text) = written(cluster) else {
        return Vec::new();
    };
    let Ok(time) = TargetTime::read(&text.value) else {
        return Vec::new();
    };
    if time.backup_instant() <= context.now {
        return Vec::new();
    }
    let message = format!(
        "target time `{}` lies in the future, it is now `{}`",
        text.value, context.now
    );
    let help = "name a time that has passed and that a commit in the archive follows; with none, PostgreSQL stops with `recovery ended before configured recovery target was reached`";
    vec![
        RULE.found(&cluster.object, cluster.object.place(&PATH), message)
            .help(help),
    ]
}
