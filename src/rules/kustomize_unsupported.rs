//! A kustomization that walbound cannot build, though kustomize may.

use crate::diagnostic::{Diagnostic, Severity};

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
    let consequence = "check it with `kustomize build … | walbound lint -`";
    failures
        .map(|failure| finding(&RULE, failure, consequence))
        .collect()
}
