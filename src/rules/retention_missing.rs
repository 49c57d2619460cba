//! Backups that nobody expires fill the store.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::retention::Retention;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "retention-missing",
    summary: "archive without a retention policy",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/retention-missing/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(retention) = Retention::of(cluster, context.project) else {
        return Vec::new();
    };
    // One that stands on the Cluster and belongs into the ObjectStore is another rule's finding.
    let misplaced = ["spec", "backup", "retentionPolicy"];
    if retention.policy().is_some() || cluster.object.value(&misplaced).is_some() {
        return Vec::new();
    }
    let object = retention.object;
    let message = format!(
        "{} `{}` has no retention policy: backups are kept for ever",
        object.kind, object.name.value
    );
    vec![RULE.found(object, retention.place(), message).help(
        "write `retentionPolicy`, such as `30d`, unless a life cycle rule of the bucket deletes old backups; such a rule must keep base backups and their WAL together",
    )]
}
