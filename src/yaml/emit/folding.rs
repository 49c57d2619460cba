//! Plain and quoted strings, folded at width 80.

use std::fmt::Write;

use super::style;
use super::text::{Room, pad};

/// A space beyond this column may become a line break.
const WIDTH: usize = 80;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Writes one string, over several lines if need be.
///
/// Source: `yaml_emitter_write_plain_scalar` and its neighbours, go-yaml v2 `emitterc.go`.
pub(super) struct Folding<'o> {
    out: &'o mut String,
    indent: usize,
    /// The characters on the current line, or `None` where the string cannot reach a break.
    column: Option<usize>,
}

impl<'o> Folding<'o> {
    /// Prepares for `text`: only a long text with spaces can be broken, and only that needs counting.
    pub(super) fn new(out: &'o mut String, room: Room, text: &str) -> Self {
        let (indent, column) = match room {
            Room::Value(indent) if text.contains(' ') => {
                let line = out.rsplit(style::is_break).next().unwrap_or_default();
                (indent, Some(line.chars().count()))
            }
            Room::Value(indent) => (indent, None),
            Room::Key => (0, None),
        };
        Self {
            out,
            indent,
            column,
        }
    }

    /// Without quotes.
    pub(super) fn plain(mut self, text: &str) {
        if self
            .column
            .is_some_and(|column| column + text.len() <= WIDTH)
        {
            // No space lies beyond the width.
            self.column = None;
        }
        self.words(text, 1, Self::put);
    }

    /// In single quotes, which are doubled within.
    pub(super) fn single(mut self, text: &str) {
        self.put("'");
        self.words(text, 1, Self::single_word);
        self.put("'");
    }

    /// In double quotes, with escapes.
    pub(super) fn double(mut self, text: &str) {
        self.put("\"");
        if text.starts_with(BYTE_ORDER_MARK) {
            // go-yaml looks for the mark at the start of the text from every place in it.
            text.chars().for_each(|c| self.escape(c));
        } else {
            self.words(text, usize::MAX, Self::double_word);
        }
        self.put("\"");
    }

    /// Writes a text word by word. Between two words with at most `longest` spaces, the first space may
    /// become a line break.
    fn words(&mut self, text: &str, longest: usize, put_word: fn(&mut Self, &str)) {
        if self.column.is_none() {
            return put_word(self, text);
        }
        let mut rest = text;
        while let Some(at) = rest.find(' ') {
            let (word, after) = rest.split_at(at);
            put_word(self, word);
            let next = after.trim_start_matches(' ');
            let count = after.len() - next.len();
            let edge = rest.len() == text.len() && at == 0 || after.len() == 1;
            let far = self.column.is_some_and(|column| column > WIDTH);
            if far && !edge && count <= longest {
                self.break_at(count);
            } else {
                self.put(&after[..count]);
            }
            rest = next;
        }
        put_word(self, rest);
    }

    /// A line break in place of the first of `count` spaces; the reader would swallow the others unescaped.
    fn break_at(&mut self, count: usize) {
        self.out.push('\n');
        self.column = Some(0);
        self.blanks(self.indent);
        if count > 1 {
            self.put("\\");
            self.blanks(count - 1);
        }
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
        if let Some(column) = &mut self.column {
            *column += text.chars().count();
        }
    }

    fn blanks(&mut self, count: usize) {
        pad(self.out, count);
        if let Some(column) = &mut self.column {
            *column += count;
        }
    }

    /// Quotes are doubled; after a line or paragraph separator, the only breaks that get here, go-yaml
    /// indents as if it had broken the line itself.
    fn single_word(&mut self, word: &str) {
        if !word.contains(|c| c == '\'' || style::is_break(c)) {
            return self.put(word);
        }
        let mut after_break = false;
        for c in word.chars() {
            if style::is_break(c) {
                self.put(c.encode_utf8(&mut [0; 4]));
                self.column = self.column.map(|_| 0);
                after_break = true;
                continue;
            }
            if std::mem::take(&mut after_break) {
                self.blanks(self.indent);
            }
            match c {
                '\'' => self.put("''"),
                _ => self.put(c.encode_utf8(&mut [0; 4])),
            }
        }
    }

    fn double_word(&mut self, word: &str) {
        let escaped =
            |c: char| matches!(c, '"' | '\\') || !style::is_printable(c) || style::is_break(c);
        let mut rest = word;
        while let Some(at) = rest.find(escaped) {
            let (before, after) = rest.split_at(at);
            self.put(before);
            let mut chars = after.chars();
            chars.by_ref().take(1).for_each(|c| self.escape(c));
            rest = chars.as_str();
        }
        self.put(rest);
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{a0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ => return self.escape_by_number(u32::from(c)),
        };
        self.put(short);
    }

    fn escape_by_number(&mut self, code: u32) {
        // Writing to a `String` does not fail.
        let _ = match code {
            0..=0xff => write!(self.out, "\\x{code:02X}"),
            0x100..=0xffff => write!(self.out, "\\u{code:04X}"),
            _ => write!(self.out, "\\U{code:08X}"),
        };
        let length = match code {
            0..=0xff => 4,
            0x100..=0xffff => 6,
            _ => 10,
        };
        self.column = self.column.map(|column| column + length);
    }
}
