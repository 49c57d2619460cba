//! Fields that the operator is about to drop, or no longer reads.

use super::deprecations::{self, FIELDS};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "deprecated-field",
    summary: "field that has a successor",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/deprecated-field/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let at = deprecations::version_of(context.config);
    let found = FIELDS.iter().filter_map(|field| {
        let present = cluster
            .object
            .find(field.path)
            .is_some_and(|node| !node.is_null() && node.text() != Some(""));
        if !present || !deprecations::is_deprecated(field.since, at) {
            return None;
        }
        let name = field.path.last().copied().unwrap_or_default();
        let message = format!("`{name}` of cluster `{}` is deprecated", cluster.title());
        let place = cluster.object.place(field.path);
        Some(
            RULE.found(&cluster.object, place, message)
                .help(field.successor),
        )
    });
    found.collect()
}
