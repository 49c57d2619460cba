//! The empty-archive check is off although nothing is being recovered.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, SKIP_EMPTY_ARCHIVE_CHECK};
use crate::model::object::has_variable;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "empty-archive-check-skipped",
    summary: "empty-archive check switched off while the cluster does not recover",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/empty-archive-check-skipped/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(value) = cluster.object.annotation(SKIP_EMPTY_ARCHIVE_CHECK) else {
        return Vec::new();
    };
    if has_variable(&value.value) || context.project.is_dormant(cluster) {
        return Vec::new();
    }
    let place = cluster
        .object
        .place(&["metadata", "annotations", SKIP_EMPTY_ARCHIVE_CHECK]);
    if value.value != "enabled" {
        let message = format!(
            "annotation value `{}` does nothing: only `enabled` switches the empty-archive check off",
            value.value
        );
        let help = "remove the annotation, or write `enabled` if the check really has to be off";
        return vec![RULE.found(&cluster.object, place, message).help(help)];
    }
    if cluster.recovers() || cluster.archives_to(&context.project.stores).is_none() {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` does not recover, yet its empty-archive check is off",
        cluster.title()
    );
    let bootstrap = cluster.object.place(&["spec", "bootstrap"]);
    let finding = RULE
        .found(&cluster.object, place, message)
        .label("nothing stops a re-created cluster from writing into the old lineage")
        .help("remove the annotation; a cluster that is re-created with initdb would mix a new database into the archive of the old one");
    if bootstrap.pointer == "/spec/bootstrap" {
        return vec![finding.related(bootstrap.span, "a re-created cluster starts like this")];
    }
    vec![finding]
}
