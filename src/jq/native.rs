//! Functions that work on whole values, as gojq 0.12.19 has them (`func.go`).

use std::sync::Arc;

use serde_json::Value as Json;

use super::machine::{Flow, Machine, Raised, Stop, raise};
use super::operators::{add, split};
use super::place::{delete_paths, positions, set_path};
use super::value::Val;

/// The functions that are run here or by `evaluate`, as `name/arity`.
pub(super) const NAMES: &[&str] = &[
    "abs/0",
    "add/0",
    "ascii_downcase/0",
    "ascii_upcase/0",
    "ceil/0",
    "contains/1",
    "delpaths/1",
    "empty/0",
    "endswith/1",
    "env/0",
    "error/0",
    "error/1",
    "explode/0",
    "fabs/0",
    "flatten/0",
    "flatten/1",
    "floor/0",
    "fromjson/0",
    "getpath/1",
    "has/1",
    "implode/0",
    "index/1",
    "indices/1",
    "inside/1",
    "join/1",
    "keys/0",
    "last/1",
    "length/0",
    "ltrim/0",
    "ltrimstr/1",
    "max/0",
    "min/0",
    "path/1",
    "range/3",
    "reverse/0",
    "rindex/1",
    "round/0",
    "rtrim/0",
    "rtrimstr/1",
    "setpath/2",
    "sort/0",
    "split/1",
    "startswith/1",
    "test/2",
    "toboolean/0",
    "tojson/0",
    "tonumber/0",
    "tostring/0",
    "trim/0",
    "trimstr/1",
    "type/0",
    "unique/0",
    "utf8bytelength/0",
];

/// The value of a function for an input and arguments.
pub(super) fn call(machine: &mut Machine, name: &str, input: &Val, args: &[Val]) -> Flow<Val> {
    machine.spend(1)?;
    match (name, args) {
        ("abs" | "fabs", []) => number(name, input, f64::abs),
        ("ceil", []) => number(name, input, f64::ceil),
        ("floor", []) => number(name, input, f64::floor),
        ("round", []) => number(name, input, f64::round),
        ("length", []) => length(input),
        ("utf8bytelength", []) => Ok(Val::count(text_of(name, input)?.len())),
        ("type", []) => Ok(Val::text(input.kind())),
        ("keys", []) => keys(machine, input),
        ("has", [key]) => has(input, key),
        ("contains", [part]) => {
            machine.spend(input.weight().saturating_mul(part.weight()))?;
            contains(input, part).map(Val::Bool)
        }
        ("inside", [whole]) => {
            machine.spend(input.weight().saturating_mul(whole.weight()))?;
            contains(whole, input).map(Val::Bool)
        }
        ("error", [value]) => Err(Stop::Raised(Raised::Value(value.clone()))),
        ("tojson", []) => shown(machine, input),
        ("tostring", []) => match input {
            Val::Text(_) => Ok(input.clone()),
            _ => shown(machine, input),
        },
        ("fromjson", []) => match serde_json::from_str::<Json>(text_of(name, input)?) {
            Ok(json) => {
                let value = Val::from(&json);
                machine.spend(value.weight())?;
                Ok(value)
            }
            Err(_) => raise("not JSON"),
        },
        ("tonumber", []) => to_number(input),
        ("toboolean", []) => match input {
            Val::Bool(_) => Ok(input.clone()),
            Val::Text(text) if matches!(text.as_ref(), "true" | "false") => {
                Ok(Val::Bool(text.as_ref() == "true"))
            }
            other => raise(format!("a {} is no boolean", other.kind())),
        },
        ("setpath", [way, new]) => set_path(machine, input, list_of(name, way)?, new.clone()),
        ("delpaths", [ways]) => {
            let ways: Vec<Vec<Val>> = list_of(name, ways)?
                .iter()
                .map(|way| list_of(name, way).map(<[Val]>::to_vec))
                .collect::<Flow<_>>()?;
            delete_paths(machine, input, &ways)
        }
        ("test", [pattern, flags]) => test(machine, input, pattern, flags),
        _ => of_list(machine, name, input, args),
    }
}

