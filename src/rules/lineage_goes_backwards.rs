//! Lineages count upwards.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::lineage::ServerName;

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
    let Some((before, after)) = context.changed(cluster) else {
        return Vec::new();
    };
    let (Some(was), Some(now)) = (before.write_name(), after.write_name()) else {
        return Vec::new();
    };
    // In another bucket a count may begin anew.
    let moved = match (&before.write, &after.write) {
        (Some(was), Some(now)) => was.same_store(now) == Some(false),
        _ => true,
    };
    if moved || !counts_down(&was, &now) {
        return Vec::new();
    }
    let Some(write) = &after.write else {
        return Vec::new();
    };
    let message = format!(
        "cluster `{}` goes back from `{was}` to `{now}`",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, write.server_name.place.clone(), message)
        .label(format!("the base revision writes `{was}`"));
    let help = format!(
        "count on from `{was}`; a lower number may hold an abandoned lineage, and it misleads the next person who has to tell which one is newest"
    );
    vec![finding.by_history().help(help)]
}

/// Whether both names count in one way and the second one is lower.
fn counts_down(was: &ServerName, now: &ServerName) -> bool {
    let lower = match (was.generation(), now.generation()) {
        (Some(was), Some(now)) => now < was,
        _ => false,
    };
    lower && was.counted_stem() == now.counted_stem() && was.style().is_like(now.style())
}
