//! Nodes as text, byte for byte as kustomize writes them.
//!
//! Kustomize turns a resource into JSON and lets go-yaml v2 write that: two blanks of indent, list dashes
//! below the first letter of their key, keys in natural order, block style only, width 80.

mod folding;
mod number;
mod order;
mod refold;
mod style;
mod text;

use std::borrow::Cow;

use thiserror::Error;

use super::scalar::Meaning;
use super::{Entry, Kind, Node, Style};
use crate::text::Span;

/// Why a node cannot be written.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum EmitError {
    /// A key is not a string.
    #[error("key is not a string")]
    KeyNotString(Span),
    /// A map holds a key twice.
    #[error("mapping key {key:?} already defined")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The later place.
        span: Span,
    },
    /// NaN or an infinity, which JSON cannot hold.
    #[error("{0} is not a number that JSON can hold")]
    NotFinite(String, Span),
    /// A control character that YAML cannot hold.
    #[error("control characters are not allowed")]
    ControlCharacter(Span),
}

/// Writes one document, ending with a newline, without `---`.
///
/// An alias, which an expanded tree does not have, is written as `null`.
///
/// # Errors
/// When the node has no JSON form.
pub fn emit(node: &Node) -> Result<String, EmitError> {
    let mut emitter = Emitter {
        out: String::new(),
        order: Vec::new(),
    };
    match &node.kind {
        Kind::Mapping(entries) if !entries.is_empty() => emitter.mapping(entries, 0, false)?,
        Kind::Sequence(items) if !items.is_empty() => emitter.sequence(items, 0, false)?,
        _ => emitter.leaf(node, 2)?,
    }
    Ok(emitter.out)
}

/// Whether kustomize would write this string without quotes: then everyone reads it as one.
pub(super) fn stays_plain(text: &str) -> bool {
    style::choose(text) == Ok(style::Chosen::Plain)
}

/// The longest key, in bytes, that stands before a plain `: `.
/// Source: `yaml_emitter_check_simple_key`, go-yaml v2 `emitterc.go`.
const LONGEST_SIMPLE_KEY: usize = 128;

/// One entry of a map waiting for its turn.
struct Sorted<'n> {
    key: Cow<'n, str>,
    entry: &'n Entry,
}

struct Emitter<'n> {
    out: String,
    /// The sorted entries of all maps being written, innermost last: one buffer for the whole document.
    order: Vec<Sorted<'n>>,
}

impl<'n> Emitter<'n> {
    /// Writes a map whose keys stand in column `indent`. With `inline` the first key follows a dash or
    /// colon on the current line.
    fn mapping(
        &mut self,
        entries: &'n [Entry],
        indent: usize,
        inline: bool,
    ) -> Result<(), EmitError> {
        let base = self.order.len();
        for entry in entries {
            let key = key_text(&entry.key, indent == 0)?;
            self.order.push(Sorted { key, entry });
        }
        order::sort(&mut self.order, base, |a, b| order::natural(&a.key, &b.key));
        self.refuse_duplicates(base)?;
        for at in base..base + entries.len() {
            let key = std::mem::take(&mut self.order[at].key);
            let entry = self.order[at].entry;
            if at > base || !inline {
                self.pad(indent);
            }
            self.entry(&key, entry, indent)?;
        }
        self.order.truncate(base);
        Ok(())
    }

    fn refuse_duplicates(&self, base: usize) -> Result<(), EmitError> {
        let twice = self.order[base..]
            .windows(2)
            .find(|pair| pair[0].key == pair[1].key);
        twice.map_or(Ok(()), |pair| {
            Err(EmitError::DuplicateKey {
                key: pair[1].key.to_string(),
                span: pair[1].entry.key.span(),
            })
        })
    }

    fn entry(&mut self, key: &str, entry: &'n Entry, indent: usize) -> Result<(), EmitError> {
        let simple = key.len() <= LONGEST_SIMPLE_KEY && !key.contains(style::is_break);
        // In a value this character becomes a space; a key of the JSON form must not span lines.
        if !simple && key.contains('\u{85}') {
            return Err(EmitError::ControlCharacter(entry.key.span()));
        }
        if simple {
            self.string(key, text::Room::Key, entry.key.span())?;
        } else {
            self.out.push_str("? ");
            self.string(key, text::Room::Value(indent + 2), entry.key.span())?;
            self.end_line();
            self.pad(indent);
        }
        self.out.push(':');
        match &entry.value.kind {
            Kind::Mapping(entries) if !entries.is_empty() => {
                self.out.push(if simple { '\n' } else { ' ' });
                self.mapping(entries, indent + 2, !simple)
            }
            Kind::Sequence(items) if !items.is_empty() && simple => {
                self.out.push('\n');
                self.sequence(items, indent, false)
            }
            Kind::Sequence(items) if !items.is_empty() => {
                self.out.push(' ');
                self.sequence(items, indent + 2, true)
            }
            _ => {
                self.out.push(' ');
                self.leaf(&entry.value, indent + 2)
            }
        }
    }

