//! Strings in their four styles.

use std::borrow::Cow;

use super::folding::Folding;
use super::style::{self, Chosen, Unwritable};

/// Where a string stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// Before a colon on the same line: never folded.
    Key,
    /// Its further lines are indented by this many blanks.
    Value(usize),
}

/// Appends a string in the style it needs.
pub(super) fn push(out: &mut String, text: &str, room: Room) -> Result<(), Unwritable> {
    let text = fold_next_lines(text);
    match style::choose(&text)? {
        Chosen::Plain => Folding::new(out, room, &text).plain(&text),
        Chosen::Single => Folding::new(out, room, &text).single(&text),
        Chosen::Double => Folding::new(out, room, &text).double(&text),
        Chosen::Literal => push_literal(out, &text, room),
    }
    Ok(())
}

/// Appends `indent` blanks.
pub(super) fn pad(out: &mut String, indent: usize) {
    const BLANKS: &str = "                                ";
    let mut left = indent;
    while left > 0 {
        let count = left.min(BLANKS.len());
        out.push_str(&BLANKS[..count]);
        left -= count;
    }
}

/// U+0085 is a line break to the reader of the JSON form, which folds it into a space.
fn fold_next_lines(text: &str) -> Cow<'_, str> {
    const NEXT_LINE: char = '\u{85}';
    if !text.contains(NEXT_LINE) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(NEXT_LINE) {
        folded.push_str(rest[..at].trim_end_matches(' '));
        let after = rest[at..].trim_start_matches([' ', NEXT_LINE]);
        let breaks = rest[at..rest.len() - after.len()]
            .matches(NEXT_LINE)
            .count();
        if breaks == 1 {
            folded.push(' ');
        } else {
            folded.extend(std::iter::repeat_n('\n', breaks - 1));
        }
        rest = after;
    }
    folded.push_str(rest);
    Cow::Owned(folded)
}

/// Writes `|` and its header, then the lines.
fn push_literal(out: &mut String, text: &str, room: Room) {
    let indent = match room {
        Room::Key => 0,
        Room::Value(indent) => indent,
    };
    out.push('|');
    if text.starts_with(|c| c == ' ' || style::is_break(c)) {
        out.push('2');
    }
    let mut from_end = text.chars().rev().map(style::is_break);
    match (from_end.next(), from_end.next()) {
        (Some(true), Some(false)) => {}
        (Some(true), _) => out.push('+'),
        _ => out.push('-'),
    }
    out.push('\n');
    for line in text.split_inclusive(style::is_break) {
        if !line.starts_with(style::is_break) {
            pad(out, indent);
        }
        out.push_str(line);
    }
}
