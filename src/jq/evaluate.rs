//! Running an expression. Outputs are handed on as they come; a run keeps no list of them.
//!
//! Within `path(f)` every value travels with the way that led to it. As in gojq, a value may be anything while it only
//! travels; it must be the one that stands at the end of the way when a further step is taken, and at the end.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::machine::{DEEPEST_CALL, Flow, Machine, Raised, Stop, raise};
use super::names::prelude;
use super::native;
use super::operators::{binary, negated};
use super::place::{child, delete_paths, index, set_path, slice};
use super::syntax::{Expr, Fold, Function, Pattern, TextPart};
use super::value::Val;

/// The steps from a root to a place, last first.
#[derive(Clone)]
pub(super) struct Way(Option<Rc<(Val, Way)>>);

impl Way {
    fn then(&self, step: Val) -> Self {
        Self(Some(Rc::new((step, self.clone()))))
    }

    fn steps(&self) -> Vec<Val> {
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
struct Track {
    way: Way,
    at: Val,
}

/// A value on its travels.
#[derive(Clone)]
pub(super) struct State {
    pub(super) value: Val,
    track: Option<Track>,
}

impl State {
    /// A value of which no way is kept.
    pub(super) fn plain(value: Val) -> Self {
        Self { value, track: None }
    }

    /// Another value, the way as it is.
    fn with(&self, value: Val) -> Self {
        Self {
            value,
            track: self.track.clone(),
        }
    }

    fn untracked(&self) -> Self {
        Self::plain(self.value.clone())
    }

    /// The value at the end of the way, or an error.
    fn on_its_way(&self) -> Flow {
        match &self.track {
            Some(track) if !track.at.is_same(&self.value) => {
                raise("the value is not one of the document")
            }
            _ => Ok(()),
        }
    }

    /// One step on.
    fn step(&self, step: &Val, value: Val) -> Flow<Self> {
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
enum Binding<'p> {
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

    fn bind(&self, binding: Binding<'p>) -> Self {
        Self(Some(Rc::new((binding, self.clone()))))
    }

    fn all(&self) -> impl Iterator<Item = (&Binding<'p>, &Self)> {
        let mut here = self;
        std::iter::from_fn(move || {
            let node = here.0.as_ref()?;
            let found = (&node.0, here);
            here = &node.1;
            Some(found)
        })
    }

    fn variable(&self, name: &str) -> Option<Val> {
        self.all().find_map(|(binding, _)| match binding {
            Binding::Variable(own, value) if *own == name => Some(value.clone()),
            _ => None,
        })
    }

    fn label(&self, name: &str) -> Option<u64> {
        self.all().find_map(|(binding, _)| match binding {
            Binding::Label(own, number) if *own == name => Some(*number),
            _ => None,
        })
    }
}

/// Takes an output. An error stops the run.
pub(super) type Emit<'e> = &'e mut dyn FnMut(&mut Machine, State) -> Flow;

/// Every output of an expression.
pub(super) fn run<'p>(
    machine: &mut Machine,
    expr: &'p Expr,
    env: &Env<'p>,
    input: State,
    emit: Emit<'_>,
) -> Flow {
    machine.spend(1)?;
    machine.depth += 1;
    if machine.depth > DEEPEST_CALL {
        return Err(Stop::Undecided("it calls itself too often".to_owned()));
    }
    let done = step(machine, expr, env, input, emit);
    machine.depth -= 1;
    done
}

fn step<'p>(
    machine: &mut Machine,
    expr: &'p Expr,
    env: &Env<'p>,
    input: State,
    emit: Emit<'_>,
) -> Flow {
    match expr {
        Expr::Identity => emit(machine, input),
        Expr::Const(value) => emit(machine, input.with(value.clone())),
        Expr::Index(term, key) => run(machine, key, env, input.untracked(), &mut |machine, key| {
            run(machine, term, env, input.clone(), &mut |machine, found| {
                let value = index(&found.value, &key.value)?;
                emit(machine, found.step(&key.value, value)?)
            })
        }),
        Expr::Slice(term, from, to) => cut(
            machine,
            (term, from.as_deref(), to.as_deref()),
            env,
            &input,
            emit,
        ),
        Expr::Iterate(term) => run(machine, term, env, input, &mut |machine, found| {
            iterate(machine, &found, emit)
        }),
        Expr::Try(body, handler) => attempt(machine, (body, handler.as_deref()), env, &input, emit),
        Expr::Call(name, args) => call(machine, (name, args), env, input, emit),
        Expr::Variable(name) => {
            let value = env
                .variable(name)
                .unwrap_or_else(|| Val::map(BTreeMap::new()));
            emit(machine, input.with(value))
        }
        Expr::Object(entries) => object(machine, entries, env, &input, BTreeMap::new(), emit),
        Expr::Array(None) => emit(machine, input.with(Val::list(Vec::new()))),
        Expr::Array(Some(inner)) => {
            let items = collected(machine, inner, env, input.clone())?;
            let list = machine.list(items)?;
            emit(machine, input.with(list))
        }
        Expr::Negate(term) => run(machine, term, env, input, &mut |machine, found| {
            let value = negated(&found.value)?;
            emit(machine, found.with(value))
        }),
        Expr::Plus(term) => run(
            machine,
            term,
            env,
            input,
            &mut |machine, found| match found.value {
                Val::Number(_) => emit(machine, found),
                _ => raise("`+` wants a number"),
            },
        ),
        Expr::Text(function, parts) => {
            text(machine, (function, parts), env, &input, String::new(), emit)
        }
        Expr::If(cases, otherwise) => {
            branch(machine, (cases, otherwise.as_deref()), env, &input, emit)
        }
        Expr::Fold(fold) => run_fold(machine, fold, env, &input, emit),
        Expr::Label(name, body) => {
            let number = machine.label();
            let env = env.bind(Binding::Label(name, number));
            match run(machine, body, &env, input, emit) {
                Err(Stop::Break(own)) if own == number => Ok(()),
                done => done,
            }
        }
        Expr::Break(name) => Err(Stop::Break(env.label(name).unwrap_or_default())),
        Expr::Pipe(left, right) => run(machine, left, env, input, &mut |machine, found| {
            run(machine, right, env, found, emit)
        }),
        Expr::Comma(left, right) => {
            run(machine, left, env, input.clone(), emit)?;
            run(machine, right, env, input, emit)
        }
        Expr::Alternative(left, right) => {
            let mut found = false;
            run(machine, left, env, input.clone(), &mut |machine, one| {
                if !one.value.is_true() {
                    return Ok(());
                }
                found = true;
                emit(machine, one)
            })?;
            if found {
                Ok(())
            } else {
                run(machine, right, env, input, emit)
            }
        }
        Expr::Or(left, right) => either(machine, (left, right, true), env, &input, emit),
        Expr::And(left, right) => either(machine, (left, right, false), env, &input, emit),
        Expr::Binary(operator, left, right) => {
            run(machine, right, env, input.clone(), &mut |machine, right| {
                run(
                    machine,
                    left,
                    env,
                    right.with(input.value.clone()),
                    &mut |machine, left| {
                        let value = binary(machine, *operator, &left.value, &right.value)?;
                        emit(machine, left.with(value))
                    },
                )
            })
        }
        Expr::Assign(_, source) if input.track.is_some() && !matches!(**source, Expr::Const(_)) => {
            Err(changes_on_the_way())
        }
        Expr::Update(Some(_), ..) if input.track.is_some() => Err(changes_on_the_way()),
        Expr::Assign(target, source) => run(
            machine,
            source,
            env,
            input.untracked(),
            &mut |machine, new| {
                let mut value = input.value.clone();
                for way in ways(machine, target, env, &input.value)? {
                    value = set_path(machine, &value, &way, new.value.clone())?;
                }
                emit(machine, input.with(value))
            },
        ),
        Expr::Update(None, target, source) => {
            let value = modified(machine, target, env, &input, |machine, old| match first_of(
                machine,
                source,
                env,
                input.with(old),
            ) {
                Ok(None) | Err(Stop::Raised(_)) if input.track.is_some() => {
                    Err(changes_on_the_way())
                }
                new => new,
            })?;
            emit(machine, input.with(value))
        }
        Expr::Update(Some(operator), target, source) => run(
            machine,
            source,
            env,
            input.clone(),
            &mut |machine, other| {
                let value = modified(machine, target, env, &input, |machine, old| {
                    binary(machine, *operator, &old, &other.value).map(Some)
                })?;
                emit(machine, other.with(value))
            },
        ),
        Expr::Bind(source, patterns, body) => run(
            machine,
            source,
            env,
            input.untracked(),
            &mut |machine, found| {
                bind_any(machine, patterns, env, &found.value, &mut |machine, env| {
                    run(machine, body, env, input.clone(), emit)
                })
            },
        ),
        Expr::Define(function, body) => run(
            machine,
            body,
            &env.bind(Binding::Function(function)),
            input,
            emit,
        ),
    }
}

/// An assignment where a path is wanted leads nowhere, but with what failure depends on how gojq is built.
fn changes_on_the_way() -> Stop {
    Stop::Undecided("it changes values on the way to a path".to_owned())
}

/// All outputs, as a list.
fn collected<'p>(
    machine: &mut Machine,
    expr: &'p Expr,
    env: &Env<'p>,
    input: State,
) -> Flow<Vec<Val>> {
    let mut items = Vec::new();
    run(machine, expr, env, input, &mut |machine, found| {
        machine.spend(1)?;
        items.push(found.value);
        Ok(())
    })?;
    Ok(items)
}

