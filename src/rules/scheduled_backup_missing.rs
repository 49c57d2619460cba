//! A cluster that archives WAL needs base backups to make it restorable.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "scheduled-backup-missing",
    summary: "cluster with an archive and no ScheduledBackup",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::EverySchedule,
    explain: include_str!("../../fixtures/rules/scheduled-backup-missing/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    // A replica's archive becomes its own at promotion only; its source is what is backed up.
    let Some(archive) = cluster
        .archives_to(&context.project.stores)
        .filter(|_| !cluster.is_replica())
    else {
        return Vec::new();
    };
    let covered = context
        .project
        .schedules
        .iter()
        .any(|backup| backup.belongs_to(cluster.object.namespace(), cluster.name()));
    if covered {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` archives WAL and no ScheduledBackup takes base backups of it",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&["metadata", "name"]), message)
        .related(archive.server_name.place.span, "WAL goes here")
        .help("add a ScheduledBackup with `spec.cluster.name` of this cluster in its namespace; WAL without a base backup before it restores nothing");
    vec![finding]
}
