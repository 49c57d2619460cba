//! A rule of which it cannot be told what it ignores.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Finding, Verdict};

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
    context.ignores.findings.iter().filter_map(judged).collect()
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
