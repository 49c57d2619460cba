//! What was recovered once has to be recoverable again.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::archive_missing::is_kept;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "archive-missing-in-recovery",
    summary: "recovered cluster that archives nothing",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/archive-missing-in-recovery/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if !cluster.recovers() || cluster.is_replica() || is_kept(cluster) {
        return Vec::new();
    }
    let place = cluster.object.place(&["spec", "bootstrap", "recovery"]);
    let sibling = context
        .project
        .siblings(cluster)
        .find(|other| is_kept(other));
    let message = match sibling {
        Some(_) => format!(
            "cluster `{}` archives, but not once it is recovered",
            cluster.title()
        ),
        None => format!("recovered cluster `{}` has no archive", cluster.title()),
    };
    let finding = RULE.found(&cluster.object, place, message).help(
        "keep the archive in every overlay, with a new `serverName`: after the recovery nothing else holds what is written from then on",
    );
    match sibling {
        Some(other) => {
            let archive = other.object.place(&["spec", "plugins"]);
            vec![finding.related(archive.span, "without the recovery it archives")]
        }
        // A copy that is thrown away after a test needs none.
        None => vec![finding.severity(Severity::Warning)],
    }
}
