//! How a run ends.

use std::process::ExitCode;

use thiserror::Error;

use crate::facts::Verdict;
use crate::report::clean;

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

    /// The text for standard error, with a final line break.
    pub fn shown(&self) -> String {
        let message = clean::block(&self.message);
        match &self.remedy {
            Some(remedy) => format!("error: {message}\n  help: {}\n", clean::block(remedy)),
            None => format!("error: {message}\n"),
        }
    }
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
            failure.shown(),
            "error: no file `a\u{fffd}[2J`\n  help: look again\n"
        );
    }
}
