//! The arguments of a function, by the types that Go asks for.

use std::collections::BTreeMap;

use super::{TemplateError, Value};

/// Arguments, taken from the front.
pub(super) struct Arguments<'n> {
    name: &'n str,
    values: std::vec::IntoIter<Value>,
}

impl<'n> Arguments<'n> {
    pub(super) fn new(name: &'n str, values: Vec<Value>) -> Self {
        Self {
            name,
            values: values.into_iter(),
        }
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.values.len()
    }

    pub(super) fn failed<T>(&self, message: impl AsRef<str>) -> Result<T, TemplateError> {
        let message = format!("{}: {}", self.name, message.as_ref());
        Err(TemplateError::Failed(message))
    }

    fn wrong<T>(&self, wanted: &str, value: &Value) -> Result<T, TemplateError> {
        self.failed(format!(
            "wrong type for value; expected {wanted}; got {}",
            value.type_name()
        ))
    }

    /// Any value.
    pub(super) fn any(&mut self) -> Result<Value, TemplateError> {
        match self.values.next() {
            Some(value) => Ok(value),
            None => self.failed("wrong number of args"),
        }
    }

    /// A string, and nothing that would have to be turned into one.
    pub(super) fn text(&mut self) -> Result<String, TemplateError> {
        match self.any()? {
            Value::Text(text) => Ok(text),
            other => self.wrong("string", &other),
        }
    }

    /// A number that is whole: sprig's `toInt64` reads other values too.
    pub(super) fn integer(&mut self) -> Result<i64, TemplateError> {
        Ok(integer(&self.any()?))
    }

    /// An `int` of a typed parameter.
    pub(super) fn int(&mut self) -> Result<i64, TemplateError> {
        match self.any()? {
            Value::Integer(value) => Ok(value),
            other => self.wrong("int", &other),
        }
    }

    /// A list.
    pub(super) fn list(&mut self) -> Result<Vec<Value>, TemplateError> {
        match self.any()? {
            Value::List(items) => Ok(items),
            other => self.wrong("list", &other),
        }
    }

    /// A map.
    pub(super) fn map(&mut self) -> Result<BTreeMap<String, Value>, TemplateError> {
        match self.any()? {
            Value::Map(entries) => Ok(entries),
            other => self.wrong("map[string]interface {}", &other),
        }
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> Vec<Value> {
        self.values.by_ref().collect()
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), TemplateError> {
        if self.left() == 0 {
            Ok(())
        } else {
            self.failed("wrong number of args")
        }
    }
}

/// sprig's `toInt64`: what cannot be read is 0.
pub(super) fn integer(value: &Value) -> i64 {
    match value {
        Value::Integer(value) => *value,
        #[expect(clippy::cast_possible_truncation, reason = "Go truncates as well")]
        Value::Float(value) => *value as i64,
        Value::Bool(value) => i64::from(*value),
        Value::Text(text) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

/// sprig's `strval`: the text of any value.
pub(super) fn text_of(value: &Value) -> String {
    value.printed()
}

/// sprig's `strslice`: the texts of a list, nothing left in; of another value its own.
pub(super) fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items
            .iter()
            .filter(|item| !item.is_nothing())
            .map(text_of)
            .collect(),
        value if value.is_nothing() => Vec::new(),
        value => vec![text_of(value)],
    }
}

/// A list of strings.
pub(super) fn list_of<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Value {
    Value::List(
        texts
            .into_iter()
            .map(|text| Value::Text(text.into()))
            .collect(),
    )
}
