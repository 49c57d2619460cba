//! An allow says why.

use crate::diagnostic::Severity;

use super::rule::{Check, Needs, Remedy, Rule};

/// Found by the engine, after all other rules.
pub(crate) const RULE: Rule = Rule {
    id: "allow-without-reason",
    summary: "allow without a reason",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/allow-without-reason/README.md"),
    check: Check::Suppression,
};
