//! jq expressions as Argo CD runs them: the text `del(EXPRESSION)`, by gojq 0.12.19.
//!
//! An own evaluator, for three reasons. An expression comes from a repository and may never end or take all memory:
//! here every step is counted, and calls, values and strings have limits. The answer has to be that of gojq, which
//! differs from other implementations in what counts as a path, in names and in precedence. And where it is not known
//! what gojq does, that has to be an answer of its own: [`Refusal::Undecided`], [`Outcome::Undecided`].
//!
//! - `lex`, `parse`, `precedence`, `syntax`, `names`: from text to an expression whose names are all known.
//! - `value`, `operators`, `native`, `place`: values and what can be done to them.
//! - `evaluate`, `bind`, `call`, `state`, `machine`: running, and what it may cost.

mod bind;
mod call;
mod evaluate;
mod lex;
mod machine;
mod names;
mod native;
mod operators;
mod parse;
mod place;
mod precedence;
mod state;
mod syntax;
mod value;

#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::thread;

use serde_json::Value as Json;
use thiserror::Error;

use self::machine::{Machine, Stop};
use self::state::{Env, State};
use self::syntax::Expr;
use self::value::Val;

/// Longest expression that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Bytes of stack for the deepest nesting that is allowed, with room for builds without optimisation. Only what is used
/// of it takes memory.
const STACK: usize = 64 << 20;

/// Why an expression is not run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// gojq refuses it too: every comparison of the application fails.
    #[error("{0}")]
    Broken(String),
    /// gojq may run it, walbound does not.
    #[error("{0}")]
    Undecided(String),
}

/// An object in the form that expressions work on. Copies are cheap.
#[derive(Debug, Clone)]
pub struct Document(Val);

impl From<&Json> for Document {
    fn from(json: &Json) -> Self {
        Self(Val::from(json))
    }
}

/// What a deletion does to an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing was met: it is as it was.
    Same,
    /// The object that is left.
    Left(Json),
    /// Nothing: an error while it runs, no result, or several. Argo CD goes on without the rule.
    Skipped(String),
    /// It cannot be told.
    Undecided(String),
}

/// A place with stack enough to read and run expressions; there is no other way to get one than [`Room::with`].
#[derive(Debug)]
pub struct Room {
    /// Stays on its thread.
    here: PhantomData<*const ()>,
}

impl Room {
    /// Calls a function on a thread of its own and waits for it. `None` when no thread can be started.
    pub fn with<T: Send>(work: impl FnOnce(&Room) -> T + Send) -> Option<T> {
        thread::scope(|scope| {
            let worker = thread::Builder::new().stack_size(STACK);
            let worker = worker.spawn_scoped(scope, || work(&Room { here: PhantomData }));
            worker.ok()?.join().ok()
        })
    }
}

/// A deletion, ready to be run on any number of objects.
#[derive(Debug, Clone)]
pub struct Deletion {
    expr: Expr,
}

impl Deletion {
    /// Reads one of `jqPathExpressions`. It is put between `del(` and `)` as text, as Argo CD does, so that it may
    /// reach beyond them.
    ///
    /// # Errors
    /// When gojq would refuse it, or when it is not known what it does.
    pub fn of(_: &Room, expression: &str) -> Result<Self, Refusal> {
        if expression.len() > LONGEST {
            return Err(Refusal::Undecided(format!(
                "it is longer than {LONGEST} bytes"
            )));
        }
        let expr = parse::parse(&format!("del({expression})"))?;
        names::check(&expr)?;
        Ok(Self { expr })
    }

    /// Runs it on an object. Takes a bounded number of steps, well below a second.
    pub fn run(&self, _: &Room, object: &Document) -> Outcome {
        let mut results = Vec::new();
        let input = State::plain(object.0.clone());
        let mut machine = Machine::new();
        let done = evaluate::run(
            &mut machine,
            &self.expr,
            &Env::empty(),
            input,
            &mut |_, found| {
                results.push(found.value);
                if results.len() > 1 {
                    Err(Stop::Enough)
                } else {
                    Ok(())
                }
            },
        );
        match (done, results.as_slice()) {
            (Err(Stop::Undecided(reason)), _) => Outcome::Undecided(reason),
            (Ok(()), [only]) if only.is_same(&object.0) => Outcome::Same,
            (Ok(()), [only]) => Outcome::Left(Json::from(only)),
            (Ok(()), _) => Outcome::Skipped("it has no result".to_owned()),
            (Err(Stop::Raised(raised)), []) => Outcome::Skipped(raised.to_string()),
            // A second result, be it an error.
            (Err(_), _) => Outcome::Skipped("it has more than one result".to_owned()),
        }
    }
}
