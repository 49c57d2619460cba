//! Stand-in until the rules are here.

use crate::diagnostic::Severity;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Id.
    pub id: &'static str,
    /// Summary.
    pub summary: &'static str,
    /// Default severity.
    pub severity: Severity,
    /// Page.
    pub explain: &'static str,
}

/// All.
pub static RULES: &[&Rule] = &[];
