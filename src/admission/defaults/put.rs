//! Putting values into maps that lack them.

use crate::yaml::{Node, Origin};

use super::made;

/// A value of a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'v> {
    Text(&'v str),
    Number(i64),
    Flag(bool),
    Map(&'v [(&'v str, Value<'v>)]),
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl Value<'_> {
    fn node(self, origin: Origin) -> Node {
        match self {
            Self::Text(text) => Node::string(text, origin),
            Self::Number(number) => Node::plain(number.to_string(), origin),
            Self::Flag(flag) => Node::plain(flag.to_string(), origin),
            Self::Map(entries) => {
                let mut map = Node::mapping(origin);
                for (key, value) in entries {
                    map.set(key, value.node(origin));
                }
                map
            }
        }
    }
}

/// The origin of what is put into this map.
pub(super) fn origin(map: &Node) -> Origin {
    made(map.span())
}

/// Puts a text where none stands: an absent, null or empty one is none to the operator.
pub(super) fn put(map: &mut Node, key: &'static str, text: &str) {
    let given = map
        .get(key)
        .is_some_and(|node| !node.is_null() && node.text() != Some(""));
    if !given {
        overwrite(map, key, text);
    }
}

/// Puts a value, whatever stands there.
pub(super) fn overwrite<'v>(map: &mut Node, key: &str, value: impl Into<Value<'v>>) {
    let node = value.into().node(origin(map));
    map.set(key, node);
}

/// The map under a key, made where none is; `None` where something else stands there.
pub(super) fn child<'n>(map: &'n mut Node, key: &'static str) -> Option<&'n mut Node> {
    map.as_mapping()?;
    if map.get(key).is_none_or(Node::is_null) {
        overwrite(map, key, Value::Map(&[]));
    }
    map.get_mut(key).filter(|node| node.as_mapping().is_some())
}
