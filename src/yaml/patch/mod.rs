//! Changes to a source text that leave every other byte alone.
//!
//! A node says where it stands; these functions say which bytes to replace there so that one value, entry or
//! item changes. Comments, anchors, quotes, indentation and line ends stay as the author wrote them. Every
//! edit is tried on a copy first: the result must parse to the old tree with exactly that change.

mod comment;
mod commented_block;
mod container;
mod insert;
mod layout;
mod new_value;
mod paths;
mod remove;
mod replace;
mod set;
mod shared;
mod site;
mod uncomment;
mod write;

use thiserror::Error;

use super::{Kind, Node, Style};
use crate::text::{Edit, Span};
use insert::Addition;
pub use new_value::NewValue;
pub use paths::set_paths;
use site::Site;
pub use uncomment::Commented;
use uncomment::Sought;

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
    /// The value is written in brackets, where a line cannot be a comment.
    #[error("the value is written in brackets")]
    Flow,
    /// Something else stands on the line that would become a comment.
    #[error("other values stand on the same line")]
    SharedLine,
    /// The lines could not be told from the comments around them afterwards.
    #[error("the lines could not be switched on again")]
    OneWay,
    /// No comment line here reads like what was asked for.
    #[error("no comment here can be switched on")]
    NoComment,
    /// Other places share the value and cannot keep what they have.
    #[error("other places share the value through an anchor and cannot keep theirs")]
    Shared,
    /// The changed text would not parse, or something else in it would change too.
    #[error("the change would alter more than the value")]
    Entangled,
}

/// A string as a block scalar of one line: plain where every reader takes it for that string, else in double quotes.
pub fn written(text: &str) -> String {
    write::scalar(text, Style::Plain, write::Place::Block)
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
    let entries = [(key.to_owned(), value.clone())];
    insert::insert(&site, after, Addition::Entries(&entries))
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

/// Replaces a whole value, whatever it is, by another one.
///
/// Anchor and tag stay. A block takes the indentation of its neighbours.
///
/// # Errors
/// When the node is no value of this text, or a comment within it would be lost.
pub fn replace_value(source: &str, target: &Node, value: &NewValue) -> Result<Edit, PatchError> {
    let site = Site::find(source, target)?;
    match value {
        NewValue::Scalar(text) if site.node().as_scalar().is_some() => set::set(&site, text),
        value => replace::replace(&site, value),
    }
}

/// Turns an entry of a block map into comment lines, with the deeper comments right below it.
///
/// The `#` goes where the key stands; [`uncomment_entry`] gives the same bytes again. The last entry leaves an absent
/// value.
///
/// # Errors
/// When the node is no block map of this text, lacks the key, or the lines cannot become comments.
pub fn comment_entry(source: &str, mapping: &Node, key: &str) -> Result<Edit, PatchError> {
    let site = Site::find(source, mapping)?;
    let node = site.node();
    if !matches!(node.kind, Kind::Mapping(_)) {
        return Err(PatchError::NotA("map"));
    }
    comment::comment(&site, entry_index(node, key)?)
}

/// Turns the item number `index` (from 0) of a block list into comment lines, as [`comment_entry`] does.
///
/// # Errors
/// As for [`comment_entry`].
pub fn comment_item(source: &str, sequence: &Node, index: usize) -> Result<Edit, PatchError> {
    let site = Site::find(source, sequence)?;
    let node = site.node();
    if !matches!(node.kind, Kind::Sequence(_)) {
        return Err(PatchError::NotA("list"));
    }
    comment::comment(&site, item_index(node, index)?)
}

/// The comments that would each be an entry of this map, in the order of the text. `mapping` may be an absent value.
///
/// Any way to comment lines out is understood: `# x`, `#x`, with the `#` at the start of the line, at the indent or
/// in between. A sentence such as `# Note: …` reads like an entry too; key and value tell.
///
/// # Errors
/// When the node is no map of this text.
pub fn commented_entries(source: &str, mapping: &Node) -> Result<Vec<Commented>, PatchError> {
    let site = Site::find(source, mapping)?;
    if !(matches!(site.node().kind, Kind::Mapping(_)) || site.node().is_null()) {
        return Err(PatchError::NotA("map"));
    }
    Ok(uncomment::find(&site, Sought::Entry))
}

/// The comments that would each be an item of this list, in the order of the text. `sequence` may be an absent value.
///
/// # Errors
/// When the node is no list of this text.
pub fn commented_items(source: &str, sequence: &Node) -> Result<Vec<Commented>, PatchError> {
    let site = Site::find(source, sequence)?;
    if !(matches!(site.node().kind, Kind::Sequence(_)) || site.node().is_null()) {
        return Err(PatchError::NotA("list"));
    }
    Ok(uncomment::find(&site, Sought::Item))
}

/// Turns the comment lines at `commented` into an entry of the map; with `only` just its key and that one entry of
/// its own map, while the other lines stay comments.
///
/// Sentences between the lines stay comments.
///
/// # Errors
/// When the node is no map of this text or the lines do not make an entry of it.
pub fn uncomment_entry(
    source: &str,
    mapping: &Node,
    commented: Span,
    only: Option<&str>,
) -> Result<Edit, PatchError> {
    let site = Site::find(source, mapping)?;
    uncomment::uncomment(&site, commented.start as usize, Sought::Entry, only)
}

/// Turns the comment lines at `commented` into an item of the list.
///
/// # Errors
/// As for [`uncomment_entry`].
pub fn uncomment_item(source: &str, sequence: &Node, commented: Span) -> Result<Edit, PatchError> {
    let site = Site::find(source, sequence)?;
    uncomment::uncomment(&site, commented.start as usize, Sought::Item, None)
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
