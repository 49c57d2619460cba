//! Bytes, spans and edits: what every other layer stands on.
//!
//! Nothing here knows YAML. A [`Span`] names bytes of one file, a [`SourceMap`]
//! holds each file once and verbatim, [`edit`] replaces spans all at once, and
//! [`FileTree`] is the only way in which the layers above ask for a file.

mod amount;
pub mod edit;
pub mod file_tree;
mod parallel;
mod path;
pub mod source_map;
pub mod span;
pub mod suggest;
mod unified;

pub use amount::{bytes, counted};
pub use edit::{Change, Creation, Edit};
pub use file_tree::{EntryKind, FileTree, ReadError};
pub(crate) use parallel::on_all_cores;
pub use path::normalized;
pub use source_map::{Position, SourceFile, SourceMap};
pub use span::{FileId, Span, Spanned};
pub use unified::unified_diff;
