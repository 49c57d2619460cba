//! What a rule takes out of an object before Argo CD compares it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::jq::{Deletion, Outcome, Refusal, Room};

use super::pointer::remove;
use super::rule::Entry;
use super::sample::Sample;

/// What an object is after one rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Normalised {
    /// The rule meets nothing.
    Same,
    /// This is left.
    Left(Json),
    /// The rule fails on this object, which Argo CD notes in its debug log only.
    Passed(String),
    /// The result is no object with a kind: the comparison of the application fails.
    Broken(String),
    /// It cannot be told.
    Undecided(String),
}

/// Runs rules. Each expression is read once.
pub(super) struct Normaliser<'r> {
    room: &'r Room,
    read: RefCell<BTreeMap<String, Rc<Result<Deletion, Refusal>>>>,
}

impl<'r> Normaliser<'r> {
    pub(super) fn new(room: &'r Room) -> Self {
        Self {
            room,
            read: RefCell::default(),
        }
    }

    /// Why an entry never runs.
    pub(super) fn refusal(&self, entry: &Entry) -> Option<Refusal> {
        match entry {
            Entry::Pointer(_) | Entry::Manager(_) => None,
            Entry::Expression(text) => self.deletion(&text.value).as_ref().as_ref().err().cloned(),
        }
    }

    fn deletion(&self, text: &str) -> Rc<Result<Deletion, Refusal>> {
        if let Some(known) = self.read.borrow().get(text) {
            return Rc::clone(known);
        }
        let read = Rc::new(Deletion::of(self.room, text));
        self.read
            .borrow_mut()
            .insert(text.to_owned(), Rc::clone(&read));
        read
    }

    /// The object after an entry.
    pub(super) fn apply(&self, entry: &Entry, sample: &Sample) -> Normalised {
        let outcome = match entry {
            Entry::Manager(_) => Outcome::Same,
            Entry::Pointer(pointer) => {
                let mut object = sample.json.clone();
                if remove(&mut object, &pointer.value) {
                    Outcome::Left(object)
                } else {
                    Outcome::Same
                }
            }
            Entry::Expression(text) => match self.deletion(&text.value).as_ref() {
                Ok(deletion) => deletion.run(self.room, &sample.document),
                Err(Refusal::Broken(reason)) => return Normalised::Broken(reason.clone()),
                Err(Refusal::Undecided(reason)) => Outcome::Undecided(reason.clone()),
            },
        };
        match outcome {
            Outcome::Same => Normalised::Same,
            Outcome::Left(left) if is_object(&left) => Normalised::Left(left),
            Outcome::Left(_) => Normalised::Broken("nothing with a `kind` is left".to_owned()),
            Outcome::Skipped(reason) => Normalised::Passed(reason),
            Outcome::Undecided(reason) => Normalised::Undecided(reason),
        }
    }
}

/// Whether apimachinery's unstructured decoder takes it: a map with a kind.
fn is_object(json: &Json) -> bool {
    json.get("kind")
        .and_then(Json::as_str)
        .is_some_and(|kind| !kind.is_empty())
}
