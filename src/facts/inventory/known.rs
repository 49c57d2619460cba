//! What an inventory knows, as evidence.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use super::index::CommitIndex;
use crate::barman::{Catalog, Object, ObjectStore, StoreError};
use crate::facts::evidence::{Ask, Evidence, Opened};
use crate::facts::recovery::{Question, judge};
use crate::facts::systems;
use crate::facts::verdict::{Depth, TargetVerdict, Warning, WarningCode};
use crate::model::instant::Instant;
use crate::wal::SystemId;

/// What was read of the WAL when an inventory was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// Whose WAL some objects hold, by the last part of their keys.
    pub systems: BTreeMap<String, SystemId>,
    /// The commit index, at depth `records`.
    pub index: Option<CommitIndex>,
}

/// One archive as an inventory tells it.
#[derive(Debug, Clone)]
pub struct Known {
    /// What the listing showed.
    pub catalog: Catalog,
    /// What was read of the WAL.
    pub noted: Noted,
    /// How closely the archive was looked at.
    pub depth: Depth,
    /// When.
    pub taken_at: Instant,
}

/// An inventory older than this is called stale, in microseconds: a day, in which every archive gets a base backup or
/// more than a few segments.
const STALE_AFTER_MICROS: i64 = 86_400_000_000;

/// The warning that belongs to evidence of that age.
pub fn stale(taken_at: Instant, now: Instant) -> Option<Warning> {
    let age = now.as_micros().saturating_sub(taken_at.as_micros());
    (age > STALE_AFTER_MICROS).then(|| {
        let hours = age / 3_600_000_000;
        let message = format!(
            "the inventory is of {taken_at}, {hours} hours ago: the archive may hold more by now, or less"
        );
        Warning::new(WarningCode::InventoryStale, message)
    })
}

impl Noted {
    /// Whose WAL an object holds.
    pub(in super::super) fn system(&self, key: &str) -> Option<SystemId> {
        let name = key.rsplit('/').next().unwrap_or(key);
        self.systems.get(name).copied()
    }
}

impl Evidence for Known {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn taken_at(&self) -> Option<Instant> {
        Some(self.taken_at)
    }

    fn judge(&self, ask: &Ask<'_>) -> TargetVerdict {
        judge(&Question {
            store: &NotAtHand,
            catalog: &self.catalog,
            target: ask.target,
            timeline: ask.timeline,
            backup_id: ask.backup_id,
            depth: ask.depth.min(self.depth),
            noted: Some(&self.noted),
        })
    }

    fn depth(&self) -> Depth {
        self.depth
    }

    fn opened(&self) -> Vec<Opened> {
        if self.depth < Depth::Headers {
            return Vec::new();
        }
        let told = systems::telling(&self.catalog).map(|(name, key)| Opened {
            system: self
                .noted
                .system(&key)
                .ok_or_else(|| "it could not be read when the inventory was made".to_owned()),
            name,
            key,
        });
        told.collect()
    }
}

/// The archive behind an inventory: nothing of it can be read.
struct NotAtHand;

impl NotAtHand {
    fn refuse<T>(what: &str) -> Result<T, StoreError> {
        Err(StoreError::Other {
            what: what.to_owned(),
            reason: "the archive is known by an inventory only".to_owned(),
        })
    }
}

impl ObjectStore for NotAtHand {
    fn list(
        &self,
        prefix: &str,
        _: Option<&str>,
        _: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        Self::refuse(prefix)
    }

    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        Self::refuse(prefix)
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        Self::refuse(key)
    }
}