/// The first output; the others are not computed.
fn first_of<'p>(
    machine: &mut Machine,
    expr: &'p Expr,
    env: &Env<'p>,
    input: State,
) -> Flow<Option<Val>> {
    let mut first = None;
    let done = run(machine, expr, env, input, &mut |_, found| {
        first = Some(found.value);
        Err(Stop::Enough)
    });
    match done {
        Err(Stop::Enough) if first.is_some() => Ok(first),
        done => done.map(|()| None),
    }
}

/// The ways that an expression names in a value.
pub(super) fn ways<'p>(
    machine: &mut Machine,
    expr: &'p Expr,
    env: &Env<'p>,
    root: &Val,
) -> Flow<Vec<Vec<Val>>> {
    let mut found = Vec::new();
    let track = Track {
        way: Way(None),
        at: root.clone(),
    };
    let start = State {
        value: root.clone(),
        track: Some(track),
    };
    run(machine, expr, env, start, &mut |machine, end| {
        end.on_its_way()?;
        let steps = end.track.map(|track| track.way.steps()).unwrap_or_default();
        machine.spend(1 + steps.len() as u64)?;
        found.push(steps);
        Ok(())
    })?;
    Ok(found)
}

/// `|=`: a place whose new value is missing is taken out.
fn modified<'p>(
    machine: &mut Machine,
    target: &'p Expr,
    env: &Env<'p>,
    input: &State,
    mut new: impl FnMut(&mut Machine, Val) -> Flow<Option<Val>>,
) -> Flow<Val> {
    let mut value = input.value.clone();
    let mut gone = Vec::new();
    for way in ways(machine, target, env, &input.value)? {
        let old = way
            .iter()
            .try_fold(value.clone(), |value, step| index(&value, step))?;
        match new(machine, old)? {
            Some(new) => value = set_path(machine, &value, &way, new)?,
            None => gone.push(way),
        }
    }
    delete_paths(machine, &value, &gone)
}

