//! Recovery as one change to a repository: planned in memory, verified, and written by somebody else.

mod base_backup;
pub mod beside;
mod bootstrap;
pub mod bump;
pub(crate) mod difference;
mod draft;
mod first_backup;
pub mod flip;
mod generation;
mod lineage_log;
pub mod lineages;
pub mod new_overlay;
pub mod plan;
pub mod proof;
mod refusal;
pub mod runbook;
pub mod sight;
mod values;
pub mod verify;
mod workbench;

pub(crate) use draft::KUSTOMIZATIONS;
pub use draft::{Draft, Scope};
pub use refusal::Refusal;
