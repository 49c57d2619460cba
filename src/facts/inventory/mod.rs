//! An archive in one file: its catalog, the systems of its WAL, and the commit index that decides targets without the
//! archive.
//!
//! - [`document`]: the file. [`known`]: what an inventory knows as evidence.
//! - [`index`]: the commit index; `spelling` and `tally` for its parts. [`build`] makes it: `ways` for what a recovery
//!   can read, `gather` and `signs` for the records, `kept` for what an earlier index holds, [`fingerprints`] to know
//!   that nothing changed.
//! - `course` puts the stream of one recovery together again, `stop` finds where it stops, `replayed` tells it as a
//!   walk over the archive would.
//! - `headers`: whose WAL some segments hold.
//!
//! An index never guesses: where its sums leave a verdict open, the verdict is undecided.

pub mod build;
mod check;
mod course;
pub mod document;
pub mod fingerprints;
mod gather;
mod headers;
pub mod index;
mod kept;
pub mod known;
mod layout;
mod replayed;
mod signs;
mod spelling;
mod stop;
mod tally;
mod ways;

pub use build::{Grain, Material, build};
pub use document::{Heading, Inventory, InventoryError, Lineage};
pub use fingerprints::Fingerprints;
pub use index::CommitIndex;
pub use known::{Known, Noted, stale};
pub(super) use replayed::walk;
