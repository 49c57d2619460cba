//! Running an expression. Outputs are handed on as they come; a run keeps no list of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bind::{bind, bind_any};
use super::call::call;
use super::machine::{DEEPEST_CALL, Flow, Machine, Raised, Stop, raise};
use super::native;
use super::operators::{binary, negated};
use super::place::{child, delete_paths, index, set_path, slice};
use super::state::{Binding, Env, State};
use super::syntax::{Expr, Fold, TextPart};
use super::value::Val;

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
    run(
        machine,
        expr,
        env,
        State::root(root),
        &mut |machine, end| {
            let steps = end.steps()?;
            machine.spend(1 + steps.len() as u64)?;
            found.push(steps);
            Ok(())
        },
    )?;
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
