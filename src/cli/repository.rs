//! The repository a command works on, and the database in it that `DB` names.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::facts::{Archives, NoHistory};
use crate::io::Disk;
use crate::io::terminal::write_stderr;
use crate::io::transaction::{self, Finished, WriteError};
use crate::lint;
use crate::project::{self, Database, Project};
use crate::recover::{Draft, Refusal};
use crate::text::FileTree;
use crate::text::unified_diff;

use super::answer_diff;
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
    /// As [`Repository::open`], for a command that may write. `None` when a change that was interrupted had to be
    /// completed first: then the command has nothing else to do.
    pub(super) fn open_for_change(
        database: Option<&str>,
        common: &Common,
    ) -> Result<Option<Self>, Failure> {
        let path = database.map(Path::new);
        let path = path.filter(|path| Disk.kind(path).is_some());
        let settings = Settings::find(path.unwrap_or(Path::new(".")), common)?;
        if finish_interrupted(&settings.root)? {
            return Ok(None);
        }
        Self::open(database, common).map(Some)
    }

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
        let project = project::load_first(&Disk, &settings.root, &project::Input::Files(&files));
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

    /// A draft without changes.
    pub(super) fn draft(&self) -> Draft<'_> {
        Draft::new(&Disk, &self.settings.root, &self.files).over(&self.project)
    }

    /// The database that `DB` names.
    pub(super) fn database(&self, named: &str) -> Result<Database<'_>, Failure> {
        self.project
            .find_database(self.config(), named, self.directory.as_deref())
            .map_err(|error| {
                let remedy = format!("{}{}", error.remedy(), self.encrypted());
                Failure::new(error.to_string()).remedy(remedy)
            })
    }

    /// Where a database may be that was not found: files that nobody here can read.
    fn encrypted(&self) -> String {
        let files = self.project.skipped.get(project::ENCRYPTED);
        match files.filter(|_| self.project.hidden.clusters) {
            Some(files) => format!("; not read, as SOPS encrypted them: {}", files.join(", ")),
            None => String::new(),
        }
    }

    /// Prints the changes of a draft, or writes them.
    pub(super) fn settle(
        &self,
        draft: &Draft<'_>,
        write: bool,
        common: &Common,
    ) -> Result<Exit, Failure> {
        if write {
            self.write(draft, common)?;
            return Ok(Exit::Clean);
        }
        self.print(draft, common)
    }

    /// Prints the changes of a draft as a diff.
    pub(super) fn print(&self, draft: &Draft<'_>, common: &Common) -> Result<Exit, Failure> {
        let root = &self.settings.root;
        let (changes, creations) = (draft.changes(), draft.creations());
        let changed = changes.iter().map(|change| {
            let name = shown_path(root, &change.path);
            unified_diff(&name, &change.before, &change.after)
        });
        let created = creations.iter().map(|creation| {
            let name = shown_path(root, &creation.path);
            let diff = unified_diff(&name, "", &creation.text);
            diff.replacen(&format!("--- a/{name}"), "--- /dev/null", 1)
        });
        let text: String = changed.chain(created).collect();
        answer_diff(&text, common)?;
        Ok(if text.is_empty() {
            Exit::Clean
        } else {
            Exit::Findings
        })
    }

    /// Writes all files of a draft or none.
    pub(super) fn write(&self, draft: &Draft<'_>, common: &Common) -> Result<(), Failure> {
        let root = &self.settings.root;
        let (changes, creations) = (draft.changes(), draft.creations());
        transaction::write_all(root, &changes, &creations).map_err(|error| unwritten(&error))?;
        if !common.quiet {
            let changed = changes.iter().map(|change| &change.path);
            for path in changed.chain(creations.iter().map(|creation| &creation.path)) {
                write_stderr(&format!("wrote {}\n", shown_path(root, path)));
            }
        }
        Ok(())
    }
}

/// Brings a change that was interrupted to an end. Whether one was completed, so that nothing else should be done.
fn finish_interrupted(root: &Path) -> Result<bool, Failure> {
    let list = |paths: &[PathBuf]| {
        let paths = paths.iter().map(|path| path.display().to_string());
        paths.collect::<Vec<_>>().join(", ")
    };
    match transaction::finish(root).map_err(|error| unwritten(&error))? {
        None => Ok(false),
        Some(Finished::Undone(paths)) => {
            let paths = list(&paths);
            write_stderr(&format!(
                "a change that was interrupted before it began was taken back: {paths}\n"
            ));
            Ok(false)
        }
        Some(Finished::Completed(paths)) => {
            let paths = list(&paths);
            write_stderr(&format!(
                "completed a change that was interrupted: {paths}\nnothing else was done; look at `git diff`, and run the command again if it is still needed\n"
            ));
            Ok(true)
        }
    }
}

fn unwritten(error: &WriteError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        WriteError::Changed { .. } => {
            failure.remedy("run the command again when the file is at rest")
        }
        WriteError::Elsewhere { .. } => failure
            .remedy("run the command where the file itself lies, or replace the link by a copy"),
        WriteError::Stuck { .. } | WriteError::Unreadable { .. } => failure.remedy(format!(
            "bring the files to one state with Git, then remove `{}`",
            transaction::JOURNAL
        )),
        _ => failure,
    }
}

/// What lint finds in a state of the repository, from its manifests alone.
pub(super) fn findings(
    tree: &dyn FileTree,
    project: &Project,
    config: &Config,
    now: i64,
) -> Vec<Diagnostic> {
    let no_history = NoHistory("the diff alone is judged".to_owned());
    let options = lint::Options {
        config,
        select: &[],
        ignore: &[],
        now,
        archives: &Archives::default(),
        base: None,
        history: &no_history,
    };
    lint::examine(tree, project, &options).findings
}

/// A refusal as the failure of a command.
pub(super) fn refused(refusal: &Refusal) -> Failure {
    let failure = Failure::new(refusal.to_string());
    match refusal.remedy() {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}
