//! `walbound flip`.

use clap::{Args, ValueEnum};

use crate::facts::Archives;
use crate::io::clock;
use crate::io::terminal::write_stderr;
use crate::model::cluster::Method;
use crate::recover::flip::{self, FlipRefusal, Run};
use crate::report::clean;

use super::args::Common;
use super::exit::{Exit, Failure};
use super::repository::{Repository, refused};

/// `walbound flip`.
#[derive(Debug, Args)]
pub struct Flip {
    /// A name from the configuration, a Cluster name, `namespace/name`, or a directory
    #[arg(value_name = "DB")]
    pub database: String,
    /// The bootstrap to switch to
    #[arg(value_enum, value_name = "BOOTSTRAP")]
    pub bootstrap: Bootstrap,
    /// Write the change instead of printing it
    #[arg(long)]
    pub write: bool,
}

/// A bootstrap that can be switched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Bootstrap {
    /// From backups
    Recovery,
    /// A new, empty database
    Initdb,
}

impl From<Bootstrap> for Method {
    fn from(bootstrap: Bootstrap) -> Self {
        match bootstrap {
            Bootstrap::Recovery => Self::Recovery,
            Bootstrap::Initdb => Self::Initdb,
        }
    }
}

/// Switches a database to the other bootstrap.
pub(super) fn run(arguments: &Flip, common: &Common) -> Result<Exit, Failure> {
    let Some(repository) = Repository::open_for_change(Some(&arguments.database), common)? else {
        return Ok(Exit::Clean);
    };
    let database = repository.database(&arguments.database)?;
    let wanted = Method::from(arguments.bootstrap);
    let mut draft = repository.draft();
    let planned = flip::plan(&draft, &database, wanted).map_err(|refusal| failed(&refusal))?;
    let Some(planned) = planned else {
        if !common.quiet {
            let line = format!(
                "{}: bootstrap is {} already",
                database.title(),
                wanted.key()
            );
            write_stderr(&format!("{}\n", clean::line(&line)));
        }
        return Ok(Exit::Clean);
    };
    draft
        .edit(&repository.project.sources, &planned.edits)
        .map_err(|refusal| refused(&refusal))?;
    let run = Run {
        config: repository.config(),
        now: clock::now(),
        archives: &Archives::default(),
    };
    let untouched = repository.draft();
    flip::prove(&untouched, &draft, &database, wanted, run).map_err(|refusal| failed(&refusal))?;
    if !common.quiet {
        let title = database.title();
        let line = format!("{title}: bootstrap {}: {}", wanted.key(), planned.title);
        write_stderr(&format!("{}\n", clean::line(&line)));
        for note in &planned.notes {
            write_stderr(&format!("note: {}\n", clean::line(note)));
        }
    }
    repository.settle(&draft, arguments.write, common)
}

fn failed(refusal: &FlipRefusal) -> Failure {
    let failure = Failure::new(refusal.to_string());
    match refusal.remedy() {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}
