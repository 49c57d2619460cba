//! Recovery without database and owner falls back to `app`.

use crate::diagnostic::{Diagnostic, Fix, Safety, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::model::object::has_variable;
use crate::yaml::patch::{self, NewValue};

use super::overlay_identity_mismatch::initdb_sibling;
use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "recovery-database-implicit",
    summary: "recovery names no database or owner and gets `app`",
    severity: Severity::Note,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-database-implicit/README.md"),
    check: Check::Cluster(check),
};

/// What admission fills in. Source: CNPG `api/v1/cluster_defaults.go`.
const DEFAULT: &str = "app";

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    // Owner defaults to the database's name, so a named database is enough.
    if !cluster.recovers() || cluster.is_replica() || cluster.recovery("database").is_some() {
        return Vec::new();
    }
    let missing = if cluster.recovery("owner").is_some() { "database" } else { "database and owner" };
    let initdb = initdb_sibling(cluster, context).and_then(|initdb| initdb.object.value(&["spec", "bootstrap", Method::Initdb.key(), "database"]));
    let other = initdb.filter(|name| name.value != DEFAULT && !has_variable(&name.value));
    let mut message = format!("recovery of `{}` names no {missing}: it becomes `{DEFAULT}`", cluster.title());
    if let Some(name) = &other {
        message.push_str(&format!(", initdb has `{}`", name.value));
    }
    let finding = RULE
        .found(&cluster.object, cluster.object.place(&["spec", "bootstrap", "recovery"]), message)
        .help("write the `database` and `owner` of the restored application; otherwise an empty database `app` appears beside it and the application's secret points there");
    let Some(name) = other else { return vec![finding] };
    let fix = fix(cluster, &name.value, context);
    vec![finding.severity(Severity::Error).related(name.span, "initdb creates this database").maybe_fix(fix)]
}

fn fix(cluster: &Cluster, database: &str, context: &Context<'_>) -> Option<Fix> {
    let recovery = cluster.object.find(&["spec", "bootstrap", "recovery"])?;
    let written = context.written(recovery.span())?;
    let value = NewValue::Scalar(database.to_owned());
    let edit = patch::insert_entry(context.source(written.span()), written, Some("source"), "database", &value);
    single_edit(format!("write `database: {database}`, as initdb has it"), Safety::Unsafe, edit)
}
