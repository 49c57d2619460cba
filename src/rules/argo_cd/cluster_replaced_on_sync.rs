//! A sync does not delete a Cluster.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::{Application, SyncOptions};
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::Span;

use super::hooks::{Role, role};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "cluster-replaced-on-sync",
    summary: "Argo CD deletes or replaces the Cluster when it syncs",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/cluster-replaced-on-sync/README.md"),
    check: Check::Cluster(check),
};

/// The path of the options of a resource.
const OPTIONS: [&str; 3] = ["metadata", "annotations", "argocd.argoproj.io/sync-options"];

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (application, applied) in context.applications.of_cluster(cluster) {
        let object = &applied.rendered.object;
        found.extend(by_hook(object, application));
        found.extend(by_options(object, application));
        // The archive of a Cluster goes away with its ObjectStore.
        let rendering = &application.renderings[applied.rendering];
        let stores = rendering
            .objects
            .iter()
            .filter(|other| other.kind == "ObjectStore");
        found.extend(stores.filter_map(|store| by_hook(store, application)));
    }
    found
}

fn by_hook(object: &Object, application: &Application) -> Option<Diagnostic> {
    let (what, name) = (&object.kind, &object.name.value);
    let (hook, message) = match role(object)? {
        Role::Skipped(hook) => (
            hook,
            format!("Argo CD never applies {what} `{name}`: it is a hook of phase `Skip`"),
        ),
        Role::Hook(hook) => (
            hook,
            format!("Argo CD deletes {what} `{name}` before each sync: it is a hook"),
        ),
    };
    let place = object.place(&["metadata", "annotations"]);
    let finding = RULE.found(object, place, message);
    Some(pointing(finding, hook.span, "makes it a hook", application).help(
        "remove the annotation: a database is no hook; an order is given by `argocd.argoproj.io/sync-wave`",
    ))
}

fn by_options(object: &Object, application: &Application) -> Option<Diagnostic> {
    let options = SyncOptions::of(application, object);
    // Argo CD reads `Force=true` from the resource only.
    let force = options.of_resource("Force=true");
    let replace = options.anywhere("Replace=true");
    let server_side = options.value("ServerSideApply") == Some("true");
    let name = &object.name.value;
    let (span, label, message) = match (force, replace) {
        (Some(force), Some(_)) => (
            force,
            "deletes",
            format!(
                "each sync deletes cluster `{name}` with its data and creates it anew: `Force=true` with `Replace=true`"
            ),
        ),
        (Some(force), None) if server_side => (
            force,
            "cannot go with `ServerSideApply=true`",
            format!(
                "no sync of cluster `{name}` succeeds: kubectl refuses to force what it applies on the server side"
            ),
        ),
        (Some(force), None) => (
            force,
            "deletes where an update is refused",
            format!(
                "an update of cluster `{name}` that CloudNativePG refuses deletes it with its data: `Force=true`"
            ),
        ),
        (None, Some(replace)) => (
            replace,
            "replaces the whole object",
            format!(
                "each sync overwrites cluster `{name}` as a whole, with it what the operator filled in: `Replace=true`"
            ),
        ),
        (None, None) => return None,
    };
    let finding = RULE.found(object, object.place(&OPTIONS), message);
    Some(pointing(finding, span, label, application).help(
        "remove the option for this Cluster; to recover, delete the Cluster yourself once the manifests are right",
    ))
}

/// The finding with its place at the option or annotation, and the application named.
fn pointing(
    mut finding: Diagnostic,
    span: Span,
    label: &str,
    application: &Application,
) -> Diagnostic {
    finding.primary.span = span;
    let applied = format!("applied by Argo CD application `{}`", application.name());
    finding.label(label).related(application.place(), applied)
}
