//! Every field is one of its kind.

use crate::diagnostic::Severity;
use crate::rules::rule::{Check, Needs, Remedy, Rule};
use crate::schema::Sort;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "field-unknown",
    summary: "field that its kind does not have",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/field-unknown/README.md"),
    check: Check::Schema(Sort::UnknownField),
};