type Ends<'p> = (&'p Expr, Option<&'p Expr>, Option<&'p Expr>);

fn cut<'p>(
    machine: &mut Machine,
    (term, from, to): Ends<'p>,
    env: &Env<'p>,
    input: &State,
    emit: Emit<'_>,
) -> Flow {
    optional(machine, from, env, input, &mut |machine, from| {
        optional(machine, to, env, input, &mut |machine, to| {
            run(machine, term, env, input.clone(), &mut |machine, found| {
                let value = slice(&found.value, &from, &to)?;
                let ends = [("start", &from), ("end", &to)]
                    .map(|(key, end)| (Arc::from(key), end.clone()));
                let ends = machine.map(ends.into_iter().collect())?;
                emit(machine, found.step(&ends, value)?)
            })
        })
    })
}

fn optional<'p>(
    machine: &mut Machine,
    end: Option<&'p Expr>,
    env: &Env<'p>,
    input: &State,
    emit: &mut dyn FnMut(&mut Machine, Val) -> Flow,
) -> Flow {
    match end {
        None => emit(machine, Val::Null),
        Some(end) => run(machine, end, env, input.untracked(), &mut |machine, end| {
            emit(machine, end.value)
        }),
    }
}

fn iterate(machine: &mut Machine, found: &State, emit: Emit<'_>) -> Flow {
    match &found.value {
        Val::List(list) => {
            found.on_its_way()?;
            list.items.iter().enumerate().try_for_each(|(at, item)| {
                machine.spend(1)?;
                emit(machine, found.step(&Val::count(at), item.clone())?)
            })
        }
        Val::Map(map) => {
            found.on_its_way()?;
            map.entries.iter().try_for_each(|(key, item)| {
                machine.spend(1)?;
                emit(
                    machine,
                    found.step(&Val::Text(Arc::clone(key)), item.clone())?,
                )
            })
        }
        other => raise(format!("a {} cannot be iterated over", other.kind())),
    }
}

