//! Changes to a source text that leave every other byte alone.
//!
//! A node says where it stands; these functions say which bytes to replace there so that one value, entry or
//! item changes. Comments, anchors, quotes, indentation and line ends stay as the author wrote them. Every
//! edit is tried on a copy first: the result must parse to the old tree with exactly that change.

mod container;
mod insert;
mod layout;
mod remove;
mod set;
mod site;
mod write;

use thiserror::Error;

use super::{Kind, Node, Style};
use crate::text::Edit;
use insert::Addition;
use site::Site;

/// Why a text cannot be changed at a node.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum PatchError {
    /// The node was made by a transformer or comes from another text.
    #[error("the value does not stand in this text")]
    NotInText,
    /// The node is not of the kind the change is for.
    #[error("the value is not a {0}")]
    NotA(&'static str),
    /// The map has no such key of its own; it may have it through a merge.
    #[error("there is no key {0:?} here")]
    NoSuchKey(String),
    /// The list is shorter.
    #[error("there is no item {0} here")]
    NoSuchItem(usize),
    /// The map has the key already.
    #[error("the key {0:?} is here already")]
    KeyExists(String),
    /// The value has an explicit tag that does not make a string of it.
    #[error("the value has the tag {0}")]
    Tagged(String),
    /// The value is a block scalar that no quoted text should replace.
    #[error("the value is a block of lines")]
    BlockScalar,
    /// A comment would be lost.
    #[error("the change would lose a comment")]
    Comment,
    /// The whole document would be empty.
    #[error("the change would empty the document")]
    WouldEmpty,
    /// The changed text would not parse, or something else in it would change too.
    #[error("the change would alter more than the value")]
    Entangled,
}

/// A string as a block scalar of one line: plain where every reader takes it for that string, else in double quotes.
pub fn written(text: &str) -> String {
    write::scalar(text, Style::Plain, write::Place::Block)
}

/// A value to insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// A string, quoted where it must be.
    Scalar(String),
    /// A map in this order.
    Mapping(Vec<(String, NewValue)>),
}

/// Replaces the content of a scalar, or of an absent value, by a string.
///
/// The quotes stay as they are, except that a plain scalar gets double quotes where the new text would not be
/// read as a string in both dialects. A block scalar is replaced by a quoted one if `new` has one line.
///
/// # Errors
/// When the node is no scalar of this text or cannot be replaced safely.
pub fn set_scalar(source: &str, target: &Node, new: &str) -> Result<Edit, PatchError> {
    set::set(&Site::find(source, target)?, new)
}

/// Inserts an entry into a map, after the entry `after` or else at the end.
///
/// `mapping` may also be an absent value, `null` or `{}`. Comments on the line of the entry before and deeper
/// ones below it stay with that entry.
///
/// # Errors
/// When the node is no map of this text, has the key or lacks the key `after`.
pub fn insert_entry(
    source: &str,
    mapping: &Node,
    after: Option<&str>,
    key: &str,
    value: &NewValue,
) -> Result<Edit, PatchError> {
    let site = Site::find(source, mapping)?;
    let node = site.node();
    if !(node.as_mapping().is_some() || node.is_null()) {
        return Err(PatchError::NotA("map"));
    }
    if node.entry(key).is_some() {
        return Err(PatchError::KeyExists(key.to_owned()));
    }
    let after = after.map(|after| entry_index(node, after)).transpose()?;
    insert::insert(&site, after, Addition::Entry(key, value))
}

/// Inserts an item into a list, after the item number `after` (from 0) or else at the end.
///
/// `sequence` may also be an absent value, `null` or `[]`.
///
/// # Errors
/// When the node is no list of this text or has no item `after`.
pub fn insert_item(
    source: &str,
    sequence: &Node,
    after: Option<usize>,
    value: &NewValue,
) -> Result<Edit, PatchError> {
    let site = Site::find(source, sequence)?;
    let node = site.node();
    if !(node.as_sequence().is_some() || node.is_null()) {
        return Err(PatchError::NotA("list"));
    }
    let after = after.map(|after| item_index(node, after)).transpose()?;
    insert::insert(&site, after, Addition::Item(value))
}

/// Removes an entry from a map; the last one leaves `{}`.
///
/// Comments above the entry stay, the one on its line goes with it.
///
/// # Errors
/// When the node is no map of this text, lacks the key, or a comment would be lost.
pub fn remove_entry(source: &str, mapping: &Node, key: &str) -> Result<Edit, PatchError> {
    let site = Site::find(source, mapping)?;
    let node = site.node();
    if !matches!(node.kind, Kind::Mapping(_)) {
        return Err(PatchError::NotA("map"));
    }
    remove::remove(&site, entry_index(node, key)?)
}

/// Removes the item number `index` (from 0) from a list; the last one leaves `[]`.
///
/// # Errors
/// As for [`remove_entry`].
pub fn remove_item(source: &str, sequence: &Node, index: usize) -> Result<Edit, PatchError> {
    let site = Site::find(source, sequence)?;
    let node = site.node();
    if !matches!(node.kind, Kind::Sequence(_)) {
        return Err(PatchError::NotA("list"));
    }
    remove::remove(&site, item_index(node, index)?)
}

fn entry_index(node: &Node, key: &str) -> Result<usize, PatchError> {
    let entries = node.as_mapping().unwrap_or_default();
    entries
        .iter()
        .position(|entry| entry.key.text() == Some(key))
        .ok_or_else(|| PatchError::NoSuchKey(key.to_owned()))
}

fn item_index(node: &Node, index: usize) -> Result<usize, PatchError> {
    let items = node.as_sequence().unwrap_or_default();
    (index < items.len())
        .then_some(index)
        .ok_or(PatchError::NoSuchItem(index))
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
