//! A strategic merge replaces lists of custom resources as a whole.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::text::Span;
use crate::yaml::{Kind, Locator, Node, parse};

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
    let Some(base) = context.origin(&cluster.object) else {
        return Vec::new();
    };
    LISTS
        .iter()
        .filter_map(|path| dropped(cluster, base, path, context))
        .collect()
}

fn dropped(
    cluster: &Cluster,
    base: &Node,
    path: &[&str],
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let written = base.at(path)?.as_sequence()?;
    let list = cluster.object.find(path)?;
    let rendered = list.as_sequence().filter(|items| !items.is_empty())?;
    let name = |item: &Node| item.get("name").and_then(Node::text).map(str::to_owned);
    let first = rendered.first()?.span();
    let is_own = |item: &Node| item.span().file == first.file && item.span().start == first.start;
    // Entries that are removed one by one leave the others where they stand; `op: replace` says what it does.
    if written.iter().any(is_own) || is_operation(first, context) {
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

/// Whether a place belongs to a JSON patch: a file that holds a list, or a text within a kustomization that does.
fn is_operation(place: Span, context: &Context<'_>) -> bool {
    let Some(parsed) = context.project.parsed.get(&place.file) else {
        return false;
    };
    let documents = parsed.as_ref().as_ref().ok();
    documents.into_iter().flatten().any(|document| {
        let root = &document.root;
        let own = root.span();
        own.start <= place.start && place.end <= own.end && holds_operation(root, place)
    })
}

fn holds_operation(node: &Node, place: Span) -> bool {
    let covers = |node: &Node| node.span().start <= place.start && place.end <= node.span().end;
    match &node.kind {
        Kind::Scalar(scalar) => {
            let parsed = parse(&scalar.text, &Locator::File(place.file));
            parsed.is_ok_and(|documents| {
                documents
                    .iter()
                    .any(|document| is_operations(&document.root))
            })
        }
        Kind::Sequence(_) if is_operations(node) => true,
        Kind::Sequence(items) => items
            .iter()
            .any(|item| covers(item) && holds_operation(item, place)),
        Kind::Mapping(entries) => entries
            .iter()
            .any(|entry| covers(&entry.value) && holds_operation(&entry.value, place)),
        Kind::Alias(_) => false,
    }
}

fn is_operations(node: &Node) -> bool {
    let first = node.as_sequence().and_then(<[Node]>::first);
    first.is_some_and(|first| first.get("op").is_some() && first.get("path").is_some())
}
