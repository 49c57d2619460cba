//! Calls: of what the expression defines, of the prelude, and of functions that are built in.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::evaluate::{Emit, run};
use super::machine::{Flow, Machine, Raised, Stop, raise};
use super::names::prelude;
use super::native;
use super::place::index;
use super::state::{Binding, Env, State};
use super::syntax::{Expr, Function};
use super::value::Val;

pub(super) fn call<'p>(
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
        ("path", [target]) => run(
            machine,
            target,
            env,
            State::root(&input.value),
            &mut |machine, end| {
                let steps = end.steps()?;
                let way = machine.list(steps)?;
                emit(machine, input.with(way))
            },
        ),
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
