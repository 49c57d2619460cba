//! Values that templates work on: what Go makes of JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::yaml::scalar::Meaning;
use crate::yaml::{Kind, Node};

/// A value. Numbers that were read are floating-point numbers, as in Go; only functions and constants make integers.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is there: a key that a map does not have.
    Missing,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of a constant or a function.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// What Go's `sigs.k8s.io/yaml` reads from an expanded node in the dialect of kubectl.
    pub fn read(node: &Node) -> Self {
        match &node.kind {
            Kind::Scalar(_) => match node.meaning() {
                Some(Meaning::Bool(value)) => Self::Bool(value),
                #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles in Go")]
                Some(Meaning::Integer(value)) => Self::Float(value as f64),
                #[expect(clippy::cast_precision_loss, reason = "JSON numbers are doubles in Go")]
                Some(Meaning::Unsigned(value)) => Self::Float(value as f64),
                Some(Meaning::Float(value)) => Self::Float(value),
                Some(Meaning::Text(text)) => Self::Text(text.into_owned()),
                Some(Meaning::Null) | None => Self::Null,
            },
            Kind::Sequence(items) => Self::List(items.iter().map(Self::read).collect()),
            Kind::Mapping(entries) => Self::Map(
                entries
                    .iter()
                    .filter_map(|entry| {
                        Some((entry.key.text()?.to_owned(), Self::read(&entry.value)))
                    })
                    .collect(),
            ),
            Kind::Alias(_) => Self::Null,
        }
    }

    /// The value that JSON stands for.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Float(number.as_f64().unwrap_or_default()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(Self::from_json).collect())
            }
            serde_json::Value::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from_json(value)))
                    .collect(),
            ),
        }
    }

    /// The JSON of the value; what JSON cannot hold is `null`.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Missing | Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "only whole numbers within 2^53"
            )]
            Self::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => {
                (*value as i64).into()
            }
            Self::Float(value) => (*value).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect(),
        }
    }

    /// Whether it is `null` or missing.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }

    /// Whether a condition holds for it, as in Go's templates.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Integer(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
        }
    }

    /// The text that Go's `%v` gives inside of other values.
    pub fn printed(&self) -> String {
        match self {
            Self::Missing | Self::Null => "<nil>".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => float(*value),
            Self::Text(text) => text.clone(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::printed).collect();
                format!("[{}]", items.join(" "))
            }
            Self::Map(entries) => {
                let entries: Vec<String> = entries
                    .iter()
                    .map(|(key, value)| format!("{key}:{}", value.printed()))
                    .collect();
                format!("map[{}]", entries.join(" "))
            }
        }
    }

    /// How Go calls its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Null => "nil",
            Self::Bool(_) => "bool",
            Self::Integer(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::List(_) => "[]interface {}",
            Self::Map(_) => "map[string]interface {}",
        }
    }

    /// How many values it holds, itself included.
    pub fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::List(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Map(entries) => 1 + entries.values().map(Self::weight).sum::<usize>(),
            _ => 1,
        }
    }

    /// The values below it under keys joined with dots, as `github.com/jeremywohl/flatten` gives them.
    pub fn flattened(&self) -> BTreeMap<String, Value> {
        let mut flat = BTreeMap::new();
        flatten(self, String::new(), &mut flat);
        flat
    }
}

fn flatten(value: &Value, key: String, flat: &mut BTreeMap<String, Value>) {
    let below = |part: &str| {
        if key.is_empty() {
            part.to_owned()
        } else {
            format!("{key}.{part}")
        }
    };
    match value {
        Value::Map(entries) if !entries.is_empty() || key.is_empty() => {
            for (part, value) in entries {
                flatten(value, below(part), flat);
            }
        }
        Value::List(items) if !items.is_empty() => {
            for (at, value) in items.iter().enumerate() {
                flatten(value, below(&at.to_string()), flat);
            }
        }
        value => {
            flat.insert(key, value.clone());
        }
    }
}

/// Go's `%v` of a `float64`: the shortest digits that read back, with an exponent below 1e-4 and from 1e6 on.
/// Source: Go `strconv/ftoa.go`, `formatDigits` for `g`.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let mut text = digits.to_owned();
    let _ = write!(text, "e{sign}{:02}", exponent.abs());
    text
}
