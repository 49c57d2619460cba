//! A target time whose zone the server decides.

use crate::diagnostic::{Diagnostic, Safety, Severity};
use crate::model::cluster::Cluster;
use crate::model::target_time::{Replay, TargetTime, Zone};

use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::target_time_invalid::{PATH, rewrite, written};

pub(super) const RULE: Rule = Rule {
    id: "target-time-without-zone",
    summary: "target time without a zone",
    severity: Severity::Error,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-time-without-zone/README.md"),
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(text) = written(cluster) else {
        return Vec::new();
    };
    let Ok(time) = TargetTime::read(&text.value) else {
        return Vec::new();
    };
    if time.zone() != Zone::Server || time.replay() != Replay::Accepted {
        return Vec::new();
    }
    let message = format!("target time `{}` has no zone", text.value);
    let mut finding = RULE
        .found(&cluster.object, cluster.object.place(&PATH), message)
        .label("UTC for choosing the backup, the server's `timezone` for replay");
    if let Some(zone) = cluster
        .object
        .value(&["spec", "postgresql", "parameters", "timezone"])
    {
        finding = finding.related(zone.span, "replay uses this zone");
    }
    let canonical = time.canonical();
    let help = canonical.as_ref().map_or_else(
        || "add the zone".to_owned(),
        |canonical| format!("write `{canonical}` if UTC is meant, else the time with its offset"),
    );
    vec![rewrite(
        finding.help(help),
        cluster,
        canonical,
        Safety::Unsafe,
        context,
    )]
}