fn attempt<'p>(
    machine: &mut Machine,
    (body, handler): (&'p Expr, Option<&'p Expr>),
    env: &Env<'p>,
    input: &State,
    emit: Emit<'_>,
) -> Flow {
    let mut downstream = false;
    let done = run(machine, body, env, input.clone(), &mut |machine, found| {
        let done = emit(machine, found);
        downstream = done.is_err();
        done
    });
    let raised = match done {
        Err(Stop::Raised(raised)) if !downstream => raised,
        done => return done,
    };
    match (handler, raised) {
        (None, _) => Ok(()),
        (Some(handler), Raised::Value(value)) => {
            run(machine, handler, env, input.with(value), emit)
        }
        (Some(handler), Raised::Own(_)) if ignores_input(handler) => {
            run(machine, handler, env, input.with(Val::Null), emit)
        }
        (Some(_), Raised::Own(_)) => {
            Err(Stop::Undecided("it reads the text of an error".to_owned()))
        }
    }
}

/// Whether an expression gives the same whatever it is given.
fn ignores_input(expr: &Expr) -> bool {
    match expr {
        Expr::Const(_) | Expr::Variable(_) | Expr::Array(None) => true,
        Expr::Call(name, args) => name == "empty" && args.is_empty(),
        _ => false,
    }
}

type Entries<'p> = &'p [(Expr, Option<Expr>)];

fn object<'p>(
    machine: &mut Machine,
    entries: Entries<'p>,
    env: &Env<'p>,
    input: &State,
    done: BTreeMap<Arc<str>, Val>,
    emit: Emit<'_>,
) -> Flow {
    let Some(((key, value), rest)) = entries.split_first() else {
        let map = machine.map(done)?;
        return emit(machine, input.with(map));
    };
    run(machine, key, env, input.clone(), &mut |machine, key| {
        let Val::Text(name) = &key.value else {
            return raise(format!("a {} cannot be a key", key.value.kind()));
        };
        let mut put = |machine: &mut Machine, value: Val| {
            let mut done = done.clone();
            machine.spend(done.len() as u64)?;
            done.insert(Arc::clone(name), value);
            object(machine, rest, env, input, done, emit)
        };
        match value {
            None => {
                let value = child(&input.value, name)?;
                put(machine, value)
            }
            Some(value) => run(machine, value, env, input.clone(), &mut |machine, found| {
                put(machine, found.value)
            }),
        }
    })
}

