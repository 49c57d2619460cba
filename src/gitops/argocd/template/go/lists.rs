//! Functions on lists. Source: sprig `list.go`.

use super::arguments::{Arguments, list_of, texts_of};
use super::functions::Answer;
use super::{TemplateError, Value};

/// Most items that a sequence may have.
const LONGEST: i64 = 10_000;

pub(super) fn call(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    let list = match name {
        "list" | "tuple" => arguments.rest(),
        "first" | "last" => {
            let list = arguments.list()?;
            let item = if name == "first" {
                list.first()
            } else {
                list.last()
            };
            return Ok(Some(item.cloned().unwrap_or(Value::Null)));
        }
        "rest" => arguments.list()?.into_iter().skip(1).collect(),
        "initial" => {
            let mut list = arguments.list()?;
            list.pop();
            list
        }
        "append" | "push" => {
            let mut list = arguments.list()?;
            list.push(arguments.any()?);
            list
        }
        "prepend" => {
            let mut list = arguments.list()?;
            list.insert(0, arguments.any()?);
            list
        }
        "concat" => {
            let mut all = Vec::new();
            while arguments.left() > 0 {
                all.extend(arguments.list()?);
            }
            all
        }
        "uniq" => {
            let mut kept: Vec<Value> = Vec::new();
            for item in bounded(arguments.list()?)? {
                if !kept.contains(&item) {
                    kept.push(item);
                }
            }
            kept
        }
        "without" => {
            let list = bounded(arguments.list()?)?;
            let unwanted = arguments.rest();
            list.into_iter()
                .filter(|item| !unwanted.contains(item))
                .collect()
        }
        "has" => {
            let wanted = arguments.any()?;
            let list = match arguments.any()? {
                Value::List(list) => list,
                other if other.is_nothing() => Vec::new(),
                other => {
                    return arguments.failed(format!("cannot search in {}", other.type_name()));
                }
            };
            return Ok(Some(Value::Bool(list.contains(&wanted))));
        }
        "reverse" => {
            let mut list = arguments.list()?;
            list.reverse();
            list
        }
        "compact" => arguments
            .list()?
            .into_iter()
            .filter(Value::is_true)
            .collect(),
        "sortAlpha" => {
            let mut texts = texts_of(&arguments.any()?);
            texts.sort();
            return Ok(Some(list_of(texts)));
        }
        "slice" => {
            let list = arguments.list()?;
            let start = limit(arguments, 0, list.len())?;
            let end = limit(arguments, list.len(), list.len())?;
            match list.get(start..end) {
                Some(part) => part.to_vec(),
                None => return arguments.failed("slice bounds out of range"),
            }
        }
        "until" => sequence(0, arguments.integer()?, 1)?,
        "untilStep" => {
            let (start, stop) = (arguments.integer()?, arguments.integer()?);
            sequence(start, stop, arguments.integer()?)?
        }
        _ => return Ok(None),
    };
    Ok(Some(Value::List(list)))
}

/// Comparing each item with each takes the square of their number.
fn bounded(list: Vec<Value>) -> Result<Vec<Value>, TemplateError> {
    if list.len() <= 2_000 {
        Ok(list)
    } else {
        Err(TemplateError::TooMuch)
    }
}

fn limit(
    arguments: &mut Arguments<'_>,
    default: usize,
    length: usize,
) -> Result<usize, TemplateError> {
    if arguments.left() == 0 {
        return Ok(default);
    }
    let limit = usize::try_from(arguments.integer()?)
        .ok()
        .filter(|limit| *limit <= length);
    limit.map_or_else(|| arguments.failed("slice bounds out of range"), Ok)
}

fn sequence(start: i64, stop: i64, step: i64) -> Result<Vec<Value>, TemplateError> {
    let step = if stop < start && step == 1 { -1 } else { step };
    if step == 0 || (stop > start) != (step > 0) {
        return Ok(Vec::new());
    }
    if start.abs_diff(stop) / step.unsigned_abs() > LONGEST.unsigned_abs() {
        return Err(TemplateError::TooMuch);
    }
    let mut numbers = Vec::new();
    let mut at = start;
    while if step > 0 { at < stop } else { at > stop } {
        numbers.push(Value::Integer(at));
        at = match at.checked_add(step) {
            Some(next) => next,
            None => break,
        };
    }
    Ok(numbers)
}
