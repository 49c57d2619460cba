//! A rule of which it cannot be told what it ignores.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Finding, Loose, Verdict};

use super::super::rule::{Check, Context, Needs, Remedy, Rule};
use super::ignored::{clusters, found};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "ignore-rule-undecided",
    summary: "ignore rule that may ignore anything",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/ignore-rule-undecided/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let judged = context.ignores.findings.iter().filter_map(judged);
    judged
        .chain(context.ignores.loose.iter().map(left_to_the_cluster))
        .collect()
}

/// A field of Applications that may differ in the cluster from what Git says.
fn left_to_the_cluster(loose: &Loose) -> Diagnostic {
    let fields: Vec<&str> = loose.fields.iter().copied().collect();
    let message = format!(
        "ApplicationSet `{}` leaves {} of its Applications as they are in the cluster, where Git does not tell what is ignored or paused",
        loose.set,
        fields.join(" and ")
    );
    let help = "name what has to differ more narrowly (`/spec/syncPolicy/automated`); before a recovery compare with the Applications in the cluster";
    RULE.found_at(loose.text.span, message)
        .severity(Severity::Note)
        .help(help)
}

fn judged(finding: &Finding) -> Option<Diagnostic> {
    let Verdict::Undecided(reason) = &finding.verdict else {
        return None;
    };
    let message = format!(
        "{}: undecided whether `{}` ignores what a recovery needs, because {reason}",
        clusters(finding),
        finding.text.value
    );
    let help = "name the field by a JSON pointer or a plain path (`.spec.logLevel`); until then take it for a rule that ignores everything";
    Some(found(&RULE, finding, message).help(help))
}
