//! Findings that are not reported because people accepted them.

use crate::diagnostic::Diagnostic;

/// A finding that somebody accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The finding.
    pub finding: Diagnostic,
    /// How it was accepted.
    pub by: Acceptance,
}

/// How a finding was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// A comment in the manifest, with the reason that it gives.
    Comment {
        /// What stands behind the parenthesis; may be empty.
        reason: String,
    },
    /// An entry of the configuration.
    Configuration {
        /// The reason of the entry.
        reason: String,
    },
    /// The baseline: it was there before.
    Baseline,
}
