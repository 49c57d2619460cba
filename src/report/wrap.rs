//! Lines that fit a terminal.

use textwrap::{Options, WordSeparator, WordSplitter};

/// A text broken into lines at blanks only: names, positions and commands stay whole, so that they can be copied. `first`
/// stands before the first line, `rest` before the others; both count for the width, in columns.
pub fn wrapped(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(text, options).into_iter();
    lines.map(|line| line.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_a_line_stays_whole() {
        assert_eq!(
            wrapped("write server-name=a-b-c now", 10, "- ", "  "),
            ["- write", "  server-name=a-b-c", "  now"]
        );
    }
}
