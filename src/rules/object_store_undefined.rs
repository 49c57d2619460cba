//! A plugin's ObjectStore exists in the cluster's namespace.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::archive::{Lookup, look_up};
use crate::model::cluster::{Cluster, Plugin};
use crate::model::object::has_variable;
use crate::text::suggest::closest;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "object-store-undefined",
    summary: "plugin names an ObjectStore that does not exist",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::EveryStore,
    explain: include_str!("../../fixtures/rules/object-store-undefined/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    cluster
        .all_plugins()
        .filter(|plugin| plugin.is_barman())
        .filter_map(|plugin| missing(cluster, plugin, context))
        .collect()
}

fn missing(cluster: &Cluster, plugin: &Plugin, context: &Context<'_>) -> Option<Diagnostic> {
    let name = plugin
        .object_store
        .as_ref()
        .filter(|name| !has_variable(&name.value))?;
    let stores = &context.project.stores;
    let Lookup::Missing { elsewhere } = look_up(
        stores,
        cluster.build,
        cluster.object.namespace(),
        &name.value,
    ) else {
        return None;
    };
    let all: Vec<&str> = stores
        .iter()
        .map(|store| store.object.name.value.as_str())
        .collect();
    if all.iter().any(|name| has_variable(name)) {
        return None;
    }
    let message = format!(
        "ObjectStore `{}` does not exist in the namespace of cluster `{}`",
        name.value,
        cluster.title()
    );
    let finding = RULE.found(
        &cluster.object,
        cluster
            .object
            .place(&plugin.parameter_path("barmanObjectName")),
        message,
    );
    let help = match (elsewhere.is_empty(), closest(&name.value, &all)) {
        (false, _) => "the plugin looks in the cluster's namespace only: create the ObjectStore there too".to_owned(),
        (true, Some(near)) => format!("did you mean `{near}`?"),
        (true, None) => "add the ObjectStore (barmancloud.cnpg.io/v1) beside the cluster; without it the operator waits for ever, with only an informational log line".to_owned(),
    };
    let finding = finding.help(help);
    Some(elsewhere.into_iter().fold(finding, |finding, place| {
        finding.related(
            place.span,
            "an ObjectStore of that name in another namespace",
        )
    }))
}
