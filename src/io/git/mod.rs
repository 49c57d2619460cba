//! Git: revisions, their files, and the history, all read only; and one commit of a few files ([`Committer`]).
//!
//! Everything is read from objects; nothing is checked out, no hook runs and no network is asked. libgit2 does not
//! read repositories with SHA-256 names or reftables; those are refused by name.

mod commit;
mod error;
mod history;
mod pool;
mod revision_tree;
mod survey;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use git2::{ErrorCode, Oid, Repository};

use crate::facts::{CommitLog, LineageHistory};
use crate::text::FileTree;

use super::Disk;

pub use commit::{CommitError, Committer};
pub use error::GitError;
pub use revision_tree::RevisionTree;

/// A repository that is open for reading.
pub struct GitRepository {
    repository: Repository,
    top: PathBuf,
}

/// A commit that a change is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRevision {
    /// Its object id in hexadecimal digits.
    pub id: String,
}

impl GitRepository {
    /// Opens the repository around `start`, a path that exists.
    ///
    /// Within a hook Git tells by environment variables where the repository is. They count where `start` lies in
    /// the working tree that they name.
    ///
    /// # Errors
    /// When there is none, its owner is not trusted, or it has a format that cannot be read.
    pub fn open(start: &Path) -> Result<Self, GitError> {
        // Git itself takes objects that it has stored as they are; hashing them again takes a sixth of the time.
        git2::opts::strict_hash_verification(false);
        let start = canonical(start)?;
        if std::env::var_os("GIT_DIR").is_some() {
            let repository = Repository::open_from_env().map_err(|e| GitError::open(&e, &start))?;
            let top = top_by_environment(&repository)?;
            if start.starts_with(&top) {
                return Ok(Self { repository, top });
            }
        }
        let repository = Repository::discover(&start).map_err(|e| GitError::open(&e, &start))?;
        let top = top_of(&repository)?;
        Ok(Self { repository, top })
    }

    /// The top of the working tree, absolute and without symbolic links.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The merge base of `HEAD` and a revision.
    ///
    /// # Errors
    /// When the revision names no commit, there is no commit yet, or no common one is in this clone.
    pub fn merge_base(&self, revision: &str) -> Result<BaseRevision, GitError> {
        let shallow = self.repository.is_shallow();
        let unknown = |_| GitError::UnknownRevision {
            revision: revision.to_owned(),
            shallow,
        };
        let head = self.head()?.ok_or(GitError::Unborn)?;
        let named = self
            .repository
            .revparse_single(revision)
            .and_then(|object| object.peel_to_commit())
            .map_err(unknown)?;
        match self.repository.merge_base(head, named.id()) {
            Ok(base) => Ok(BaseRevision {
                id: base.to_string(),
            }),
            Err(error) if error.code() == ErrorCode::NotFound => Err(GitError::NoMergeBase {
                revision: revision.to_owned(),
                shallow,
            }),
            Err(error) => Err(GitError::other(&error)),
        }
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// When one of its trees is not in this clone.
    pub fn files_at(&self, revision: &BaseRevision) -> Result<RevisionTree, GitError> {
        RevisionTree::new(&self.repository, &self.top, revision)
    }

    /// Every server name in the YAML files of every commit of every branch.
    ///
    /// # Errors
    /// When the repository cannot be read. Missing objects are a gap of the history, no error.
    pub fn lineages(&self) -> Result<LineageHistory, GitError> {
        history::lineages(&self.repository, self.head()?)
    }

    /// The commit that `HEAD` names, `None` on a branch without commits.
    fn head(&self) -> Result<Option<Oid>, GitError> {
        match self.repository.head() {
            Ok(head) => match head.peel_to_commit() {
                Ok(commit) => Ok(Some(commit.id())),
                Err(error) => Err(GitError::other(&error)),
            },
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(GitError::other(&error)),
        }
    }
}

impl CommitLog for GitRepository {
    fn lineages(&self) -> Result<LineageHistory, String> {
        Self::lineages(self).map_err(|error| error.to_string())
    }
}

/// The top of the working tree where `GIT_DIR` is set, as Git has it: `GIT_WORK_TREE`, else what the repository says,
/// else the working directory. libgit2 takes the first from the repository's place instead of the working directory.
fn top_by_environment(repository: &Repository) -> Result<PathBuf, GitError> {
    match std::env::var_os("GIT_WORK_TREE") {
        Some(top) => canonical(Path::new(&top)),
        None if repository.is_worktree() || repository.path().ends_with(".git") => {
            top_of(repository)
        }
        None => canonical(Path::new(".")),
    }
}

/// The top of the working tree; of a bare repository its own directory, which holds no manifests.
fn top_of(repository: &Repository) -> Result<PathBuf, GitError> {
    canonical(repository.workdir().unwrap_or(repository.path()))
}

fn canonical(path: &Path) -> Result<PathBuf, GitError> {
    Disk.canonical(path)
        .map_err(|error| GitError::Other(format!("{}: {error}", path.display())))
}
