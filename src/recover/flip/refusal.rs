//! Why a bootstrap is not flipped.

use thiserror::Error;

use crate::model::cluster::Method;
use crate::recover::Refusal;

/// Why a bootstrap is not flipped.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum FlipRefusal {
    /// Nothing switches it.
    #[error("{title} has no switch to bootstrap.{}{}", wanted.key(), tries(why))]
    NoSwitch {
        /// The database.
        title: String,
        /// What was asked for.
        wanted: Method,
        /// What was tried and why it did not do.
        why: Vec<String>,
    },
    /// Several things do.
    #[error(
        "several edits would give {title} bootstrap.{}: {}",
        wanted.key(),
        candidates.join("; ")
    )]
    Ambiguous {
        /// The database.
        title: String,
        /// What was asked for.
        wanted: Method,
        /// The edits, in words.
        candidates: Vec<String>,
    },
    /// The result has errors that were not there before.
    #[error("the flip would bring errors: {}", errors.join("; "))]
    Errors {
        /// The errors with their rules.
        errors: Vec<String>,
    },
    /// More would change, or less.
    #[error(transparent)]
    Change(#[from] Refusal),
}

fn tries(why: &[String]) -> String {
    if why.is_empty() {
        String::new()
    } else {
        format!(" that could be used: {}", why.join("; "))
    }
}

impl FlipRefusal {
    /// What to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::NoSwitch { title, wanted: Method::Recovery, .. } => {
                let name = title.rsplit('/').next().unwrap_or(title);
                Some(format!(
                    "add a recovery overlay beside the manifests: `walbound new {name} --recovery-overlay`"
                ))
            }
            Self::NoSwitch { .. } => Some(
                "keep the other bootstrap in a comment or an overlay of its own, and run this again"
                    .to_owned(),
            ),
            Self::Ambiguous { .. } => {
                Some("make one of these edits by hand, or take the others out".to_owned())
            }
            Self::Errors { .. } => Some(
                "correct these first; `walbound recover` does the new lineage and the flip in one change"
                    .to_owned(),
            ),
            Self::Change(refusal) => refusal.remedy().map(str::to_owned),
        }
    }
}
