//! One archive for a Cluster.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "double-archiving",
    summary: "a plugin and the in-tree object store archive at the same time",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/double-archiving/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    // With a designated archiver admission refuses the pair; without one both archive.
    if !cluster.in_tree || cluster.designates_archiver() {
        return Vec::new();
    }
    let Some(plugin) = cluster
        .barman_plugin()
        .filter(|plugin| plugin.object_store.is_some())
    else {
        return Vec::new();
    };
    let message = format!(
        "cluster `{}` archives twice: by the plugin and in-tree",
        cluster.title()
    );
    let store = cluster
        .object
        .place(&["spec", "backup", "barmanObjectStore"]);
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&plugin.own_path()), message)
        .related(store.span, "the in-tree store archives too")
        .help("keep one of the two; without `isWALArchiver` every segment goes to both, and one that fails stops the archive");
    vec![finding]
}