fn text<'p>(
    machine: &mut Machine,
    (function, parts): (&'static str, &'p [TextPart]),
    env: &Env<'p>,
    input: &State,
    done: String,
    emit: Emit<'_>,
) -> Flow {
    match parts.split_first() {
        None => {
            let whole = machine.text(done)?;
            emit(machine, input.with(whole))
        }
        Some((TextPart::Plain(plain), rest)) => {
            machine.room_for(done.len() + plain.len())?;
            text(machine, (function, rest), env, input, done + plain, emit)
        }
        Some((TextPart::Query(query), rest)) => {
            run(machine, query, env, input.clone(), &mut |machine, found| {
                let Val::Text(shown) = native::call(machine, function, &found.value, &[])? else {
                    return raise("not a string");
                };
                machine.room_for(done.len() + shown.len())?;
                text(
                    machine,
                    (function, rest),
                    env,
                    input,
                    format!("{done}{shown}"),
                    emit,
                )
            })
        }
    }
}

type Cases<'p> = (&'p [(Expr, Expr)], Option<&'p Expr>);

fn branch<'p>(
    machine: &mut Machine,
    (cases, otherwise): Cases<'p>,
    env: &Env<'p>,
    input: &State,
    emit: Emit<'_>,
) -> Flow {
    let Some(((condition, then), rest)) = cases.split_first() else {
        return match otherwise {
            Some(otherwise) => run(machine, otherwise, env, input.clone(), emit),
            None => emit(machine, input.clone()),
        };
    };
    run(
        machine,
        condition,
        env,
        input.untracked(),
        &mut |machine, holds| {
            if holds.value.is_true() {
                run(machine, then, env, input.clone(), emit)
            } else {
                branch(machine, (rest, otherwise), env, input, emit)
            }
        },
    )
}

/// `or` and `and`: the right side is asked only where the left does not decide.
fn either<'p>(
    machine: &mut Machine,
    (left, right, decisive): (&'p Expr, &'p Expr, bool),
    env: &Env<'p>,
    input: &State,
    emit: Emit<'_>,
) -> Flow {
    run(
        machine,
        left,
        env,
        input.untracked(),
        &mut |machine, left| {
            if left.value.is_true() == decisive {
                return emit(machine, input.with(Val::Bool(decisive)));
            }
            run(
                machine,
                right,
                env,
                input.untracked(),
                &mut |machine, right| emit(machine, input.with(Val::Bool(right.value.is_true()))),
            )
        },
    )
}

fn run_fold<'p>(
    machine: &mut Machine,
    fold: &'p Fold,
    env: &Env<'p>,
    input: &State,
    emit: Emit<'_>,
) -> Flow {
    run(
        machine,
        &fold.start,
        env,
        input.clone(),
        &mut |machine, start| {
            let mut state = start.value.clone();
            run(
                machine,
                &fold.source,
                env,
                start.with(input.value.clone()),
                &mut |machine, one| {
                    bind(
                        machine,
                        &fold.pattern,
                        env,
                        &one.value,
                        &mut |machine, env| {
                            let before = one.with(state.clone());
                            run(machine, &fold.update, env, before, &mut |machine, after| {
                                state = after.value.clone();
                                match (&fold.extract, fold.each) {
                                    (_, false) => Ok(()),
                                    (None, true) => emit(machine, after),
                                    (Some(extract), true) => {
                                        run(machine, extract, env, after, emit)
                                    }
                                }
                            })
                        },
                    )
                },
            )?;
            if fold.each {
                Ok(())
            } else {
                emit(machine, start.with(state))
            }
        },
    )
}

type Bound<'e, 'p> = &'e mut dyn FnMut(&mut Machine, &Env<'p>) -> Flow;

/// `?//`: the next pattern is tried where one fails, the body's failure included.
fn bind_any<'p>(
    machine: &mut Machine,
    patterns: &'p [Pattern],
    env: &Env<'p>,
    value: &Val,
    then: Bound<'_, 'p>,
) -> Flow {
    match patterns {
        [only] => bind(machine, only, env, value, then),
        _ => Err(Stop::Undecided("it uses `?//`".to_owned())),
    }
}

