//! A file of manifests is YAML.

use crate::diagnostic::{Diagnostic, Severity};

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "invalid-yaml",
    summary: "CloudNativePG manifest that is not valid YAML",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/invalid-yaml/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let finding = |broken: &crate::project::BrokenFile| {
        let help = broken
            .help
            .clone()
            .unwrap_or_else(|| "correct the text; nothing in this file was checked".to_owned());
        RULE.found_at(broken.span, broken.message.clone())
            .help(help)
    };
    context.project.broken.iter().map(finding).collect()
}
