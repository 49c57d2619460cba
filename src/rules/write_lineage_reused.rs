//! A lineage that was left is not empty.

use crate::config::LineagePolicy;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::cluster::Cluster;

use super::own_history::OwnHistory;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "write-lineage-reused",
    summary: "write lineage that was used earlier and left",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::History,
    explain: include_str!("../../fixtures/rules/write-lineage-reused/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.config.lineage.policy == LineagePolicy::InPlace {
        return Vec::new();
    }
    let Some(own) = OwnHistory::of_new_lineage(cluster, context) else {
        return Vec::new();
    };
    let uses = own.history.uses(&own.name, |seen| own.has(seen));
    let earlier = uses
        .into_iter()
        .rev()
        .find_map(|earlier| Some((earlier.by, earlier.left?)));
    let Some((seen, left)) = earlier else {
        return Vec::new();
    };
    let name = &own.name;
    let by = seen
        .cluster
        .as_deref()
        .filter(|by| *by != cluster.name())
        .map_or(String::new(), |by| format!(" by cluster `{by}`"));
    let message = format!(
        "cluster `{}` writes to `{name}`, a lineage that was used{by} and left",
        cluster.title()
    );
    let help = format!(
        "take a server name that was never used (`walbound bump {}`): {} has `{name}` from commit {} on, commit {} left it, and unless the bucket was emptied the old backups and WAL are still there",
        cluster.name(),
        seen.path,
        seen.first.title(),
        left.title()
    );
    let finding = RULE
        .found(
            &cluster.object,
            own.write.server_name.place.clone(),
            message,
        )
        .label("used before");
    vec![finding.by_history().help(help)]
}
