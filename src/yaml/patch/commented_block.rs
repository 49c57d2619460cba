//! A run of comment lines that reads like one entry or item.

use std::ops::Range;

use super::layout::Layout;

/// How far a commented line is indented: people put the `#` before the line, at its indent, or anywhere between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    /// By the column of its text on the page.
    OfPage,
    /// By the blanks behind its `#`, wherever that stands.
    BehindHash,
}

/// One line of the run.
struct Line<'s> {
    /// The line with its line break.
    raw: &'s str,
    /// What stands behind `#` and blanks, without the line break; empty on a blank line.
    text: &'s str,
    /// Where the text begins, counted as `Columns` says.
    column: usize,
}

/// Comment lines: the first one has a key or a dash, the others are deeper.
pub(super) struct Block<'s> {
    lines: Vec<Line<'s>>,
    start: usize,
    hash: usize,
}

impl<'s> Block<'s> {
    /// Reads the run whose first line starts at `start`; `None` when it is no key and no dash.
    pub(super) fn read(layout: Layout<'s>, start: usize, columns: Columns) -> Option<Self> {
        let mut at = layout.line_after(start);
        let first = Line::of(&layout.source[start..at], columns)?;
        if !(is_dash(first.text) || key_of(first.text).is_some()) {
            return None;
        }
        let mut block = Self {
            hash: first.raw.len() - first.raw.trim_start_matches(' ').len(),
            lines: vec![first],
            start,
        };
        let mut waiting = Vec::new();
        while at < layout.source.len() {
            let next = layout.line_after(at);
            let raw = &layout.source[at..next];
            at = next;
            let line = match Line::of(raw, columns) {
                Some(line) => line,
                None if raw.trim().is_empty() => Line {
                    raw,
                    text: "",
                    column: 0,
                },
                None => break,
            };
            match block.place_of(&line, waiting.is_empty()) {
                Place::Within => {
                    block.lines.append(&mut waiting);
                    block.lines.push(line);
                }
                Place::Unclear => waiting.push(line),
                Place::Behind => break,
            }
        }
        Some(block)
    }

    fn place_of(&self, line: &Line<'_>, adjoins: bool) -> Place {
        let first = &self.lines[0];
        let deeper = line.column > first.column;
        // The items of a list may stand in the column of its key.
        let item_of_key = line.column == first.column
            && is_dash(line.text)
            && key_of(first.text).is_some_and(|value| value.is_empty())
            && !is_dash(first.text);
        if line.text.is_empty() {
            Place::Unclear
        } else if line.text.starts_with('#') {
            if deeper && adjoins {
                Place::Within
            } else {
                Place::Unclear
            }
        } else if deeper || item_of_key {
            Place::Within
        } else {
            Place::Behind
        }
    }

    /// Whether the first line begins with a dash.
    pub(super) fn is_item(&self) -> bool {
        is_dash(self.lines[0].text)
    }

    /// The column of the first `#`.
    pub(super) fn hash(&self) -> usize {
        self.hash
    }

    /// The lines in the source, whole.
    pub(super) fn range(&self) -> Range<usize> {
        let length: usize = self.lines.iter().map(|line| line.raw.len()).sum();
        self.start..self.start + length
    }

    /// Where the first `#` stands in the source.
    pub(super) fn first_hash(&self) -> usize {
        self.start + self.hash
    }

    /// The end of the last line in the source, before its line break.
    pub(super) fn content_end(&self) -> usize {
        let last = self.lines.last().map_or("", |line| line.raw);
        self.range().end - (last.len() - last.trim_end_matches(['\n', '\r']).len())
    }

    /// The lines without their `#`, the first one in `column`. With `sentences` lines that look like none of YAML
    /// stay comments; `None` when there is no such line. Of the first line's children only `only` is switched on.
    pub(super) fn text(
        &self,
        column: usize,
        sentences: bool,
        only: Option<&str>,
    ) -> Option<String> {
        let told = self.sentences();
        if sentences && told.is_empty() {
            return None;
        }
        let base = self.lines[0].column;
        let chosen = self.chosen(only)?;
        let mut text = String::new();
        for (at, line) in self.lines.iter().enumerate() {
            let off = !chosen.contains(&at) && at > 0;
            if off || (sentences && told.contains(&at)) || line.raw.trim().is_empty() {
                text.push_str(line.raw);
                continue;
            }
            let body = line.raw.trim_end_matches(['\n', '\r']);
            let line_break = &line.raw[body.len()..];
            if !line.text.is_empty() {
                text.push_str(&" ".repeat((column + line.column).saturating_sub(base)));
                text.push_str(line.text);
            }
            text.push_str(line_break);
        }
        Some(text)
    }

