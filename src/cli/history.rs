//! Server names that Git remembers, for commands that need an unused one.

use crate::io::git::{GitError, GitRepository};
use crate::recover::lineages::Lineages;

use super::repository::Repository;

/// Adds every server name of the history. Why names may be missing, in one sentence, where they may.
pub(super) fn add(repository: &Repository, lineages: &mut Lineages) -> Option<String> {
    let history = GitRepository::open(&repository.settings.root).and_then(|git| git.lineages());
    match history {
        Ok(history) => {
            for (name, sightings) in &history.names {
                if let Some(first) = sightings.first() {
                    let place = format!("commit {}, {}", first.first.title(), first.path);
                    lineages.add(name.as_str(), &place);
                }
            }
            history
                .gap
                .map(|gap| format!("the history was not read whole: {gap}"))
        }
        Err(GitError::NoRepository(_)) => {
            Some("this is no Git repository: lineages of the past are not known".to_owned())
        }
        Err(GitError::Unborn) => None,
        Err(error) => Some(format!("the history was not read: {error}")),
    }
}
