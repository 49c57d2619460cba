//! The server name is a folder below the destination path.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "destination-doubled",
    summary: "destination path that ends with the server name",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/destination-doubled/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let stores = &context.project.stores;
    let sources = cluster
        .external_clusters
        .iter()
        .filter_map(|entry| cluster.archive_of(entry, stores));
    let all = cluster.archives_to(stores).into_iter().chain(sources);
    all.filter_map(|archive| judge(cluster, &archive)).collect()
}

/// Only a name that somebody wrote is judged: a path that ends with the name of the Cluster may be meant.
fn judge(cluster: &Cluster, archive: &ArchiveRef) -> Option<Diagnostic> {
    let StoreRef::Known(store) = &archive.store else {
        return None;
    };
    let name = &archive.server_name;
    let path = store.destination.trim_end_matches('/');
    // The name of a bucket is no folder.
    let in_bucket = path.split_once("://").map_or("", |(_, rest)| rest);
    let last = path.rsplit('/').next().unwrap_or_default();
    if !name.explicit || last != name.value || !in_bucket.contains('/') {
        return None;
    }
    let message = format!(
        "the archive of `{}` lies in `{path}/{last}`: the server name comes twice",
        cluster.title()
    );
    let finding = RULE.found(&cluster.object, name.place.clone(), message);
    Some(finding.related(store.span, "the destination path ends with it").help(
        "leave the server name out of the destination path of a new lineage; where this lineage is in use already, both stay as they are",
    ))
}
