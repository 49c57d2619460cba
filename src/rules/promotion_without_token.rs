//! A switch-over hands the token over.

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::change::ReplicaRole;
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "promotion-without-token",
    summary: "replica cluster promoted without a promotion token",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Base,
    explain: include_str!("../../fixtures/rules/promotion-without-token/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((before, after)) = context.changed(cluster) else {
        return Vec::new();
    };
    let promoted = matches!(before.replica, ReplicaRole::Follows(_))
        && after.replica == ReplicaRole::Primary
        && before.in_topology
        && after.in_topology
        && before.title == after.title;
    // A token that was there before belongs to an earlier promotion.
    if !promoted || (after.token.is_some() && after.token != before.token) {
        return Vec::new();
    }
    let place = cluster.object.place(&["spec", "replica", "primary"]);
    let (text, label) = if after.token.is_some() {
        (
            "with the token of an earlier promotion",
            "the token beside it is not new",
        )
    } else {
        ("without `promotionToken`", "names this cluster from now on")
    };
    let message = format!("cluster `{}` is promoted {text}", cluster.title());
    let help = "demote the old primary first, and put its `status.demotionToken` into `replica.promotionToken` in this same change; without it this is a failover, and the old primary has to be rebuilt";
    let finding = RULE.found(&cluster.object, place, message).label(label);
    vec![finding.by_history().help(help)]
}
