//! The functions, by name.

use super::arguments::{Arguments, text_of};
use super::{TemplateError, Value};
use super::{compare, lists, maps, numbers, strings};

/// What a family of functions makes of a name: nothing, where the name is not one of its own.
pub(super) type Answer = Result<Option<Value>, TemplateError>;

/// Calls a function.
pub(super) fn call(name: &str, values: Vec<Value>) -> Result<Value, TemplateError> {
    let mut arguments = Arguments::new(name, values);
    for family in [
        compare::call,
        basic,
        strings::call,
        lists::call,
        maps::call,
        numbers::call,
    ] {
        // A family takes no argument of a function that is not its own.
        if let Some(value) = family(name, &mut arguments)? {
            arguments.end()?;
            return Ok(value);
        }
    }
    Err(TemplateError::Unsupported(name.to_owned()))
}

/// Defaults and failures.
fn basic(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    Ok(Some(match name {
        "default" => {
            let default = arguments.any()?;
            match arguments.rest().into_iter().next() {
                Some(value) if value.is_true() => value,
                _ => default,
            }
        }
        "empty" => Value::Bool(!arguments.any()?.is_true()),
        "coalesce" => {
            let values = arguments.rest();
            let full = values.into_iter().find(Value::is_true);
            full.unwrap_or(Value::Null)
        }
        "all" => Value::Bool(arguments.rest().iter().all(Value::is_true)),
        "any" => Value::Bool(arguments.rest().iter().any(Value::is_true)),
        "ternary" => {
            let (yes, no) = (arguments.any()?, arguments.any()?);
            match arguments.any()? {
                Value::Bool(true) => yes,
                Value::Bool(false) => no,
                other => {
                    let message = format!("expected bool; got {}", other.type_name());
                    return arguments.failed(message);
                }
            }
        }
        "fail" => {
            let message = arguments.text()?;
            return arguments.failed(message);
        }
        "print" => Value::Text(print(&arguments.rest())),
        "println" => {
            let texts: Vec<String> = arguments.rest().iter().map(text_of).collect();
            Value::Text(format!("{}\n", texts.join(" ")))
        }
        "typeOf" => {
            let value = arguments.any()?;
            Value::Text(match value {
                Value::Missing | Value::Null => "<nil>".to_owned(),
                value => value.type_name().to_owned(),
            })
        }
        "kindOf" => Value::Text(kind(&arguments.any()?).to_owned()),
        "kindIs" => {
            let wanted = arguments.text()?;
            Value::Bool(kind(&arguments.any()?) == wanted)
        }
        "typeIs" => {
            let wanted = arguments.text()?;
            Value::Bool(arguments.any()?.type_name() == wanted)
        }
        _ => return Ok(None),
    }))
}

/// Go's `fmt.Sprint`: blanks stand between operands of which neither is a string.
fn print(values: &[Value]) -> String {
    let mut text = String::new();
    for (at, value) in values.iter().enumerate() {
        let is_text = |value: &Value| matches!(value, Value::Text(_));
        if at > 0 && !is_text(value) && !is_text(&values[at - 1]) {
            text.push(' ');
        }
        text.push_str(&text_of(value));
    }
    text
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Missing | Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Integer(_) => "int",
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
    }
}
