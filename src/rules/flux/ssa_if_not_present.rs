//! A Cluster that Flux applies only while there is none.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};

use super::mark::{left_alone, mark};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-ssa-if-not-present",
    summary: "Flux applies the cluster once and no change afterwards",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-ssa-if-not-present/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let place = mark(&cluster.object, "ssa", "IfNotPresent");
    let Some(place) = place.filter(|_| left_alone(&cluster.object).is_none()) else {
        return Vec::new();
    };
    let message = format!(
        "Flux creates cluster `{}` and applies no change to it afterwards",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, place, message)
        .label("a new server name, a promotion or a setting in Git never reaches the existing Cluster")
        .related(cluster.object.name.span, "the cluster")
        .help("remove it: the bootstrap of an existing Cluster is not read again anyway; to keep the database from being deleted write `kustomize.toolkit.fluxcd.io/prune: disabled`");
    vec![finding]
}
