//! A Cluster becomes a replica on purpose.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "replica-accidental",
    summary: "`replica.source` alone, which makes a replica cluster",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/replica-accidental/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(source) = cluster
        .replica
        .as_ref()
        .and_then(|replica| replica.source.as_ref())
    else {
        return Vec::new();
    };
    if cluster.says_of_replica("enabled") || cluster.says_of_replica("primary") {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` is a replica cluster, although nothing says so",
        cluster.title()
    );
    let place = cluster.object.place(&["spec", "replica", "source"]);
    let finding = RULE
        .found(&cluster.object, place, message)
        .label(format!("follows `{}`", source.value));
    vec![finding.help(
        "write `enabled: true` if it is meant, or remove `replica`; without `enabled` and `primary` the operator takes a Cluster with a source for a replica, which never accepts writes",
    )]
}
