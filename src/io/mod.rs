//! The only place that touches files, the clock, the environment and the terminal.

pub mod actions;
pub mod clock;
mod create;
pub mod directory;
pub mod files;
pub mod git;
pub mod outputs;
pub mod progress;
pub mod replace;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(test)]
mod scratch;
pub mod terminal;
pub mod transaction;

pub use create::{TreeError, create_tree};
pub use directory::DirectoryStore;
pub use files::{Disk, Listing, find_yaml, repository_root};
pub use git::{BaseRevision, GitError, GitRepository, RevisionTree};
pub use replace::{ReplaceError, replace_all};
pub use terminal::{ColorChoice, Terminal};
