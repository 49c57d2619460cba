//! A manifest beside a kustomization that does not list it.

use crate::diagnostic::{Diagnostic, Severity};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "manifest-unreferenced",
    summary: "CloudNativePG manifest that its kustomization does not list",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/manifest-unreferenced/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let finding = |file: &crate::project::Unreferenced| {
        let message = format!(
            "{} is not listed by `{}` and is never applied",
            file.objects.join(", "),
            file.kustomization
        );
        RULE.found_at(file.span, message)
            .help("list the file, or remove it; it was not checked further")
    };
    context.project.unreferenced.iter().map(finding).collect()
}
