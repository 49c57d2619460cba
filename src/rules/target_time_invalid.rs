//! A target time that admission refuses, or that PostgreSQL does.

use crate::diagnostic::{Diagnostic, Safety, Severity};
use crate::model::cluster::Cluster;
use crate::model::instant::Instant;
use crate::model::object::has_variable;
use crate::model::target_time::{Fatal, Replay, TargetTime};
use crate::text::Spanned;
use crate::yaml::patch;

use super::rule::{Check, Context, Needs, Remedy, Rule, single_edit};

pub(super) const RULE: Rule = Rule {
    id: "target-time-invalid",
    summary: "target time that admission or PostgreSQL refuses",
    severity: Severity::Error,
    remedy: Remedy::Unsafe,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/target-time-invalid/README.md"),
    check: Check::Cluster(check),
};

/// The path of the target time.
pub(super) const PATH: [&str; 5] = [
    "spec",
    "bootstrap",
    "recovery",
    "recoveryTarget",
    "targetTime",
];

/// The target time as written, unless a variable stands for part of it.
pub(super) fn written(cluster: &Cluster) -> Option<Spanned<String>> {
    cluster
        .object
        .value(&PATH)
        .filter(|text| !has_variable(&text.value))
}

/// Puts the canonical spelling of an instant in place of the target time.
pub(super) fn rewrite(
    finding: Diagnostic,
    cluster: &Cluster,
    canonical: Option<String>,
    safety: Safety,
    context: &Context<'_>,
) -> Diagnostic {
    let node = cluster.object.find(&PATH);
    let fix = node.zip(canonical).and_then(|(node, text)| {
        let edit = patch::set_scalar(context.source(node.span()), node, &text);
        single_edit(
            format!("write `{text}`"),
            context.safety_of(node, safety),
            edit,
        )
    });
    finding.maybe_fix(fix)
}

fn check(cluster: &Cluster, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(text) = written(cluster) else {
        return Vec::new();
    };
    let found = |message: String, help: String| {
        RULE.found(&cluster.object, cluster.object.place(&PATH), message)
            .help(help)
    };
    let time = match TargetTime::read(&text.value) {
        Ok(time) => time,
        Err(refused) => {
            let help = format!("write the time in UTC as `{}`", example(context.now));
            return vec![found(
                format!("target time `{}` is refused: {refused}", text.value),
                help,
            )];
        }
    };
    match time.replay() {
        Replay::Accepted => Vec::new(),
        Replay::Misread(reason) => {
            let help = format!("write the time in UTC as `{}`", example(context.now));
            vec![found(
                format!(
                    "target time `{}` means two different times: {reason}",
                    text.value
                ),
                help,
            )]
        }
        Replay::Fatal(reason) => {
            let message = format!(
                "target time `{}` passes admission and stops PostgreSQL at start-up: {reason}",
                text.value
            );
            // A date that does not exist has no spelling: only its author knows which one was meant.
            let spelling = matches!(reason, Fatal::Zulu);
            let canonical = time.canonical().filter(|_| spelling);
            let help = match &canonical {
                Some(canonical) => format!("write `{canonical}`"),
                None => "write a time that exists, with a zone PostgreSQL knows".to_owned(),
            };
            vec![rewrite(
                found(message, help),
                cluster,
                canonical,
                Safety::Unsafe,
                context,
            )]
        }
    }
}

fn example(now: Instant) -> String {
    now.canonical()
        .unwrap_or_else(|| "YYYY-MM-DD HH:MM:SS+00".to_owned())
}
