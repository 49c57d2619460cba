//! Arithmetic and comparison, as gojq 0.12.19 does them (`operator.go`).

use std::sync::Arc;

use super::machine::{Flow, Machine, raise};
use super::syntax::Operator;
use super::value::Val;

/// The value of `left operator right`.
pub(super) fn binary(
    machine: &mut Machine,
    operator: Operator,
    left: &Val,
    right: &Val,
) -> Flow<Val> {
    match operator {
        Operator::Add => add(machine, left, right),
        Operator::Subtract => subtract(machine, left, right),
        Operator::Multiply => multiply(machine, left, right),
        Operator::Divide => divide(machine, left, right),
        Operator::Remainder => remainder(left, right),
        Operator::Alternative => Ok(if left.is_true() {
            left.clone()
        } else {
            right.clone()
        }),
        compared => {
            machine.spend(left.weight().min(right.weight()))?;
            let order = left.compare(right);
            Ok(Val::Bool(match compared {
                Operator::Equal => order.is_eq(),
                Operator::Unequal => order.is_ne(),
                Operator::Less => order.is_lt(),
                Operator::LessOrEqual => order.is_le(),
                Operator::Greater => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
    }
}

fn unfit<T>(verb: &str, left: &Val, right: &Val) -> Flow<T> {
    raise(format!(
        "cannot {verb} {} and {}",
        left.kind(),
        right.kind()
    ))
}

/// `-value`
pub(super) fn negated(value: &Val) -> Flow<Val> {
    match value {
        Val::Number(number) => Ok(Val::Number(-number)),
        other => raise(format!("cannot negate {}", other.kind())),
    }
}

/// `left + right`
pub(super) fn add(machine: &mut Machine, left: &Val, right: &Val) -> Flow<Val> {
    match (left, right) {
        (Val::Null, other) | (other, Val::Null) => Ok(other.clone()),
        (Val::Number(left), Val::Number(right)) => Ok(Val::Number(left + right)),
        (Val::Text(left), Val::Text(right)) => {
            machine.room_for(left.len() + right.len())?;
            machine.text(format!("{left}{right}"))
        }
        (Val::List(one), other @ Val::List(_)) | (other @ Val::List(_), Val::List(one))
            if one.items.is_empty() =>
        {
            Ok(other.clone())
        }
        (Val::List(left), Val::List(right)) => {
            machine.list(left.items.iter().chain(&right.items).cloned().collect())
        }
        (Val::Map(one), other @ Val::Map(_)) | (other @ Val::Map(_), Val::Map(one))
            if one.entries.is_empty() =>
        {
            Ok(other.clone())
        }
        (Val::Map(left), Val::Map(right)) => {
            let mut entries = left.entries.clone();
            entries.extend(
                right
                    .entries
                    .iter()
                    .map(|(key, value)| (Arc::clone(key), value.clone())),
            );
            machine.map(entries)
        }
        _ => unfit("add", left, right),
    }
}

fn subtract(machine: &mut Machine, left: &Val, right: &Val) -> Flow<Val> {
    match (left, right) {
        (Val::Number(left), Val::Number(right)) => Ok(Val::Number(left - right)),
        (Val::List(left), Val::List(right)) => {
            machine.spend(left.items.len() as u64 * right.items.len() as u64)?;
            let taken = |item: &Val| right.items.iter().any(|other| item.compare(other).is_eq());
            machine.list(
                left.items
                    .iter()
                    .filter(|item| !taken(item))
                    .cloned()
                    .collect(),
            )
        }
        _ => unfit("subtract", left, right),
    }
}

fn multiply(machine: &mut Machine, left: &Val, right: &Val) -> Flow<Val> {
    match (left, right) {
        (Val::Number(left), Val::Number(right)) => Ok(Val::Number(left * right)),
        (Val::Map(_), Val::Map(_)) => merged(machine, left, right),
        (Val::Text(text), Val::Number(times)) | (Val::Number(times), Val::Text(text)) => {
            if *times < 0.0 || times.is_nan() {
                return Ok(Val::Null);
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "not negative; too large saturates"
            )]
            let times = *times as usize;
            machine.room_for(text.len().saturating_mul(times))?;
            machine.text(text.repeat(times))
        }
        _ => unfit("multiply", left, right),
    }
}

/// Maps within maps are merged too.
fn merged(machine: &mut Machine, left: &Val, right: &Val) -> Flow<Val> {
    let (Val::Map(own), Val::Map(other)) = (left, right) else {
        return Ok(right.clone());
    };
    let mut entries = own.entries.clone();
    for (key, value) in &other.entries {
        machine.spend(1)?;
        let value = match entries.get(key) {
            Some(old) => merged(machine, old, value)?,
            None => value.clone(),
        };
        entries.insert(Arc::clone(key), value);
    }
    machine.map(entries)
}

fn divide(machine: &mut Machine, left: &Val, right: &Val) -> Flow<Val> {
    match (left, right) {
        (Val::Number(_), Val::Number(0.0)) => raise("division by zero"),
        (Val::Number(left), Val::Number(right)) => Ok(Val::Number(left / right)),
        (Val::Text(left), Val::Text(right)) => split(machine, left, right),
        _ => unfit("divide", left, right),
    }
}

/// A string cut at another; at every character where the other is empty. Nothing of an empty string.
pub(super) fn split(machine: &mut Machine, text: &str, at: &str) -> Flow<Val> {
    machine.spend(text.len() as u64)?;
    if text.is_empty() {
        return machine.list(Vec::new());
    }
    let parts: Vec<Val> = if at.is_empty() {
        text.chars()
            .map(|character| Val::text(character.encode_utf8(&mut [0; 4])))
            .collect()
    } else {
        text.split(at).map(Val::text).collect()
    };
    machine.list(parts)
}

fn remainder(left: &Val, right: &Val) -> Flow<Val> {
    let (Val::Number(own), Val::Number(other)) = (left, right) else {
        return unfit("divide", left, right);
    };
    if own.is_nan() || other.is_nan() {
        return Ok(Val::Number(f64::NAN));
    }
    let (own, other) = (own.trunc(), other.trunc());
    if other == 0.0 {
        raise("division by zero")
    } else {
        Ok(Val::Number(own % other))
    }
}
