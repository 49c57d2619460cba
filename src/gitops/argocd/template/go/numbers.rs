//! Functions on numbers, and formatted printing. Source: sprig `numeric.go`, Go `fmt/print.go`.

use super::arguments::{Arguments, integer};
use super::functions::Answer;
use super::{TemplateError, Value};

pub(super) fn call(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    let overflow = || TemplateError::Failed("integer overflow".to_owned());
    let number = match name {
        "int" | "int64" | "toInt" | "atoi" => arguments.integer()?,
        "float64" => {
            let value = match arguments.any()? {
                Value::Float(value) => value,
                Value::Text(text) => text.parse().unwrap_or(0.0),
                #[expect(clippy::cast_precision_loss, reason = "Go converts alike")]
                other => integer(&other) as f64,
            };
            return Ok(Some(Value::Float(value)));
        }
        "add1" => arguments.integer()?.checked_add(1).ok_or_else(overflow)?,
        "add" => {
            let mut sum: i64 = 0;
            while arguments.left() > 0 {
                sum = sum.checked_add(arguments.integer()?).ok_or_else(overflow)?;
            }
            sum
        }
        "mul" => {
            let mut product = arguments.integer()?;
            while arguments.left() > 0 {
                product = product
                    .checked_mul(arguments.integer()?)
                    .ok_or_else(overflow)?;
            }
            product
        }
        "sub" => {
            let left = arguments.integer()?;
            left.checked_sub(arguments.integer()?)
                .ok_or_else(overflow)?
        }
        "div" | "mod" => {
            let (left, right) = (arguments.integer()?, arguments.integer()?);
            let value = if name == "div" {
                left.checked_div(right)
            } else {
                left.checked_rem(right)
            };
            value.ok_or_else(|| TemplateError::Failed("integer divide by zero".to_owned()))?
        }
        "max" | "biggest" | "min" => {
            let mut best = arguments.integer()?;
            while arguments.left() > 0 {
                let next = arguments.integer()?;
                best = if name == "min" {
                    best.min(next)
                } else {
                    best.max(next)
                };
            }
            best
        }
        _ => return Ok(None),
    };
    Ok(Some(Value::Integer(number)))
}

/// Go's `Sprintf` with the verbs that templates use: `%s`, `%d`, `%v`, `%t`, `%q`-free, widths of `%d` and `%s`.
pub(super) fn printf(format: &str, values: &[Value]) -> Result<String, TemplateError> {
    let mut text = String::new();
    let mut values = values.iter();
    let mut characters = format.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) = characters.next_if(|next| matches!(next, '0'..='9' | '-')) {
            flags.push(flag);
        }
        let verb = characters.next();
        if verb == Some('%') {
            text.push('%');
            continue;
        }
        let Some(value) = values.next() else {
            return Err(unsupported());
        };
        let shown = match (verb, value) {
            (Some('v'), value) => value.printed(),
            (Some('s'), Value::Text(own)) => own.clone(),
            (Some('d'), Value::Integer(own)) => own.to_string(),
            (Some('t'), Value::Bool(own)) => own.to_string(),
            _ => return Err(unsupported()),
        };
        padded(&mut text, &shown, &flags)?;
    }
    if values.next().is_some() {
        return Err(unsupported());
    }
    Ok(text)
}

/// What Go prints for verbs that do not fit their values is nothing anybody wants.
fn unsupported() -> TemplateError {
    TemplateError::Unsupported("printf with this format".to_owned())
}

fn padded(text: &mut String, shown: &str, flags: &str) -> Result<(), TemplateError> {
    let left = flags.starts_with('-');
    let zero = flags.starts_with('0');
    let digits = flags.trim_start_matches('-');
    let width: usize = match digits {
        "" => 0,
        digits => digits
            .parse()
            .ok()
            .filter(|width| *width <= 1_000)
            .ok_or_else(unsupported)?,
    };
    let missing = width.saturating_sub(shown.chars().count());
    let pad = if zero && !left { "0" } else { " " }.repeat(missing);
    if zero && shown.starts_with('-') {
        return Err(unsupported());
    }
    if left {
        text.push_str(shown);
        text.push_str(&pad);
    } else {
        text.push_str(&pad);
        text.push_str(shown);
    }
    Ok(())
}
