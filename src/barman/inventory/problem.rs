//! Why something could not be read when the inventory was made.

use serde::{Deserialize, Serialize};

use crate::barman::catalog::HistoryProblem;
use crate::barman::store::StoreError;
use crate::wal::TimelineId;
use crate::wal::history::HistoryError;

/// The store did not hand an object out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StorePart {
    kind: StoreWord,
    what: String,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoreWord {
    Missing,
    Denied,
    Other,
}

impl StorePart {
    pub(super) fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Missing { what } => Self::new(StoreWord::Missing, what, ""),
            StoreError::Denied { what, reason } => Self::new(StoreWord::Denied, what, reason),
            StoreError::Other { what, reason }
            | StoreError::Credentials { what, reason, .. }
            | StoreError::Unreachable { what, reason, .. } => {
                Self::new(StoreWord::Other, what, reason)
            }
            StoreError::NoBucket { bucket, .. } => {
                Self::new(StoreWord::Other, bucket, "the bucket does not exist")
            }
        }
    }

    fn new(kind: StoreWord, what: &str, reason: &str) -> Self {
        Self {
            kind,
            what: what.to_owned(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn error(&self) -> StoreError {
        let (what, reason) = (self.what.clone(), self.reason.clone());
        match self.kind {
            StoreWord::Missing => StoreError::Missing { what },
            StoreWord::Denied => StoreError::Denied { what, reason },
            StoreWord::Other => StoreError::Other { what, reason },
        }
    }
}

/// A history cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum HistoryPart {
    /// The store did not hand it out.
    Store(StorePart),
    /// Its compression cannot be undone.
    Noted(String),
    /// The server would refuse it.
    Refused(RefusedPart),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefusedPart {
    kind: RefusedWord,
    /// The line from 1, or the timeline that cannot be an ancestor.
    number: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RefusedWord {
    Timeline,
    Switch,
    Order,
    NotBelowChild,
}

impl HistoryPart {
    pub(super) fn of(problem: &HistoryProblem) -> Self {
        let line = |line: &usize| u32::try_from(*line).unwrap_or(u32::MAX);
        match problem {
            HistoryProblem::Store(error) => Self::Store(StorePart::of(error)),
            HistoryProblem::Decode(error) => Self::Noted(error.to_string()),
            HistoryProblem::Noted(text) => Self::Noted(text.clone()),
            HistoryProblem::Invalid(error) => {
                let (kind, number) = match error {
                    HistoryError::Timeline { line: at } => (RefusedWord::Timeline, line(at)),
                    HistoryError::Switch { line: at } => (RefusedWord::Switch, line(at)),
                    HistoryError::Order { line: at } => (RefusedWord::Order, line(at)),
                    HistoryError::NotBelowChild { found, .. } => {
                        (RefusedWord::NotBelowChild, found.0)
                    }
                };
                Self::Refused(RefusedPart { kind, number })
            }
        }
    }

    pub(super) fn problem(&self, child: TimelineId) -> HistoryProblem {
        let part = match self {
            Self::Store(part) => return HistoryProblem::Store(part.error()),
            Self::Noted(text) => return HistoryProblem::Noted(text.clone()),
            Self::Refused(part) => part,
        };
        let number = part.number;
        let line = number as usize;
        HistoryProblem::Invalid(match part.kind {
            RefusedWord::Timeline => HistoryError::Timeline { line },
            RefusedWord::Switch => HistoryError::Switch { line },
            RefusedWord::Order => HistoryError::Order { line },
            RefusedWord::NotBelowChild => HistoryError::NotBelowChild {
                child,
                found: TimelineId(number),
            },
        })
    }
}
