//! Values are as the definition of their kind wants them.

use crate::diagnostic::Severity;
use crate::rules::rule::{Check, Needs, Remedy, Rule};
use crate::schema::Sort;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "schema-violation",
    summary: "value that the definition of its kind refuses",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/schema-violation/README.md"),
    check: Check::Schema(Sort::Violation),
};
