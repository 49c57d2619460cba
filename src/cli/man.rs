//! `walbound man`.

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use crate::text::suggest::closest;

use super::answer;
use super::args::Arguments;
use super::exit::{Exit, Failure};

/// `walbound man`.
#[derive(Debug, Args)]
pub struct ManPage {
    /// A command; without one, the page of the program
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// Prints a manual page in roff: `walbound man | man -l -`.
pub(super) fn run(arguments: &ManPage) -> Result<Exit, Failure> {
    let mut program = Arguments::command();
    // Names of subcommands are whole from here on: `walbound-lint`.
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => {
            let own = program.find_subcommand(name).cloned();
            let own = own.ok_or_else(|| unknown(&program, name))?;
            own.version(env!("CARGO_PKG_VERSION"))
        }
    };
    let mut page = Vec::new();
    Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::new(format!("cannot make the manual page: {error}")))?;
    answer(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Clean)
}

fn unknown(program: &clap::Command, name: &str) -> Failure {
    let known: Vec<&str> = program
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    let failure = Failure::new(format!("no command is called `{name}`"));
    match closest(name, &known) {
        Some(near) => failure.remedy(format!("did you mean `{near}`?")),
        None => failure.remedy(format!("the commands: {}", known.join(", "))),
    }
}
