//! At most one recovery target.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::recovery_target::GOALS;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "target-conflict",
    summary: "more than one recovery target",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-conflict/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let path = |field| ["spec", "bootstrap", "recovery", "recoveryTarget", field];
    let given: Vec<&str> = GOALS
        .into_iter()
        .filter(|field| is_given(cluster, &path(field)))
        .collect();
    let [first, second, ..] = given.as_slice() else {
        return Vec::new();
    };
    let message = format!(
        "recovery of `{}` has {} targets: {}",
        cluster.title(),
        given.len(),
        given.join(", ")
    );
    let mut help = String::from("keep one; admission refuses the cluster otherwise");
    if given.contains(&"targetImmediate")
        && cluster.object.flag(&path("targetImmediate")) == Some(false)
    {
        help.push_str(" (`targetImmediate: false` counts as a target: remove the line)");
    }
    let finding = RULE
        .found(
            &cluster.object,
            cluster.object.place(&path(second)),
            message,
        )
        .help(help);
    vec![finding.related(cluster.object.place(&path(first)).span, "another target")]
}

/// Empty strings are no target; `targetImmediate` is one as soon as it is there, even when false.
fn is_given(cluster: &Cluster, path: &[&str]) -> bool {
    cluster
        .object
        .find(path)
        .is_some_and(|node| !node.is_null() && node.text() != Some(""))
}