fn of_list(machine: &mut Machine, name: &str, input: &Val, args: &[Val]) -> Flow<Val> {
    match (name, args) {
        ("add", []) => {
            let mut sum = Val::Null;
            for value in parts_of(name, input)? {
                machine.spend(1)?;
                sum = add(machine, &sum, &value)?;
            }
            Ok(sum)
        }
        ("reverse", []) => {
            let items = list_of(name, input)?.iter().rev().cloned().collect();
            machine.list(items)
        }
        ("sort", []) => sorted(machine, list_of(name, input)?, list_of(name, input)?),
        ("_sort_by", [keys]) => sorted(machine, list_of(name, input)?, list_of(name, keys)?),
        ("unique", []) => {
            let Val::List(sorted) = sorted(machine, list_of(name, input)?, list_of(name, input)?)?
            else {
                return raise("not a list");
            };
            let mut items = sorted.items.clone();
            items.dedup_by(|left, right| left.compare(right).is_eq());
            machine.list(items)
        }
        // The first of the least, the last of the greatest.
        ("min", []) => Ok(least(
            machine,
            list_of(name, input)?.iter(),
            std::cmp::Ordering::is_lt,
        )?),
        ("max", []) => Ok(least(
            machine,
            list_of(name, input)?.iter(),
            std::cmp::Ordering::is_ge,
        )?),
        ("flatten", []) => flattened(machine, input, -1.0),
        ("flatten", [Val::Number(depth)]) if *depth >= 0.0 => flattened(machine, input, *depth),
        ("flatten", _) => raise("`flatten` wants a depth"),
        ("indices" | "index" | "rindex", [part]) => found_at(machine, name, input, part),
        _ => of_text(machine, name, input, args),
    }
}

fn of_text(machine: &mut Machine, name: &str, input: &Val, args: &[Val]) -> Flow<Val> {
    if let ("join", [between]) = (name, args) {
        return joined(machine, input, between);
    }
    let own = text_of(name, input)?;
    machine.spend(own.len() as u64 / 64)?;
    let cut = |rest: Option<&str>| rest.map_or_else(|| input.clone(), Val::text);
    match (name, args) {
        ("startswith", [other]) => Ok(Val::Bool(own.starts_with(text_of(name, other)?))),
        ("endswith", [other]) => Ok(Val::Bool(own.ends_with(text_of(name, other)?))),
        ("ltrimstr", [other]) => Ok(cut(own.strip_prefix(text_of(name, other)?))),
        ("rtrimstr", [other]) => Ok(cut(own.strip_suffix(text_of(name, other)?))),
        ("trimstr", [other]) => {
            let other = text_of(name, other)?;
            let own = own.strip_prefix(other).unwrap_or(own);
            Ok(Val::text(own.strip_suffix(other).unwrap_or(own)))
        }
        ("trim", []) => Ok(Val::text(own.trim())),
        ("ltrim", []) => Ok(Val::text(own.trim_start())),
        ("rtrim", []) => Ok(Val::text(own.trim_end())),
        ("split", [at]) => match (own, text_of(name, at)?) {
            ("", at) if !at.is_empty() => machine.list(vec![Val::text("")]),
            (own, at) => split(machine, own, at),
        },
        ("ascii_downcase", []) => machine.text(own.to_ascii_lowercase()),
        ("ascii_upcase", []) => machine.text(own.to_ascii_uppercase()),
        ("explode", []) => {
            let points = own
                .chars()
                .map(|character| Val::Number(f64::from(u32::from(character))))
                .collect();
            machine.list(points)
        }
        _ => Err(Stop::Undecided(format!("it uses `{name}`"))),
    }
}

fn text_of<'v>(name: &str, value: &'v Val) -> Flow<&'v str> {
    match value {
        Val::Text(text) => Ok(text),
        other => raise(format!("`{name}` cannot work on a {}", other.kind())),
    }
}

