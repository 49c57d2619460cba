//! An entry of the configuration that accepts findings no longer.

use crate::diagnostic::Severity;

use super::rule::{Check, Needs, Remedy, Rule};

/// Found by the engine, where the entries are applied.
pub(crate) const RULE: Rule = Rule {
    id: "ignore-expired",
    summary: "ignored finding whose last day is over",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/ignore-expired/README.md"),
    check: Check::Suppression,
};
