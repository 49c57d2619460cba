//! A source file as miette wants to see it.

use std::borrow::Cow;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::text::{SourceFile, Span};

use super::clean;

/// A file without what could steer the terminal. Lines and columns are those of [`SourceFile`], so that every format
/// names the same place; miette's own count columns from a byte order mark and do not know a lone CR.
pub(super) struct Frame<'a> {
    file: &'a SourceFile,
    name: String,
    text: Cow<'a, str>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            name: clean::line(&file.name).into_owned(),
            text: clean::same_length(&file.text),
        }
    }

    /// The bytes to underline: a span of many lines is cut to its first one, a place after the last line break is
    /// moved before it, because nothing is drawn there.
    pub(super) fn shown(&self, span: Span) -> SourceSpan {
        let length = self.text.len();
        let mut range = span.range();
        range.end = range.end.min(length);
        range.start = range.start.min(range.end);
        let first = self.file.position(range.start).line;
        let last = self.file.position(range.end).line;
        if last - first >= MOST_LINES {
            range.end = self.file.line_range(first).end.max(range.start);
        }
        if range.start == length && length > 0 && self.file.line_range(first).is_empty() {
            range = self.line_before(first)..self.line_before(first);
        }
        (range.start, range.len()).into()
    }

    fn line_before(&self, line: usize) -> usize {
        self.file.line_range(line.saturating_sub(1).max(1)).end
    }

    /// The name of the file, fit for a terminal.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// `name:line:column` of the start of a span.
    pub(super) fn place(&self, span: Span) -> String {
        let at = self.file.position(span.start as usize);
        format!("{}:{}:{}", self.name, at.line, at.column)
    }

    /// Whether a line around the place is too long to be drawn.
    pub(super) fn has_long_line(&self, place: &SourceSpan) -> bool {
        let (first, last) = self.lines(place, 1, 1);
        (first..=last).any(|line| self.file.line_range(line).len() > LONGEST_LINE)
    }

    fn lines(&self, place: &SourceSpan, before: usize, after: usize) -> (usize, usize) {
        let line = |offset: usize| self.file.position(offset).line;
        let end = place.offset() + place.len();
        let first = line(place.offset()).saturating_sub(before).max(1);
        let last = (line(end) + after).min(line(self.text.len()));
        (first, last)
    }
}

/// A span of more lines than this is shown by its first line.
const MOST_LINES: usize = 4;

/// Longer lines, in bytes, are named and not drawn: they are generated, and a snippet of them helps nobody.
const LONGEST_LINE: usize = 400;

impl SourceCode for Frame<'_> {
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let (first, last) = self.lines(span, before, after);
        let mut start = self.file.line_range(first).start;
        if start == 0 && self.text.starts_with('\u{feff}') {
            start = '\u{feff}'.len_utf8();
        }
        let end = self.file.line_range(last).end.max(start);
        let data = self.text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        // Without context lines miette asks for the place itself.
        let column = if before == 0 {
            self.file.position(span.offset()).column - 1
        } else {
            0
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            (start, end - start).into(),
            first - 1,
            column,
            last - first + 1,
        )))
    }
}
