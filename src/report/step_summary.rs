//! The summary of a step in GitHub Actions: a table in Markdown.

use std::fmt::Write;

use crate::diagnostic::Severity;
use crate::rules;

use super::Report;
use super::clean;

/// Most rows. GitHub refuses a summary of more than 1 MiB; a finding takes at most 2 KiB.
const MOST_ROWS: usize = 400;

/// The report as Markdown: a table of the findings, errors first, and the closing line.
pub fn render(report: &Report<'_>) -> String {
    let mut text = "### walbound\n\n".to_owned();
    if !report.findings.is_empty() {
        text.push_str("| | Rule | Place | Finding |\n|---|---|---|---|\n");
    }
    let mut rows = 0;
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let own = report.findings.iter();
        for found in own.filter(|found| found.severity == severity) {
            rows += 1;
            if rows > MOST_ROWS {
                continue;
            }
            let rule = match rules::find(found.rule) {
                Some(rule) => format!("[{}]({})", rule.id, rule.url()),
                None => found.rule.to_owned(),
            };
            let (start, _) = report.sources.positions(found.primary.span);
            let path = escaped(&report.sources.file(found.primary.span.file).name);
            let (line, message) = (start.line, formatted(&found.message));
            let _ = writeln!(text, "| {severity} | {rule} | {path}:{line} | {message} |");
        }
    }
    if rows > MOST_ROWS {
        let _ = writeln!(text, "\nand {} more, see the log", rows - MOST_ROWS);
    }
    for change in report.changes {
        let _ = writeln!(text, "\n{}", formatted(change));
    }
    let _ = writeln!(text, "\n{}\n", formatted(&report.closing_line()));
    text
}

/// Text in which words between backticks are code.
fn formatted(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(escaped).collect();
    if parts.len().is_multiple_of(2) {
        return parts.join("&#96;");
    }
    let part = |(at, part): (usize, &String)| match at % 2 {
        0 => part.clone(),
        _ => format!("<code>{part}</code>"),
    };
    parts.iter().enumerate().map(part).collect()
}

/// Text that means nothing in Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in clean::line(text).chars() {
        match character {
            '&' | '<' | '>' | '|' | '`' | '*' | '_' | '~' | '[' | ']' | '\\' | '#' | '@' | ':'
            | '"' => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::report::tests::Example;

    #[test]
    fn errors_come_first_and_each_finding_is_one_row() {
        let example = Example::new(&[("db/a.yaml", "a: 1\n")]);
        let found = || example.finding(Label::new(example.span(0, "1"), ""));
        let findings = [found().severity(Severity::Note), found()];
        let text = render(&example.report(&findings));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(rows.len(), 3, "{text}");
        assert!(rows[1].starts_with("| error | [write-lineage-is-source](https://"));
        assert!(rows[1].contains(" | db/a.yaml:1 | cluster <code>gitea</code> archives"));
        assert!(rows[2].starts_with("| note | "));
    }

    #[test]
    fn hostile_text_opens_no_cell_link_or_tag() {
        let example = Example::new(&[("a|b.yaml", "a: 1\n")]);
        let mut found = example.finding(Label::new(example.span(0, "1"), ""));
        found.message = "<img src=x> | ![x](https://example.org) `a | b\n| c |".to_owned();
        let text = render(&example.report(&[found]));
        let row = text.lines().nth(4).unwrap();
        assert_eq!(row.matches('|').count(), 5, "{row}");
        assert_eq!(row.matches("https://").count(), 1, "{row}");
        assert!(!row.contains("<img") && !row.contains("!["), "{row}");
    }

    #[test]
    fn a_long_table_ends_with_a_count() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let found = example.finding(Label::new(example.span(0, "1"), ""));
        let findings = vec![found; MOST_ROWS + 7];
        let text = render(&example.report(&findings));
        assert!(text.contains("\nand 7 more, see the log\n"), "{text}");
        assert!(text.len() < 1 << 20);
    }
}
