//! `walbound status`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::facts::NoHistory;
use crate::gitops::argocd::Applications;
use crate::io::{Disk, Terminal, clock};
use crate::lint::{self, Input, Options};
use crate::project;
use crate::report::status::{StatusReport, json, text};

use super::archive::LookOptions;
use super::args::Common;
use super::check::DepthArgument;
use super::evidence::{self, Gathered, Wish};
use super::exit::{Exit, Failure};
use super::repository::broken;
use super::settings::Settings;
use super::{answer, look};

/// `walbound status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The repository, or a part of it
    #[arg(default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// How to print the databases
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    pub format: StatusFormat,
    /// Which archives to look into.
    #[command(flatten)]
    pub look: LookOptions,
    /// How closely to look into the archives; only records show which times can be reached
    #[arg(long, value_enum, default_value_t = DepthArgument::Records, help_heading = "Archive")]
    pub depth: DepthArgument,
}

/// How to print the databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// In columns
    Text,
    /// As a JSON document
    Json,
}

/// Prints one line for each database. Findings do not change the exit code: `lint` is there to fail.
pub(super) fn run(arguments: &Status, common: &Common) -> Result<Exit, Failure> {
    let settings = Settings::find(&arguments.path, common)?;
    let paths = [arguments.path.clone()];
    let files = settings.yaml_below(&paths)?.files;
    let project = project::load(&Disk, &settings.root, &project::Input::Files(&files));
    let input = Input::Paths {
        root: settings.root.clone(),
        files,
    };
    let wish = Wish {
        look: &arguments.look,
        depth: arguments.depth.into(),
        quiet: common.quiet,
    };
    let Gathered {
        archives, unread, ..
    } = evidence::gather(wish, &settings, &input)?;
    let no_history = NoHistory("status reads no history".to_owned());
    let outcome = lint::examine(
        &Disk,
        &project,
        &Options {
            config: &settings.config,
            select: &[],
            ignore: &[],
            now: clock::now(),
            archives: &archives,
            base: None,
            history: &no_history,
        },
    );
    let applications = Applications::of(&project, &Disk);
    let report = StatusReport::of(
        &project,
        &settings.config,
        &outcome.findings,
        &archives,
        &applications,
    );
    if report.rows.is_empty() {
        let path = arguments.path.display();
        return Err(
            Failure::new(format!("no CloudNativePG Cluster in {path}")).remedy(format!(
                "name the directory that holds the manifests{}",
                broken(&project)
            )),
        );
    }
    let shown = match arguments.format {
        StatusFormat::Json => json::render(&report),
        StatusFormat::Text => {
            let terminal = Terminal::detect(common.color.into());
            let look = look(&terminal);
            text::render(&report, look)
        }
    };
    answer(&shown)?;
    let files = project.unreadable.iter();
    let files = files.map(|(path, reason)| format!("{path}: {reason}"));
    let unread: Vec<String> = unread.into_iter().chain(files).collect();
    if unread.is_empty() {
        Ok(Exit::Clean)
    } else {
        Err(Failure::new(unread.join("\n")).remedy("the rest is shown above"))
    }
}
