//! The plugin takes its parameters from the Cluster alone.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::ClusterUser;
use crate::model::cluster::{BARMAN_PLUGIN, Cluster};
use crate::model::object::has_variable;
use crate::text::Spanned;
use crate::yaml::Node;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "backup-parameters-ignored",
    summary: "parameters of a backup that the Barman Cloud plugin never reads",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/backup-parameters-ignored/README.md"),
    check: Check::Backup(check),
};

const PARAMETERS: [&str; 3] = ["spec", "pluginConfiguration", "parameters"];

fn check(backup: &ClusterUser, context: &Context<'_>) -> Vec<Diagnostic> {
    let object = &backup.object;
    let plugin = object.value(&["spec", "pluginConfiguration", "name"]);
    let parameters = object
        .find(&PARAMETERS)
        .and_then(Node::as_mapping)
        .unwrap_or_default();
    if parameters.is_empty() || plugin.is_none_or(|plugin| plugin.value != BARMAN_PLUGIN) {
        return Vec::new();
    }
    let message = format!(
        "parameters of {} `{}` do nothing",
        object.kind, object.name.value
    );
    let finding = RULE.found(object, object.place(&PARAMETERS), message);
    let mut own = context.project.clusters.iter().filter(|cluster| {
        backup.belongs_to(object.namespace(), cluster.name())
            && backup.belongs_to(cluster.object.namespace(), cluster.name())
    });
    let differing = own.find_map(|cluster| differing(backup, cluster));
    let finding = match differing {
        Some((key, value, used)) => finding
            .severity(Severity::Error)
            .related(value.span, format!("the backup says `{}`", value.value))
            .related(
                used.span,
                format!("the plugin uses `{key}: {}`", used.value),
            ),
        None => finding,
    };
    vec![finding.help("remove them; the Barman Cloud plugin reads `barmanObjectName` and `serverName` of the Cluster's `plugins` only, so this backup goes where all others go")]
}

/// A parameter that says something else than the one of the Cluster: its name, what the backup says, what is used.
fn differing(
    backup: &ClusterUser,
    cluster: &Cluster,
) -> Option<(&'static str, Spanned<String>, Spanned<String>)> {
    let plugin = cluster.barman_plugin()?;
    ["barmanObjectName", "serverName"]
        .into_iter()
        .find_map(|key| {
            let said = backup.object.value(&[&PARAMETERS[..], &[key]].concat())?;
            let used = cluster.object.value(&plugin.parameter_path(key))?;
            let unknown = has_variable(&said.value) || has_variable(&used.value);
            (!unknown && said.value != used.value).then_some((key, said, used))
        })
}
