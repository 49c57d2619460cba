//! A ScheduledBackup names a cluster that exists.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::ClusterUser;
use crate::model::object::{has_variable, same_namespace};
use crate::text::suggest::closest;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "scheduled-backup-orphan",
    summary: "ScheduledBackup of a cluster that does not exist",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::EveryCluster,
    explain: include_str!("../../fixtures/rules/scheduled-backup-orphan/README.md"),
    check: Check::Schedule(check),
};

fn check(backup: &ClusterUser, context: &Context<'_>) -> Vec<Diagnostic> {
    let clusters = &context.project.clusters;
    let Some(wanted) = &backup.cluster else {
        return Vec::new();
    };
    let exists = clusters
        .iter()
        .any(|cluster| backup.belongs_to(cluster.object.namespace(), cluster.name()));
    let near = || {
        clusters
            .iter()
            .filter(|cluster| same_namespace(cluster.object.namespace(), backup.object.namespace()))
    };
    // A variable on either side may make the names meet.
    if exists || has_variable(&wanted.value) || near().any(|cluster| has_variable(cluster.name())) {
        return Vec::new();
    }
    let place = backup.object.place(&["spec", "cluster", "name"]);
    let message = format!(
        "no Cluster `{}` exists for ScheduledBackup `{}`",
        wanted.value, backup.object.name.value
    );
    let finding = RULE.found(&backup.object, place, message);
    if let Some(elsewhere) = clusters
        .iter()
        .find(|cluster| cluster.name() == wanted.value)
    {
        let namespace = elsewhere.object.namespace().unwrap_or("");
        let help = format!(
            "the Cluster of that name is in namespace `{namespace}`; a ScheduledBackup has to be in the namespace of its cluster"
        );
        return vec![
            finding
                .related(
                    elsewhere.object.name.span,
                    "a cluster of that name in another namespace",
                )
                .help(help),
        ];
    }
    let names: Vec<&str> = near().map(|cluster| cluster.name()).collect();
    let help = match closest(&wanted.value, &names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "name a Cluster of the same namespace, or remove the ScheduledBackup: it backs nothing up".to_owned(),
    };
    vec![finding.help(help)]
}
