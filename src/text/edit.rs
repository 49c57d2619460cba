//! Replacing spans of a text: all edits or none.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::Span;

/// One replacement: the bytes of `span` become `text`. An empty span inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Replaces the bytes of `span`.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }
}

/// The new text of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file; it exists.
    pub path: PathBuf,
    /// Its text when it was read. The change must not be made when the file holds something else by then.
    pub before: Arc<str>,
    /// Its text afterwards.
    pub after: Arc<str>,
}

/// A file that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// The file; nothing is there, and its directory may be missing too.
    pub path: PathBuf,
    /// Its text.
    pub text: Arc<str>,
}

/// Why edits cannot be applied together.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum EditError {
    /// Two edits touch the same bytes.
    #[error("two edits overlap at byte {0}")]
    Overlap(u32),
    /// An edit lies outside the text or cuts a character.
    #[error("edit at byte {0} does not fit the text")]
    OutOfRange(u32),
}

/// The text with every edit applied; all must belong to the file of `text`.
///
/// Two edits may touch end to start. Two insertions at one position are an overlap, since
/// their order would be a guess.
///
/// # Errors
/// When two edits overlap or one does not fit; nothing is applied then.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    let mut previous: Option<&Edit> = None;
    for edit in sorted {
        if let Some(previous) = previous {
            let same_place = previous.span.start == edit.span.start;
            if previous.span.end > edit.span.start || same_place {
                return Err(EditError::Overlap(edit.span.start));
            }
        }
        let before = text
            .get(at..edit.span.start as usize)
            .ok_or(EditError::OutOfRange(edit.span.start))?;
        if text.get(edit.span.range()).is_none() {
            return Err(EditError::OutOfRange(edit.span.start));
        }
        result.push_str(before);
        result.push_str(&edit.text);
        at = edit.span.end as usize;
        previous = Some(edit);
    }
    result.push_str(text.get(at..).ok_or(EditError::OutOfRange(u32::MAX))?);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::new(Span::new(FileId(0), start, end), text)
    }

    #[test]
    fn edits_apply_in_text_order_whatever_their_order() {
        assert_eq!(
            apply(
                "abcdef",
                &[edit(4, 5, "X"), edit(0, 1, "Y"), edit(2, 2, "+")]
            )
            .as_deref(),
            Ok("Yb+cdXf")
        );
    }

    #[test]
    fn overlapping_edits_change_nothing() {
        assert_eq!(
            apply("abcdef", &[edit(0, 3, ""), edit(2, 4, "")]),
            Err(EditError::Overlap(2))
        );
        assert_eq!(
            apply("abc", &[edit(1, 1, "x"), edit(1, 1, "y")]),
            Err(EditError::Overlap(1))
        );
    }

    #[test]
    fn an_edit_outside_the_text_is_refused() {
        assert_eq!(
            apply("abc", &[edit(2, 9, "")]),
            Err(EditError::OutOfRange(2))
        );
        assert_eq!(apply("é", &[edit(1, 2, "")]), Err(EditError::OutOfRange(1)));
    }
}
