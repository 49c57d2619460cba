//! Without backups there is nothing to recover.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Plugin};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "archive-missing",
    summary: "cluster that keeps no backup of any kind",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/archive-missing/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    // A recovered one is another rule's finding; a replica can be built again from what it follows.
    if cluster.recovers() || cluster.is_replica() || is_kept(cluster) {
        return Vec::new();
    }
    if context.project.is_dormant(cluster) {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` has neither an archive nor volume snapshots",
        cluster.title()
    );
    let place = cluster.object.place(&["metadata", "name"]);
    vec![RULE.found(&cluster.object, place, message).help(
        "add the Barman Cloud plugin with an ObjectStore, and a ScheduledBackup; for a database that may be lost, ignore the rule with the reason",
    )]
}

/// Whether anything keeps what a Cluster writes: an archive, another plugin that archives, or snapshots.
pub(super) fn is_kept(cluster: &Cluster) -> bool {
    let archives = |plugin: &Plugin| {
        plugin.enabled
            && (plugin.is_wal_archiver || plugin.is_barman() || plugin.object_store.is_some())
    };
    cluster.in_tree
        || cluster.plugins.iter().any(archives)
        || cluster
            .object
            .find(&["spec", "backup", "volumeSnapshot"])
            .is_some_and(|node| !node.is_null())
}
