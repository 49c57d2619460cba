//! The Barman Cloud plugin is called by its full name.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{BARMAN_PLUGIN, Cluster, Plugin};
use crate::model::object::has_variable;
use crate::text::suggest::closest;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "plugin-name-unknown",
    summary: "misspelt name of the Barman Cloud plugin",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/plugin-name-unknown/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    cluster
        .all_plugins()
        .filter_map(|plugin| misspelt(cluster, plugin))
        .collect()
}

fn misspelt(cluster: &Cluster, plugin: &Plugin) -> Option<Diagnostic> {
    let name = plugin
        .name
        .as_ref()
        .filter(|name| name.value != BARMAN_PLUGIN && !has_variable(&name.value))?;
    // Other plugins exist; only one that is meant to be this one is judged.
    let meant = plugin.object_store.is_some()
        || name.value.contains("barman")
        || closest(&name.value, &[BARMAN_PLUGIN]).is_some();
    if !meant {
        return None;
    }
    let path = [&plugin.own_path()[..], &["name"]].concat();
    let message = format!("no plugin is called `{}`", name.value);
    let help = format!(
        "the Barman Cloud plugin is `{BARMAN_PLUGIN}`; with an unknown plugin the operator does not reconcile the cluster"
    );
    Some(
        RULE.found(&cluster.object, cluster.object.place(&path), message)
            .help(help),
    )
}
