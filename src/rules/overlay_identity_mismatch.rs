//! Initdb and recovery of one database agree on database, owner and secret.

use crate::diagnostic::{Diagnostic, Fix, Safety, Severity};
use crate::model::cluster::{Cluster, Method};
use crate::model::object::has_variable;
use crate::text::Spanned;
use crate::yaml::{Node, patch};

use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "overlay-identity-mismatch",
    summary: "database, owner or secret differ between initdb and recovery",
    severity: Severity::Error,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/overlay-identity-mismatch/README.md"),
    check: Check::Cluster(check),
};

/// The initdb rendering of the database that a recovering cluster restores, if an overlay has one.
pub(super) fn initdb_sibling<'c>(cluster: &'c Cluster, context: &'c Context<'_>) -> Option<&'c Cluster> {
    if cluster.methods != [Method::Recovery] || cluster.is_replica() {
        return None;
    }
    context.project.siblings(cluster).find(|other| other.methods == [Method::Initdb])
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(initdb) = initdb_sibling(cluster, context) else { return Vec::new() };
    let fields: [&[&str]; 3] = [&["database"], &["owner"], &["secret", "name"]];
    fields.into_iter().filter_map(|field| differs(cluster, initdb, field, context)).collect()
}

fn field(cluster: &Cluster, method: Method, path: &[&str]) -> Option<Spanned<String>> {
    cluster.object.value(&[&["spec", "bootstrap", method.key()], path].concat())
}

fn differs(recovery: &Cluster, initdb: &Cluster, path: &[&str], context: &Context<'_>) -> Option<Diagnostic> {
    let wanted = field(initdb, Method::Initdb, path)?;
    let found = field(recovery, Method::Recovery, path);
    let name = path[0];
    let known = found.as_ref().map(|value| value.value.as_str());
    // A missing database or owner is another rule's finding; a missing secret is a difference.
    if known == Some(&wanted.value) || (known.is_none() && name != "secret") {
        return None;
    }
    if has_variable(&wanted.value) || known.is_some_and(has_variable) {
        return None;
    }
    let full = [&["spec", "bootstrap", "recovery"], path].concat();
    let message = match known {
        Some(found) => format!("recovery of `{}` uses {name} `{found}`, initdb uses `{}`", recovery.title(), wanted.value),
        None => format!("recovery of `{}` names no {name}, initdb uses `{}`", recovery.title(), wanted.value),
    };
    let fix = recovery.object.find(&full).filter(|_| known.is_some()).and_then(|node| fix(node, &wanted.value, context));
    let finding = RULE
        .found(&recovery.object, recovery.object.place(&full), message)
        .related(wanted.span, "initdb says this")
        .help(format!("use `{}` in both; after the restore the operator works with what recovery names", wanted.value))
        .maybe_fix(fix);
    Some(finding)
}

fn fix(node: &Node, wanted: &str, context: &Context<'_>) -> Option<Fix> {
    let edit = patch::set_scalar(context.source(node.span()), node, wanted);
    single_edit(format!("use `{wanted}`, as initdb does"), Safety::Unsafe, edit)
}
