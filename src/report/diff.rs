//! A unified diff as a person sees it on a terminal.

use std::fmt::Write;

use super::clean;

/// The diff with the colours of `git diff` where colours are wanted, and without anything that could steer the terminal.
/// Not for programs: a patch has to keep its bytes.
pub fn on_terminal(diff: &str, color: bool) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        let shown = clean::line(line);
        let _ = match style(line).filter(|_| color) {
            Some(style) => writeln!(text, "\u{1b}[{style}m{shown}\u{1b}[0m"),
            None => writeln!(text, "{shown}"),
        };
    }
    text
}

/// ANSI attributes of a line, by how it begins.
fn style(line: &str) -> Option<&'static str> {
    const STYLES: [(&str, &str); 5] = [
        ("--- ", "1"),
        ("+++ ", "1"),
        ("@@ ", "36"),
        ("-", "31"),
        ("+", "32"),
    ];
    let mut styles = STYLES.iter();
    let found = styles.find(|(start, _)| line.starts_with(start))?;
    Some(found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\u{202e}\n+b\n c\n";

    #[test]
    fn lines_have_the_colours_of_git() {
        assert_eq!(
            on_terminal(DIFF, true),
            "\u{1b}[1m--- a/x\u{1b}[0m\n\u{1b}[1m+++ b/x\u{1b}[0m\n\u{1b}[36m@@ -1 +1 @@\u{1b}[0m\n\
             \u{1b}[31m-a\u{fffd}\u{1b}[0m\n\u{1b}[32m+b\u{1b}[0m\n c\n"
        );
    }

    #[test]
    fn without_colour_only_what_steers_is_replaced() {
        assert_eq!(
            on_terminal(DIFF, false),
            DIFF.replace('\u{202e}', "\u{fffd}")
        );
    }
}
