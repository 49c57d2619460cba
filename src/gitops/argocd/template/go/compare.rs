//! Comparisons and look-ups that Go's own templates have.

use std::cmp::Ordering;

use super::arguments::Arguments;
use super::functions::Answer;
use super::{TemplateError, Value};

pub(super) fn call(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    Ok(Some(match name {
        "not" => Value::Bool(!arguments.any()?.is_true()),
        "eq" => {
            let first = arguments.any()?;
            let others = arguments.rest();
            if others.is_empty() {
                return arguments.failed("missing argument for comparison");
            }
            let mut equal = false;
            for other in &others {
                equal |= equals(&first, other, arguments)?;
            }
            Value::Bool(equal)
        }
        "ne" => {
            let (left, right) = (arguments.any()?, arguments.any()?);
            Value::Bool(!equals(&left, &right, arguments)?)
        }
        "lt" | "le" | "gt" | "ge" => {
            let (left, right) = (arguments.any()?, arguments.any()?);
            let order = order(&left, &right, arguments)?;
            Value::Bool(match name {
                "lt" => order == Some(Ordering::Less),
                "le" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                "gt" => order == Some(Ordering::Greater),
                _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            })
        }
        "len" => {
            let value = arguments.any()?;
            let length = match &value {
                Value::Text(text) => text.len(),
                Value::List(items) => items.len(),
                Value::Map(entries) => entries.len(),
                other => return arguments.failed(format!("len of type {}", other.type_name())),
            };
            Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
        }
        "index" => index(arguments)?,
        _ => return Ok(None),
    }))
}

/// Values of different kinds cannot be compared, not even an integer with a floating-point number; nothing equals
/// nothing alone.
fn equals(left: &Value, right: &Value, arguments: &Arguments<'_>) -> Result<bool, TemplateError> {
    match (left, right) {
        (left, right) if left.is_nothing() || right.is_nothing() => {
            Ok(left.is_nothing() && right.is_nothing())
        }
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Integer(left), Value::Integer(right)) => Ok(left == right),
        (Value::Float(left), Value::Float(right)) => Ok(left == right),
        (Value::Text(left), Value::Text(right)) => Ok(left == right),
        (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => {
            arguments.failed("non-comparable type")
        }
        _ => arguments.failed("incompatible types for comparison"),
    }
}

fn order(
    left: &Value,
    right: &Value,
    arguments: &Arguments<'_>,
) -> Result<Option<Ordering>, TemplateError> {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Ok(Some(left.cmp(right))),
        (Value::Float(left), Value::Float(right)) => Ok(left.partial_cmp(right)),
        (Value::Text(left), Value::Text(right)) => Ok(Some(left.cmp(right))),
        _ => arguments.failed("incompatible types for comparison"),
    }
}

/// `index map key`, `index list 0`, and so on down.
fn index(arguments: &mut Arguments<'_>) -> Result<Value, TemplateError> {
    let mut value = arguments.any()?;
    for step in arguments.rest() {
        value = match (value, &step) {
            (Value::Map(mut entries), Value::Text(key)) => {
                entries.remove(key).unwrap_or(Value::Null)
            }
            (Value::List(items), Value::Integer(at)) => {
                let item = usize::try_from(*at)
                    .ok()
                    .and_then(|at| items.into_iter().nth(at));
                match item {
                    Some(item) => item,
                    None => return arguments.failed(format!("index out of range: {at}")),
                }
            }
            (Value::Missing | Value::Null, _) => return arguments.failed("index of untyped nil"),
            (value, step) => {
                return arguments.failed(format!(
                    "cannot index {} with {}",
                    value.type_name(),
                    step.type_name()
                ));
            }
        };
    }
    Ok(value)
}
