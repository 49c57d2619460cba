//! Values on their travels through an expression, and what names mean on the way.
//!
//! Within `path(f)` every value travels with the way that led to it. As in gojq, a value may be anything while it only
//! travels; it must be the one that stands at the end of the way when a further step is taken, and at the end.

use std::rc::Rc;

use super::machine::{Flow, raise};
use super::syntax::{Expr, Function};
use super::value::Val;

/// The steps from a root to a place, last first.
#[derive(Clone)]
pub(super) struct Way(Option<Rc<(Val, Way)>>);

impl Way {
    pub(super) fn then(&self, step: Val) -> Self {
        Self(Some(Rc::new((step, self.clone()))))
    }

    pub(super) fn steps(&self) -> Vec<Val> {
        let mut steps = Vec::new();
        let mut here = self;
        while let Some(node) = &here.0 {
            steps.push(node.0.clone());
            here = &node.1;
        }
        steps.reverse();
        steps
    }
}

/// Where a value was taken from, and what stands there.
#[derive(Clone)]
pub(super) struct Track {
    pub(super) way: Way,
    pub(super) at: Val,
}

/// A value on its travels.
#[derive(Clone)]
pub(super) struct State {
    pub(super) value: Val,
    pub(super) track: Option<Track>,
}

impl State {
    /// The root of a document, the way to which is empty.
    pub(super) fn root(value: &Val) -> Self {
        let track = Track {
            way: Way(None),
            at: value.clone(),
        };
        Self {
            value: value.clone(),
            track: Some(track),
        }
    }

    /// The steps that led here.
    ///
    /// # Errors
    /// When this is not what stands there.
    pub(super) fn steps(&self) -> Flow<Vec<Val>> {
        self.on_its_way()?;
        let track = self.track.as_ref();
        Ok(track.map(|track| track.way.steps()).unwrap_or_default())
    }

    /// A value of which no way is kept.
    pub(super) fn plain(value: Val) -> Self {
        Self { value, track: None }
    }

    /// Another value, the way as it is.
    pub(super) fn with(&self, value: Val) -> Self {
        Self {
            value,
            track: self.track.clone(),
        }
    }

    pub(super) fn untracked(&self) -> Self {
        Self::plain(self.value.clone())
    }

    /// The value at the end of the way, or an error.
    pub(super) fn on_its_way(&self) -> Flow {
        match &self.track {
            Some(track) if !track.at.is_same(&self.value) => {
                raise("what it gives is no place in the object")
            }
            _ => Ok(()),
        }
    }

    /// One step on.
    pub(super) fn step(&self, step: &Val, value: Val) -> Flow<Self> {
        self.on_its_way()?;
        let track = self.track.as_ref().map(|track| Track {
            way: track.way.then(step.clone()),
            at: value.clone(),
        });
        Ok(Self { value, track })
    }
}

/// What names mean, innermost first.
#[derive(Clone)]
pub(super) struct Env<'p>(Option<Rc<(Binding<'p>, Env<'p>)>>);

#[derive(Clone)]
pub(super) enum Binding<'p> {
    Variable(&'p str, Val),
    Label(&'p str, u64),
    /// Sees itself and what was defined before.
    Function(&'p Function),
    /// An argument: an expression with the names of the place of the call.
    Argument(&'p str, &'p Expr, Env<'p>),
}

impl<'p> Env<'p> {
    /// No names.
    pub(super) fn empty() -> Self {
        Self(None)
    }

    pub(super) fn bind(&self, binding: Binding<'p>) -> Self {
        Self(Some(Rc::new((binding, self.clone()))))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Binding<'p>, &Self)> {
        let mut here = self;
        std::iter::from_fn(move || {
            let node = here.0.as_ref()?;
            let found = (&node.0, here);
            here = &node.1;
            Some(found)
        })
    }

    pub(super) fn variable(&self, name: &str) -> Option<Val> {
        self.all().find_map(|(binding, _)| match binding {
            Binding::Variable(own, value) if *own == name => Some(value.clone()),
            _ => None,
        })
    }

    pub(super) fn label(&self, name: &str) -> Option<u64> {
        self.all().find_map(|(binding, _)| match binding {
            Binding::Label(own, number) if *own == name => Some(*number),
            _ => None,
        })
    }
}
