//! Every kustomization builds.

use crate::diagnostic::{Diagnostic, Severity};
use crate::project::Failure;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "kustomize-broken",
    summary: "kustomization that cannot be built",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/kustomize-broken/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let failures = context
        .project
        .failures
        .iter()
        .filter(|failure| !failure.error.is_unsupported());
    failures.map(|failure| finding(&RULE, failure)).collect()
}

/// The finding of a kustomization that was not built.
pub(super) fn finding(rule: &Rule, failure: &Failure) -> Diagnostic {
    let message = format!("`{}` cannot be built: {}", failure.directory, failure.error);
    let help = failure
        .error
        .help_text()
        .unwrap_or("correct it; nothing of this tree was checked as a whole");
    let finding = rule.found_at(failure.span, message).help(help);
    failure
        .error
        .related_places()
        .iter()
        .fold(finding, |finding, label| {
            finding.related(label.span, label.text.clone())
        })
}
