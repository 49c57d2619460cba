//! The archives of a run, found by what a manifest says of them.

use super::evidence::Evidence;
use crate::model::archive::{ArchiveRef, StoreRef};

/// The archives that a run may look at. Empty without `--inventory` and `--archive`.
#[derive(Default)]
pub struct Archives {
    known: Vec<KnownArchive>,
}

/// One archive of a run.
pub struct KnownArchive {
    /// `destinationPath`; `None` where the evidence does not tell it, and the server name alone decides.
    pub destination: Option<String>,
    /// `serverName`.
    pub server_name: String,
    /// What is at hand, or in one sentence why it could not be had.
    pub evidence: Result<Box<dyn Evidence>, String>,
}

impl Archives {
    /// Adds an archive.
    pub fn add(&mut self, archive: KnownArchive) {
        self.known.push(archive);
    }

    /// Whether nothing is at hand at all.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What is at hand about the archive that a manifest names: `None` when it is not among those of this run.
    pub fn find(&self, archive: &ArchiveRef) -> Option<Result<&dyn Evidence, &str>> {
        let StoreRef::Known(store) = &archive.store else {
            return None;
        };
        let same_place = |known: &&KnownArchive| match &known.destination {
            Some(destination) => {
                destination.trim_end_matches('/') == store.destination.trim_end_matches('/')
            }
            None => true,
        };
        self.known
            .iter()
            .filter(|known| known.server_name == archive.server_name.value)
            .find(same_place)
            .map(|known| known.evidence.as_deref().map_err(String::as_str))
    }
}
