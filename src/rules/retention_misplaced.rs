//! A retention policy of the Cluster does nothing for a plugin's archive.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::same_namespace;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "retention-misplaced",
    summary: "retention policy on the Cluster while a plugin archives",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/retention-misplaced/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(policy) = cluster.object.value(&["spec", "backup", "retentionPolicy"]) else {
        return Vec::new();
    };
    if cluster.in_tree {
        return Vec::new();
    }
    let message = format!(
        "retention policy `{}` of cluster `{}` is ignored",
        policy.value,
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&["spec", "backup", "retentionPolicy"]), message)
        .help("move it to `spec.retentionPolicy` of the ObjectStore; on the Cluster it only rules the in-tree object store");
    let store = cluster
        .barman_plugin()
        .and_then(|plugin| plugin.object_store.as_ref());
    let object = store.and_then(|name| {
        context.project.stores.iter().find(|store| {
            let namespace = store.object.namespace();
            store.object.name.value == name.value
                && same_namespace(namespace, cluster.object.namespace())
        })
    });
    vec![object.into_iter().fold(finding, |finding, store| {
        finding.related(
            store.object.name.span,
            "retention belongs into this ObjectStore",
        )
    })]
}
