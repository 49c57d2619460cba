//! A target that does nothing.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::recovery_target::GOALS;
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "target-ignored",
    summary: "recovery target that nothing looks at",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-ignored/README.md"),
    check: Check::Cluster(check),
};

const RECOVERY: [&str; 3] = ["spec", "bootstrap", "recovery"];

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let path = [&RECOVERY[..], &["recoveryTarget"]].concat();
    let given = |field: &&str| {
        cluster
            .object
            .value(&[&path[..], &[*field]].concat())
            .is_some()
    };
    let Some(goal) = GOALS.into_iter().find(|field| given(field)) else {
        return Vec::new();
    };
    let snapshots = cluster
        .object
        .find(&[&RECOVERY[..], &["volumeSnapshots"]].concat());
    let from_snapshots =
        snapshots.is_some_and(|node| node.as_mapping().is_some_and(|entries| !entries.is_empty()));
    let (why, help, place) = if from_snapshots && cluster.recovery("source").is_none() {
        (
            "a restore from volume snapshots without `source` replays no WAL",
            "add `source`, an external cluster with the archive of the same database, or remove the target",
            snapshots.map(Node::span),
        )
    } else if cluster.is_replica() {
        (
            "a replica cluster goes on replaying after it",
            "remove the target, or `replica`; in a replica cluster the target only chooses the base backup",
            Some(cluster.object.place(&["spec", "replica"]).span),
        )
    } else {
        return Vec::new();
    };
    let message = format!("`{goal}` of `{}` is ignored: {why}", cluster.title());
    let finding = RULE.found(
        &cluster.object,
        cluster.object.place(&[&path[..], &[goal]].concat()),
        message,
    );
    let finding = finding.help(help);
    vec![match place {
        Some(place) => finding.related(place, "because of this"),
        None => finding,
    }]
}
