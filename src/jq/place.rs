//! Places within values: looking at them, replacing them, taking them out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::machine::{Flow, Machine, raise};
use super::value::Val;

/// Longest list that an assignment to an index may make.
const MOST_ITEMS: usize = 10_000;

/// The value under a key of a map; nothing of nothing.
pub(super) fn child(value: &Val, key: &str) -> Flow<Val> {
    match value {
        Val::Null => Ok(Val::Null),
        Val::Map(map) => Ok(map.entries.get(key).cloned().unwrap_or(Val::Null)),
        other => raise(format!("a {} has no keys", other.kind())),
    }
}

/// `value[key]`
pub(super) fn index(value: &Val, key: &Val) -> Flow<Val> {
    match (value, key) {
        (_, Val::Text(key)) => child(value, key),
        (Val::Null, Val::Number(_) | Val::List(_)) => Ok(Val::Null),
        (Val::List(list), Val::Number(at)) => {
            let at = position(*at, list.items.len());
            Ok(at
                .and_then(|at| list.items.get(at))
                .cloned()
                .unwrap_or(Val::Null))
        }
        (Val::Text(text), Val::Number(at)) => {
            let at = position(*at, text.chars().count());
            let character = at.and_then(|at| text.chars().nth(at));
            Ok(character.map_or(Val::Null, |character| {
                Val::text(character.encode_utf8(&mut [0; 4]))
            }))
        }
        (Val::List(list), Val::List(part)) => Ok(positions(&list.items, &part.items)),
        (Val::Null, Val::Map(_)) => Ok(Val::Null),
        (_, Val::Map(ends)) => match (ends.entries.get("start"), ends.entries.get("end")) {
            (Some(from), Some(to)) => slice(value, from, to),
            _ => raise("a slice wants `start` and `end`"),
        },
        _ => raise(format!(
            "a {} cannot be indexed with a {}",
            value.kind(),
            key.kind()
        )),
    }
}

/// Where a part of a list begins.
pub(super) fn positions(items: &[Val], part: &[Val]) -> Val {
    if part.is_empty() {
        return Val::list(Vec::new());
    }
    let same = |window: &[Val]| {
        window
            .iter()
            .zip(part)
            .all(|(left, right)| left.compare(right).is_eq())
    };
    let found = items
        .windows(part.len())
        .enumerate()
        .filter(|(_, window)| same(window));
    Val::list(found.map(|(at, _)| Val::count(at)).collect())
}

/// An index counted from the end where it is negative; `None` before the start.
fn position(at: f64, length: usize) -> Option<usize> {
    let at = whole(at);
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    usize::try_from(if at < 0 {
        at.saturating_add(length)
    } else {
        at
    })
    .ok()
}

/// As Go cuts a number to a whole one.
fn whole(number: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "too large saturates, as far beyond any list"
    )]
    let whole = number as i64;
    whole
}

/// `value[from:to]`
pub(super) fn slice(value: &Val, from: &Val, to: &Val) -> Flow<Val> {
    match value {
        Val::Null => Ok(Val::Null),
        Val::List(list) => {
            let (from, to) = bounds(list.items.len(), from, to)?;
            Ok(Val::list(
                list.items.get(from..to).unwrap_or_default().to_vec(),
            ))
        }
        Val::Text(text) => {
            let (from, to) = bounds(text.chars().count(), from, to)?;
            let part: String = text.chars().skip(from).take(to - from).collect();
            Ok(Val::text(&part))
        }
        other => raise(format!("a {} cannot be cut", other.kind())),
    }
}

fn bounds(length: usize, from: &Val, to: &Val) -> Flow<(usize, usize)> {
    let end = |end: &Val, otherwise: usize, round: fn(f64) -> f64| match end {
        Val::Null => Ok(otherwise),
        Val::Number(number) => Ok(position(round(*number), length).unwrap_or(0).min(length)),
        other => raise(format!("a {} is no end of a slice", other.kind())),
    };
    let from = end(from, 0, f64::trunc)?;
    let to = end(to, length, f64::ceil)?;
    Ok((from, to.max(from)))
}

