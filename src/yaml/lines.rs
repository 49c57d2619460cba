//! From the parser's line and column to a byte offset.

use std::cell::Cell;

use yaml_rust2::scanner::Marker;

/// Start of every line of a text, and whether the line is pure ASCII (then column and byte agree).
///
/// Only the parser's line and column can be trusted: its index counts characters in places and bytes in others.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<(usize, bool)>,
    /// The last answer on a line that is not ASCII: start of the line, column, offset. The next question is about
    /// the same line or a later one, so a long line is walked once.
    last: Cell<(usize, usize, usize)>,
}

impl<'a> Lines<'a> {
    /// `text` without its byte order mark; offsets count from its start.
    pub(super) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![(0, true)];
        for (at, byte) in bytes.iter().enumerate() {
            if !byte.is_ascii() {
                if let Some(line) = starts.last_mut() {
                    line.1 = false;
                }
            } else if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push((at + 1, true));
            }
        }
        Self {
            text,
            starts,
            last: Cell::new((0, 0, 0)),
        }
    }

    /// The byte offset of a marker.
    pub(super) fn offset(&self, marker: &Marker) -> usize {
        let Some((start, ascii)) = self.starts.get(marker.line().saturating_sub(1)).copied() else {
            return self.text.len();
        };
        if ascii {
            return (start + marker.col()).min(self.text.len());
        }
        let (known, column, at) = match self.last.get() {
            last if last.0 == start && last.1 <= marker.col() => last,
            _ => (start, 0, start),
        };
        let Some((further, _)) = self.text[at..].char_indices().nth(marker.col() - column) else {
            return self.text.len();
        };
        self.last.set((known, marker.col(), at + further));
        at + further
    }
}
