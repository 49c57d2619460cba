//! A base must not bootstrap when its overlays do.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::Place;
use crate::yaml::{Entry, Node};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "bootstrap-in-base",
    summary: "base sets `bootstrap` that its overlays set too",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/bootstrap-in-base/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let source = cluster.object.source();
    let bootstrap = cluster.object.node.at(&["spec", "bootstrap"]);
    let of_overlay =
        |entry: &&Entry| entry.key.span().file != source.file && !entry.value.is_null();
    let Some(overlay) = cluster
        .methods
        .iter()
        .find_map(|method| bootstrap?.entry(method.key()).filter(of_overlay))
    else {
        return Vec::new();
    };
    let Some(base) = base_bootstrap(context, cluster) else {
        return Vec::new();
    };
    if replaces_the_whole(context, overlay) {
        return Vec::new();
    }
    let method = overlay.key.text().unwrap_or("");
    let place = Place {
        span: base.key.span(),
        pointer: "/spec/bootstrap".to_owned(),
    };
    let message = format!(
        "base of cluster `{}` sets `bootstrap`, which an overlay has to undo",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, place, message)
        .label("set in the base")
        .related(overlay.key.span(), format!("an overlay bootstraps by `{method}`"))
        .help("move the base's bootstrap into an overlay of its own; one forgotten `null` renders two methods, which admission refuses");
    vec![finding]
}

/// Whether the overlay says `$patch: replace`, which leaves nothing of the base's methods to be undone one by one.
fn replaces_the_whole(context: &Context<'_>, method: &Entry) -> bool {
    let parsed = context.project.parsed.get(&method.key.span().file);
    let documents = parsed.and_then(|parsed| parsed.as_ref().as_ref().ok());
    documents.into_iter().flatten().any(|document| {
        let bootstrap = document.root.at(&["spec", "bootstrap"]);
        bootstrap.is_some_and(|bootstrap| {
            let directive = bootstrap.get("$patch").and_then(Node::text);
            let own = bootstrap.as_mapping().unwrap_or_default();
            let holds = own
                .iter()
                .any(|entry| entry.key.span() == method.key.span());
            holds && directive == Some("replace")
        })
    })
}

/// `spec.bootstrap` of the document that all renderings of a cluster come from.
fn base_bootstrap<'c>(context: &'c Context<'_>, cluster: &Cluster) -> Option<&'c Entry> {
    context
        .origin(&cluster.object)?
        .get("spec")?
        .entry("bootstrap")
        .filter(|entry| {
            entry
                .value
                .as_mapping()
                .is_some_and(|methods| !methods.is_empty())
        })
}
