//! The command line: arguments in, text and an exit code out.

pub mod archive;
pub mod args;
pub mod at_hand;
mod baseline;
pub mod bump;
pub mod check;
pub mod completions;
mod dormant;
mod evidence;
pub mod exit;
pub mod flip;
mod git;
mod history;
mod inventories;
pub mod inventory;
mod lint;
pub mod man;
pub mod migrate;
pub mod new;
pub mod outputs;
pub mod recover;
mod render;
mod repository;
mod rules;
pub mod schema;
mod settings;
pub mod sight;
pub mod status;
pub mod timeline;

use std::ffi::OsString;

use clap::Parser;

use crate::io::terminal::{Terminal, write_stderr, write_stdout};
use crate::report::diff;
use crate::report::human::Look;

use args::{Arguments, Command, Common};
use exit::{Exit, Failure};

/// Runs the program with these arguments, the first one being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(message) => return usage(&message),
    };
    let result = match &arguments.command {
        Command::Lint(options) => lint::run(options, &arguments.common),
        Command::Render(options) => render::run(options, &arguments.common),
        Command::Bump(options) => bump::run(options, &arguments.common),
        Command::Migrate(options) => migrate::run(options, &arguments.common),
        Command::Flip(options) => flip::run(options, &arguments.common),
        Command::Check(options) => check::run(options, &arguments.common),
        Command::Timeline(options) => timeline::run(options, &arguments.common),
        Command::Inventory(options) => inventory::run(options, &arguments.common),
        Command::New(options) => new::run(options, &arguments.common),
        Command::Recover(options) => recover::run(options, &arguments.common),
        Command::Status(options) => status::run(options, &arguments.common),
        Command::Rules(options) => rules::list(options, &arguments.common),
        Command::Explain(options) => rules::explain(options, &arguments.common),
        Command::Schema(options) => schema::run(options),
        Command::Completions(options) => completions::run(options),
        Command::Man(options) => man::run(options),
    };
    result.unwrap_or_else(|failure| {
        let terminal = Terminal::of_errors(arguments.common.color.into());
        let width = terminal.interactive.then_some(terminal.width);
        write_stderr(&failure.shown(terminal.color, width));
        Exit::Failure
    })
}

/// Help and version are answers, everything else is wrong use.
fn usage(message: &clap::Error) -> Exit {
    // A reader who closed the pipe has seen enough.
    let _ = message.print();
    if message.use_stderr() {
        Exit::Failure
    } else {
        Exit::Clean
    }
}

/// How text is drawn on a terminal.
fn look(terminal: &Terminal) -> Look {
    Look {
        color: terminal.color,
        unicode: terminal.unicode,
        width: terminal.width,
    }
}

/// Writes a diff: for people where they look at it, else as it is, so that it can be applied.
fn answer_diff(diff: &str, common: &Common) -> Result<(), Failure> {
    let terminal = Terminal::detect(common.color.into());
    match terminal.color || terminal.interactive {
        true => answer(&diff::on_terminal(diff, terminal.color)),
        false => answer(diff),
    }
}

/// Writes the answer of a command.
fn answer(text: &str) -> Result<(), Failure> {
    write_stdout(text)
        .map_err(|error| Failure::new(format!("cannot write to standard output: {error}")))
}
