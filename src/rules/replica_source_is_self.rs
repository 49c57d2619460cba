//! A replica cluster follows another cluster.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "replica-source-is-self",
    summary: "replica cluster that names itself as its source",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/replica-source-is-self/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(replica) = &cluster.replica else {
        return Vec::new();
    };
    let own = replica
        .own_name
        .as_ref()
        .map_or(cluster.name(), |name| name.value.as_str());
    let Some(source) = replica.source.as_ref().filter(|source| source.value == own) else {
        return Vec::new();
    };
    let message = format!(
        "replica cluster `{}` names itself, `{}`, as its source",
        cluster.title(),
        source.value
    );
    let place = cluster.object.place(&["spec", "replica", "source"]);
    let named = replica
        .own_name
        .as_ref()
        .map_or(cluster.object.name.span, |name| name.span);
    let finding = RULE
        .found(&cluster.object, place, message)
        .related(named, "this is the cluster itself");
    vec![finding.help(
        "name the external cluster to follow; a cluster cannot stream from or restore itself",
    )]
}
