//! Rows of a name and a wrapped text.

use super::clean;
use super::wrap::wrapped;

/// A text for people, line by line.
pub(super) struct Page {
    text: String,
    width: usize,
}

/// The column in which the texts of rows begin.
pub(super) const INDENT: usize = 15;

impl Page {
    /// An empty page of this many columns.
    pub(super) fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            width,
        }
    }

    /// A line as it is; it must be fit for a terminal.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// A name and a text, which is cleaned and wrapped.
    pub(super) fn row(&mut self, name: &str, text: &str) {
        let first = format!("  {name:<width$}", width = INDENT - 2);
        let rest = " ".repeat(INDENT);
        for line in wrapped(&clean::line(text), self.width, &first, &rest) {
            self.line(&line);
        }
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.text
    }
}