fn bind<'p>(
    machine: &mut Machine,
    pattern: &'p Pattern,
    env: &Env<'p>,
    value: &Val,
    then: Bound<'_, 'p>,
) -> Flow {
    match pattern {
        Pattern::Variable(name) => then(machine, &env.bind(Binding::Variable(name, value.clone()))),
        Pattern::Array(items) => bind_items(machine, items, 0, env, value, then),
        Pattern::Object(entries) => bind_entries(machine, entries, env, value, then),
    }
}

fn bind_items<'p>(
    machine: &mut Machine,
    items: &'p [Pattern],
    at: usize,
    env: &Env<'p>,
    value: &Val,
    then: Bound<'_, 'p>,
) -> Flow {
    let Some(first) = items.get(at) else {
        return then(machine, env);
    };
    if !matches!(value, Val::List(_) | Val::Null) {
        return raise(format!("a {} is not a list", value.kind()));
    }
    let item = index(value, &Val::count(at))?;
    bind(machine, first, env, &item, &mut |machine, env| {
        bind_items(machine, items, at + 1, env, value, then)
    })
}

type Keys<'p> = &'p [(Expr, Option<String>, Option<Pattern>)];

fn bind_entries<'p>(
    machine: &mut Machine,
    entries: Keys<'p>,
    env: &Env<'p>,
    value: &Val,
    then: Bound<'_, 'p>,
) -> Flow {
    let Some(((key, name, inner), rest)) = entries.split_first() else {
        return then(machine, env);
    };
    run(
        machine,
        key,
        env,
        State::plain(value.clone()),
        &mut |machine, key| {
            let item = index(value, &key.value)?;
            let named = match name {
                Some(name) => env.bind(Binding::Variable(name, item.clone())),
                None => env.clone(),
            };
            match inner {
                None => bind_entries(machine, rest, &named, value, then),
                Some(inner) => bind(machine, inner, &named, &item, &mut |machine, env| {
                    bind_entries(machine, rest, env, value, then)
                }),
            }
        },
    )
}

fn call<'p>(
    machine: &mut Machine,
    (name, args): (&'p str, &'p [Expr]),
    env: &Env<'p>,
    input: State,
    emit: Emit<'_>,
) -> Flow {
    for (binding, own) in env.all() {
        match binding {
            Binding::Argument(own, body, theirs) if *own == name && args.is_empty() => {
                return run(machine, body, theirs, input, emit);
            }
            Binding::Function(function)
                if function.name == name && function.params.len() == args.len() =>
            {
                return apply(machine, function, args, (env, own.clone()), input, emit);
            }
            _ => {}
        }
    }
    match prelude(name, args.len()) {
        Some(function) => apply(machine, function, args, (env, Env::empty()), input, emit),
        None => built_in(machine, (name, args), env, input, emit),
    }
}

/// Calls a function. `$name` stands for each value of the argument, `name` for the argument itself.
fn apply<'p>(
    machine: &mut Machine,
    function: &'p Function,
    args: &'p [Expr],
    (caller, mut own): (&Env<'p>, Env<'p>),
    input: State,
    emit: Emit<'_>,
) -> Flow {
    let mut values = Vec::new();
    for (param, arg) in function.params.iter().zip(args) {
        let plain = param.strip_prefix('$');
        own = own.bind(Binding::Argument(
            plain.unwrap_or(param),
            arg,
            caller.clone(),
        ));
        if plain.is_some() {
            values.push((param.as_str(), arg));
        }
    }
    let with_values = Values {
        values: &values,
        body: &function.body,
    };
    with_values.run(machine, caller, own, input, emit)
}

/// The arguments of which the values are meant, and what is run with them.
struct Values<'v, 'p> {
    values: &'v [(&'p str, &'p Expr)],
    body: &'p Expr,
}

impl<'p> Values<'_, 'p> {
    fn run(
        &self,
        machine: &mut Machine,
        caller: &Env<'p>,
        own: Env<'p>,
        input: State,
        emit: Emit<'_>,
    ) -> Flow {
        let Some(((name, arg), rest)) = self.values.split_first() else {
            return run(machine, self.body, &own, input, emit);
        };
        let rest = Values {
            values: rest,
            body: self.body,
        };
        run(
            machine,
            arg,
            caller,
            input.untracked(),
            &mut |machine, value| {
                let own = own.bind(Binding::Variable(name, value.value));
                rest.run(machine, caller, own, input.clone(), emit)
            },
        )
    }
}

