//! The plugin that archives says so.

use crate::diagnostic::{Diagnostic, Fix, Safety, Severity};
use crate::model::cluster::{Cluster, Plugin};
use crate::model::object::has_variable;
use crate::yaml::patch::{NewValue, insert_entry, replace_value};

use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "plugin-not-archiver",
    summary: "Barman Cloud plugin that is not the designated WAL archiver",
    severity: Severity::Warning,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/plugin-not-archiver/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if cluster.in_tree || cluster.designates_archiver() {
        return Vec::new();
    }
    let Some(plugin) = cluster
        .barman_plugin()
        .filter(|plugin| plugin.object_store.is_some())
    else {
        return Vec::new();
    };
    let path = [&plugin.own_path()[..], &["isWALArchiver"]].concat();
    if cluster
        .object
        .value(&path)
        .is_some_and(|value| has_variable(&value.value))
    {
        return Vec::new();
    }
    let message = format!(
        "the Barman Cloud plugin of cluster `{}` is not its WAL archiver",
        cluster.title()
    );
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&path), message)
        .help("write `isWALArchiver: true`; the plugin archives without it too, but then nothing makes sure that it is the only one, or that it is there")
        .maybe_fix(fix(cluster, plugin, context));
    vec![finding]
}

fn fix(cluster: &Cluster, plugin: &Plugin, context: &Context<'_>) -> Option<Fix> {
    let entry = context.written(cluster.object.find(&plugin.own_path())?.span())?;
    let source = context.source(entry.span());
    let yes = NewValue::Plain("true".to_owned());
    let edit = match entry.get("isWALArchiver") {
        Some(value) => replace_value(source, value, &yes),
        None => insert_entry(source, entry, Some("name"), "isWALArchiver", &yes),
    };
    single_edit("make the plugin the WAL archiver", Safety::Unsafe, edit)
}
