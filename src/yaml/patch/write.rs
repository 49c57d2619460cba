//! New text in the style of what stands around it.

use std::fmt::Write;

use super::NewValue;
use crate::yaml::Style;
use crate::yaml::emit::stays_plain;

/// Where a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Block,
    Flow,
}

/// A string in the given style, or in double quotes where that style cannot hold it as a string.
pub(super) fn scalar(text: &str, style: Style, place: Place) -> String {
    match style {
        Style::Plain if may_be_plain(text, place) => text.to_owned(),
        Style::Single if !text.chars().any(must_be_escaped) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => double_quoted(text),
    }
}

fn may_be_plain(text: &str, place: Place) -> bool {
    // A lone `<<` as a key would be a merge.
    stays_plain(text)
        && text != "<<"
        && (place == Place::Block || text.split(' ').all(is_flow_word))
}

/// A word that no reader could take for syntax between brackets.
fn is_flow_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.'))
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./@%+=$".contains(c))
}

fn must_be_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if must_be_escaped(c) => {
                // Writing to a `String` does not fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// How block lines are laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines {
    /// Blanks before the first key or dash; the first line itself is not indented.
    pub(super) column: usize,
    /// Blanks a nested map is indented by.
    pub(super) step: usize,
    pub(super) line_break: &'static str,
}

/// `key: value` in block style, without the last line break.
pub(super) fn block_entry(key: &str, value: &NewValue, lines: Lines) -> String {
    let key = scalar(key, Style::Plain, Place::Block);
    match value {
        NewValue::Scalar(text) => format!("{key}: {}", scalar(text, Style::Plain, Place::Block)),
        NewValue::Mapping(entries) if entries.is_empty() => format!("{key}: {{}}"),
        NewValue::Mapping(entries) => {
            let lines = Lines {
                column: lines.column + lines.step,
                ..lines
            };
            let start = format!("{}{}", lines.line_break, " ".repeat(lines.column));
            format!("{key}:{start}{}", block_map(entries, lines))
        }
    }
}

/// The entries of a map in block style, the first one where the text goes on.
pub(super) fn block_map(entries: &[(String, NewValue)], lines: Lines) -> String {
    let between = format!("{}{}", lines.line_break, " ".repeat(lines.column));
    let written: Vec<String> = entries
        .iter()
        .map(|(key, value)| block_entry(key, value, lines))
        .collect();
    written.join(&between)
}

/// A value in flow style, its strings in `style` where they can be.
pub(super) fn flow_value(value: &NewValue, style: Style) -> String {
    match value {
        NewValue::Scalar(text) => scalar(text, style, Place::Flow),
        NewValue::Mapping(entries) => {
            let written: Vec<String> = entries
                .iter()
                .map(|(key, value)| flow_entry(key, value, style))
                .collect();
            format!("{{{}}}", written.join(", "))
        }
    }
}

/// `key: value` in flow style.
pub(super) fn flow_entry(key: &str, value: &NewValue, style: Style) -> String {
    let key = scalar(key, style, Place::Flow);
    format!("{key}: {}", flow_value(value, style))
}
