//! The lines of a block map's entries, so that they can move with their comments.

use std::ops::Range;

use crate::yaml::{Entry, Kind, Node};

/// The lines of one entry of a block map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    /// First byte of the comments right above the entry, else of its own line.
    pub(super) lead: usize,
    /// First byte of the key.
    pub(super) key: usize,
    /// First byte behind the last line of the value and of the deeper comments below it.
    pub(super) end: usize,
}

impl Lines {
    /// The key, its value and the deeper comments, from the key on.
    pub(super) fn own(self) -> Range<usize> {
        self.key..self.end
    }

    /// Everything, from the start of the first line on.
    pub(super) fn whole(self) -> Range<usize> {
        self.lead..self.end
    }
}

/// The start of the line that holds `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |line| line + 1)
}

/// The start of the line behind the one that holds `at`, or the end of the text.
fn next_line(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |line| at + line + 1)
}

/// Bytes between the start of its line and `at`.
pub(super) fn column(text: &str, at: usize) -> usize {
    at - line_start(text, at)
}

/// The line break of a text: that of its first line.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The lines of the entries of a block map; `None` for a map in brackets, an alias, or keys that share a line.
pub(super) fn of(text: &str, map: &Node) -> Option<Vec<Lines>> {
    let entries = map.as_mapping()?;
    if text.as_bytes().get(map.span().start as usize) == Some(&b'{') {
        return None;
    }
    let mut found: Vec<Lines> = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = entry.key.span().start as usize;
        let line = line_start(text, key);
        let before = text.get(line..key)?;
        let alone = before.trim().is_empty();
        // The first key of a list's item stands behind the dash.
        let behind_dash = found.is_empty() && before.trim() == "-";
        if !alone && !behind_dash {
            return None;
        }
        let floor = found.last().map_or(0, |previous| previous.end);
        if line < floor {
            return None;
        }
        found.push(Lines {
            lead: if alone { lead(text, line, floor) } else { line },
            key,
            end: end(text, entry, key - line),
        });
    }
    Some(found)
}

/// The first of the comment lines right above `line`, none of which starts before `floor`.
fn lead(text: &str, line: usize, floor: usize) -> usize {
    let mut first = line;
    while first > floor {
        let above = line_start(text, first - 1);
        if above < floor || !text[above..first].trim_start().starts_with('#') {
            break;
        }
        first = above;
    }
    first
}

/// The end of an entry whose key stands in this column.
fn end(text: &str, entry: &Entry, column: usize) -> usize {
    let last = last_byte(&entry.value).max(entry.key.span().end as usize);
    let line = line_start(text, last);
    // A block scalar ends behind its last line break.
    let mut end = if text[line..last].trim().is_empty() {
        line
    } else {
        next_line(text, last)
    };
    let mut at = end;
    while at < text.len() {
        let next = next_line(text, at);
        let body = text[at..next].trim();
        let indent = text[at..next].len() - text[at..next].trim_start_matches(' ').len();
        if body.starts_with('#') && indent > column {
            end = next;
        } else if !body.is_empty() {
            break;
        }
        at = next;
    }
    end
}

/// The end of the last scalar of a value; brackets count too.
fn last_byte(node: &Node) -> usize {
    let own = node.span().end as usize;
    let deeper = match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => return own,
        Kind::Sequence(items) => items.last(),
        Kind::Mapping(entries) => entries.last().map(|entry| &entry.value),
    };
    match deeper {
        // The span of a block ends with its last value; that of brackets ends with the bracket.
        Some(deeper) => own.max(last_byte(deeper)),
        None => own,
    }
}

/// The lines with `from` columns of blanks taken away and `to` put in front; each ends with a line break.
pub(super) fn shifted(lines: &str, from: usize, to: usize, line_break: &str) -> String {
    let mut text = String::with_capacity(lines.len());
    for line in lines.lines() {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let rest = &line[blanks.min(from)..];
        if !rest.trim().is_empty() {
            text.push_str(&" ".repeat(to));
            text.push_str(rest);
        }
        text.push_str(line_break);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    fn chunks(text: &str) -> Option<Vec<(&str, &str)>> {
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        let lines = of(text, documents[0].root.get("map").unwrap())?;
        let show = |lines: &Lines| (&text[lines.lead..lines.key], &text[lines.own()]);
        Some(lines.iter().map(show).collect())
    }

    #[test]
    fn comments_above_and_deeper_ones_below_belong_to_the_entry() {
        let text = "map: # head\n  # one\n  a: 1 # own\n\n  # far\n\n  # two\n  b:\n    - x\n    # deeper\n  # three\n  c: |\n    # text\n# outside\nend: 1\n";
        assert_eq!(
            chunks(text).unwrap(),
            [
                ("  # one\n  ", "a: 1 # own\n"),
                ("  # two\n  ", "b:\n    - x\n    # deeper\n"),
                ("  # three\n  ", "c: |\n    # text\n"),
            ]
        );
    }

    #[test]
    fn brackets_and_shared_lines_have_no_lines_of_their_own() {
        assert_eq!(chunks("map: {a: 1, b: 2}\n"), None);
        assert_eq!(chunks("map: {\n  a: 1,\n  b: 2\n}\n"), None);
        assert_eq!(
            chunks("map:\n  a: {x: 1,\n    y: 2}\n  b:").unwrap(),
            [("  ", "a: {x: 1,\n    y: 2}\n"), ("  ", "b:")]
        );
    }

    #[test]
    fn lines_move_with_their_inner_indentation() {
        assert_eq!(
            shifted("    a:\n      - b\n# c\n\n    d: 1", 4, 2, "\n"),
            "  a:\n    - b\n  # c\n\n  d: 1\n"
        );
    }
}
