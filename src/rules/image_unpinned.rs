//! A recovery runs the PostgreSQL that Git names, not the one that is the operator's default that day.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::archive_missing;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "image-unpinned",
    summary: "cluster with backups whose PostgreSQL version is the operator's choice",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/image-unpinned/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let object = &cluster.object;
    let named = ["imageName", "imageCatalogRef"].into_iter().any(|field| {
        let node = object.find(&["spec", field]);
        node.is_some_and(|node| !node.is_null() && node.text() != Some(""))
    });
    // Without backups there is nothing that another major version could not read.
    if named || !(cluster.recovers() || archive_missing::is_kept(cluster)) {
        return Vec::new();
    }
    let message = format!(
        "cluster `{}` names no image: the operator's default decides the PostgreSQL version",
        cluster.title()
    );
    vec![
        RULE.found(object, object.place(&["spec"]), message).help(
            "write `imageName` with the version that runs now, or `imageCatalogRef`; after an upgrade of the operator a re-created cluster gets the new default, and another major version cannot start on the backup",
        ),
    ]
}