    /// The lines that look like none of YAML and stand in no block of text.
    fn sentences(&self) -> Vec<usize> {
        let mut within: Option<usize> = None;
        let mut told = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            if line.text.is_empty() {
                continue;
            }
            if within.is_some_and(|column| line.column > column) {
                continue;
            }
            within = opens_text(line.text).then_some(line.column);
            let yaml = line.text.starts_with('#') || is_dash(line.text);
            if !yaml && key_of(line.text).is_none() {
                told.push(at);
            }
        }
        told
    }

    /// The lines of one child of the first line, or all; `None` when it has no such child.
    fn chosen(&self, only: Option<&str>) -> Option<Range<usize>> {
        let Some(only) = only else {
            return Some(1..self.lines.len());
        };
        let is_content = |line: &Line<'_>| !line.text.is_empty() && !line.text.starts_with('#');
        let first = self.lines.iter().skip(1).find(|line| is_content(line))?;
        let depth = first.column;
        let starts = |line: &Line<'_>| is_content(line) && line.column <= depth;
        let begin =
            self.lines.iter().skip(1).position(|line| {
                starts(line) && key_name(line.text).is_some_and(|key| key == only)
            })? + 1;
        let behind = self.lines[begin + 1..].iter().position(starts);
        let end = behind.map_or(self.lines.len(), |behind| begin + 1 + behind);
        Some(begin..end)
    }
}

enum Place {
    Within,
    /// It depends on what follows.
    Unclear,
    Behind,
}

impl<'s> Line<'s> {
    /// A line that holds nothing but a comment.
    fn of(raw: &'s str, columns: Columns) -> Option<Self> {
        let body = raw.trim_end_matches(['\n', '\r']);
        let behind = body.trim_start_matches(' ').strip_prefix('#')?;
        let text = behind.trim_start_matches(' ');
        let column = match columns {
            Columns::OfPage => body.len() - text.len(),
            Columns::BehindHash => behind.len() - text.len(),
        };
        let text = if text.trim().is_empty() { "" } else { text };
        Some(Self { raw, text, column })
    }
}

fn is_dash(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// What stands behind the key of `key: value`; `None` when there is no key.
fn key_of(text: &str) -> Option<&str> {
    let (key, value) = split_key(text)?;
    let plausible = match key.chars().next()? {
        quote @ ('"' | '\'') => key.len() > 1 && key.ends_with(quote),
        first => (first.is_alphanumeric() || "_./<$".contains(first)) && !key.contains([' ', '\t']),
    };
    let value = value.trim();
    plausible.then_some(if value.starts_with('#') { "" } else { value })
}

/// The key of `key: value` without its quotes.
fn key_name(text: &str) -> Option<&str> {
    key_of(text)?;
    let (key, _) = split_key(text)?;
    Some(key.trim_matches(['"', '\'']))
}

fn split_key(text: &str) -> Option<(&str, &str)> {
    let quoted = match text.as_bytes().first()? {
        quote @ (b'"' | b'\'') => 1 + text[1..].find(char::from(*quote))?,
        _ => 0,
    };
    let (colon, rest) = match text[quoted..].find(": ") {
        Some(at) => (quoted + at, &text[quoted + at + 2..]),
        None => (text.trim_end().strip_suffix(':')?.len(), ""),
    };
    Some((&text[..colon], rest))
}

/// Whether a line opens a block of text: it ends in `|` or `>`, perhaps with indicators behind.
fn opens_text(text: &str) -> bool {
    let content = text.find(" #").map_or(text, |comment| &text[..comment]);
    let header = content.trim_end().rsplit(' ').next().unwrap_or_default();
    let behind = header.strip_prefix(['|', '>']);
    behind.is_some_and(|rest| rest.chars().all(|c| matches!(c, '+' | '-' | '1'..='9')))
}
