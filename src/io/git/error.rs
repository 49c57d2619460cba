//! What Git refuses, in words, with the way out.

use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode};
use thiserror::Error;

/// Why a repository cannot tell what is asked.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum GitError {
    /// Neither the path nor a directory above it is a repository.
    #[error("no Git repository at or above {}", .0.display())]
    NoRepository(PathBuf),
    /// The repository belongs to another user and is not declared safe.
    #[error("the Git repository around {} belongs to another user", .0.display())]
    Owner(PathBuf),
    /// A format that libgit2 does not read.
    #[error("the Git repository uses {0}, which walbound cannot read")]
    Unsupported(String),
    /// A revision that names no commit of this clone.
    #[error("`{revision}` names no commit of this clone")]
    UnknownRevision {
        /// The revision as written.
        revision: String,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// `HEAD` is a branch without commits.
    #[error("the current branch has no commit yet")]
    Unborn,
    /// No common commit in this clone.
    #[error("`{revision}` and HEAD have no commit in common in this clone")]
    NoMergeBase {
        /// The revision as written.
        revision: String,
        /// Whether the clone is shallow.
        shallow: bool,
    },
    /// An object that the clone lacks.
    #[error("object {0} is not in this clone")]
    MissingObject(String),
    /// Anything else, in libgit2's words.
    #[error("cannot read the Git repository: {0}")]
    Other(String),
}

/// How to get the whole history.
const UNSHALLOW: &str = "this clone is shallow: run `git fetch --unshallow`, or set `fetch-depth: 0` of actions/checkout";

impl GitError {
    /// What to do about it.
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::NoRepository(_) => "run it in a clone of the repository".to_owned(),
            Self::Owner(path) => format!(
                "if you trust it, run `git config --global --add safe.directory {}`; settings in GIT_CONFIG_COUNT variables are not read",
                path.display()
            ),
            Self::Unsupported(_) => "convert the clone: `git clone --ref-format=files`, with SHA-1 object names".to_owned(),
            Self::UnknownRevision { shallow: true, .. } | Self::NoMergeBase { shallow: true, .. } => UNSHALLOW.to_owned(),
            Self::UnknownRevision { .. } => "fetch the branch first, or name it as `git branch --all` does, such as `origin/main`".to_owned(),
            Self::NoMergeBase { .. } => "name a revision that shares history with HEAD".to_owned(),
            Self::Unborn => "make the first commit, or run without `--since`".to_owned(),
            Self::MissingObject(_) => "a partial clone leaves objects out: clone without `--filter`".to_owned(),
            Self::Other(_) => return None,
        };
        Some(text)
    }

    /// Why a repository does not open.
    pub(super) fn open(error: &git2::Error, start: &Path) -> Self {
        match (error.class(), error.code()) {
            (_, ErrorCode::Owner) => {
                Self::Owner(owned(error).unwrap_or_else(|| start.to_path_buf()))
            }
            (_, ErrorCode::NotFound) => Self::NoRepository(start.to_path_buf()),
            (ErrorClass::Repository, _) => {
                let message = error.message();
                let feature = [
                    ("object format", "SHA-256 object names"),
                    ("objectformat", "SHA-256 object names"),
                    ("refstorage", "reftables"),
                ]
                .into_iter()
                .find(|(word, _)| message.to_lowercase().contains(word));
                match feature {
                    Some((_, feature)) => Self::Unsupported(feature.to_owned()),
                    None => Self::Other(message.to_owned()),
                }
            }
            _ => Self::Other(error.message().to_owned()),
        }
    }

    pub(super) fn other(error: &git2::Error) -> Self {
        if error.code() == ErrorCode::NotFound {
            Self::MissingObject(error.message().to_owned())
        } else {
            Self::Other(error.message().to_owned())
        }
    }
}

/// The directory that libgit2 names in its refusal: `repository path '/x/' is not owned by current user`.
fn owned(error: &git2::Error) -> Option<PathBuf> {
    let path = error.message().split('\'').nth(1)?;
    Some(PathBuf::from(path.trim_end_matches('/')))
}
