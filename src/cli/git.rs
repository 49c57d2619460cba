//! The repository around the paths of the command line, and the revision that a change is made to.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::io::{Disk, GitError, GitRepository, RevisionTree};
use crate::lint::{Base, Input};
use crate::project::{self, Project};
use crate::rules;
use crate::text::FileTree;

use super::exit::Failure;
use super::settings::Settings;

/// Why Git cannot be asked.
#[derive(Debug)]
pub(super) enum NoGit {
    /// The manifests come from standard input.
    Input,
    /// The repository cannot be opened.
    Refused(GitError),
}

/// The files of a base revision.
pub(super) struct BaseFiles {
    tree: RevisionTree,
    input: Input,
}

impl BaseFiles {
    /// The revision, for a run of the rules.
    pub(super) fn base(&self) -> Base<'_> {
        Base {
            tree: &self.tree,
            input: &self.input,
        }
    }

    /// The repository as the revision has it; what is the same in `now` is not read again.
    pub(super) fn project(&self, now: &Project) -> Project {
        let (top, files): (_, &[PathBuf]) = match &self.input {
            Input::Paths { root, files } => (root.as_path(), files),
            Input::Stdin(_) => (Path::new(""), &[]),
        };
        project::load_after(&self.tree, top, &project::Input::Files(files), now)
    }

    /// The configuration as the revision has it; `None` where it has none that can be read.
    pub(super) fn config(&self, settings: &Settings) -> Option<Config> {
        let file = Disk.canonical(settings.config_file.as_deref()?).ok()?;
        let text = self.tree.read(&file).ok()?;
        Config::parse(&text, &rules::names()).ok()
    }
}

/// Opens the repository around the first path.
pub(super) fn open(paths: &[PathBuf], input: &Input) -> Result<GitRepository, NoGit> {
    if matches!(input, Input::Stdin(_)) {
        return Err(NoGit::Input);
    }
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    GitRepository::open(first).map_err(NoGit::Refused)
}

/// Why rules that need the history are skipped, in one sentence.
pub(super) fn reason(error: &NoGit) -> String {
    match error {
        NoGit::Input => "standard input has no history".to_owned(),
        NoGit::Refused(GitError::NoRepository(_)) => "no Git repository".to_owned(),
        NoGit::Refused(error) => error.to_string(),
    }
}

/// The files of the merge base of `HEAD` and `revision`, below the paths of the command line.
pub(super) fn base(
    git: &Result<GitRepository, NoGit>,
    revision: &str,
    paths: &[PathBuf],
    settings: &Settings,
) -> Result<BaseFiles, Failure> {
    let repository = match git {
        Ok(repository) => repository,
        Err(NoGit::Input) => {
            return Err(Failure::new(
                "`--since` needs the files of a repository, not standard input",
            )
            .remedy("run it on the directory that the manifests are rendered from"));
        }
        Err(NoGit::Refused(error)) => return Err(refused(error)),
    };
    let base = repository
        .merge_base(revision)
        .map_err(|error| refused(&error))?;
    let tree = repository
        .files_at(&base)
        .map_err(|error| refused(&error))?;
    let paths: Vec<PathBuf> = paths
        .iter()
        .filter_map(|path| Disk.canonical(path).ok())
        .collect();
    let files = tree.find_yaml(&paths, &|path| settings.excludes(path));
    Ok(BaseFiles {
        tree,
        input: Input::Paths {
            root: settings.root.clone(),
            files,
        },
    })
}

fn refused(error: &GitError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.remedy() {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}
