//! A replica cluster starts from the data of the one it follows.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Method};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "replica-without-recovery-bootstrap",
    summary: "replica cluster that would start empty",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/replica-without-recovery-bootstrap/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let copies = cluster
        .methods
        .iter()
        .any(|method| *method != Method::Initdb);
    // Where `primary` decides, a cluster that began with initdb is demoted by the same manifest, which is meant.
    let standalone = cluster.says_of_replica("enabled") && !cluster.says_of_replica("primary");
    if !cluster.is_replica() || copies || !standalone {
        return Vec::new();
    }
    let message = format!(
        "replica cluster `{}` does not start from a copy of what it follows",
        cluster.title()
    );
    let place = cluster.object.place(&["spec", "bootstrap"]);
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&["spec", "replica", "enabled"]), message)
        .help("bootstrap it with `recovery` or `pg_basebackup` from its source; admission refuses the new Cluster otherwise");
    if place.pointer != "/spec/bootstrap" {
        return vec![finding];
    }
    vec![finding.related(place.span, "it would start like this")]
}
