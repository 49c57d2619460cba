//! A directory of generated files.

use std::fs;
use std::path::{Path, PathBuf};

/// A directory that generators write to; what was there before is removed.
pub(crate) struct Tree {
    directory: PathBuf,
    /// How many files were written.
    pub(crate) files: usize,
    /// How many bytes they hold.
    pub(crate) bytes: usize,
}

impl Tree {
    /// An empty directory.
    pub(crate) fn new(directory: PathBuf) -> Self {
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        Self {
            directory,
            files: 0,
            bytes: 0,
        }
    }

    /// The directory, or a path in it.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a file, with the directories it needs.
    pub(crate) fn put(&mut self, name: &str, text: impl AsRef<str>) {
        let path = self.directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).unwrap();
        }
        fs::write(path, text.as_ref()).unwrap();
        self.files += 1;
        self.bytes += text.as_ref().len();
    }
}
