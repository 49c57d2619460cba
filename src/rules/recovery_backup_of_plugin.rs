//! Only in-tree backups can be named for a recovery.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::BackupMethod;
use crate::model::cluster::Cluster;
use crate::model::object::same_namespace;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-backup-of-plugin",
    summary: "recovery from a Backup that a plugin took",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-backup-of-plugin/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let path = ["spec", "bootstrap", "recovery", "backup", "name"];
    let Some(name) = cluster.object.value(&path) else {
        return Vec::new();
    };
    let own = context.project.backups.iter().find(|backup| {
        backup.object.name.value == name.value
            && same_namespace(backup.object.namespace(), cluster.object.namespace())
            && backup.method() == Some(BackupMethod::Plugin)
    });
    // With a plugin as source the plugin wins and the Backup is not looked at.
    let by_source = cluster
        .recovery_source()
        .is_some_and(|source| source.plugin.is_some());
    let Some(backup) = own.filter(|_| !by_source) else {
        return Vec::new();
    };
    let message = format!(
        "recovery of `{}` names Backup `{}`, which a plugin took",
        cluster.title(),
        name.value
    );
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&path), message)
        .related(backup.object.place(&["spec", "method"]).span, "taken by a plugin")
        .help("use `recovery.source` with an external cluster that has the plugin, and `recoveryTarget.backupID`; a Backup of a plugin does not tell the operator how to open the store");
    vec![finding]
}