fn list_of<'v>(name: &str, value: &'v Val) -> Flow<&'v [Val]> {
    match value {
        Val::List(list) => Ok(&list.items),
        other => raise(format!("`{name}` cannot work on a {}", other.kind())),
    }
}

/// The items of a list, or the values of a map in the order of keys.
fn parts_of(name: &str, value: &Val) -> Flow<Vec<Val>> {
    match value {
        Val::Map(map) => Ok(map.entries.values().cloned().collect()),
        _ => list_of(name, value).map(<[Val]>::to_vec),
    }
}

fn number(name: &str, input: &Val, f: fn(f64) -> f64) -> Flow<Val> {
    match input {
        Val::Number(number) => Ok(Val::Number(f(*number))),
        other => raise(format!("`{name}` cannot work on a {}", other.kind())),
    }
}

fn length(input: &Val) -> Flow<Val> {
    Ok(match input {
        Val::Null => Val::count(0),
        Val::Bool(_) => return raise("a boolean has no length"),
        Val::Number(number) => Val::Number(number.abs()),
        Val::Text(text) => Val::count(text.chars().count()),
        Val::List(list) => Val::count(list.items.len()),
        Val::Map(map) => Val::count(map.entries.len()),
    })
}

fn keys(machine: &mut Machine, input: &Val) -> Flow<Val> {
    let keys = match input {
        Val::List(list) => (0..list.items.len()).map(Val::count).collect(),
        Val::Map(map) => map
            .entries
            .keys()
            .map(|key| Val::Text(Arc::clone(key)))
            .collect(),
        other => return raise(format!("a {} has no keys", other.kind())),
    };
    machine.list(keys)
}

fn has(input: &Val, key: &Val) -> Flow<Val> {
    match (input, key) {
        (Val::Null, _) => Ok(Val::Bool(false)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "lists are far shorter than 2^53"
        )]
        (Val::List(list), Val::Number(at)) => {
            let at = at.trunc();
            Ok(Val::Bool(at >= 0.0 && at < list.items.len() as f64))
        }
        (Val::Map(map), Val::Text(key)) => Ok(Val::Bool(map.entries.contains_key(key))),
        _ => raise(format!("a {} cannot have a {}", input.kind(), key.kind())),
    }
}

fn contains(whole: &Val, part: &Val) -> Flow<bool> {
    let holds = |whole: &Val, part: &Val| matches!(contains(whole, part), Ok(true));
    Ok(match (whole, part) {
        (Val::Text(whole), Val::Text(part)) => whole.contains(part.as_ref()),
        (Val::List(whole), Val::List(part)) => part
            .items
            .iter()
            .all(|part| whole.items.iter().any(|whole| holds(whole, part))),
        (Val::Map(whole), Val::Map(part)) => part.entries.iter().all(|(key, part)| {
            whole
                .entries
                .get(key)
                .is_some_and(|whole| holds(whole, part))
        }),
        (Val::Number(_), Val::Number(_)) | (Val::Null, Val::Null) => whole.compare(part).is_eq(),
        (Val::Bool(whole), Val::Bool(part)) if whole == part => true,
        _ => {
            return raise(format!(
                "a {} cannot contain a {}",
                whole.kind(),
                part.kind()
            ));
        }
    })
}

fn shown(machine: &mut Machine, value: &Val) -> Flow<Val> {
    machine.spend(value.weight())?;
    machine.text(Json::from(value).to_string())
}

fn to_number(input: &Val) -> Flow<Val> {
    match input {
        Val::Number(_) => Ok(input.clone()),
        Val::Text(text) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let starts = digits.starts_with(|first: char| first.is_ascii_digit() || first == '.');
            match text.parse() {
                Ok(number) if starts => Ok(Val::Number(number)),
                _ => raise("not a number"),
            }
        }
        other => raise(format!("a {} is no number", other.kind())),
    }
}

