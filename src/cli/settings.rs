//! Where a run stands: the root of the repository and its configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, ConfigSource, FILE_NAME};
use crate::io::{Disk, Listing, files, find_yaml, repository_root};
use crate::rules;
use crate::text::{EntryKind, FileTree, ReadError};

use super::args::Common;
use super::exit::Failure;

/// Where a run stands.
#[derive(Debug)]
pub(super) struct Settings {
    /// What paths are shown relative to: the repository root, else the working directory. Absolute.
    pub(super) root: PathBuf,
    /// The configuration, or its defaults.
    pub(super) config: Config,
    /// The file it was read from.
    pub(super) config_file: Option<PathBuf>,
}

impl Settings {
    /// Whether the configuration leaves a path out.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        let name = shown_path(&self.root, path);
        self.config.exclude.iter().any(|glob| glob.matches(&name))
    }

    /// Looks around `start`, the first path of the command line.
    pub(super) fn find(start: &Path, common: &Common) -> Result<Self, Failure> {
        let working = working_directory()?;
        let start = Disk
            .canonical(start)
            .map_err(|error| unreadable(start, &error))?;
        let repository = repository_root(&start);
        let config_file = match &common.config {
            Some(file) => Some(file.clone()),
            None if common.no_config => None,
            None => {
                let top = repository.as_deref().unwrap_or(&working);
                nearest_config(&start, top)
            }
        };
        let root = repository.unwrap_or(working);
        let config = config_file
            .as_deref()
            .map_or(Ok(Config::default()), |file| read_config(file, &root))?;
        Ok(Self {
            root,
            config,
            config_file,
        })
    }
}

impl Settings {
    /// Every YAML file at or below `paths` that the configuration does not leave out.
    pub(super) fn yaml_below(&self, paths: &[PathBuf]) -> Result<Listing, Failure> {
        find_yaml(paths, &|path| self.excludes(path))
            .map_err(|(path, error)| unreadable(&path, &error))
    }
}

/// The working directory, absolute.
pub(super) fn working_directory() -> Result<PathBuf, Failure> {
    files::working_directory()
        .map_err(|error| Failure::new(format!("cannot tell the working directory: {error}")))
}

/// The nearest configuration file at or above `start`, not above `top`. Where `start` lies outside `top`, only its
/// own directory counts.
fn nearest_config(start: &Path, top: &Path) -> Option<PathBuf> {
    let directory = match Disk.kind(start) {
        Some(EntryKind::Directory) => start,
        _ => start.parent()?,
    };
    let inside = directory.starts_with(top);
    directory
        .ancestors()
        .take_while(|directory| directory.starts_with(top) || !inside)
        .take(if inside { usize::MAX } else { 1 })
        .map(|directory| directory.join(FILE_NAME))
        .find(|file| Disk.kind(file) == Some(EntryKind::File))
}

fn read_config(file: &Path, root: &Path) -> Result<Config, Failure> {
    let text = Disk.read(file).map_err(|error| unreadable(file, &error))?;
    let source = ConfigSource {
        path: file.to_path_buf(),
        name: shown_path(root, file),
        text: Arc::clone(&text),
    };
    let config = Config::parse(&text, &rules::names()).map_err(|error| {
        let at = error.at;
        Failure::new(format!(
            "{}:{}:{}: {error}",
            file.display(),
            at.line,
            at.column
        ))
        .remedy("correct the file, or run with `--no-config`")
    })?;
    Ok(config.read_from(source))
}

/// A path as shown to people: relative to the root where it lies below it, with `/`.
pub(super) fn shown_path(root: &Path, path: &Path) -> String {
    let shown = path.strip_prefix(root).unwrap_or(path);
    shown.to_string_lossy().replace('\\', "/")
}

/// The failure for a path of the command line that cannot be used.
pub(super) fn unreadable(path: &Path, error: &ReadError) -> Failure {
    let failure = Failure::new(format!("{}: {error}", path.display()));
    match error {
        ReadError::Missing => {
            failure.remedy("check the path; it is taken from the working directory")
        }
        _ => failure,
    }
}
