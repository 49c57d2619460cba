//! What can be seen of archives while a recovery is planned.

use std::sync::Arc;

use crate::barman::Catalog;
use crate::facts::Evidence;
use crate::model::archive::ArchiveRef;

use super::lineages::Occupancy;

/// Why nobody can tell where nothing speaks of an archive.
pub(super) const NOTHING_AT_HAND: &str = "no inventory and no archive at hand";

/// What a look at one archive shows.
pub enum Seen {
    /// Nothing at hand speaks of this archive.
    Nothing,
    /// It could not be looked at, and why.
    Failed(String),
    /// What is there; an empty catalog where nothing is.
    There(Arc<dyn Evidence>),
}

/// The archives that a run may look at.
pub trait Sight {
    /// Looks at the archive that a manifest names.
    fn look(&self, archive: &ArchiveRef) -> Seen;
}

/// Whether something lies under the name.
pub fn occupancy(sight: &dyn Sight, archive: &ArchiveRef) -> Occupancy {
    match sight.look(archive) {
        Seen::Nothing => Occupancy::Unknown(NOTHING_AT_HAND.to_owned()),
        Seen::Failed(reason) => Occupancy::Unknown(reason),
        Seen::There(evidence) if evidence.catalog().is_empty() => Occupancy::Empty,
        Seen::There(_) => Occupancy::Occupied,
    }
}

/// Whether the archive holds a base backup that a restore could begin with; `None` when nobody can tell.
pub(super) fn has_backup(sight: &dyn Sight, archive: &ArchiveRef) -> Option<bool> {
    match sight.look(archive) {
        Seen::Nothing | Seen::Failed(_) => None,
        Seen::There(evidence) => Some(any_finished(evidence.catalog())),
    }
}

fn any_finished(catalog: &Catalog) -> bool {
    catalog
        .backups
        .iter()
        .any(crate::barman::Backup::usable_for_operator)
}
