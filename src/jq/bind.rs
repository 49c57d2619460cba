//! Values taken apart by patterns.

use super::evaluate::run;
use super::machine::{Flow, Machine, Stop, raise};
use super::place::index;
use super::state::{Binding, Env, State};
use super::syntax::{Expr, Pattern};
use super::value::Val;

/// Runs with the names of a pattern.
pub(super) type Bound<'e, 'p> = &'e mut dyn FnMut(&mut Machine, &Env<'p>) -> Flow;

/// `?//`: the next pattern is tried where one fails, the body's failure included.
pub(super) fn bind_any<'p>(
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

pub(super) fn bind<'p>(
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