    /// Writes a list whose dashes stand in column `indent`.
    fn sequence(
        &mut self,
        items: &'n [Node],
        indent: usize,
        inline: bool,
    ) -> Result<(), EmitError> {
        for (at, item) in items.iter().enumerate() {
            if at > 0 || !inline {
                self.pad(indent);
            }
            self.out.push_str("- ");
            match &item.kind {
                Kind::Mapping(entries) if !entries.is_empty() => {
                    self.mapping(entries, indent + 2, true)?;
                }
                Kind::Sequence(items) if !items.is_empty() => {
                    self.sequence(items, indent + 2, true)?;
                }
                _ => self.leaf(item, indent + 2)?,
            }
        }
        Ok(())
    }

    /// Writes what has no children and ends the line.
    fn leaf(&mut self, node: &'n Node, indent: usize) -> Result<(), EmitError> {
        match &node.kind {
            Kind::Mapping(_) => self.out.push_str("{}"),
            Kind::Sequence(_) => self.out.push_str("[]"),
            Kind::Alias(_) => self.out.push_str("null"),
            Kind::Scalar(_) => self.scalar(node, indent)?,
        }
        self.end_line();
        Ok(())
    }

    fn scalar(&mut self, node: &'n Node, indent: usize) -> Result<(), EmitError> {
        match node.meaning().unwrap_or(Meaning::Null) {
            Meaning::Null => self.out.push_str("null"),
            Meaning::Bool(true) => self.out.push_str("true"),
            Meaning::Bool(false) => self.out.push_str("false"),
            Meaning::Integer(value) => number::push_integer(&mut self.out, value),
            Meaning::Unsigned(value) => number::push_integer(&mut self.out, value),
            Meaning::Float(value) if value.is_finite() => number::push_float(&mut self.out, value),
            Meaning::Float(_) => {
                let text = node.text().unwrap_or_default().to_owned();
                return Err(EmitError::NotFinite(text, node.span()));
            }
            Meaning::Text(text) if style_of(node) == Some(Style::Folded) => {
                let text = refold::refolded(&text);
                self.string(&text, text::Room::Value(indent), node.span())?;
            }
            Meaning::Text(text) => {
                self.string(&text, text::Room::Value(indent), node.span())?;
            }
        }
        Ok(())
    }

    fn string(&mut self, text: &str, room: text::Room, span: Span) -> Result<(), EmitError> {
        text::push(&mut self.out, text, room)
            .map_err(|style::Unwritable| EmitError::ControlCharacter(span))
    }

    fn pad(&mut self, indent: usize) {
        text::pad(&mut self.out, indent);
    }

    /// A literal block ends its line itself.
    fn end_line(&mut self) {
        if !self.out.ends_with(style::is_break) {
            self.out.push('\n');
        }
    }
}

fn style_of(node: &Node) -> Option<Style> {
    node.as_scalar().map(|scalar| scalar.style)
}

/// The text of a key as JSON has it.
///
/// Below the root a key must be a string by its own syntax. The root is read into a map of strings, so
/// there any scalar but null will do and keeps its text.
fn key_text(key: &Node, root: bool) -> Result<Cow<'_, str>, EmitError> {
    let refused = || EmitError::KeyNotString(key.span());
    let raw = key.text().ok_or_else(refused)?;
    let meaning = key.meaning().ok_or_else(refused)?;
    match (meaning, key.tag()) {
        (Meaning::Null, _) => Err(refused()),
        (Meaning::Text(text), Some(_)) if root => Ok(text),
        _ if root => Ok(Cow::Borrowed(raw)),
        (Meaning::Text(text @ Cow::Borrowed(_)), None | Some("!" | "tag:yaml.org,2002:str")) => {
            Ok(text)
        }
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests;
