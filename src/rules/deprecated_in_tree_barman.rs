//! In-tree Barman Cloud support is on its way out.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::deprecations;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "deprecated-in-tree-barman",
    summary: "in-tree `barmanObjectStore`, which the Barman Cloud plugin replaces",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/deprecated-in-tree-barman/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let at = deprecations::version_of(context.config);
    let Some(removal) = deprecations::removal_of_in_tree_barman(at) else {
        return Vec::new();
    };
    let own = cluster.in_tree.then(|| {
        cluster
            .object
            .place(&["spec", "backup", "barmanObjectStore"])
    });
    let entries = cluster
        .external_clusters
        .iter()
        .filter(|entry| entry.in_tree);
    let sources = entries.map(|entry| {
        cluster.object.place(&[
            "spec",
            "externalClusters",
            &entry.index,
            "barmanObjectStore",
        ])
    });
    let (severity, state) = if at >= removal {
        (
            Severity::Error,
            format!("CloudNativePG {at} no longer has in-tree Barman Cloud support"),
        )
    } else {
        (
            Severity::Warning,
            format!(
                "CloudNativePG {at} announces the removal of in-tree Barman Cloud support for {removal}"
            ),
        )
    };
    let help = format!(
        "{state}; `walbound migrate {}` moves it to the Barman Cloud plugin and keeps the lineage",
        cluster.name()
    );
    let message = format!(
        "cluster `{}` uses the in-tree `barmanObjectStore`",
        cluster.title()
    );
    let found = |place| {
        RULE.found(&cluster.object, place, message.clone())
            .severity(severity)
            .help(help.clone())
    };
    own.into_iter().chain(sources).map(found).collect()
}
