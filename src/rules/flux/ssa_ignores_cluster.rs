//! A Cluster that Flux is told not to apply.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};

use super::mark::left_alone;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-ssa-ignores-cluster",
    summary: "Flux never applies the cluster, not even when it is gone",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-ssa-ignores-cluster/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(place) = left_alone(&cluster.object) else {
        return Vec::new();
    };
    let message = format!(
        "Flux does not apply cluster `{}`: neither a change nor a new Cluster after the old one is gone",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, place, message)
        .label("a recovery in Git does nothing")
        .related(cluster.object.name.span, "the cluster")
        .help("remove it and let Flux apply the Cluster; what keeps Flux from deleting the database is `kustomize.toolkit.fluxcd.io/prune: disabled`");
    vec![finding]
}
