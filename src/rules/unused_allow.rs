//! An allow that suppresses nothing.

use crate::diagnostic::Severity;

use super::rule::{Check, Needs, Remedy, Rule};

/// Found by the engine, after all other rules.
pub(crate) const RULE: Rule = Rule {
    id: "unused-allow",
    summary: "allow that suppresses nothing",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/unused-allow/README.md"),
    check: Check::Suppression,
};
