//! Kinds, fields and values are those of the operator that is in use.

use crate::diagnostic::Severity;
use crate::rules::rule::{Check, Needs, Remedy, Rule};
use crate::schema::Sort;

pub(in crate::rules) const RULE: Rule = Rule {
    id: "operator-version-field",
    summary: "kind, field or value of another release of the operator",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/operator-version-field/README.md"),
    check: Check::Schema(Sort::OtherRelease),
};
