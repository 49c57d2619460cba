//! Lines and columns of a source text.

use std::ops::Range;

use crate::yaml::cursor::Cursor;
use crate::yaml::{Kind, Node};

/// A source text seen as lines.
#[derive(Clone, Copy)]
pub(super) struct Layout<'s> {
    pub(super) source: &'s str,
    pub(super) cursor: Cursor<'s>,
}

impl<'s> Layout<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self {
            source,
            cursor: Cursor::new(source),
        }
    }

    /// The line break of the text: that of its first line.
    pub(super) fn line_break(self) -> &'static str {
        match self.source.split_once('\n') {
            Some((first, _)) if first.ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// Bytes between the start of the line and `at`, without a byte order mark.
    pub(super) fn column(self, at: usize) -> usize {
        let start = self.cursor.line_start(at);
        let mark = start == 0 && at > 0 && self.source.starts_with('\u{feff}');
        at - start - if mark { '\u{feff}'.len_utf8() } else { 0 }
    }

    /// Whether nothing but blanks stands before `at` on its line.
    pub(super) fn starts_line(self, at: usize) -> bool {
        let line = &self.source[self.cursor.line_start(at)..at];
        line.trim_start_matches('\u{feff}').trim().is_empty()
    }

    /// Whether a map or list is written in brackets.
    pub(super) fn is_flow(self, node: &Node) -> bool {
        let first = self.cursor.byte(node.span().range().start);
        !matches!(node.kind, Kind::Scalar(_) | Kind::Alias(_)) && matches!(first, Some(b'{' | b'['))
    }

    /// The start of the line that holds `at`, behind a byte order mark.
    pub(super) fn line_start(self, at: usize) -> usize {
        let start = self.cursor.line_start(at);
        if start == 0 && self.source.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8().min(at)
        } else {
            start
        }
    }

    /// The end of a node. A block scalar inside another one seems to end after the indent of the next line.
    pub(super) fn content_end(self, span: &Range<usize>) -> usize {
        let line = self.cursor.line_start(span.end);
        if line > span.start && self.starts_line(span.end) {
            line
        } else {
            span.end
        }
    }

    /// The start of the line after the node that ends at `end`, or the end of the text.
    pub(super) fn next_line(self, end: usize) -> usize {
        if end > 0 && self.cursor.line_start(end) == end {
            return end;
        }
        self.line_after(end)
    }

    /// The start of the first line at or after `at` that is no comment deeper than `column`: such comments belong
    /// to what stands above.
    pub(super) fn behind_deeper_comments(self, mut at: usize, column: usize) -> usize {
        loop {
            let line = &self.source[at..self.line_after(at)];
            let comment = line.trim_start_matches([' ', '\t']);
            if !comment.starts_with('#') || line.len() - comment.len() <= column {
                return at;
            }
            at = self.line_after(at);
        }
    }

    /// The start of the line after the one that holds `at`, or the end of the text.
    pub(super) fn line_after(self, at: usize) -> usize {
        let end = self.cursor.line_end(at);
        let rest = &self.source[end..];
        let length = ["\r\n", "\n", "\r"]
            .iter()
            .find(|line_break| rest.starts_with(**line_break))
            .map_or(0, |line_break| line_break.len());
        end + length
    }

    /// The end of a child without the line break of a block scalar.
    pub(super) fn trimmed_end(self, child: &Range<usize>) -> usize {
        let text = &self.source[child.clone()];
        child.start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// The end of the text before `at` without blanks.
    pub(super) fn trimmed_before(self, at: usize) -> usize {
        self.source[..at].trim_end_matches([' ', '\t']).len()
    }

    /// Whether a comment stands in a part of the text that holds no content.
    pub(super) fn has_comment(self, range: Range<usize>) -> bool {
        self.source
            .get(range)
            .is_some_and(|text| text.contains('#'))
    }
}
