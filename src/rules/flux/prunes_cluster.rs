//! Flux deletes a Cluster that is no longer in Git.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::project::flux::Kustomization;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::Span;
use crate::yaml::Node;

use super::mark::{left_alone, mark};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "flux-prunes-cluster",
    summary: "Flux deletes the cluster when its manifest moves or goes",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/flux-prunes-cluster/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let object = &cluster.object;
    if mark(object, "prune", "disabled").is_some() || left_alone(object).is_some() {
        return Vec::new();
    }
    let kustomization = context.project.flux_of(cluster);
    let Some((span, why)) = kustomization.and_then(deletes) else {
        return Vec::new();
    };
    let message = format!(
        "nothing keeps Flux from deleting cluster `{}` and its volumes",
        cluster.title()
    );
    let finding = RULE
        .found(object, object.place(&["metadata", "name"]), message)
        .label("a Cluster that goes takes its volumes along")
        .related(span, why)
        .help("write the annotation `kustomize.toolkit.fluxcd.io/prune: disabled` on the Cluster; it counts once Flux has applied it");
    vec![finding]
}

/// What makes a Kustomization delete what it applied, and when.
fn deletes(kustomization: &Kustomization) -> Option<(Span, &'static str)> {
    if let Some(prune) = kustomization.flag("prune") {
        return Some((
            prune.span(),
            "deletes what is renamed, moved to another Kustomization or taken out",
        ));
    }
    let policy = kustomization.spec()?.get("deletionPolicy")?;
    let deletes = matches!(policy.text(), Some("Delete" | "WaitForTermination"));
    let span = Node::span(policy);
    deletes.then_some((span, "deletes what was applied when the Kustomization goes"))
}
