//! `walbound migrate`.

use clap::Args;

use crate::config::{Config, OperatorVersion};
use crate::diagnostic::Diagnostic;
use crate::io::terminal::write_stderr;
use crate::io::{Disk, GitRepository, clock};
use crate::migrate::{self, Base, Migration};
use crate::project::Project;
use crate::recover::{self, Draft, verify};
use crate::report::clean;
use crate::text::FileTree;

use super::args::Common;
use super::exit::{Exit, Failure};
use super::git::{self, NoGit};
use super::repository::{Repository, findings, refused};

/// `walbound migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// A name from the configuration, a Cluster name, `namespace/name`, or a directory
    #[arg(value_name = "DB")]
    pub database: String,
    /// Turn `enablePodMonitor` into a PodMonitor manifest instead
    #[arg(long)]
    pub pod_monitor: bool,
    /// Tell what the change does to what runs, by the merge base with this revision: prerequisites, restarts, Backups that
    /// may still change
    #[arg(long, value_name = "REV", conflicts_with = "pod_monitor")]
    pub since: Option<String>,
    /// Write the change instead of printing it
    #[arg(long)]
    pub write: bool,
}

/// Moves a database to the Barman Cloud plugin, or its PodMonitor out of the operator's hands.
pub(super) fn run(arguments: &Migrate, common: &Common) -> Result<Exit, Failure> {
    let Some(repository) = Repository::open_for_change(Some(&arguments.database), common)? else {
        return Ok(Exit::Clean);
    };
    let database = repository.database(&arguments.database)?;
    let config = repository.config();
    let mut draft = Draft::new(&Disk, &repository.settings.root, &repository.files);
    let (migrated, what, nothing) = if arguments.pod_monitor {
        let migrated = migrate::migrate_pod_monitor(&mut draft, &database, config);
        (
            migrated,
            "`enablePodMonitor` → a PodMonitor of its own",
            "the operator makes no PodMonitor for it",
        )
    } else {
        let revision = arguments.since.as_deref();
        let before = revision.map(|revision| Before::read(&repository, revision));
        let before = before.transpose()?;
        let base = before.as_ref().map(Before::base);
        let migrated = migrate::migrate(&mut draft, &database, config, base);
        let what = if draft.changes().is_empty() {
            "in-tree at the base revision, Barman Cloud plugin since"
        } else {
            "in-tree → Barman Cloud plugin, same lineages"
        };
        (migrated, what, "nothing in it is in-tree")
    };
    let migration = migrated.map_err(|refusal| failed(&refusal))?;
    let Some(migration) = migration else {
        if !common.quiet {
            let line = format!("{}: {nothing}", database.title());
            write_stderr(&format!("{}\n", clean::line(&line)));
        }
        return Ok(Exit::Clean);
    };
    let now = clock::now();
    let errors = verify::new_errors(
        &judged(&Disk, &repository.project, config, now),
        &judged(&draft, &draft.project(), config, now),
    );
    if !errors.is_empty() {
        return Err(refused(&recover::Refusal::Worse { errors }));
    }
    if !common.quiet {
        tell(&migration, what);
    }
    repository.settle(&draft, arguments.write, common)
}

/// The revision that the change is merged into.
struct Before {
    project: Project,
    operator_version: Option<OperatorVersion>,
}

impl Before {
    /// Reads the merge base with a revision.
    fn read(repository: &Repository, revision: &str) -> Result<Self, Failure> {
        let settings = &repository.settings;
        let opened = GitRepository::open(&settings.root).map_err(NoGit::Refused);
        let files = git::base(
            &opened,
            revision,
            std::slice::from_ref(&settings.root),
            settings,
        )?;
        let config = files.config(settings);
        Ok(Self {
            project: files.project(&repository.project),
            operator_version: config.and_then(|config| config.operator_version),
        })
    }

    fn base(&self) -> Base<'_> {
        Base {
            project: &self.project,
            operator_version: self.operator_version,
        }
    }
}

/// What lint finds, but for Backups: those that exist cannot be changed, and a note names each.
fn judged(tree: &dyn FileTree, project: &Project, config: &Config, now: i64) -> Vec<Diagnostic> {
    let mut found = findings(tree, project, config, now);
    found.retain(|finding| {
        finding
            .object
            .as_ref()
            .is_none_or(|object| object.kind != "Backup")
    });
    found
}

fn tell(migration: &Migration, what: &str) {
    let title = migration.titles.first().map_or("", String::as_str);
    write_stderr(&format!("{}: {what}\n", clean::line(title)));
    for note in &migration.notes {
        write_stderr(&format!("note: {}\n", clean::line(note)));
    }
}

fn failed(refusal: &migrate::Refusal) -> Failure {
    let failure = Failure::new(refusal.to_string());
    match refusal.remedy() {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}
