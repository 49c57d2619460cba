//! A kustomization that walbound cannot build, though kustomize may.

use crate::diagnostic::{Diagnostic, Severity};
use crate::project::Failure;

use super::kustomize_broken::finding;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "kustomize-unsupported",
    summary: "kustomization with a feature that walbound does not build",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/kustomize-unsupported/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let failures = context
        .project
        .failures
        .iter()
        .filter(|failure| failure.error.is_unsupported());
    failures
        .map(|failure| told(finding(&RULE, failure), failure))
        .collect()
}

fn told(finding: Diagnostic, failure: &Failure) -> Diagnostic {
    let directory = &failure.directory;
    let message = format!("`{directory}` is not built in full: {}", failure.error);
    let finding = Diagnostic { message, ..finding };
    finding.help(format!(
        "the rest of it was checked; check the whole with `kustomize build {directory} | walbound lint -`"
    ))
}
