//! Nothing from a manifest may steer the terminal it is printed on.
//!
//! Control characters can hide text, move the cursor or change the window title; bidirectional controls can make a
//! line read differently from what it says (CVE-2021-42574). They are shown as a replacement character.

use std::borrow::Cow;

const REPLACEMENT: char = '\u{fffd}';

/// Whether a terminal may act on the character instead of showing it.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// One line of text: line breaks and tabs become blanks.
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, |character| match character {
        '\n' | '\t' => ' ',
        _ => REPLACEMENT,
    })
}

/// Text of several lines: line feeds stay.
pub fn block(text: &str) -> Cow<'_, str> {
    replaced(text, |character| match character {
        '\n' => '\n',
        '\t' => ' ',
        _ => REPLACEMENT,
    })
}

fn replaced(text: &str, with: impl Fn(char) -> char) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let one = |character| {
        if is_unsafe(character) {
            with(character)
        } else {
            character
        }
    };
    Cow::Owned(text.chars().map(one).collect())
}

/// A source text in which every byte offset still means the same place: each character is replaced by one of the
/// same length. Line breaks and tabs stay; a lone CR, which ends a line in YAML, becomes LF.
pub(super) fn same_length(text: &str) -> Cow<'_, str> {
    let stays = |character: char| matches!(character, '\n' | '\t') || !is_unsafe(character);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        cleaned.push(match (character, character.len_utf8()) {
            ('\r', _) if characters.peek() == Some(&'\n') => '\r',
            ('\r', _) => '\n',
            _ if stays(character) => character,
            (_, 1) => '?',
            (_, 2) => '\u{b7}',
            _ => REPLACEMENT,
        });
    }
    Cow::Owned(cleaned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{7}\u{9b}31m\u{202e}b\r\u{7f}\u{61c}";

    #[test]
    fn no_control_character_survives() {
        for cleaned in [line(HOSTILE), block(HOSTILE)] {
            assert!(!cleaned.contains(is_unsafe), "{cleaned:?}");
            assert!(cleaned.starts_with("a\u{fffd}[2J"));
        }
        assert_eq!(line("a\n\tb"), "a  b");
        assert_eq!(block("a\n\tb"), "a\n b");
    }

    #[test]
    fn source_text_keeps_its_offsets_and_line_ends() {
        let cleaned = same_length(HOSTILE);
        assert_eq!(cleaned.len(), HOSTILE.len());
        let kept = |character: char| character == '\n' || !is_unsafe(character);
        assert!(cleaned.chars().all(kept), "{cleaned:?}");
        assert_eq!(same_length("a\r\nb\rc\td"), "a\r\nb\nc\td");
    }
}