/// `setpath`
pub(super) fn set_path(machine: &mut Machine, value: &Val, way: &[Val], new: Val) -> Flow<Val> {
    match changed(machine, Some(value), way, &mut Put(new))? {
        Some(value) => Ok(value),
        None => Ok(value.clone()),
    }
}

struct Put(Val);

fn changed(
    machine: &mut Machine,
    value: Option<&Val>,
    way: &[Val],
    new: &mut Put,
) -> Flow<Option<Val>> {
    let Some((step, rest)) = way.split_first() else {
        return Ok(Some(std::mem::replace(&mut new.0, Val::Null)));
    };
    machine.spend(1)?;
    let value = value.unwrap_or(&Val::Null);
    match (step, value) {
        (Val::Text(key), Val::Null | Val::Map(_)) => {
            let mut entries = match value {
                Val::Map(map) => map.entries.clone(),
                _ => BTreeMap::new(),
            };
            if let Some(new) = changed(machine, entries.get(key), rest, new)? {
                entries.insert(Arc::clone(key), new);
            }
            machine.map(entries).map(Some)
        }
        (Val::Number(at), Val::Null | Val::List(_)) => {
            let mut items = items_of(value);
            let Some(at) = position(*at, items.len()) else {
                return raise("an index lies before the start of the list");
            };
            if at >= MOST_ITEMS {
                return raise("an index is too large");
            }
            let item = changed(machine, items.get(at), rest, new)?.unwrap_or(Val::Null);
            if items.len() <= at {
                items.resize(at + 1, Val::Null);
            }
            items[at] = item;
            machine.list(items).map(Some)
        }
        (Val::Map(ends), Val::Null | Val::List(_)) => {
            let (from, to) = ends_of(ends.entries.get("start"), ends.entries.get("end"), value)?;
            let items = items_of(value);
            let part = machine.list(items[from..to].to_vec())?;
            let Some(Val::List(part)) = changed(machine, Some(&part), rest, new)? else {
                return raise("a slice can be replaced by a list only");
            };
            let parts = items[..from].iter().chain(&part.items).chain(&items[to..]);
            machine.list(parts.cloned().collect()).map(Some)
        }
        _ => raise(format!("a {} has no place `{}`", value.kind(), step.kind())),
    }
}

fn items_of(value: &Val) -> Vec<Val> {
    match value {
        Val::List(list) => list.items.clone(),
        _ => Vec::new(),
    }
}

fn ends_of(from: Option<&Val>, to: Option<&Val>, value: &Val) -> Flow<(usize, usize)> {
    let length = match value {
        Val::List(list) => list.items.len(),
        _ => 0,
    };
    match (from, to) {
        (Some(from), Some(to)) => bounds(length, from, to),
        _ => raise("a slice wants `start` and `end`"),
    }
}

/// `delpaths`: all places are found first, so that taking one out of a list does not move the others.
pub(super) fn delete_paths(machine: &mut Machine, value: &Val, ways: &[Vec<Val>]) -> Flow<Val> {
    let mut marked = Marked::Kept(value.clone());
    for way in ways {
        marked = mark(machine, marked, way)?;
    }
    // Where no way even begins, the value is the very same, which matters within `path`.
    if !ways
        .iter()
        .any(|way| way.first().is_none_or(|step| begins(value, step)))
    {
        return Ok(value.clone());
    }
    swept(machine, marked).map(|value| value.unwrap_or(Val::Null))
}

