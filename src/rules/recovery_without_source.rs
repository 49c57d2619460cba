//! Recovery says what to recover from, once.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-without-source",
    summary: "recovery names nothing to recover from, or two things",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-without-source/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    if !cluster.recovers() {
        return Vec::new();
    }
    let present = |field| {
        cluster
            .object
            .find(&["spec", "bootstrap", "recovery", field])
            .is_some_and(|node| !node.is_null() && node.text() != Some(""))
    };
    match (
        present("source"),
        present("backup"),
        present("volumeSnapshots"),
    ) {
        (false, false, false) => {
            let message = format!(
                "recovery of `{}` has none of `source`, `backup` and `volumeSnapshots`",
                cluster.title()
            );
            let help = "name the external cluster to read with `source`; admission accepts this, the restore job then fails with `recovery source not specified`";
            vec![
                RULE.found(
                    &cluster.object,
                    cluster.object.place(&["spec", "bootstrap", "recovery"]),
                    message,
                )
                .help(help),
            ]
        }
        (true, true, _) => {
            let message = format!(
                "recovery of `{}` has both `backup` and `source`",
                cluster.title()
            );
            let help = "keep one; with a plugin source the Backup is ignored, with an in-tree source the source is";
            let finding = RULE
                .found(&cluster.object, cluster.recovery_place("backup"), message)
                .severity(Severity::Warning);
            vec![
                finding
                    .related(cluster.recovery_place("source").span, "the other source")
                    .help(help),
            ]
        }
        _ => Vec::new(),
    }
}
