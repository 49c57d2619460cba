//! Lineages count upwards.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::lineage::ServerName;

use super::own_history::Rewritten;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "lineage-goes-backwards",
    summary: "new write lineage with a lower number than the one before",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Base,
    explain: include_str!("../../fixtures/rules/lineage-goes-backwards/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(change) = Rewritten::of(cluster, context) else {
        return Vec::new();
    };
    let Rewritten { was, now, .. } = &change;
    // In another bucket a count may begin anew.
    let same_store = change.before.write.as_ref();
    let same_store = same_store.and_then(|before| before.same_store(change.write));
    if same_store == Some(false) || !counts_down(was, now) {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` goes back from `{was}` to `{now}`",
        cluster.title()
    );
    let help = format!(
        "count on from `{was}`; a lower number may hold an abandoned lineage, and it misleads the next person who has to tell which one is newest"
    );
    vec![change.found(&RULE, message, help)]
}

/// Whether both names count in one way and the second one is lower.
fn counts_down(was: &ServerName, now: &ServerName) -> bool {
    let lower = match (was.generation(), now.generation()) {
        (Some(was), Some(now)) => now < was,
        _ => false,
    };
    lower && was.counted_stem() == now.counted_stem() && was.style().is_like(now.style())
}
