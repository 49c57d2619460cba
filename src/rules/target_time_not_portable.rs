//! A target time that some operator versions break.

use crate::config::OperatorVersion;
use crate::diagnostic::{Diagnostic, Safety, Severity};
use crate::model::cluster::Cluster;
use crate::model::target_time::{Portability, Replay, TargetTime};

use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::target_time_invalid::{PATH, rewrite, written};

pub(super) const RULE: Rule = Rule {
    id: "target-time-not-portable",
    summary: "target time that some operator versions break",
    severity: Severity::Warning,
    remedy: Remedy::Safe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-time-not-portable/README.md"),
    check: Check::Cluster(check),
};

/// Whether an operator rewrites times with `T` for PostgreSQL. Source: cloudnative-pg/machinery 0.3.3, in
/// CloudNativePG 1.27.3, 1.28.1 and 1.29.0.
fn rewrites(operator: OperatorVersion) -> bool {
    let since = |minor, patch| OperatorVersion {
        major: 1,
        minor,
        patch,
    };
    match (operator.major, operator.minor) {
        (1, 27) => operator >= since(27, 3),
        (1, 28) => operator >= since(28, 1),
        _ => operator >= since(29, 0),
    }
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(text) = written(cluster) else {
        return Vec::new();
    };
    let Ok(time) = TargetTime::read(&text.value) else {
        return Vec::new();
    };
    if time.replay() != Replay::Accepted || context.config.operator_version.is_some_and(rewrites) {
        return Vec::new();
    }
    let consequence = match time.portability() {
        Portability::Everywhere => return Vec::new(),
        Portability::FatalBeforeRewrite => "stops PostgreSQL at start-up",
        Portability::ServerZoneBeforeRewrite => "is read in the server's time zone",
    };
    let message = format!(
        "target time `{}` {consequence} with operators before 1.27.3 and 1.28.1",
        text.value
    );
    let finding = RULE.found(&cluster.object, cluster.object.place(&PATH), message);
    let canonical = time.canonical();
    let help = canonical.as_ref().map_or_else(
        || "use a blank and a numeric zone".to_owned(),
        |canonical| format!("write `{canonical}`, which every version hands on unchanged"),
    );
    vec![rewrite(
        finding.help(help),
        cluster,
        canonical,
        Safety::Safe,
        context,
    )]
}
