//! How Barman Cloud lays out an archive, and what one archive holds.
//!
//! - [`store`]: a read-only view of an object store.
//! - [`path`]: where an archive lies. [`layout`]: object names and what they mean. [`compression`]: suffixes and decoding.
//! - [`backup_info`]: the file that describes a base backup. [`backup`]: a base backup with its objects.
//! - [`wal_files`]: the segments of one timeline, as runs. [`catalog`]: everything below one server name.
//! - [`inventory`]: a catalog as part of a file. [`bucket_report`]: listings that S3 wrote down.
//! - [`selection`]: the base backup that the operator would restore.
//!
//! Nothing here judges a recovery target; the facts are gathered for those who do.

pub mod backup;
pub mod backup_info;
pub mod bucket_report;
pub mod catalog;
pub mod compression;
pub mod inventory;
pub mod layout;
#[cfg(test)]
pub(crate) mod memory;
mod near_misses;
pub mod path;
pub mod selection;
pub mod store;
pub mod wal_files;

pub use backup::{Backup, BackupProblem, BackupState};
pub use backup_info::{BackupInfo, BackupInfoError, BackupStatus};
pub use catalog::Catalog;
pub use compression::Compression;
pub use layout::BackupId;
pub use path::{Destination, ServerPath};
pub use selection::{Choice, Criterion, NoBackup, Request, TargetTimeline};
pub use store::{Object, ObjectStore, StoreError};
pub use wal_files::{Run, TimelineFiles};
