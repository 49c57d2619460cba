//! Bootstrap is read once.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "bootstrap-edited-in-place",
    summary: "bootstrap of an existing database edited",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Base,
    explain: include_str!("../../fixtures/rules/bootstrap-edited-in-place/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((before, after)) = context.changed(cluster) else {
        return Vec::new();
    };
    if before.title != after.title {
        return Vec::new();
    }
    let other_source = after.recovers()
        && match (&before.source, &after.source) {
            (Some(was), Some(now)) => was.same_archive(now) == Some(false),
            _ => false,
        };
    if before.bootstrap == after.bootstrap && !other_source {
        return Vec::new();
    }
    let place = cluster.object.place(&["spec", "bootstrap"]);
    let message = format!(
        "bootstrap of cluster `{}` changes and its name does not",
        cluster.title()
    );
    let help = "the operator reads `bootstrap` when it creates a cluster: a running one stays as it is until the Cluster and its volumes are deleted and made anew, or until it gets a new name";
    vec![
        RULE.found(&cluster.object, place, message)
            .by_history()
            .help(help),
    ]
}