fn built_in<'p>(
    machine: &mut Machine,
    (name, args): (&'p str, &'p [Expr]),
    env: &Env<'p>,
    input: State,
    emit: Emit<'_>,
) -> Flow {
    match (name, args) {
        ("empty", []) => Ok(()),
        ("env", []) => emit(machine, input.with(Val::map(BTreeMap::new()))),
        ("error", []) => Err(Stop::Raised(Raised::Value(input.value))),
        ("path", [target]) => {
            let track = Track {
                way: Way(None),
                at: input.value.clone(),
            };
            let start = State {
                value: input.value.clone(),
                track: Some(track),
            };
            run(machine, target, env, start, &mut |machine, end| {
                end.on_its_way()?;
                let steps = end.track.map(|track| track.way.steps()).unwrap_or_default();
                let way = machine.list(steps)?;
                emit(machine, input.with(way))
            })
        }
        ("getpath", [way]) => run(machine, way, env, input.untracked(), &mut |machine, way| {
            let Val::List(steps) = &way.value else {
                return raise("`getpath` wants a list");
            };
            let mut here = input.clone();
            here.on_its_way()?;
            for step in &steps.items {
                machine.spend(1)?;
                if !matches!(here.value, Val::Null | Val::List(_) | Val::Map(_)) {
                    return raise("`getpath` leads into a value without parts");
                }
                let value = index(&here.value, step)?;
                here = here.step(step, value)?;
            }
            emit(machine, here)
        }),
        ("last", [source]) => {
            let mut last = None;
            run(machine, source, env, input.clone(), &mut |_, found| {
                last = Some(found.value);
                Ok(())
            })?;
            last.map_or(Ok(()), |last| emit(machine, input.with(last)))
        }
        ("range", [from, to, by]) => each(
            machine,
            &[from, to, by],
            env,
            input,
            Vec::new(),
            &mut |machine, at, ends| {
                range(machine, ends, &mut |machine, number| {
                    emit(machine, at.with(number))
                })
            },
        ),
        _ => {
            let args: Vec<&Expr> = args.iter().collect();
            each(
                machine,
                &args,
                env,
                input.clone(),
                Vec::new(),
                &mut |machine, at, values| {
                    let value = native::call(machine, name, &input.value, values)?;
                    emit(machine, at.with(value))
                },
            )
        }
    }
}

type EachEmit<'e> = &'e mut dyn FnMut(&mut Machine, &State, &[Val]) -> Flow;

/// Every combination of the values of arguments, the last argument outermost.
fn each<'p>(
    machine: &mut Machine,
    args: &[&'p Expr],
    env: &Env<'p>,
    input: State,
    done: Vec<Val>,
    emit: EachEmit<'_>,
) -> Flow {
    let Some((last, rest)) = args.split_last() else {
        let values: Vec<Val> = done.into_iter().rev().collect();
        return emit(machine, &input, &values);
    };
    run(machine, last, env, input.clone(), &mut |machine, found| {
        let mut done = done.clone();
        done.push(found.value.clone());
        each(
            machine,
            rest,
            env,
            found.with(input.value.clone()),
            done,
            emit,
        )
    })
}

fn range(
    machine: &mut Machine,
    ends: &[Val],
    emit: &mut dyn FnMut(&mut Machine, Val) -> Flow,
) -> Flow {
    let [Val::Number(from), Val::Number(to), Val::Number(by)] = ends else {
        return raise("`range` wants numbers");
    };
    let mut at = *from;
    let onward = |at: f64| match by.partial_cmp(&0.0) {
        Some(Ordering::Greater) => at < *to,
        Some(Ordering::Less) => at > *to,
        _ => false,
    };
    while onward(at) {
        machine.spend(1)?;
        emit(machine, Val::Number(at))?;
        at += by;
    }
    Ok(())
}
