//! The Barman Cloud plugin reads two parameters.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::{Cluster, Plugin};
use crate::text::suggest::closest;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "plugin-parameter-unknown",
    summary: "parameter that the Barman Cloud plugin does not read",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/plugin-parameter-unknown/README.md"),
    check: Check::Cluster(check),
};

/// Source: plugin-barman-cloud `internal/cnpgi/operator/config/config.go`.
const KNOWN: [&str; 2] = ["barmanObjectName", "serverName"];

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    cluster
        .all_plugins()
        .filter(|plugin| plugin.is_barman())
        .flat_map(|plugin| unknown(cluster, plugin))
        .collect()
}

fn unknown(cluster: &Cluster, plugin: &Plugin) -> Vec<Diagnostic> {
    let unread = plugin
        .parameters
        .iter()
        .filter(|parameter| !KNOWN.contains(&parameter.value.as_str()));
    let finding = |parameter: &crate::text::Spanned<String>| {
        let mut place = cluster
            .object
            .place(&plugin.parameter_path(&parameter.value));
        place.span = parameter.span;
        let help = match closest(&parameter.value, &KNOWN) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the plugin reads `barmanObjectName` and `serverName`; destination, endpoint, credentials and retention belong into the ObjectStore".to_owned(),
        };
        RULE.found(
            &cluster.object,
            place,
            format!(
                "the Barman Cloud plugin does not read parameter `{}`",
                parameter.value
            ),
        )
        .help(help)
    };
    unread.map(finding).collect()
}
