//! A replica cluster has a write lineage of its own.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "replica-shares-write-lineage",
    summary: "replica cluster that archives into the lineage it follows",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/replica-shares-write-lineage/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let stores = &context.project.stores;
    let source = cluster
        .replica
        .as_ref()
        .filter(|_| cluster.is_replica())
        .and_then(|replica| replica.source.as_ref());
    // A Cluster that names itself is another rule's finding.
    let own = cluster
        .replica
        .as_ref()
        .and_then(|replica| replica.own_name.as_ref())
        .map_or(cluster.name(), |name| name.value.as_str());
    let source = source.filter(|source| source.value != own);
    let entry = source.and_then(|source| cluster.external(&source.value));
    // A recovery from the same entry is another rule's finding.
    let recovers = cluster.recovers()
        && cluster.recovery("source").map(|own| own.value)
            == source.map(|source| source.value.clone());
    let Some(entry) = entry.filter(|_| !recovers) else {
        return Vec::new();
    };
    let (Some(write), Some(read)) = (
        cluster.archives_to(stores),
        cluster.archive_of(entry, stores),
    ) else {
        return Vec::new();
    };
    if write.same_archive(&read) != Some(true) {
        return Vec::new();
    }
    let name = &write.server_name.value;
    let message = format!(
        "replica cluster `{}` archives into `{name}`, which it follows",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, write.server_name.place.clone(), message)
        .related(read.server_name.place.span, "it reads from here")
        .help("give it a `serverName` of its own; the designated primary archives too, and two clusters would write the same segments");
    vec![finding]
}
