//! One finding a line, as in the `walbound.lint/1` document, and the rest of that document as the last line.

use serde::Serialize;

use super::Report;
use super::json::{Finding, SCHEMA, Skipped, Summary, escape};

#[derive(Serialize)]
struct Last<'a> {
    schema: &'a str,
    version: &'a str,
    skipped: Vec<Skipped<'a>>,
    summary: Summary,
}

/// The report as lines of JSON.
pub fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    for found in report.findings {
        text.push_str(&line(&Finding::new(found, report.sources)));
    }
    text.push_str(&line(&Last {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        skipped: report.skipped.iter().map(Skipped::new).collect(),
        summary: Summary::new(report),
    }));
    text
}

fn line(value: &impl Serialize) -> String {
    // Strings and numbers only: writing them to memory cannot fail.
    let text = serde_json::to_string(value).unwrap_or_default();
    escape(&text) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::report::json;
    use crate::report::tests::Example;
    use serde_json::Value;

    #[test]
    fn the_lines_are_the_parts_of_the_document() {
        let example = Example::new(&[("a.yaml", "a: 1\nb: 2\n")]);
        let mut findings =
            ["1", "2"].map(|words| example.finding(Label::new(example.span(0, words), "")));
        findings[0].message = "two\u{1b}\nlines".to_owned();
        let report = example.report(&findings);
        let text = render(&report);
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let document: Value = serde_json::from_str(&json::render(&report)).unwrap();
        assert_eq!(lines.len(), 3);
        assert_eq!(Value::from(&lines[..2]), document["findings"]);
        for key in ["schema", "version", "skipped", "summary"] {
            assert_eq!(lines[2][key], document[key]);
        }
        assert!(text.ends_with("}\n") && !text.contains('\u{1b}'));
    }
}
