//! The recovery source names an external cluster that exists.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::has_variable;
use crate::text::suggest::closest;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "recovery-source-undefined",
    summary: "recovery source names no external cluster",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/recovery-source-undefined/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some(source) = cluster.recovery("source") else {
        return Vec::new();
    };
    let entries: Vec<_> = cluster
        .external_clusters
        .iter()
        .filter_map(|entry| entry.name.as_ref())
        .collect();
    let names: Vec<&str> = entries.iter().map(|name| name.value.as_str()).collect();
    let unknown = has_variable(&source.value) || names.iter().any(|name| has_variable(name));
    if names.contains(&source.value.as_str()) || unknown {
        return Vec::new();
    }
    let help = match closest(&source.value, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            "add an `externalClusters` entry of that name with the archive to read".to_owned()
        }
        None => format!("the entries are: {}", names.join(", ")),
    };
    let message = format!(
        "recovery source `{}` is no entry of `externalClusters`",
        source.value
    );
    let finding = RULE
        .found(&cluster.object, cluster.recovery_place("source"), message)
        .help(help);
    vec![entries.iter().take(3).fold(finding, |finding, name| {
        finding.related(name.span, "an external cluster")
    })]
}
