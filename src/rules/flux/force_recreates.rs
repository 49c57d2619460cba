//! Flux may delete a Cluster that it cannot patch.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::yaml::Node;

use super::mark::{left_alone, mark};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-force-recreates",
    summary: "Flux deletes and re-creates the cluster when the API server refuses a change",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-force-recreates/README.md"),
    check: Check::Cluster(check),
};

const HELP: &str = "remove it; where one object needs it, set `kustomize.toolkit.fluxcd.io/force: enabled` on that object and not on what holds a database";

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if left_alone(&cluster.object).is_some() {
        return Vec::new();
    }
    let message = format!(
        "a change of cluster `{}` that CloudNativePG refuses makes Flux delete the Cluster and its volumes",
        cluster.title()
    );
    if let Some(place) = mark(&cluster.object, "force", "enabled") {
        let finding = RULE
            .found(&cluster.object, place, message)
            .label("deletes instead of failing")
            .related(cluster.object.name.span, "the cluster")
            .help(HELP);
        return vec![finding];
    }
    let Some(kustomization) = context.project.flux_of(cluster) else {
        return Vec::new();
    };
    let force = kustomization.flag("force").map(Node::span);
    let finding = |span| Diagnostic {
        object: Some(cluster.object.reference()),
        ..RULE
            .found_at(span, message)
            .label("deletes instead of failing")
            .related(cluster.object.name.span, "the cluster")
            .help(HELP)
    };
    force.map(finding).into_iter().collect()
}
