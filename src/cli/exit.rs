//! How a run ends.

use std::process::ExitCode;

use thiserror::Error;

use crate::facts::Verdict;
use crate::report::clean;
use crate::report::wrap::wrapped;

/// The exit code of a run. Never depends on the output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Clean, done, or nothing to change.
    Clean,
    /// Findings at or above `--fail-on`, or a change that was asked for would be made.
    Findings,
    /// Wrong use, unreadable configuration, nothing to check, input or output error.
    Failure,
    /// The evidence at hand cannot decide. Never green.
    Undecided,
}

impl Exit {
    /// The number for the shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Failure => 2,
            Self::Undecided => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Reachable => Self::Clean,
            Verdict::Unreachable => Self::Findings,
            Verdict::Undecided => Self::Undecided,
        }
    }
}

/// Why a command stopped before it could answer; always [`Exit::Failure`].
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct Failure {
    /// What went wrong and where.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            remedy: None,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The text for standard error, with a final line break. Lines are wrapped where `width` is given, in columns.
    pub fn shown(&self, color: bool, width: Option<usize>) -> String {
        let mut text = paragraph("", "error:", "1;31", &self.message, color, width);
        if let Some(remedy) = &self.remedy {
            text.push_str(&paragraph("  ", "help:", "36", remedy, color, width));
        }
        text
    }
}

/// A word that says what the text is, and the text, whose further lines begin below its first.
fn paragraph(
    indent: &str,
    word: &str,
    style: &str,
    text: &str,
    color: bool,
    width: Option<usize>,
) -> String {
    let text = clean::block(text);
    let first = format!("{indent}{word} ");
    let wrapped = match width {
        Some(width) => hanging(&text, first.len(), width),
        None => text.into_owned(),
    };
    match color {
        true => format!("{indent}\u{1b}[{style}m{word}\u{1b}[0m {wrapped}\n"),
        false => format!("{first}{wrapped}\n"),
    }
}

/// The lines of a text from column `indent` to column `width`.
fn hanging(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent);
    let lines = text.lines().flat_map(|line| wrapped(line, room, "", ""));
    let lines: Vec<String> = lines.collect();
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_manual() {
        let all = [Exit::Clean, Exit::Findings, Exit::Failure, Exit::Undecided];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3]);
    }

    #[test]
    fn a_failure_says_what_to_do_and_cannot_steer_the_terminal() {
        let failure = Failure::new("no file `a\u{1b}[2J`").remedy("look again");
        assert_eq!(
            failure.shown(false, None),
            "error: no file `a\u{fffd}[2J`\n  help: look again\n"
        );
    }

    #[test]
    fn on_a_terminal_a_failure_is_coloured_and_fits() {
        let failure = Failure::new("one two three").remedy("four five six seven");
        assert_eq!(
            failure.shown(true, Some(16)),
            "\u{1b}[1;31merror:\u{1b}[0m one two\n       three\n  \u{1b}[36mhelp:\u{1b}[0m four\n        five six\n        seven\n"
        );
    }
}
