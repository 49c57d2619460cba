//! A running database keeps its lineage.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::own_history::Rewritten;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "server-name-edited-in-place",
    summary: "server name of a running database edited",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Base,
    explain: include_str!("../../fixtures/rules/server-name-edited-in-place/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(change) = Rewritten::of(cluster, context) else {
        return Vec::new();
    };
    let Rewritten {
        before,
        after,
        was,
        now,
        ..
    } = &change;
    // A recovering cluster is re-created, a renamed one is another; a new major version needs a new lineage.
    let is_running = !after.recovers() && before.title == after.title;
    if was == now
        || !is_running
        || before.bootstrap != after.bootstrap
        || before.major != after.major
        || before.replica != after.replica
    {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` moves from `{was}` to `{now}` while it runs",
        cluster.title()
    );
    let help = format!(
        "keep `{was}` until the database is recovered or its major version changes; else take a base backup at once: `{now}` has none, and the Backup objects of `{was}` are removed"
    );
    vec![change.found(&RULE, message, help)]
}