fn test(machine: &mut Machine, input: &Val, pattern: &Val, flags: &Val) -> Flow<Val> {
    let (text, pattern) = (text_of("test", input)?, text_of("test", pattern)?);
    let flags = match flags {
        Val::Null => "",
        flags => text_of("test", flags)?,
    };
    if flags.contains(|flag| !matches!(flag, 'g' | 'i' | 'm')) {
        return raise("unknown flag of a regular expression");
    }
    let mut whole = String::new();
    for (flag, sign) in [('i', "(?i)"), ('m', "(?s)")] {
        if flags.contains(flag) {
            whole.push_str(sign);
        }
    }
    whole.push_str(pattern);
    let regex = machine.regex(&whole)?;
    machine.spend(text.len() as u64)?;
    Ok(Val::Bool(regex.is_match(text)))
}

fn sorted(machine: &mut Machine, items: &[Val], keys: &[Val]) -> Flow<Val> {
    let weight: u64 = keys.iter().map(Val::weight).sum();
    machine.spend(weight.saturating_mul(u64::from(keys.len().max(1).ilog2() + 1)))?;
    let mut pairs: Vec<(&Val, &Val)> = keys.iter().zip(items).collect();
    pairs.sort_by(|left, right| left.0.compare(right.0));
    machine.list(pairs.into_iter().map(|(_, item)| item.clone()).collect())
}

fn least<'v>(
    machine: &mut Machine,
    items: impl Iterator<Item = &'v Val>,
    better: fn(std::cmp::Ordering) -> bool,
) -> Flow<Val> {
    let mut best: Option<&Val> = None;
    for item in items {
        machine.spend(item.weight())?;
        if best.is_none_or(|best| better(item.compare(best))) {
            best = Some(item);
        }
    }
    Ok(best.cloned().unwrap_or(Val::Null))
}

fn flattened(machine: &mut Machine, input: &Val, depth: f64) -> Flow<Val> {
    fn add_to(machine: &mut Machine, items: &mut Vec<Val>, parts: &[Val], depth: f64) -> Flow {
        parts.iter().try_for_each(|part| {
            machine.spend(1)?;
            match part {
                Val::List(list) if depth != 0.0 => add_to(machine, items, &list.items, depth - 1.0),
                _ => {
                    items.push(part.clone());
                    Ok(())
                }
            }
        })
    }
    let mut items = Vec::new();
    add_to(machine, &mut items, &parts_of("flatten", input)?, depth)?;
    machine.list(items)
}

fn found_at(machine: &mut Machine, name: &str, input: &Val, part: &Val) -> Flow<Val> {
    let found = match (input, part) {
        (Val::Null, _) => return Ok(Val::Null),
        (Val::Text(text), Val::Text(part)) => {
            let points = |text: &str| {
                text.chars()
                    .map(|one| Val::text(one.encode_utf8(&mut [0; 4])))
                    .collect::<Vec<_>>()
            };
            machine.spend((text.len() as u64 + 1).saturating_mul(part.len() as u64 + 1))?;
            positions(&points(text), &points(part))
        }
        (Val::List(list), Val::List(part)) => {
            machine.spend(input.weight().saturating_mul(part.items.len() as u64 + 1))?;
            positions(&list.items, &part.items)
        }
        (Val::List(list), part) => {
            machine.spend(input.weight())?;
            positions(&list.items, std::slice::from_ref(part))
        }
        _ => return raise(format!("`{name}` cannot work on a {}", input.kind())),
    };
    let ends = list_of(name, &found)?;
    Ok(match name {
        "index" => ends.first().cloned().unwrap_or(Val::Null),
        "rindex" => ends.last().cloned().unwrap_or(Val::Null),
        _ => found.clone(),
    })
}

/// Numbers and booleans are shown, null is nothing, anything else but a string cannot be added.
fn joined(machine: &mut Machine, input: &Val, between: &Val) -> Flow<Val> {
    let parts = parts_of("join", input)?;
    let mut sum = Val::text("");
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            sum = add(machine, &sum, between)?;
        }
        let part = match part {
            Val::Bool(_) | Val::Number(_) => shown(machine, part)?,
            other => other.clone(),
        };
        sum = add(machine, &sum, &part)?;
    }
    Ok(sum)
}
