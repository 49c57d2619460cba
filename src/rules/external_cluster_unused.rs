//! External clusters are there to be read.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, ExternalCluster, Method};
use crate::model::object::has_variable;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "external-cluster-unused",
    summary: "external cluster with an archive that nothing refers to",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/external-cluster-unused/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    // A source that is missing or misspelt is another rule's finding.
    if cluster.recovers() && cluster.recovery_source().is_none() {
        return Vec::new();
    }
    // Every member of a topology lists all members.
    if cluster
        .object
        .value(&["spec", "replica", "primary"])
        .is_some()
    {
        return Vec::new();
    }
    let named = |other: &Cluster| references(other);
    let mut used = named(cluster);
    for other in context.project.siblings(cluster) {
        used.extend(named(other));
    }
    if used.iter().any(|name| has_variable(name)) {
        return Vec::new();
    }
    // Subscriptions name external clusters with a connection.
    let archives_only =
        |entry: &&ExternalCluster| (entry.plugin.is_some() || entry.in_tree) && !entry.connection;
    let entries = cluster.external_clusters.iter().filter(archives_only);
    let found = entries.filter_map(|entry| {
        let name = entry
            .name
            .as_ref()
            .filter(|name| !has_variable(&name.value))?;
        if used.contains(&name.value) {
            return None;
        }
        let message = format!(
            "nothing reads external cluster `{}` of cluster `{}`",
            name.value,
            cluster.title()
        );
        let place = cluster
            .object
            .place(&["spec", "externalClusters", &entry.index, "name"]);
        Some(
            RULE.found(&cluster.object, place, message)
                .help("remove it, or name it in `bootstrap.recovery.source`"),
        )
    });
    found.collect()
}

fn references(cluster: &Cluster) -> Vec<String> {
    let paths: [&[&str]; 4] = [
        &["spec", "bootstrap", Method::Recovery.key(), "source"],
        &["spec", "bootstrap", Method::PgBasebackup.key(), "source"],
        &[
            "spec",
            "bootstrap",
            Method::Initdb.key(),
            "import",
            "source",
            "externalCluster",
        ],
        &["spec", "replica", "source"],
    ];
    let values = paths
        .into_iter()
        .filter_map(|path| cluster.object.value(path));
    values.map(|value| value.value).collect()
}
