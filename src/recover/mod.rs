//! Recovery as one change to a repository: planned in memory, verified, and written by somebody else.

mod anchors;
pub mod bump;
mod difference;
mod draft;
pub mod flip;
pub mod lineages;
mod refusal;
mod values;
pub mod verify;

pub use draft::{Draft, Scope};
pub use refusal::Refusal;
