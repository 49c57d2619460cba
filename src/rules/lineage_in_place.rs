//! Recovering into the lineage that is read, with the empty-archive check switched off.

use crate::config::LineagePolicy;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, SKIP_EMPTY_ARCHIVE_CHECK};

use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::write_lineage_is_source::own_source;

pub(super) const RULE: Rule = Rule {
    id: "lineage-in-place",
    summary: "recovery reuses its lineage with the empty-archive check switched off",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/lineage-in-place/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.config.lineage.policy == LineagePolicy::InPlace
        || !cluster.skips_empty_archive_check()
    {
        return Vec::new();
    }
    let Some((target, source)) = own_source(cluster, context) else {
        return Vec::new();
    };
    let annotation = cluster
        .object
        .place(&["metadata", "annotations", SKIP_EMPTY_ARCHIVE_CHECK]);
    let message = format!(
        "cluster `{}` recovers from `{}` and goes on writing to it",
        cluster.title(),
        target.server_name.value
    );
    let finding = RULE
        .found(&cluster.object, target.server_name.place, message)
        .label("new WAL joins the old")
        .related(source.server_name.place.span, "recovery reads from here")
        .related(annotation.span, "nothing checks that the archive is empty")
        .help("archive into a new server name, or accept the policy for the repository with `lineage: {policy: in-place}` in .walbound.yaml");
    vec![finding]
}
