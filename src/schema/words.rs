//! What a schema refuses, in words.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::config::OperatorVersion;

use super::document::has;

/// What is wrong with a value, as the end of "`field` …"; `None` for what cannot come from our schemas.
pub(super) fn refusal(kind: &ValidationErrorKind, value: &Value) -> Option<String> {
    use ValidationErrorKind as Kind;
    let words = match kind {
        Kind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => with_article(&one.to_string()),
                TypeKind::Multiple(several) => {
                    let names: Vec<String> = several
                        .iter()
                        .map(|one| with_article(&one.to_string()))
                        .collect();
                    names.join(" or ")
                }
            };
            format!("is {}, not {wanted}", with_article(type_of(value)))
        }
        Kind::Enum { options } => format!("is {}, not {}", shown(value), listed(options)),
        Kind::Constant { expected_value } => {
            format!("is {}, not {}", shown(value), shown(expected_value))
        }
        Kind::Pattern { pattern } => {
            format!("is {}, which does not match `{pattern}`", shown(value))
        }
        Kind::Minimum { limit } => format!("is {}, below {limit}", shown(value)),
        Kind::Maximum { limit } => format!("is {}, above {limit}", shown(value)),
        Kind::ExclusiveMinimum { limit } => format!("is {}, not above {limit}", shown(value)),
        Kind::ExclusiveMaximum { limit } => format!("is {}, not below {limit}", shown(value)),
        Kind::MultipleOf { multiple_of } => {
            format!("is {}, no multiple of {multiple_of}", shown(value))
        }
        Kind::MinLength { limit: 1 } => "is empty".to_owned(),
        Kind::MinLength { limit } => format!("is shorter than {limit} characters"),
        Kind::MaxLength { limit } => format!("is longer than {limit} characters"),
        Kind::MinItems { limit: 1 } => "is an empty list".to_owned(),
        Kind::MinItems { limit } => format!("has fewer than {limit} items"),
        Kind::MaxItems { limit } => format!("has more than {limit} items"),
        Kind::MinProperties { limit } => format!("has fewer than {limit} fields"),
        Kind::MaxProperties { limit } => format!("has more than {limit} fields"),
        Kind::UniqueItems => "holds an item twice".to_owned(),
        Kind::Required { property } => format!("lacks {}", shown(property)),
        Kind::OneOfMultipleValid { .. } => {
            "fits several of the shapes that exclude each other".to_owned()
        }
        Kind::OneOfNotValid { .. } | Kind::AnyOf { .. } | Kind::Not { .. } => {
            "fits none of the shapes that it may have".to_owned()
        }
        _ => return None,
    };
    Some(words)
}

/// What to do about a value of the wrong type.
pub(super) fn type_help(kind: &ValidationErrorKind, value: &Value) -> Option<String> {
    let ValidationErrorKind::Type { kind } = kind else {
        return None;
    };
    let wanted = match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(_) => return None,
    };
    match (wanted.as_str(), value) {
        ("string", Value::Number(_) | Value::Bool(_)) => {
            Some("put the value in quotes, so that it is a string".to_owned())
        }
        ("integer" | "number", Value::String(text)) if text.parse::<f64>().is_ok() => {
            Some("write the number without quotes".to_owned())
        }
        ("boolean", Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
            Some("write it without quotes".to_owned())
        }
        ("array", _) => Some("write it as a list, each item behind `- `".to_owned()),
        _ => None,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The types of JSON in the words of YAML.
fn with_article(name: &str) -> String {
    match name {
        "array" => "a list",
        "object" => "a map",
        "integer" => "an integer",
        "string" => "a string",
        "number" => "a number",
        "boolean" => "a boolean",
        other => other,
    }
    .to_owned()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn listed(values: &Value) -> String {
    let values: Vec<String> = values.as_array().into_iter().flatten().map(shown).collect();
    match values.as_slice() {
        [one] => one.clone(),
        several => format!("one of {}", several.join(", ")),
    }
}

/// The releases that have something, in words.
pub(super) fn in_releases(with: &Value, releases: &[OperatorVersion]) -> String {
    let there: Vec<bool> = releases.iter().map(|release| has(with, *release)).collect();
    spans(&there, releases).unwrap_or_default()
}

/// The releases that have something, as "since 1.24.4, 1.25.2, 1.26.0" or "1.24.0 to 1.26.3"; `None` for none.
///
/// Releases are told by line: the first one of each that got it late.
pub(super) fn spans(there: &[bool], releases: &[OperatorVersion]) -> Option<String> {
    let last = there.last().copied()?;
    let mut starts = Vec::new();
    let mut before = false;
    for (with, release) in std::iter::zip(there, releases) {
        if *with && !before {
            starts.push(release.to_string());
        }
        before = *with;
    }
    if starts.is_empty() {
        return None;
    }
    if last {
        return Some(format!("since {}", starts.join(", ")));
    }
    let end = std::iter::zip(there, releases).rfind(|(with, _)| **with);
    Some(format!(
        "{} to {}",
        starts.join(", "),
        end.map(|(_, release)| release.to_string())?
    ))
}
