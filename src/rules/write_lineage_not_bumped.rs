//! A recovered database starts a new lineage.

use crate::config::LineagePolicy;
use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::change::State;
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "write-lineage-not-bumped",
    summary: "change to recovery that keeps the write lineage",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Base,
    explain: include_str!("../../fixtures/rules/write-lineage-not-bumped/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((before, after)) = context.changed(cluster) else {
        return Vec::new();
    };
    if before.recovers() || !after.recovers() || is_in_place(cluster, after, context) {
        return Vec::new();
    }
    let (Some(was), Some(now)) = (&before.write, &after.write) else {
        return Vec::new();
    };
    if was.same_archive(now) != Some(true) {
        return Vec::new();
    }
    let name = &now.server_name.value;
    let message = format!(
        "cluster `{}` is switched to recovery and goes on writing to `{name}`",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, now.server_name.place.clone(), message)
        .label("as at the base revision")
        .related(
            cluster
                .object
                .place(&["spec", "bootstrap", "recovery"])
                .span,
            "the change makes it recover",
        );
    let help = format!(
        "give the archive a server name that no lineage has used yet (`walbound bump {}`); `{name}` holds WAL, so the restore stops with `Expected empty archive`",
        cluster.name()
    );
    vec![finding.by_history().help(help)]
}

/// Whether the repository goes on in one lineage on purpose: `lineage-in-place` judges that.
fn is_in_place(cluster: &Cluster, after: &State, context: &Context<'_>) -> bool {
    let (Some(source), Some(write)) = (&after.source, &after.write) else {
        return false;
    };
    let allowed = context.config.lineage.policy == LineagePolicy::InPlace
        || cluster.skips_empty_archive_check();
    allowed && source.same_archive(write) == Some(true)
}
