//! Values that an edit writes.

use super::PatchError;
use crate::yaml::scalar::reads_as_text;
use crate::yaml::{Entry, Kind, Node, Origin, Style};

/// A value to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// A string, quoted where it must be.
    Scalar(String),
    /// A boolean, a number or `null`, written as it is.
    Plain(String),
    /// A map in this order.
    Mapping(Vec<(String, NewValue)>),
    /// A list.
    Sequence(Vec<NewValue>),
}

impl NewValue {
    /// The value of a node without aliases; tags are lost.
    pub fn of(node: &Node) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text.is_empty() => {
                Some(Self::Plain("null".to_owned()))
            }
            Kind::Scalar(scalar) => {
                let text = scalar.text.to_string();
                let is_text = scalar.style != Style::Plain || reads_as_text(&text);
                Some(if is_text {
                    Self::Scalar(text)
                } else {
                    Self::Plain(text)
                })
            }
            Kind::Sequence(items) => items
                .iter()
                .map(Self::of)
                .collect::<Option<_>>()
                .map(Self::Sequence),
            Kind::Mapping(entries) => entries
                .iter()
                .map(|entry| Some((entry.key.text()?.to_owned(), Self::of(&entry.value)?)))
                .collect::<Option<_>>()
                .map(Self::Mapping),
            Kind::Alias(_) => None,
        }
    }

    /// This value below a path of new maps; `-` makes a list.
    pub(super) fn below(keys: &[&str], value: Self) -> Self {
        keys.iter().rev().fold(value, |value, key| match *key {
            "-" => Self::Sequence(vec![value]),
            key => Self::Mapping(vec![(key.to_owned(), value)]),
        })
    }

    /// The value of an entry.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Mapping(entries) => entries
                .iter()
                .find(|(own, _)| own == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// Sets the value at a path; missing maps are created.
    pub(super) fn put(&mut self, keys: &[&str], value: Self) -> Result<(), PatchError> {
        let Some((first, rest)) = keys.split_first() else {
            *self = value;
            return Ok(());
        };
        match self {
            Self::Mapping(entries) => match entries.iter_mut().find(|(own, _)| own == first) {
                Some((_, own)) => own.put(rest, value)?,
                None => entries.push(((*first).to_owned(), Self::below(rest, value))),
            },
            Self::Sequence(items) if *first == "-" => items.push(Self::below(rest, value)),
            Self::Sequence(items) => {
                let item = first.parse().ok().and_then(|at: usize| items.get_mut(at));
                let missing = || PatchError::NoSuchKey((*first).to_owned());
                item.ok_or_else(missing)?.put(rest, value)?;
            }
            Self::Plain(text) if text == "null" => *self = Self::below(keys, value),
            Self::Scalar(_) | Self::Plain(_) => return Err(PatchError::NotA("map")),
        }
        Ok(())
    }

    /// The tree that the written value reads as.
    pub(super) fn node(&self, origin: Origin) -> Node {
        match self {
            Self::Scalar(text) => Node::string(text.as_str(), origin),
            Self::Plain(text) => Node::plain(text.as_str(), origin),
            Self::Sequence(items) => {
                let items = items.iter().map(|item| item.node(origin)).collect();
                Node::new(Kind::Sequence(items), origin)
            }
            Self::Mapping(entries) => {
                let entries = entries.iter().map(|(key, value)| Entry {
                    key: Node::string(key.as_str(), origin),
                    value: value.node(origin),
                });
                Node::new(Kind::Mapping(entries.collect()), origin)
            }
        }
    }
}
