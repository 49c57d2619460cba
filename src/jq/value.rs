//! The values that expressions work on: JSON, cheap to copy.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

/// A JSON value. Lists and maps are shared; two are the same place of a document when they are the same allocation.
#[derive(Debug, Clone)]
pub(super) enum Val {
    Null,
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    List(Arc<List>),
    Map(Arc<Map>),
}

/// A list, and how deeply it is nested.
#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Vec<Val>,
    depth: u32,
}

/// A map, and how deeply it is nested.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) entries: BTreeMap<Arc<str>, Val>,
    depth: u32,
}

fn depth_of<'v>(values: impl Iterator<Item = &'v Val>) -> u32 {
    1 + values.map(Val::depth).max().unwrap_or(0)
}

impl Val {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    pub(super) fn count(number: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        Self::Number(number as f64)
    }

    pub(super) fn list(items: Vec<Val>) -> Self {
        let depth = depth_of(items.iter());
        Self::List(Arc::new(List { items, depth }))
    }

    pub(super) fn map(entries: BTreeMap<Arc<str>, Val>) -> Self {
        let depth = depth_of(entries.values());
        Self::Map(Arc::new(Map { entries, depth }))
    }

    /// How many lists and maps lie in each other.
    pub(super) fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            _ => 0,
        }
    }

    /// Everything but `null` and `false`.
    pub(super) fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::List(_) => "array",
            Self::Map(_) => "object",
        }
    }

    /// Whether this is the very value that stands at a place, not one that equals it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            // Go's empty lists are all at one address.
            (Self::List(left), Self::List(right)) => {
                Arc::ptr_eq(left, right) || left.items.is_empty() && right.items.is_empty()
            }
            (Self::Map(left), Self::Map(right)) => Arc::ptr_eq(left, right),
            (Self::List(_) | Self::Map(_), _) | (_, Self::List(_) | Self::Map(_)) => false,
            (Self::Number(left), Self::Number(right)) => {
                left == right || left.is_nan() && right.is_nan()
            }
            _ => self.compare(other) == Ordering::Equal,
        }
    }

    /// jq's order of all values: null, false, true, numbers, strings, lists, maps. NaN is below every number.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) if left.is_nan() => {
                let _ = right;
                Ordering::Less
            }
            (Self::Number(left), Self::Number(right)) => {
                left.partial_cmp(right).unwrap_or(Ordering::Greater)
            }
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::List(left), Self::List(right)) => {
                let pairs = left.items.iter().zip(&right.items);
                let first = pairs
                    .map(|(left, right)| left.compare(right))
                    .find(|order| order.is_ne());
                first.unwrap_or_else(|| left.items.len().cmp(&right.items.len()))
            }
            (Self::Map(left), Self::Map(right)) => {
                let keys = left.entries.keys().cmp(right.entries.keys());
                let values = left.entries.values().zip(right.entries.values());
                keys.then_with(|| {
                    let mut orders = values.map(|(left, right)| left.compare(right));
                    orders
                        .find(|order| order.is_ne())
                        .unwrap_or(Ordering::Equal)
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(false) => 1,
            Self::Bool(true) => 2,
            Self::Number(_) => 3,
            Self::Text(_) => 4,
            Self::List(_) => 5,
            Self::Map(_) => 6,
        }
    }

    /// How much work it is to look at all of it, up to a limit.
    pub(super) fn weight(&self) -> u64 {
        match self {
            Self::List(list) => 1 + list.items.iter().map(Val::weight).sum::<u64>(),
            Self::Map(map) => 1 + map.entries.values().map(Val::weight).sum::<u64>(),
            Self::Text(text) => 1 + text.len() as u64 / 64,
            _ => 1,
        }
    }
}

impl From<&Json> for Val {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::text(text),
            Json::Array(items) => Self::list(items.iter().map(Self::from).collect()),
            Json::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (Arc::from(key.as_str()), Self::from(value)));
                Self::map(entries.collect())
            }
        }
    }
}

impl From<&Val> for Json {
    fn from(value: &Val) -> Self {
        match value {
            Val::Null => Self::Null,
            Val::Bool(value) => Self::Bool(*value),
            Val::Number(number) => number_to_json(*number),
            Val::Text(text) => Self::String(text.as_ref().to_owned()),
            Val::List(list) => Self::Array(list.items.iter().map(Self::from).collect()),
            Val::Map(map) => {
                let entries = map
                    .entries
                    .iter()
                    .map(|(key, value)| (key.as_ref().to_owned(), Self::from(value)));
                Self::Object(entries.collect())
            }
        }
    }
}

/// Whole numbers without a point; what JSON cannot say, as jq says it: NaN is null, the infinite is the largest number.
fn number_to_json(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.is_nan() {
        return Json::Null;
    }
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Json::from(number as i64);
    }
    serde_json::Number::from_f64(number.clamp(f64::MIN, f64::MAX)).map_or(Json::Null, Json::Number)
}
