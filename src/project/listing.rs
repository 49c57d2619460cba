//! What the walk over the repository has told about the disk.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{EntryKind, FileTree, ReadError};

/// A tree that answers from the list of files where it can: the kinds and places of files that the walk has met, and
/// of the directories above them, need no second look.
pub(super) struct Listing<'t> {
    below: &'t dyn FileTree,
    files: BTreeSet<&'t OsStr>,
    directories: BTreeSet<&'t OsStr>,
}

impl<'t> Listing<'t> {
    /// A tree over `below` that knows `files`: regular files by absolute paths without symbolic links.
    pub(super) fn new(below: &'t dyn FileTree, files: &'t [PathBuf]) -> Self {
        let mut directories = BTreeSet::new();
        for file in files {
            for directory in file.ancestors().skip(1) {
                if !directories.insert(directory.as_os_str()) {
                    break;
                }
            }
        }
        Self {
            below,
            files: files.iter().map(|file| file.as_os_str()).collect(),
            directories,
        }
    }

    fn known(&self, path: &Path) -> Option<EntryKind> {
        if self.files.contains(path.as_os_str()) {
            Some(EntryKind::File)
        } else if self.directories.contains(path.as_os_str()) {
            Some(EntryKind::Directory)
        } else {
            None
        }
    }
}

impl FileTree for Listing<'_> {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        self.below.read(path)
    }

    fn read_bytes(&self, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        self.below.read_bytes(path)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        self.known(path).or_else(|| self.below.kind(path))
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        match self.known(path) {
            Some(_) => Ok(path.to_path_buf()),
            None => self.below.canonical(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree that has nothing.
    struct Nothing;

    impl FileTree for Nothing {
        fn read(&self, _: &Path) -> Result<Arc<str>, ReadError> {
            Err(ReadError::Missing)
        }

        fn kind(&self, _: &Path) -> Option<EntryKind> {
            None
        }

        fn canonical(&self, _: &Path) -> Result<PathBuf, ReadError> {
            Err(ReadError::Missing)
        }
    }

    #[test]
    fn listed_files_and_the_directories_above_them_are_known() {
        let files = [
            PathBuf::from("/repo/a/b.yaml"),
            PathBuf::from("/repo/c.yaml"),
        ];
        let listing = Listing::new(&Nothing, &files);
        let kind = |path: &str| listing.kind(Path::new(path));
        assert_eq!(kind("/repo/a/b.yaml"), Some(EntryKind::File));
        assert_eq!(kind("/repo/a"), Some(EntryKind::Directory));
        assert_eq!(kind("/"), Some(EntryKind::Directory));
        assert_eq!(kind("/repo/a/b"), None);
        let canonical = |path: &str| listing.canonical(Path::new(path));
        assert_eq!(canonical("/repo/c.yaml"), Ok(files[1].clone()));
        assert_eq!(canonical("/repo/d.yaml"), Err(ReadError::Missing));
    }
}
