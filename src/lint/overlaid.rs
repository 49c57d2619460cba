//! The disk with planned edits laid over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{EntryKind, FileTree, ReadError};

/// A tree in which some files have other texts than below.
pub(super) struct Overlaid<'t> {
    pub(super) below: &'t dyn FileTree,
    pub(super) texts: BTreeMap<PathBuf, Arc<str>>,
}

impl FileTree for Overlaid<'_> {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        match self.texts.get(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => self.below.read(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        self.below.kind(path)
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        self.below.canonical(path)
    }
}
