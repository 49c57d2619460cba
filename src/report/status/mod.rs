//! The databases of a repository, one row each.

pub mod json;
mod row;
pub mod text;

pub use row::{Backup, Fact, Findings, Lineage, Mode, Source, StatusReport, StatusRow};
