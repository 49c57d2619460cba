//! The repository that a command about one database works on.

use std::path::Path;

use crate::io::Disk;
use crate::project::database::Database;
use crate::project::{self, Project};
use crate::text::{EntryKind, FileTree};

use super::args::Common;
use super::exit::Failure;
use super::settings::{Settings, shown_path, working_directory};

/// A repository, read whole.
pub(super) struct Repository {
    /// Its root and configuration.
    pub(super) settings: Settings,
    /// What they mean.
    pub(super) project: Project,
}

impl Repository {
    /// Reads the repository that `start` lies in.
    ///
    /// # Errors
    /// When a path or the configuration cannot be read.
    pub(super) fn read(start: &Path, common: &Common) -> Result<Self, Failure> {
        let settings = Settings::find(start, common)?;
        let listing = settings.yaml_below(std::slice::from_ref(&settings.root))?;
        if let Some((path, reason)) = listing.unreadable.first() {
            let path = shown_path(&settings.root, path);
            return Err(Failure::new(format!("{path}: {reason}")));
        }
        let input = project::Input::Files(&listing.files);
        let project = project::load(&Disk, &settings.root, &input);
        Ok(Self { settings, project })
    }

    /// Reads the repository of the database that `asked` names: that of the directory, where it is one, else the one
    /// around the working directory.
    ///
    /// # Errors
    /// As [`Repository::read`].
    pub(super) fn of(asked: &str, common: &Common) -> Result<Self, Failure> {
        let path = Path::new(asked);
        let is_directory = Disk.kind(path) == Some(EntryKind::Directory);
        Self::read(if is_directory { path } else { Path::new(".") }, common)
    }

    /// The database that `asked` names.
    ///
    /// # Errors
    /// When none or several fit, with the candidates.
    pub(super) fn database(&self, asked: &str) -> Result<Database<'_>, Failure> {
        let path = working_directory()?.join(asked);
        let directory = match Disk.kind(&path) {
            Some(EntryKind::Directory) => Disk.canonical(&path).ok(),
            _ => None,
        };
        let shown = directory.map(|path| {
            let shown = shown_path(&self.settings.root, &path);
            if path == self.settings.root {
                ".".to_owned()
            } else {
                shown
            }
        });
        self.project
            .find_database(&self.settings.config, asked, shown.as_deref())
            .map_err(|error| Failure::new(error.to_string()).remedy(error.remedy()))
    }
}
