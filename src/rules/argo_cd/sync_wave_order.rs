//! What a Cluster needs is there before it.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::{BARMAN_GROUP, Object};
use crate::rules::rule::{Check, Context, Needs, Remedy, Rule};
use crate::text::Spanned;
use crate::yaml::{Kind, Node};

use super::hooks::role;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "sync-wave-order",
    summary: "ObjectStore or Secret of a Cluster in a later sync wave",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/sync-wave-order/README.md"),
    check: Check::Cluster(check),
};

const WAVE: &str = "argocd.argoproj.io/sync-wave";

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (application, applied) in context.applications.of_cluster(cluster) {
        let object = &applied.rendered.object;
        let own = wave(object).map_or(0, |wave| wave.value);
        let rendering = &application.renderings[applied.rendering];
        let mut wanted = BTreeSet::new();
        collect_names(&object.node, &mut wanted);
        let stores: BTreeSet<String> = applied
            .rendered
            .all_plugins()
            .filter_map(|plugin| Some(plugin.object_store.as_ref()?.value.clone()))
            .collect();
        for store in &rendering.objects {
            if store.group == BARMAN_GROUP && stores.contains(&store.name.value) {
                collect_names(&store.node, &mut wanted);
            }
        }
        for other in &rendering.objects {
            let is_needed = (other.group == BARMAN_GROUP && stores.contains(&other.name.value))
                || (other.group.is_empty()
                    && other.kind == "Secret"
                    && wanted.contains(&other.name.value));
            let later = wave(other).unwrap_or(Spanned::new(0, other.name.span));
            if !is_needed || later.value <= own {
                continue;
            }
            // Hooks have waves of their own.
            if role(other).is_some() || role(object).is_some() {
                continue;
            }
            found.push(finding(object, own, other, &later));
        }
    }
    found
}

fn finding(cluster: &Object, own: i64, other: &Object, later: &Spanned<i64>) -> Diagnostic {
    let message = format!(
        "Argo CD applies {} `{}` after cluster `{}`, which needs it",
        other.kind, other.name.value, cluster.name.value
    );
    let place = other.place(&["metadata", "annotations", WAVE]);
    let mut finding = RULE
        .found(other, place, message)
        .label(format!("wave {}", later.value));
    finding.primary.span = later.span;
    let written = cluster
        .annotation(WAVE)
        .map_or(cluster.name.span, |wave| wave.span);
    finding
        .related(written, format!("wave {own}"))
        .help("give it an earlier wave than the Cluster: Argo CD waits for a wave to be healthy, and the Cluster waits for this")
}

/// The wave of an object; what is no number counts as none.
fn wave(object: &Object) -> Option<Spanned<i64>> {
    let written = object.annotation(WAVE)?;
    Some(Spanned::new(written.value.parse().ok()?, written.span))
}

/// The names that fields refer to: `name` of a map that is no item of a list.
fn collect_names(node: &Node, names: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for entry in entries {
                if entry.key.text() != Some("metadata") {
                    names.extend(
                        entry
                            .value
                            .get("name")
                            .and_then(Node::text)
                            .map(str::to_owned),
                    );
                    collect_names(&entry.value, names);
                }
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| collect_names(item, names)),
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
}
