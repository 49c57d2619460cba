//! The recovery source has an archive to read.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-source-without-archive",
    summary: "recovery source has no archive",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-source-without-archive/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(source) = cluster.recovery_source() else {
        return Vec::new();
    };
    let name = source.name.as_ref().map_or("", |name| name.value.as_str());
    let entry = ["spec", "externalClusters", &source.index];
    let (message, place, help) = match &source.plugin {
        Some(plugin) if !plugin.enabled => (
            format!("the plugin of recovery source `{name}` is disabled"),
            [&entry[..], &["plugin", "enabled"]].concat(),
            "remove `enabled: false`: recovery looks the plugin up, but a disabled one is never loaded",
        ),
        Some(_) => return Vec::new(),
        None if source.in_tree => return Vec::new(),
        None if source.connection => (
            format!("recovery source `{name}` has only connection parameters"),
            [&entry[..], &["connectionParameters"]].concat(),
            "add the archive (`plugin` with `barmanObjectName` and `serverName`), or bootstrap with `pg_basebackup`, which copies from a running server",
        ),
        None => (
            format!("recovery source `{name}` has neither archive nor connection"),
            entry.to_vec(),
            "add the archive to read: `plugin` with `barmanObjectName` and `serverName`",
        ),
    };
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&place), message)
        .help(help);
    vec![finding.related(
        cluster.recovery_place("source").span,
        "recovery reads from here",
    )]
}
