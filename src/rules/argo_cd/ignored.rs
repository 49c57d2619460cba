//! What the rules about ignored fields say alike.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::gitops::argocd::ignore::{Damage, Declared, Effect, Finding};

use super::super::rule::Rule;

/// Names that are listed before the rest is counted.
const MOST_NAMES: usize = 3;

/// Fields that are named; more than these are taken for the whole.
const MOST_FIELDS: usize = 6;

/// A finding of a rule, at the ignored field.
pub(super) fn found(rule: &Rule, finding: &Finding, message: String) -> Diagnostic {
    let base = rule.found_at(finding.text.span, message);
    Diagnostic {
        object: finding.cluster.clone(),
        ..base
    }
    .severity(finding.severity)
}

/// The same, with the option that keeps what is ignored.
pub(super) fn found_kept(rule: &Rule, finding: &Finding, message: String) -> Diagnostic {
    let diagnostic = found(rule, finding, message).label("ignored");
    match finding.respected {
        Some(respected) => diagnostic.related(respected, "what is ignored is kept on every sync"),
        None => diagnostic,
    }
}

/// `a`, `b` and 2 more.
pub(super) fn listed(names: &BTreeSet<String>) -> String {
    let quoted: Vec<String> = names
        .iter()
        .take(MOST_NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(MOST_NAMES);
    match (more, quoted.split_last()) {
        (0, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        (0, _) => quoted.concat(),
        (more, _) => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// `Cluster `a`` or `Clusters `a` and `b``; other kinds likewise.
pub(super) fn clusters(finding: &Finding) -> String {
    let plural = if finding.clusters.len() == 1 { "" } else { "s" };
    let object = finding.cluster.as_ref();
    let kind = object.map_or("Cluster", |object| object.kind.as_str());
    format!("{kind}{plural} {}", listed(&finding.clusters))
}

/// `an existing Cluster `a` keeps` or `existing Clusters `a` and `b` keep`.
pub(super) fn existing_keep(finding: &Finding) -> String {
    let whom = clusters(finding);
    if finding.clusters.len() == 1 {
        format!("an existing {whom} keeps")
    } else {
        format!("existing {whom} keep")
    }
}

/// The fields of all effects; `spec` where it is most of them.
pub(super) fn fields<'e>(
    effects: impl Iterator<Item = (&'e Damage, &'e Effect)>,
) -> BTreeSet<String> {
    let mut fields: BTreeSet<String> = effects
        .flat_map(|(_, effect)| effect.fields.iter().cloned())
        .collect();
    if fields.contains("spec.bootstrap") {
        fields.remove("spec.bootstrap.initdb");
    }
    if fields.len() > MOST_FIELDS {
        fields = BTreeSet::from(["spec".to_owned()]);
    }
    fields
}

/// Whose comparison a rule takes part in.
pub(super) fn reach(finding: &Finding) -> String {
    match finding.declared {
        Declared::Settings => "every application".to_owned(),
        _ if finding.applications.is_empty() => "the application".to_owned(),
        _ => {
            let plural = if finding.applications.len() == 1 {
                ""
            } else {
                "s"
            };
            format!("application{plural} {}", listed(&finding.applications))
        }
    }
}
