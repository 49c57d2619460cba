//! One commit of a few files.
//!
//! The tree is that of `HEAD` with these files changed, so what is staged for another commit stays out of it and
//! stays staged. Hooks are not run, and nothing is signed or pushed.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, IndexEntry, IndexTime, Oid, Repository, RepositoryState, Status};
use thiserror::Error;

use super::GitError;

/// Why nothing can be committed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CommitError {
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Nobody is known to Git.
    #[error("Git does not know who commits: `user.name` or `user.email` is not set")]
    Nobody,
    /// A merge, rebase or the like is under way.
    #[error("a {0} is under way in this repository")]
    Busy(String),
    /// Files that the change touches differ from `HEAD`.
    #[error("the change touches files with other changes that are not committed: {}", .0.join(", "))]
    Dirty(Vec<String>),
    /// A file that the change touches is ignored or in a submodule.
    #[error("{0} cannot be committed here: it is ignored, or belongs to another repository")]
    Foreign(String),
}

/// A repository that a change can be committed to.
pub struct Committer {
    repository: Repository,
    top: PathBuf,
}

impl Committer {
    /// Opens the repository around `start`, for a commit of `files`, absolute paths; `new` tells those that do not exist
    /// yet.
    ///
    /// # Errors
    /// When nothing could be committed, or one of the files has changes that are not committed.
    pub fn open(start: &Path, files: &[PathBuf], new: &[PathBuf]) -> Result<Self, CommitError> {
        let opened = super::GitRepository::open(start)?;
        let (repository, top) = (opened.repository, opened.top);
        let state = repository.state();
        if state != RepositoryState::Clean {
            return Err(CommitError::Busy(format!("{state:?}").to_lowercase()));
        }
        let committer = Self { repository, top };
        committer.signature()?;
        let mut dirty = Vec::new();
        for file in files {
            let path = committer.relative(file)?;
            match committer.repository.status_file(&path) {
                Ok(status) if status == Status::CURRENT => {}
                Ok(status) if status.is_ignored() => return Err(foreign(&path)),
                Ok(_) => dirty.push(path.display().to_string()),
                Err(_) => return Err(foreign(&path)),
            }
        }
        for file in new {
            let path = committer.relative(file)?;
            let ignored = committer.repository.is_path_ignored(&path);
            if ignored.unwrap_or(true) {
                return Err(foreign(&path));
            }
        }
        if dirty.is_empty() {
            Ok(committer)
        } else {
            Err(CommitError::Dirty(dirty))
        }
    }

    /// Commits the files as they are on the disk now, on top of `HEAD`. The id of the commit.
    ///
    /// # Errors
    /// When Git cannot write.
    pub fn commit(&self, files: &[PathBuf], message: &str) -> Result<String, CommitError> {
        let other = |error: git2::Error| CommitError::Git(GitError::other(&error));
        let signature = self.signature()?;
        let head = match self.repository.head() {
            Ok(head) => Some(head.peel_to_commit().map_err(other)?),
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                None
            }
            Err(error) => return Err(other(error)),
        };
        let mut tree = git2::Index::new().map_err(other)?;
        if let Some(head) = &head {
            tree.read_tree(&head.tree().map_err(other)?)
                .map_err(other)?;
        }
        let mut index = self.repository.index().map_err(other)?;
        for file in files {
            let path = self.relative(file)?;
            // The index knows filters, modes and what the file looks like on the disk.
            index.add_path(&path).map_err(other)?;
            let entry = index.get_path(&path, 0).ok_or_else(|| foreign(&path))?;
            tree.add(&plain(&entry)).map_err(other)?;
        }
        let tree: Oid = tree.write_tree_to(&self.repository).map_err(other)?;
        let tree = self.repository.find_tree(tree).map_err(other)?;
        let parents: Vec<&git2::Commit<'_>> = head.iter().collect();
        let id = self
            .repository
            .commit(
                Some("HEAD"),
                &signature,
                &signature,
                message,
                &tree,
                &parents,
            )
            .map_err(other)?;
        index.write().map_err(other)?;
        Ok(id.to_string())
    }

    fn signature(&self) -> Result<git2::Signature<'static>, CommitError> {
        self.repository.signature().map_err(|_| CommitError::Nobody)
    }

    fn relative(&self, file: &Path) -> Result<PathBuf, CommitError> {
        let relative = file.strip_prefix(&self.top);
        relative.map(Path::to_path_buf).map_err(|_| foreign(file))
    }
}

fn foreign(path: &Path) -> CommitError {
    CommitError::Foreign(path.display().to_string())
}

/// An entry without what the file system says of the file.
fn plain(entry: &IndexEntry) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: entry.flags,
        flags_extended: entry.flags_extended,
        path: entry.path.clone(),
    }
}
