//! An external cluster is only read.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "wal-archiver-on-external",
    summary: "`isWALArchiver` on an external cluster, where it does nothing",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/wal-archiver-on-external/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let plugins = cluster
        .external_clusters
        .iter()
        .filter_map(|entry| entry.plugin.as_ref());
    let found = plugins
        .filter(|plugin| plugin.is_wal_archiver)
        .map(|plugin| {
            let path = [&plugin.own_path()[..], &["isWALArchiver"]].concat();
            let message = format!(
                "`isWALArchiver` does nothing on an external cluster of `{}`",
                cluster.title()
            );
            RULE.found(&cluster.object, cluster.object.place(&path), message)
                .help("remove it; what archives is an entry of `spec.plugins`")
        });
    found.collect()
}
