//! The source side of parsing: where tokens really begin and end.
//!
//! yaml-rust2 reports one position per event, and not always that of the node. These functions find the exact
//! bytes in the source, given the end of what came before.

use super::Style;

/// Looks at the source text from byte offsets; never moves by itself.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text }
    }

    pub(super) fn byte(self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The first byte at or after `at` that is neither blank, line end nor comment.
    pub(super) fn skip_trivia(self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') => at = self.line_end(at),
                _ => return at,
            }
        }
    }

    /// The end of the line holding `at`, before its line break.
    pub(super) fn line_end(self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or(&[]);
        at + rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .unwrap_or(rest.len())
    }

    /// The start of the line holding `at`.
    pub(super) fn line_start(self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        before
            .iter()
            .rposition(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(0, |at| at + 1)
    }

    /// The first byte after trivia, anchor and tag.
    pub(super) fn skip_properties(self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.skip_trivia(at);
        while let Some(first @ (b'&' | b'!')) = bytes.get(at).copied() {
            let verbatim = first == b'!' && bytes.get(at + 1) == Some(&b'<');
            let ends = |byte: u8| {
                if verbatim {
                    byte == b'>'
                } else {
                    byte.is_ascii_whitespace() || b",[]{}".contains(&byte)
                }
            };
            while at < bytes.len() && !ends(bytes[at]) {
                at += 1;
            }
            at = self.skip_trivia(if verbatim { at + 1 } else { at });
        }
        at
    }

    /// The end of the alias that starts with `*` at `at`.
    pub(super) fn alias_end(self, at: usize) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or(&[]);
        at + rest
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || b",[]{}".contains(byte))
            .unwrap_or(rest.len())
    }

    /// Whether an indicator (`-`, `?`, `:`) stands alone at `at`: a blank or the end follows.
    pub(super) fn indicator(self, at: usize, indicator: u8) -> bool {
        self.byte(at) == Some(indicator)
            && self
                .byte(at + 1)
                .is_none_or(|byte| byte.is_ascii_whitespace())
    }

    /// The end of the double-quoted scalar that starts at `at`.
    pub(super) fn double_quoted_end(self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        (end + 1).min(bytes.len())
    }

    /// The end of the single-quoted scalar that starts at `at`.
    pub(super) fn single_quoted_end(self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        while end < bytes.len() {
            if bytes[end] == b'\'' {
                if bytes.get(end + 1) != Some(&b'\'') {
                    break;
                }
                end += 1;
            }
            end += 1;
        }
        (end + 1).min(bytes.len())
    }

    /// The end of the plain scalar with this content that starts at `at`; `None` when the source says otherwise.
    pub(super) fn plain_end(self, at: usize, content: &str) -> Option<usize> {
        let rest = self.text.get(at..)?;
        if rest.starts_with(content) {
            return Some(at + content.len());
        }
        // Over several lines, each run of blanks and breaks in the source became one blank or some breaks.
        let mut end = at;
        for word in content.split_ascii_whitespace() {
            while self
                .byte(end)
                .is_some_and(|byte| byte.is_ascii_whitespace())
            {
                end += 1;
            }
            if !self.text.get(end..)?.starts_with(word) {
                return None;
            }
            end += word.len();
        }
        Some(end)
    }

    /// The range of the block scalar whose header `|` or `>` stands at `header`.
    ///
    /// `marker` is the parser's position, which is the first content byte as soon as there is content.
    pub(super) fn block_scalar_end(self, header: usize, marker: usize, content: &str) -> usize {
        let bytes = self.text.as_bytes();
        let header_end = self.line_end(header);
        let keep = self.keeps_breaks(header);
        let has_content = content.bytes().any(|byte| byte != b'\n');
        let indent = if has_content {
            marker - self.line_start(marker)
        } else {
            usize::MAX
        };
        let mut line = self.next_line(header_end);
        let mut end = if !has_content && keep {
            line
        } else {
            header_end
        };
        while line < bytes.len() {
            let body = &self.text[line..self.line_end(line)];
            let blanks = body.len() - body.trim_start_matches(' ').len();
            let empty = blanks == body.len();
            let document_marker =
                indent == 0 && (body.starts_with("---") || body.starts_with("..."));
            let holds_content = has_content
                && !document_marker
                && if empty {
                    blanks > indent
                } else {
                    blanks >= indent
                };
            let next = self.next_line(self.line_end(line));
            if holds_content || (empty && keep) {
                end = next;
            } else if !empty {
                break;
            }
            line = next;
        }
        end
    }

    /// The content of the block scalar at `header..end` as go-yaml reads it, given what the parser made of it.
    ///
    /// The parser counts a last line without line break as if it had one, be it text or blanks.
    pub(super) fn block_scalar_content(self, header: usize, end: usize, parsed: &str) -> &str {
        let text = parsed.trim_end_matches('\n');
        let unterminated = end == self.text.len()
            && !self.text.ends_with(['\n', '\r'])
            && end > self.line_end(header);
        if self.keeps_breaks(header) {
            return if unterminated {
                parsed.strip_suffix('\n').unwrap_or(parsed)
            } else {
                parsed
            };
        }
        let breaks = usize::from(!text.is_empty() && !unterminated && text.len() < parsed.len());
        &parsed[..text.len() + breaks]
    }

    /// Whether a block scalar keeps the line breaks at its end.
    fn keeps_breaks(self, header: usize) -> bool {
        self.text[header..self.line_end(header)]
            .split('#')
            .next()
            .is_some_and(|text| text.contains('+'))
    }

    fn next_line(self, line_end: usize) -> usize {
        match (self.byte(line_end), self.byte(line_end + 1)) {
            (Some(b'\r'), Some(b'\n')) => line_end + 2,
            (Some(_), _) => line_end + 1,
            (None, _) => line_end,
        }
    }

    /// The style of the block scalar whose header stands at `header`.
    pub(super) fn block_style(self, header: usize) -> Option<Style> {
        match self.byte(header)? {
            b'|' => Some(Style::Literal),
            b'>' => Some(Style::Folded),
            _ => None,
        }
    }
}
