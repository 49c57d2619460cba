//! A timeline number limits which base backups are considered.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::recovery_target::TargetTimeline;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "target-tli-without-backup-id",
    summary: "timeline number that leaves base backups of other timelines out",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-tli-without-backup-id/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let target = ["spec", "bootstrap", "recovery", "recoveryTarget"];
    let at = |field: &'static str| [&target[..], &[field]].concat();
    let Some(written) = cluster.object.value(&at("targetTLI")) else {
        return Vec::new();
    };
    let number = matches!(
        TargetTimeline::read(&written.value),
        Ok(TargetTimeline::Number(_))
    );
    if !number
        || cluster.object.value(&at("backupID")).is_some()
        || cluster.recovery("source").is_none()
        || cluster.has_data_from_elsewhere()
    {
        return Vec::new();
    }
    let message = format!(
        "recovery of `{}` to timeline {} considers base backups of this timeline only",
        cluster.title(),
        written.value
    );
    let place = cluster.object.place(&at("targetTLI"));
    vec![RULE.found(&cluster.object, place, message).help(
        "name the base backup in `backupID` as well, or leave `targetTLI` out; a backup from before the fork, which could reach the target too, is not taken otherwise",
    )]
}
