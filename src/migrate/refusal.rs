//! Why a database is not migrated.

use thiserror::Error;

use crate::recover;

/// Why a database is not migrated. Places are `file:line:column`.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum Refusal {
    /// Something has no counterpart, or stands where it cannot be edited.
    #[error("{title} cannot be migrated:{}", list(obstacles))]
    Obstacles {
        /// The database.
        title: String,
        /// Each with its place and remedy.
        obstacles: Vec<String>,
    },
    /// The result would not be what was planned.
    #[error("the result would not be the planned one:{}", list(differences))]
    Unproved {
        /// What differs.
        differences: Vec<String>,
    },
    /// The draft does not take the change.
    #[error(transparent)]
    Draft(#[from] recover::Refusal),
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("\n  - {item}")).collect()
}

impl Refusal {
    /// What to do.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Obstacles { .. } => {
                Some("nothing was changed; mend each of these by hand and run it again")
            }
            Self::Unproved { .. } => Some(
                "nothing was changed; migrate this database by hand, `walbound explain deprecated-in-tree-barman` tells how",
            ),
            Self::Draft(refusal) => refusal.remedy(),
        }
    }
}
