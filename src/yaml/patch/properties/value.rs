//! What a document says, without how it is written.

use crate::yaml::patch::NewValue;
use crate::yaml::{Kind, Node};

/// A tree without places and quotes; what is not a string is marked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Scalar(String),
    Map(Vec<(String, Value)>),
    List(Vec<Value>),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Scalar(format!("\"{text}\""))
    }

    pub(super) fn of(node: &Node) -> Self {
        match &node.kind {
            Kind::Mapping(entries) => Self::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.text().unwrap().to_owned(), Self::of(&entry.value)))
                    .collect(),
            ),
            Kind::Sequence(items) => Self::List(items.iter().map(Self::of).collect()),
            _ => match node.as_string() {
                Some(text) => Self::text(&text),
                None => Self::Scalar(node.text().unwrap().to_owned()),
            },
        }
    }

    pub(super) fn of_new(value: &NewValue) -> Self {
        match value {
            NewValue::Scalar(text) => Self::text(text),
            NewValue::Plain(text) => Self::Scalar(text.clone()),
            NewValue::Sequence(items) => Self::List(items.iter().map(Self::of_new).collect()),
            NewValue::Mapping(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of_new(value)))
                    .collect(),
            ),
        }
    }

    /// With the keys of maps in order, and one way to write nothing.
    pub(super) fn sorted(mut self) -> Self {
        match &mut self {
            Self::Scalar(text) if text == "null" || text == "~" => text.clear(),
            Self::Scalar(_) => {}
            Self::List(items) => {
                for item in items {
                    *item = item.clone().sorted();
                }
            }
            Self::Map(entries) => {
                for (_, value) in entries.iter_mut() {
                    *value = value.clone().sorted();
                }
                entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            }
        }
        self
    }

    pub(super) fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |value, step| match value {
            Self::Map(entries) => &mut entries[*step].1,
            Self::List(items) => &mut items[*step],
            Self::Scalar(_) => unreachable!("scalars have no children"),
        })
    }

    pub(super) fn drop_child(&mut self, at: usize) {
        match self {
            Self::Map(entries) => drop(entries.remove(at)),
            Self::List(items) => drop(items.remove(at)),
            Self::Scalar(_) => {}
        }
    }
}
