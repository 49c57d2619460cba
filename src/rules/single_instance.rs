//! With one instance every failure of a node is an outage.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "single-instance",
    summary: "cluster with one instance",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/single-instance/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let path = ["spec", "instances"];
    let one = cluster
        .object
        .value(&path)
        .is_some_and(|count| count.value == "1");
    if !one || cluster.is_replica() || context.project.is_dormant(cluster) {
        return Vec::new();
    }
    let message = format!("cluster `{}` has one instance", cluster.title());
    vec![RULE.found(&cluster.object, cluster.object.place(&path), message).help(
        "use two or more where an outage of minutes matters: with one, losing its volume means a recovery from the archive, and node upgrades stop the database",
    )]
}
