//! The repository a command works on, and the database in it that `DB` names.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::io::terminal::write_stderr;
use crate::io::{Disk, replace_all};
use crate::project::{self, Database, Project};
use crate::recover::Refusal;
use crate::text::edit::unified_diff;
use crate::text::{Change, FileTree};

use super::answer;
use super::args::Common;
use super::exit::{Exit, Failure};
use super::settings::{Settings, shown_path, unreadable};

/// A repository read from the disk.
pub(super) struct Repository {
    /// Where the run stands.
    pub(super) settings: Settings,
    /// The YAML files: absolute paths.
    pub(super) files: Vec<PathBuf>,
    /// What they say.
    pub(super) project: Project,
    /// `DB` as shown to people, where it is a path on this disk.
    directory: Option<String>,
}

impl Repository {
    /// Reads the repository around `DB`, where that is a path, else around the working directory.
    pub(super) fn open(database: Option<&str>, common: &Common) -> Result<Self, Failure> {
        let named = database.map(Path::new);
        let path = named.filter(|path| Disk.kind(path).is_some());
        let start = path.unwrap_or(Path::new("."));
        let settings = Settings::find(start, common)?;
        let own = Disk
            .canonical(start)
            .map_err(|error| unreadable(start, &error))?;
        let top = if own.starts_with(&settings.root) {
            settings.root.clone()
        } else {
            own.clone()
        };
        let listing = settings.yaml_below(&[top])?;
        let files = listing.files;
        let project = project::load(&Disk, &settings.root, &project::Input::Files(&files));
        let directory = path.map(|_| {
            let shown = shown_path(&settings.root, &own);
            if shown.is_empty() {
                ".".to_owned()
            } else {
                shown
            }
        });
        Ok(Self {
            settings,
            files,
            project,
            directory,
        })
    }

    /// The configuration.
    pub(super) fn config(&self) -> &Config {
        &self.settings.config
    }

    /// The database that `DB` names.
    pub(super) fn database(&self, named: &str) -> Result<Database<'_>, Failure> {
        self.project
            .find_database(self.config(), named, self.directory.as_deref())
            .map_err(|error| Failure::new(error.to_string()).remedy(error.remedy()))
    }

    /// Prints changes as a diff, or writes them.
    pub(super) fn settle(
        &self,
        changes: &[Change],
        write: bool,
        common: &Common,
    ) -> Result<Exit, Failure> {
        if !write {
            let root = &self.settings.root;
            let diffs = changes.iter().map(|change| {
                unified_diff(
                    &shown_path(root, &change.path),
                    &change.before,
                    &change.after,
                )
            });
            answer(&diffs.collect::<String>())?;
            return Ok(if changes.is_empty() {
                Exit::Clean
            } else {
                Exit::Findings
            });
        }
        replace_all(changes).map_err(|error| {
            Failure::new(error.to_string()).remedy("run the command again when the file is at rest")
        })?;
        if !common.quiet {
            for change in changes {
                let name = shown_path(&self.settings.root, &change.path);
                write_stderr(&format!("wrote {name}\n"));
            }
        }
        Ok(Exit::Clean)
    }
}

/// A refusal as the failure of a command.
pub(super) fn refused(refusal: &Refusal) -> Failure {
    let failure = Failure::new(refusal.to_string());
    match refusal.remedy() {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}
