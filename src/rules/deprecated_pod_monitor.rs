//! The operator stops making PodMonitors.

use super::deprecations::{self, POD_MONITOR};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;
use crate::model::object::Object;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "deprecated-pod-monitor",
    summary: "PodMonitor made by the operator",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/deprecated-pod-monitor/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let at = deprecations::version_of(context.config);
    if !deprecations::is_deprecated(POD_MONITOR, at) {
        return Vec::new();
    }
    let poolers = context.project.poolers.iter().filter(|pooler| {
        pooler.build == cluster.build
            && pooler.belongs_to(cluster.object.namespace(), cluster.name())
    });
    let objects = std::iter::once(&cluster.object).chain(poolers.map(|pooler| &pooler.object));
    objects
        .filter_map(|object| judge(object, cluster))
        .collect()
}

fn judge(object: &Object, cluster: &Cluster) -> Option<Diagnostic> {
    let path = ["spec", "monitoring", "enablePodMonitor"];
    if object.flag(&path) != Some(true) {
        return None;
    }
    let message = format!(
        "{} `{}` lets the operator make its PodMonitor",
        object.kind, object.name.value
    );
    let help = if object.kind == "Cluster" {
        format!(
            "`walbound migrate {} --pod-monitor` writes one of your own; a later release removes the field",
            cluster.name()
        )
    } else {
        "write a PodMonitor of your own; a later release removes the field".to_owned()
    };
    Some(RULE.found(object, object.place(&path), message).help(help))
}
