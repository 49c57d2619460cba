//! Snapshots outlive what they are to restore.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::{BackupMethod, ClusterUser};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "snapshot-owner-cascade",
    summary: "volume snapshots that are deleted with the cluster they should restore",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/snapshot-owner-cascade/README.md"),
    check: Check::Cluster(check),
};

const OWNER: [&str; 4] = ["spec", "backup", "volumeSnapshot", "snapshotOwnerReference"];

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(owner) = cluster.object.value(&OWNER) else {
        return Vec::new();
    };
    let place = cluster.object.place(&OWNER);
    let help =
        "write `snapshotOwnerReference: none`, the default, and delete old snapshots by their age";
    let snapshots = |user: &&ClusterUser| {
        user.build == cluster.build
            && user.method() == Some(BackupMethod::VolumeSnapshot)
            && user.belongs_to(cluster.object.namespace(), cluster.name())
    };
    let schedules = context.project.schedules.iter().filter(snapshots);
    match owner.value.as_str() {
        "cluster" => {
            let message = format!(
                "deleting cluster `{}` deletes its volume snapshots",
                cluster.title()
            );
            let finding = RULE.found(&cluster.object, place, message).help(help);
            // An archive is left when the snapshots are gone, and nothing here makes any.
            let spare = cluster.archives_to(&context.project.stores).is_some();
            if spare && schedules.count() == 0 {
                return vec![finding.severity(Severity::Warning)];
            }
            vec![finding]
        }
        "backup" => {
            let found = schedules.filter_map(|schedule| {
                let path = ["spec", "backupOwnerReference"];
                let reference = schedule.object.value(&path)?;
                let goes = match reference.value.as_str() {
                    "self" => "the ScheduledBackup",
                    "cluster" => "the cluster",
                    _ => return None,
                };
                let message = format!(
                    "deleting {goes} deletes the volume snapshots of cluster `{}`",
                    cluster.title()
                );
                let finding = RULE.found(&cluster.object, place.clone(), message);
                Some(
                    finding
                        .related(
                            reference.span,
                            "the Backups, which own the snapshots, go with this",
                        )
                        .help(help),
                )
            });
            found.collect()
        }
        _ => Vec::new(),
    }
}
