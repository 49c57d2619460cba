//! What running an expression may cost.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use regex::Regex;

use super::value::Val;

/// Steps of one run. A rule that people write takes some thousand on a Cluster.
const MOST_STEPS: u64 = 400_000;

/// Calls within calls. Bounds the stack; see [`Room`](super::Room).
pub(super) const DEEPEST_CALL: u32 = 1_500;

/// Lists and maps within each other, beyond what a manifest may hold.
const DEEPEST_VALUE: u32 = 400;

/// Characters of one string.
const LONGEST_TEXT: usize = 1 << 20;

/// Why a run stops before its end.
#[derive(Debug, Clone)]
pub(super) enum Stop {
    /// An error, which `try` can catch.
    Raised(Raised),
    /// `break` of the label with this number.
    Break(u64),
    /// It cannot be told what gojq would do.
    Undecided(String),
    /// Whoever reads the outputs has seen enough.
    Enough,
}

/// An error that an expression can catch.
#[derive(Debug, Clone)]
pub(super) enum Raised {
    /// `error(value)`.
    Value(Val),
    /// One of the language, in our words: gojq's differ.
    Own(String),
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.write_str("it calls `error`"),
            Self::Own(message) => f.write_str(message),
        }
    }
}

/// The result of a step.
pub(super) type Flow<T = ()> = Result<T, Stop>;

/// An error of the language.
pub(super) fn raise<T>(message: impl Into<String>) -> Flow<T> {
    Err(Stop::Raised(Raised::Own(message.into())))
}

/// What a run has used so far.
pub(super) struct Machine {
    steps: u64,
    pub(super) depth: u32,
    labels: u64,
    patterns: BTreeMap<String, Option<Arc<Regex>>>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            steps: 0,
            depth: 0,
            labels: 0,
            patterns: BTreeMap::new(),
        }
    }

    /// Counts work.
    pub(super) fn spend(&mut self, steps: u64) -> Flow {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > MOST_STEPS {
            return Err(Stop::Undecided(
                "it takes more work than a rule may".to_owned(),
            ));
        }
        Ok(())
    }

    /// A list, counted.
    pub(super) fn list(&mut self, items: Vec<Val>) -> Flow<Val> {
        self.spend(1 + items.len() as u64)?;
        self.shallow(Val::list(items))
    }

    /// A map, counted.
    pub(super) fn map(&mut self, entries: BTreeMap<Arc<str>, Val>) -> Flow<Val> {
        self.spend(1 + entries.len() as u64)?;
        self.shallow(Val::map(entries))
    }

    fn shallow(&self, value: Val) -> Flow<Val> {
        if value.depth() > DEEPEST_VALUE {
            return Err(Stop::Undecided("it nests values too deeply".to_owned()));
        }
        Ok(value)
    }

    /// A string, counted.
    pub(super) fn text(&mut self, text: String) -> Flow<Val> {
        self.room_for(text.len())?;
        Ok(Val::Text(Arc::from(text)))
    }

    /// Counts a string of this many bytes before it is made.
    pub(super) fn room_for(&mut self, bytes: usize) -> Flow {
        if bytes > LONGEST_TEXT {
            return Err(Stop::Undecided(
                "it makes a string that is too long".to_owned(),
            ));
        }
        self.spend(1 + bytes as u64 / 64)
    }

    /// A number for a label that no other has.
    pub(super) fn label(&mut self) -> u64 {
        self.labels += 1;
        self.labels
    }

    /// A regular expression, compiled once. Go's and Rust's engines share RE2's syntax; what Rust refuses is
    /// undecided.
    pub(super) fn regex(&mut self, pattern: &str) -> Flow<Arc<Regex>> {
        if !self.patterns.contains_key(pattern) {
            self.spend(2_000)?;
            let compiled = regex::RegexBuilder::new(pattern)
                .size_limit(1 << 18)
                .dfa_size_limit(1 << 18)
                .build();
            self.patterns
                .insert(pattern.to_owned(), compiled.ok().map(Arc::new));
        }
        let known = self.patterns.get(pattern).and_then(Option::as_ref);
        let unknown = || Stop::Undecided(format!("it uses the regular expression `{pattern}`"));
        known.cloned().ok_or_else(unknown)
    }
}
