//! Server names in the history of a repository.
//!
//! [`mentions`] reads the names out of one text, [`record`] lays them along the commits. What Git does not hold any
//! more, or not yet in this clone, is a [gap](LineageHistory::gap): a name that is not found may still have been used.

pub mod mentions;
pub mod record;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::lineage::ServerName;

pub use mentions::{Mention, Role};
pub use record::{Recorder, SightingId};

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its object id in hexadecimal digits.
    pub id: Arc<str>,
    /// Committer time in seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Its number on its line, counted from the oldest commit. On the main line neighbours differ by one.
    pub position: u32,
}

impl Revision {
    /// The first ten digits of the id.
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }

    /// `1a2b3c4d5e of 2026-06-19`, the day in UTC.
    pub fn title(&self) -> String {
        match jiff::Timestamp::from_second(self.seconds) {
            Ok(at) => format!("{} of {}", self.short(), at.strftime("%Y-%m-%d")),
            Err(_) => self.short().to_owned(),
        }
    }
}

/// Whoever can tell the history.
pub trait CommitLog {
    /// Every server name in the YAML files of every commit of every branch.
    ///
    /// # Errors
    /// Why there is no history, in one sentence.
    fn lineages(&self) -> Result<LineageHistory, String>;
}

/// No history, for the reason in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoHistory(pub String);

impl CommitLog for NoHistory {
    fn lineages(&self) -> Result<LineageHistory, String> {
        Err(self.0.clone())
    }
}

/// Which commits a sighting lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// `HEAD` and its first parents: a sequence, so it can be told when a name came and went.
    Main,
    /// Other branches, and what was merged.
    Side,
}

/// One name in one file over a stretch of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it is there for.
    pub role: Role,
    /// `metadata.name` of the Cluster, as written; `None` outside of Clusters.
    pub cluster: Option<String>,
    /// `barmanObjectName` or `destinationPath` beside the name.
    pub store: Option<String>,
    /// The file, relative to the top of the repository, with `/`.
    pub path: Arc<str>,
    /// Where the commits lie.
    pub line: Line,
    /// The first commit that holds it.
    pub first: Revision,
    /// On the main line the first commit after that without it; `None` where `HEAD` still has it, and on side lines.
    pub left: Option<Revision>,
}

/// A stretch of the main line in which some Cluster wrote under a name. Moves between files do not end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'h> {
    /// The first sighting of the stretch.
    pub by: &'h Seen,
    /// The first commit after it without the name; `None` where `HEAD` still writes under it.
    pub left: Option<&'h Revision>,
}

/// Every server name that ever occurred in the manifests of a clone, on all its branches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineageHistory {
    /// The sightings of each name: main line first, then by first commit and path.
    pub names: BTreeMap<ServerName, Vec<Seen>>,
    /// Why names may be missing, in one sentence; `None` when the whole history was read.
    pub gap: Option<String>,
    /// How many commits were looked at.
    pub commits: usize,
}

impl LineageHistory {
    /// Whether the whole history was read, so that a name that is not here was never used.
    pub fn is_complete(&self) -> bool {
        self.gap.is_none()
    }

    /// The sightings of a name, of any role; empty when it was never seen.
    pub fn seen(&self, name: &ServerName) -> &[Seen] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a name ever occurred, in any role, comments included.
    pub fn knows(&self, name: &ServerName) -> bool {
        self.names.contains_key(name)
    }

    /// The stretches of the main line in which a Cluster wrote under a name, oldest first. `is_own` tells which
    /// sightings are of that Cluster.
    ///
    /// Only what a manifest says counts: neither comments nor names by default.
    pub fn uses(&self, name: &ServerName, is_own: impl Fn(&Seen) -> bool) -> Vec<Use<'_>> {
        let writes = |seen: &&Seen| seen.role == Role::Write && seen.line == Line::Main;
        let mut uses: Vec<Use<'_>> = Vec::new();
        let seen = self.seen(name).iter();
        for seen in seen.filter(writes).filter(|seen| is_own(seen)) {
            let left = seen.left.as_ref();
            match uses.last_mut() {
                Some(last) if touches(last.left, &seen.first) => {
                    last.left = later(last.left, left);
                }
                _ => uses.push(Use { by: seen, left }),
            }
        }
        uses
    }
}

/// Whether a stretch that ends before `left` reaches the commit `first`.
fn touches(left: Option<&Revision>, first: &Revision) -> bool {
    left.is_none_or(|left| first.position <= left.position)
}

fn later<'h>(one: Option<&'h Revision>, other: Option<&'h Revision>) -> Option<&'h Revision> {
    let (one, other) = (one?, other?);
    Some(if one.position < other.position {
        other
    } else {
        one
    })
}
