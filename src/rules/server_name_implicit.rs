//! The plugin falls back to the cluster's own name where `serverName` is missing.

use crate::diagnostic::{Diagnostic, Fix, Safety, Severity};
use crate::model::cluster::{Cluster, Plugin};
use crate::model::object::has_variable;
use crate::yaml::patch::{self, NewValue};

use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "server-name-implicit",
    summary: "plugin without `serverName` falls back to the cluster's own name",
    severity: Severity::Error,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/server-name-implicit/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let targets = cluster
        .plugins
        .iter()
        .map(|plugin| (plugin, Severity::Warning));
    let entries = cluster
        .external_clusters
        .iter()
        .filter_map(|entry| entry.plugin.as_ref());
    let implicit = |plugin: &Plugin| {
        plugin.is_barman()
            && plugin.enabled
            && plugin.object_store.is_some()
            && plugin.server_name.is_none()
    };
    targets
        .chain(entries.map(|plugin| (plugin, Severity::Error)))
        .filter(|(plugin, _)| implicit(plugin))
        .map(|(plugin, severity)| finding(cluster, plugin, severity, context))
        .collect()
}

fn finding(
    cluster: &Cluster,
    plugin: &Plugin,
    severity: Severity,
    context: &Context<'_>,
) -> Diagnostic {
    let name = cluster.name();
    let (role, help) = match severity {
        Severity::Error => (
            "external cluster reads",
            "write the `serverName` of the lineage to read; after a rename, or in a second cluster, the default names another one",
        ),
        _ => (
            "archive writes",
            "write `serverName`, so that renaming the cluster does not move its archive",
        ),
    };
    let message =
        format!("{role} without `serverName`: the lineage is `{name}`, the name of this cluster");
    // In a source the right name is that of the lineage to read, which only its owner knows.
    let fixable = severity == Severity::Warning && !has_variable(name);
    let place = cluster.object.place(&plugin.parameter_path("serverName"));
    let finding = RULE
        .found(&cluster.object, place, message)
        .severity(severity);
    finding.help(help).maybe_fix(if fixable {
        write_name(cluster, plugin, context)
    } else {
        None
    })
}

fn write_name(cluster: &Cluster, plugin: &Plugin, context: &Context<'_>) -> Option<Fix> {
    let title = format!("write `serverName: {}`", cluster.name());
    let mut path = plugin.parameter_path("serverName");
    if let Some(empty) = cluster.object.find(&path) {
        let edit = patch::set_scalar(context.source(empty.span()), empty, cluster.name());
        return single_edit(title, Safety::Unsafe, edit);
    }
    path.pop();
    let written = context.written(cluster.object.find(&path)?.span())?;
    let value = NewValue::Scalar(cluster.name().to_owned());
    let edit = patch::insert_entry(
        context.source(written.span()),
        written,
        Some("barmanObjectName"),
        "serverName",
        &value,
    );
    single_edit(title, Safety::Unsafe, edit)
}
