//! What people do, in which order, once the change is made: every step with what to run, what to expect and when to
//! stop. Nothing of it is ever run from here.

mod controller;
mod database;
mod facts;
mod shell;
mod show;

pub use facts::{Applier, Facts};
pub use show::{markdown, script, terminal};

/// One step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What it is for.
    pub title: String,
    /// What to run, in this order.
    pub run: Vec<Command>,
    /// What is seen when it worked.
    pub expect: Vec<String>,
    /// When not to go on.
    pub stop_if: Vec<String>,
}

/// One command line of a POSIX shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The line.
    pub line: String,
    /// What it destroys, by kind and name.
    pub destroys: Option<String>,
}

impl Step {
    fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    fn run(mut self, line: impl Into<String>) -> Self {
        self.run.push(Command {
            line: line.into(),
            destroys: None,
        });
        self
    }

    fn destroy(mut self, what: impl Into<String>, line: impl Into<String>) -> Self {
        self.run.push(Command {
            line: line.into(),
            destroys: Some(what.into()),
        });
        self
    }

    fn expect(mut self, text: impl Into<String>) -> Self {
        self.expect.push(text.into());
        self
    }

    fn stop_if(mut self, text: impl Into<String>) -> Self {
        self.stop_if.push(text.into());
        self
    }
}

/// The steps of one recovery.
pub fn steps(facts: &Facts) -> Vec<Step> {
    let mut steps = vec![controller::freeze(facts)];
    if !facts.beside {
        steps.push(database::last_wal(facts));
    }
    steps.push(controller::merge(facts));
    steps.push(controller::prove(facts));
    if !facts.beside {
        steps.push(database::delete(facts));
    }
    steps.push(controller::sync(facts));
    steps.push(database::watch(facts));
    steps.push(database::compare(facts));
    if facts.beside {
        steps.push(database::validate(facts));
    }
    steps.push(database::archiving(facts));
    steps.push(database::first_backup(facts));
    steps.push(database::consumers(facts));
    steps.push(database::flip_back(facts));
    steps.push(database::record(facts));
    steps
}
