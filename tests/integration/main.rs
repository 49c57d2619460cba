//! Tests of the program from outside, and of the shape of its source.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests read and write files and stop at the first surprise"
)]

mod accept;
mod admission;
mod archived;
mod argocd;
mod check;
mod check_database;
mod cli;
mod database;
mod docs;
mod endless;
mod formats;
mod hostile;
mod inventory;
mod layers;
mod lint_archive;
mod long_stretch;
mod migrate_since;
mod new;
mod readme;
mod recover;
mod recover_all;
mod recover_beside;
mod recover_refused;
mod report;
#[cfg(feature = "s3")]
mod s3;
mod since;
mod status;
mod timeline;
mod wal;
mod wal_damage;
mod wal_forged;
mod workspace;