fn begins(value: &Val, step: &Val) -> bool {
    match (value, step) {
        (Val::Map(map), Val::Text(key)) => map.entries.contains_key(key),
        (Val::List(list), Val::Number(at)) => {
            position(*at, list.items.len()).is_some_and(|at| at < list.items.len())
        }
        (Val::List(list), Val::Map(ends)) => {
            let end = |key| ends.entries.get(key).unwrap_or(&Val::Null);
            bounds(list.items.len(), end("start"), end("end")).is_ok_and(|(from, to)| from < to)
        }
        _ => false,
    }
}

/// A value of which parts are to go.
enum Marked {
    Kept(Val),
    Gone,
    List(Vec<Marked>),
    Map(BTreeMap<Arc<str>, Marked>),
}

fn mark(machine: &mut Machine, value: Marked, way: &[Val]) -> Flow<Marked> {
    let Some((step, rest)) = way.split_first() else {
        return Ok(Marked::Gone);
    };
    machine.spend(1)?;
    match (step, opened(machine, value)?) {
        (Val::Text(_) | Val::Number(_) | Val::Map(_), Marked::Gone) => Ok(Marked::Gone),
        (Val::Text(_) | Val::Number(_) | Val::Map(_), Marked::Kept(Val::Null)) => {
            Ok(Marked::Kept(Val::Null))
        }
        (Val::Text(key), Marked::Map(mut entries)) => {
            if let Some(entry) = entries.remove(key) {
                entries.insert(Arc::clone(key), mark(machine, entry, rest)?);
            }
            Ok(Marked::Map(entries))
        }
        (Val::Number(at), Marked::List(mut items)) => {
            let at = position(*at, items.len());
            if let Some(item) = at.and_then(|at| items.get_mut(at)) {
                let own = std::mem::replace(item, Marked::Gone);
                *item = mark(machine, own, rest)?;
            }
            Ok(Marked::List(items))
        }
        (Val::Map(ends), Marked::List(mut items)) => {
            let (Some(from), Some(to)) = (ends.entries.get("start"), ends.entries.get("end"))
            else {
                return raise("a slice wants `start` and `end`");
            };
            let (from, to) = bounds(items.len(), from, to)?;
            if from == to {
                return Ok(Marked::List(items));
            }
            let part: Vec<Marked> = items.drain(from..to).collect();
            let count = part.len();
            let part = match mark(machine, Marked::List(part), rest)? {
                Marked::List(part) => part,
                _ => std::iter::repeat_with(|| Marked::Gone)
                    .take(count)
                    .collect(),
            };
            items.splice(from..from, part);
            Ok(Marked::List(items))
        }
        (_, found) => {
            let kind = match found {
                Marked::Kept(value) => value.kind(),
                Marked::List(_) => "array",
                _ => "object",
            };
            raise(format!("a {kind} has no place `{}`", step.kind()))
        }
    }
}

/// Lists and maps as parts that can be marked one by one.
fn opened(machine: &mut Machine, value: Marked) -> Flow<Marked> {
    Ok(match value {
        Marked::Kept(Val::List(list)) => {
            machine.spend(list.items.len() as u64)?;
            Marked::List(list.items.iter().cloned().map(Marked::Kept).collect())
        }
        Marked::Kept(Val::Map(map)) => {
            machine.spend(map.entries.len() as u64)?;
            let entries = map
                .entries
                .iter()
                .map(|(key, value)| (Arc::clone(key), Marked::Kept(value.clone())));
            Marked::Map(entries.collect())
        }
        other => other,
    })
}

fn swept(machine: &mut Machine, value: Marked) -> Flow<Option<Val>> {
    match value {
        Marked::Gone => Ok(None),
        Marked::Kept(value) => Ok(Some(value)),
        Marked::List(parts) => {
            let mut items = Vec::new();
            for part in parts {
                items.extend(swept(machine, part)?);
            }
            machine.list(items).map(Some)
        }
        Marked::Map(parts) => {
            let mut entries = BTreeMap::new();
            for (key, part) in parts {
                if let Some(value) = swept(machine, part)? {
                    entries.insert(key, value);
                }
            }
            machine.map(entries).map(Some)
        }
    }
}
