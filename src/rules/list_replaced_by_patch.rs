//! A strategic merge replaces lists of custom resources as a whole.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "list-replaced-by-patch",
    summary: "patch that drops entries of a list",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/list-replaced-by-patch/README.md"),
    check: Check::Cluster(check),
};

/// Lists of named entries that a Cluster cannot do without by accident. CloudNativePG's types have no list keys, so
/// kustomize replaces each as a whole.
const LISTS: [&[&str]; 3] = [
    &["spec", "plugins"],
    &["spec", "externalClusters"],
    &["spec", "managed", "roles"],
];

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let source = cluster.object.source();
    let parsed = context.project.parsed.get(&source.file);
    let documents = parsed.and_then(|parsed| parsed.as_ref().as_ref().ok());
    let own = documents.into_iter().flatten().find(|document| {
        let kind = document.root.get("kind");
        kind.is_some_and(|kind| kind.span() == source)
    });
    let Some(base) = own.map(|document| &document.root) else {
        return Vec::new();
    };
    LISTS
        .iter()
        .filter_map(|path| dropped(cluster, base, path))
        .collect()
}

fn dropped(cluster: &Cluster, base: &Node, path: &[&str]) -> Option<Diagnostic> {
    let written = base.at(path)?.as_sequence()?;
    let list = cluster.object.find(path)?;
    let rendered = list.as_sequence().filter(|items| !items.is_empty())?;
    let name = |item: &Node| item.get("name").and_then(Node::text).map(str::to_owned);
    let first = rendered.first()?.span();
    let is_own = |item: &Node| item.span().file == first.file && item.span().start == first.start;
    // Entries that are removed one by one leave the others where they stand.
    if written.iter().any(is_own) {
        return None;
    }
    let kept: Vec<String> = rendered.iter().filter_map(name).collect();
    let lost: Vec<&Node> = written
        .iter()
        .filter(|item| name(item).is_some_and(|name| !kept.contains(&name)))
        .collect();
    let first = lost.first()?;
    let names: Vec<String> = lost
        .iter()
        .filter_map(|item| name(item))
        .map(|name| format!("`{name}`"))
        .collect();
    let field = path.last().copied().unwrap_or_default();
    let message = format!(
        "a patch of `{}` replaces `{field}` and drops {}",
        cluster.title(),
        names.join(", ")
    );
    let place = cluster.object.place(&[path, &["0"]].concat());
    let finding = RULE
        .found(&cluster.object, place, message)
        .label("replaces the whole list");
    let there = first.get("name").map_or(first.span(), Node::span);
    Some(finding.related(there, "no longer there").help(
        "repeat the entries in the patch, or add to the list with a JSON patch (`op: add`, `path: …/-`); kustomize replaces lists of custom resources as a whole",
    ))
}
