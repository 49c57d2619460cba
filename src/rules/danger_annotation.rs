//! Annotations that switch protection off are for a person at the cluster, not for Git.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "danger-annotation",
    summary: "annotation for an emergency, kept in Git",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/danger-annotation/README.md"),
    check: Check::Cluster(check),
};

/// An annotation, whether a value switches something off, and what then happens. Source: CNPG
/// `pkg/utils/labels_annotations.go`.
struct Danger {
    name: &'static str,
    acts: fn(&str) -> bool,
    effect: &'static str,
}

const DANGERS: [Danger; 5] = [
    Danger {
        name: "cnpg.io/validation",
        acts: |value| value == "disabled",
        effect: "admission checks nothing of this Cluster any more",
    },
    Danger {
        name: "cnpg.io/skipWalArchiving",
        acts: |value| value == "enabled",
        effect: "no WAL is archived, so nothing later than the last base backup can be recovered",
    },
    Danger {
        name: "cnpg.io/reconciliationLoop",
        acts: |value| value == "disabled",
        effect: "the operator does nothing for this Cluster, failover included",
    },
    Danger {
        name: "cnpg.io/hibernation",
        acts: |value| value == "on",
        effect: "the instances are shut down, and backups fail",
    },
    Danger {
        name: "cnpg.io/fencedInstances",
        acts: |value| value != "[]",
        effect: "PostgreSQL is stopped in the fenced instances; the operator owns this key during a switch-over",
    },
];

fn check(cluster: &Cluster, _: &Context<'_>) -> Vec<Diagnostic> {
    let found = |danger: &Danger| {
        let value = cluster.object.annotation(danger.name)?;
        if !(danger.acts)(&value.value) {
            return None;
        }
        let message = format!(
            "`{}: {}` on cluster `{}`",
            danger.name,
            value.value,
            cluster.title()
        );
        let place = cluster
            .object
            .place(&["metadata", "annotations", danger.name]);
        let finding = RULE
            .found(&cluster.object, place, message)
            .label(danger.effect);
        Some(finding.help("set it with kubectl for as long as it is needed, and keep it out of Git, where it outlives the emergency"))
    };
    DANGERS.iter().filter_map(found).collect()
}
