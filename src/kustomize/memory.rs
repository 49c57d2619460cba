//! A tree of files in memory, for tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{EntryKind, FileTree, ReadError};
use crate::yaml::DocumentStore;

use super::{BuildError, Rendered, render};

/// Files below `/repo`, by path relative to it.
pub(super) struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    /// A tree of these files.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let place = |(path, text): &(&str, &str)| (Path::new("/repo").join(path), text.to_string());
        Self(files.iter().map(place).collect())
    }

    /// Renders a directory.
    pub(super) fn render(&self, dir: &str) -> Result<Rendered, BuildError> {
        let mut store = DocumentStore::new(self, PathBuf::from("/repo"));
        render(&mut store, &Path::new("/repo").join(dir))
    }

    /// The error of rendering a directory, with its place; panics when there is none.
    pub(super) fn refusal(&self, dir: &str) -> String {
        let mut store = DocumentStore::new(self, PathBuf::from("/repo"));
        let error = render(&mut store, &Path::new("/repo").join(dir)).unwrap_err();
        error.describe(store.sources())
    }
}

impl FileTree for Memory {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        let text = self.0.get(path).ok_or(ReadError::Missing)?;
        Ok(Arc::from(text.as_str()))
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        if self.0.contains_key(path) {
            return Some(EntryKind::File);
        }
        let holds_file = self.0.keys().any(|file| file.starts_with(path));
        holds_file.then_some(EntryKind::Directory)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        self.kind(path)
            .map(|_| path.to_path_buf())
            .ok_or(ReadError::Missing)
    }
}
