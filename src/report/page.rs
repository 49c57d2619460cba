//! The page of a rule as a person reads it on a terminal.

use super::human::Look;
use super::wrap::wrapped;

/// Markdown with its paragraphs and lists wrapped to the width and its headings bold. Code, tables and quotes keep their
/// lines. The text must be one of ours: nothing is cleaned.
pub fn on_terminal(markdown: &str, look: Look) -> String {
    let mut page = Page {
        text: String::new(),
        paragraph: String::new(),
        look,
    };
    let mut in_code = false;
    for line in markdown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if is_fence || in_code || line.starts_with(['|', '>']) {
            page.flush();
            page.line(line);
        } else if line.starts_with('#') {
            page.flush();
            page.heading(line);
        } else if line.trim().is_empty() {
            page.flush();
            page.line("");
        } else {
            page.add(line);
        }
        in_code ^= is_fence;
    }
    page.flush();
    page.text
}

struct Page {
    text: String,
    /// Lines that belong together, joined, with the indentation of the first.
    paragraph: String,
    look: Look,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn heading(&mut self, line: &str) {
        match self.look.color {
            true => self.line(&format!("\u{1b}[1m{line}\u{1b}[0m")),
            false => self.line(line),
        }
    }

    fn add(&mut self, line: &str) {
        if marker(line) > 0 {
            self.flush();
        }
        if self.paragraph.is_empty() {
            self.paragraph.push_str(line);
        } else {
            self.paragraph.push(' ');
            self.paragraph.push_str(line.trim());
        }
    }

    fn flush(&mut self) {
        let paragraph = std::mem::take(&mut self.paragraph);
        if paragraph.is_empty() {
            return;
        }
        let text = paragraph.trim_start();
        let indent = paragraph.len() - text.len();
        let (first, rest) = (" ".repeat(indent), " ".repeat(indent + marker(&paragraph)));
        for line in wrapped(text, self.look.width, &first, &rest) {
            self.line(&line);
        }
    }
}

/// How many columns the marker of a list item takes; 0 for another line.
fn marker(line: &str) -> usize {
    let text = line.trim_start();
    if text.starts_with("- ") || text.starts_with("* ") {
        return 2;
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = digits > 0
        && text
            .get(digits..)
            .is_some_and(|rest| rest.starts_with(". "));
    if is_number { digits + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    const PAGE: &str = "## What\n\nOne sentence that is long\nenough.\n\n- an item that goes on\n  here\n- two\n1. a number of things\n\n```yaml\na:   b # a comment that is long\n```\n";

    fn look(color: bool, width: usize) -> Look {
        Look {
            color,
            unicode: true,
            width,
        }
    }

    #[test]
    fn paragraphs_and_items_are_wrapped_and_code_is_not() {
        assert_eq!(
            on_terminal(PAGE, look(false, 16)),
            "## What\n\nOne sentence\nthat is long\nenough.\n\n- an item that\n  goes on here\n- two\n1. a number of\n   things\n\n```yaml\na:   b # a comment that is long\n```\n"
        );
        let colored = on_terminal(PAGE, look(true, 16));
        assert!(
            colored.starts_with("\u{1b}[1m## What\u{1b}[0m\n"),
            "{colored}"
        );
    }

    #[test]
    fn no_word_of_a_page_is_lost() {
        for rule in RULES.iter() {
            let page = rule.page();
            let drawn = on_terminal(&page, look(false, 60));
            assert!(
                page.split_whitespace().eq(drawn.split_whitespace()),
                "{}",
                rule.id
            );
        }
    }
}
