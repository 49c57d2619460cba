//! Flow collections whose lines stand too far left.
//!
//! People close a bracket in the column of its key:
//!
//! ```yaml
//! args: [
//!   "--verbose",
//! ]
//! ```
//!
//! YAML wants such a line indented deeper than the key, and yaml-rust2 insists; go-yaml, and so kustomize and
//! kubectl, do not. Within brackets a line break means no more than a blank, so the parser is given a text in which
//! the break before the line is a blank. Every byte keeps its offset.

/// Most lines that are joined in one text: each costs another reading. Large texts get fewer, down to none.
pub(super) fn most_joins(text: &str) -> usize {
    const MOST: usize = 200;
    const MOST_BYTES: usize = 32 << 20;
    MOST.min(MOST_BYTES / text.len().max(1))
}

/// Whether the parser's complaint is about such a line.
pub(super) fn is_complaint(message: &str) -> bool {
    matches!(
        message,
        "invalid indentation" | "invalid indentation in flow construct"
    )
}

/// The text with the line at `at` joined to the one before; `None` where that would change more than a line break.
pub(super) fn join(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let mut start = before.rfind('\n')?;
    if !before[start..].trim().is_empty() {
        return None;
    }
    // Comments in between would swallow the line, so they become blanks as well.
    loop {
        let line = before[..start].rfind('\n').map_or(0, |at| at + 1);
        let body = before[line..start].trim();
        if body.starts_with('#') || body.is_empty() {
            start = line.checked_sub(1)?;
        } else if body.contains('#') {
            start = line + comment(&before[line..start])?;
            break;
        } else {
            break;
        }
    }
    let mut joined = String::with_capacity(text.len());
    joined.push_str(&text[..start]);
    joined.extend(std::iter::repeat_n(' ', at - start));
    joined.push_str(&text[at..]);
    Some(joined)
}

/// Where the comment of a line starts. `None` where the `#` may be part of a string.
fn comment(line: &str) -> Option<usize> {
    let hash = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line[..*at].ends_with([' ', '\t']))?;
    let quotes = |quote: char| line[..hash].matches(quote).count();
    (quotes('"') % 2 == 0 && quotes('\'') % 2 == 0).then_some(hash)
}
