//! What is at hand about an archive: the archive itself, or a file that was made of it.

use super::recovery::{Question, judge};
use super::systems;
use super::target::Target;
use super::verdict::{Depth, TargetVerdict};
use crate::barman::{Catalog, ObjectStore, TargetTimeline};
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SystemId};

/// What is asked of an archive.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where the recovery is to end.
    pub target: &'a Target,
    /// `targetTLI`.
    pub timeline: TargetTimeline,
    /// `backupID`.
    pub backup_id: Option<&'a str>,
    /// How closely to look at most.
    pub depth: Depth,
}

/// A segment whose first page was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The segment.
    pub name: SegmentName,
    /// Its key.
    pub key: String,
    /// The database system that wrote it, or in one sentence why that cannot be read.
    pub system: Result<SystemId, String>,
}

/// One archive, as closely as it is known.
pub trait Evidence: Send + Sync {
    /// What its listing shows.
    fn catalog(&self) -> &Catalog;

    /// When it was looked at; `None` for an archive that is looked at now.
    fn taken_at(&self) -> Option<Instant>;

    /// Whether a recovery target can be reached.
    fn judge(&self, ask: &Ask<'_>) -> TargetVerdict;

    /// How closely it can be looked at.
    fn depth(&self) -> Depth {
        Depth::Records
    }

    /// Which systems wrote the segments at both ends of every run and beside every backup, as far as that is known.
    fn opened(&self) -> Vec<Opened> {
        Vec::new()
    }
}

/// An archive that can be read now.
pub struct Live<S> {
    /// The archive.
    pub store: S,
    /// What its listing shows.
    pub catalog: Catalog,
}

impl<S: ObjectStore> Evidence for Live<S> {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn taken_at(&self) -> Option<Instant> {
        None
    }

    fn judge(&self, ask: &Ask<'_>) -> TargetVerdict {
        judge(&Question {
            store: &self.store,
            catalog: &self.catalog,
            target: ask.target,
            timeline: ask.timeline,
            backup_id: ask.backup_id,
            depth: ask.depth,
            noted: None,
        })
    }

    fn opened(&self) -> Vec<Opened> {
        systems::open(&self.store, &self.catalog)
    }
}
