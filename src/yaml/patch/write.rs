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
        && !begins_like_a_date(text)
        && text != "<<"
        && (place == Place::Block || text.split(' ').all(is_flow_word))
}

/// Whether other readers of YAML could make a time of a text; ours do not.
fn begins_like_a_date(text: &str) -> bool {
    let form: String = text
        .chars()
        .take(5)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    form == "0000-"
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
    /// Blanks a list is indented by.
    pub(super) list_step: usize,
    pub(super) line_break: &'static str,
}

impl Lines {
    /// The same, `columns` further in.
    pub(super) fn deeper(self, columns: usize) -> Self {
        Self {
            column: self.column + columns,
            ..self
        }
    }

    /// What stands between two lines.
    pub(super) fn between(self) -> String {
        format!("{}{}", self.line_break, " ".repeat(self.column))
    }
}

/// A value that fits on the line of its key or dash; `None` for a map or list with content.
pub(super) fn inline(value: &NewValue, style: Style, place: Place) -> Option<String> {
    match value {
        NewValue::Scalar(text) => Some(scalar(text, style, place)),
        NewValue::Plain(text) => Some(text.clone()),
        NewValue::Mapping(entries) => entries.is_empty().then(|| "{}".to_owned()),
        NewValue::Sequence(items) => items.is_empty().then(|| "[]".to_owned()),
    }
}

/// `key: value` in block style, without the last line break.
pub(super) fn block_entry(key: &str, value: &NewValue, lines: Lines) -> String {
    let key = scalar(key, Style::Plain, Place::Block);
    if let Some(text) = inline(value, Style::Plain, Place::Block) {
        return format!("{key}: {text}");
    }
    let lines = lines.deeper(match value {
        NewValue::Sequence(_) => lines.list_step,
        _ => lines.step,
    });
    format!("{key}:{}{}", lines.between(), block_value(value, lines))
}

/// `- value` in block style, without the last line break.
pub(super) fn block_item(value: &NewValue, lines: Lines) -> String {
    let text = inline(value, Style::Plain, Place::Block)
        .unwrap_or_else(|| block_value(value, lines.deeper(2)));
    format!("- {text}")
}

/// A value in block style where the text goes on, without the last line break.
pub(super) fn block_value(value: &NewValue, lines: Lines) -> String {
    match value {
        NewValue::Mapping(entries) if !entries.is_empty() => block_map(entries, lines),
        NewValue::Sequence(items) if !items.is_empty() => {
            let written: Vec<String> = items.iter().map(|item| block_item(item, lines)).collect();
            written.join(&lines.between())
        }
        value => inline(value, Style::Plain, Place::Block).unwrap_or_default(),
    }
}

/// The entries of a map in block style, the first one where the text goes on.
pub(super) fn block_map(entries: &[(String, NewValue)], lines: Lines) -> String {
    let written: Vec<String> = entries
        .iter()
        .map(|(key, value)| block_entry(key, value, lines))
        .collect();
    written.join(&lines.between())
}

/// A value in flow style, its strings in `style` where they can be.
pub(super) fn flow_value(value: &NewValue, style: Style) -> String {
    match value {
        NewValue::Scalar(text) => scalar(text, style, Place::Flow),
        NewValue::Plain(text) => text.clone(),
        NewValue::Mapping(entries) => format!("{{{}}}", flow_entries(entries, style)),
        NewValue::Sequence(items) => {
            let written: Vec<String> = items.iter().map(|item| flow_value(item, style)).collect();
            format!("[{}]", written.join(", "))
        }
    }
}

/// The entries of a flow map without its braces.
pub(super) fn flow_entries(entries: &[(String, NewValue)], style: Style) -> String {
    let written: Vec<String> = entries
        .iter()
        .map(|(key, value)| {
            let key = scalar(key, style, Place::Flow);
            format!("{key}: {}", flow_value(value, style))
        })
        .collect();
    written.join(", ")
}
