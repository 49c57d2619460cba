//! Argo CD does not delete a database because a file moved.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::{Application, MadeBy, SyncOptions};
use crate::model::cluster::Cluster;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::Span;
use crate::yaml::Node;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "cluster-prunable",
    summary: "Argo CD deletes the Cluster when its manifest or Application goes away",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/cluster-prunable/README.md"),
    check: Check::Cluster(check),
};

/// Keeps an object when its Application is deleted, but not from being pruned. Source: Argo CD
/// `controller/appcontroller.go`.
const KEPT_BY_HELM: &str = "helm.sh/resource-policy";

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let applied = context.applications.of_cluster(cluster);
    applied
        .filter_map(|(application, applied)| finding(&applied.rendered, application))
        .collect()
}

fn finding(cluster: &Cluster, application: &Application) -> Option<Diagnostic> {
    let object = &cluster.object;
    let options = SyncOptions::of(application, object);
    let prunes = prune(application).filter(|_| !options.keeps("Prune"));
    let kept = object.annotation(KEPT_BY_HELM);
    let stays = options.keeps("Delete") || kept.is_some_and(|kept| kept.value == "keep");
    let cascades = application.cascade().filter(|_| !stays);
    let (name, own) = (cluster.name(), application.name());
    let when = match (prunes, cascades) {
        (None, None) => return None,
        (Some(_), None) => "its manifest leaves the application".to_owned(),
        (None, Some(_)) => "the application is deleted or renamed".to_owned(),
        (Some(_), Some(_)) => {
            "its manifest leaves the application, or the application is deleted or renamed"
                .to_owned()
        }
    };
    let after = if cluster.recovers() {
        ", and what is created again rolls back to the backup"
    } else {
        ""
    };
    let message = format!(
        "Argo CD application `{own}` deletes cluster `{name}` with its data when {when}{after}"
    );
    let mut finding = RULE
        .found(object, object.place(&["metadata", "annotations"]), message)
        .label("its volumes go with it");
    // The name stays where it is, whether there are annotations or not.
    finding.primary.span = object.name.span;
    if let Some(prune) = prunes {
        finding = finding.related(prune, "deletes what Git no longer has");
    }
    if let Some(cascade) = cascades {
        let text = match application.made_by {
            MadeBy::Manifest => "deletes everything with the Application",
            MadeBy::Set { .. } => {
                "gives its Applications the finalizer that deletes everything with them"
            }
        };
        finding = finding.related(cascade, text);
    }
    Some(finding.help(
        "annotate the Cluster with `argocd.argoproj.io/sync-options: Prune=false,Delete=false` and sync once: Argo CD reads it from the running object",
    ))
}

/// Where automatic pruning is switched on.
fn prune(application: &Application) -> Option<Span> {
    let prune = application.automated()?.get("prune")?;
    (prune.as_bool() == Some(true)).then(|| Node::span(prune))
}
