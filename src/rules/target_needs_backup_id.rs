//! Some targets do not tell which base backup to take.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::recovery_target::GivenTargets;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "target-needs-backup-id",
    summary: "target by name, transaction or `immediate` without `backupID`",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-needs-backup-id/README.md"),
    check: Check::Cluster(check),
};

const RECOVERY: [&str; 3] = ["spec", "bootstrap", "recovery"];

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let object = &cluster.object;
    let target = |field| [&RECOVERY[..], &["recoveryTarget", field]].concat();
    let is_set = |path: &[&str]| object.find(path).is_some_and(|node| !node.is_null());
    let text = |field| object.value(&target(field)).is_some();
    let given = GivenTargets {
        immediate: is_set(&target("targetImmediate")),
        name: text("targetName"),
        xid: text("targetXID"),
        ..GivenTargets::default()
    };
    let fields = given.fields_needing_backup_id();
    let Some(first) = fields.first().copied() else {
        return Vec::new();
    };
    if text("backupID") || is_set(&[&RECOVERY[..], &["volumeSnapshots"]].concat()) {
        return Vec::new();
    }
    let message = format!(
        "recovery of `{}` has `{first}` and no `backupID`",
        cluster.title()
    );
    let mut help = String::from(
        "name in `backupID` a base backup that ended before the target; admission refuses the cluster otherwise",
    );
    if object.flag(&target("targetImmediate")) == Some(false) {
        help.push_str(" (`targetImmediate: false` counts as a target: remove the line)");
    }
    vec![
        RULE.found(object, object.place(&target(first)), message)
            .help(help),
    ]
}
