//! Two clusters must not archive to one prefix.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::archive::ArchiveRef;
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "write-lineage-shared",
    summary: "two clusters archive to one prefix",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/write-lineage-shared/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let project = context.project;
    let mut writers: Vec<(&Cluster, ArchiveRef)> = Vec::new();
    let mut found = Vec::new();
    for cluster in project
        .clusters
        .iter()
        .filter(|cluster| !project.is_dormant(cluster))
    {
        let Some(archive) = cluster.archives_to(&project.stores) else {
            continue;
        };
        // A variable may stand for another value in each application.
        if archive.has_variable() {
            continue;
        }
        let other = writers.iter().find(|(other, theirs)| {
            // The names first: without variables they tell almost all pairs apart.
            archive.server_name.value == theirs.server_name.value
                && archive.same_archive(theirs) == Some(true)
                && !same_database(cluster, other)
        });
        if let Some((other, theirs)) = other {
            found.push(finding(cluster, &archive, other, theirs));
        }
        writers.push((cluster, archive));
    }
    found
}

/// Renderings of one document under one identity are one database: they never run side by side.
fn same_database(left: &Cluster, right: &Cluster) -> bool {
    left.object.source() == right.object.source()
        && left.object.reference() == right.object.reference()
}

fn finding(
    cluster: &Cluster,
    archive: &ArchiveRef,
    other: &Cluster,
    theirs: &ArchiveRef,
) -> Diagnostic {
    let message = format!(
        "clusters `{}` and `{}` both archive into `{}`",
        other.title(),
        cluster.title(),
        archive.server_name.value
    );
    RULE.found(&cluster.object, archive.server_name.place.clone(), message)
        .label(format!("`{}` writes here", cluster.title()))
        .related(theirs.server_name.place.span, format!("`{}` writes to the same endpoint, path and server name", other.title()))
        .help("give each cluster a server name of its own; two writers overwrite each other's WAL and neither can be restored")
}
