//! What the layers above may ask of the file system.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing is there.
    #[error("no such file or directory")]
    Missing,
    /// The file is larger than walbound reads; sizes in bytes.
    #[error("file has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Size found.
        size: u64,
        /// Largest size accepted.
        limit: u64,
    },
    /// The bytes are not UTF-8.
    #[error("file is not UTF-8 text (first bad byte at offset {at})")]
    NotUtf8 {
        /// Offset of the first byte that is not UTF-8.
        at: usize,
    },
    /// Anything else, in the operating system's words.
    #[error("{0}")]
    Io(String),
}

/// A tree of files: the disk, or the disk with planned edits laid over it.
///
/// Paths are absolute. Implementations follow symbolic links. Several threads may ask at once.
pub trait FileTree: Sync {
    /// The whole text of a file, verbatim.
    ///
    /// # Errors
    /// When it is missing, too large, not UTF-8 or unreadable.
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError>;

    /// The bytes of a file, for content that need not be text.
    ///
    /// # Errors
    /// When it is missing, too large or unreadable; an implementation that holds only texts reports the others.
    fn read_bytes(&self, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        self.read(path).map(|text| Arc::from(text.as_bytes()))
    }

    /// What the path names, `None` when nothing is there.
    fn kind(&self, path: &Path) -> Option<EntryKind>;

    /// The path without symbolic links, `.` and `..`.
    ///
    /// # Errors
    /// When nothing is there or it cannot be looked at.
    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError>;
}
