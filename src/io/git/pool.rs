//! One open repository for each thread.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use git2::Repository;

use super::GitError;

/// Handles of one repository. libgit2 lets one thread at a time use a handle.
pub(super) struct Pool {
    git_directory: PathBuf,
    idle: Mutex<Vec<Repository>>,
}

impl Pool {
    /// Handles of the repository whose `.git` directory this is.
    pub(super) fn new(git_directory: &Path) -> Self {
        Self {
            git_directory: git_directory.to_path_buf(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs `work` with a handle that no other thread has at the moment.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Repository) -> T) -> Result<T, GitError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let repository = match idle {
            Some(repository) => repository,
            None => Repository::open(&self.git_directory).map_err(|e| GitError::other(&e))?,
        };
        let result = work(&repository);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(repository);
        Ok(result)
    }
}
