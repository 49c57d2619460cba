//! GitLab's Code Quality report, described by `schemas/gitlab.schema.json`.
//!
//! Source: docs.gitlab.com, "Code Quality", section on the report format.

use serde_json::{Value, json};

use crate::diagnostic::Severity;

use super::json::escape;
use super::{Report, identity};

/// The report as a JSON list. It has no place for what was skipped.
pub fn render(report: &Report<'_>) -> String {
    let prints = identity::numbered(report.findings, report.sources);
    let issues: Vec<Value> = std::iter::zip(report.findings, prints)
        .map(|(found, (print, number))| {
            let (start, end) = report.sources.positions(found.primary.span);
            // GitLab takes two issues with one fingerprint for one.
            let fingerprint = match number {
                1 => print,
                _ => format!("{print}-{number}"),
            };
            json!({
                "description": found.message,
                "check_name": found.rule,
                "fingerprint": fingerprint,
                "severity": severity(found.severity),
                "location": {
                    "path": report.sources.file(found.primary.span.file).name,
                    "lines": { "begin": start.line, "end": end.line },
                },
            })
        })
        .collect();
    // Strings and numbers only: writing them to memory cannot fail.
    let text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    escape(&text) + "\n"
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::report::tests::Example;

    #[test]
    fn findings_of_one_fingerprint_stay_apart() {
        let example = Example::new(&[("a.yaml", "a: x\nb: x\n")]);
        let label = || Label::new(example.span(0, "x"), "");
        let findings = [example.finding(label()), example.finding(label())];
        let text = render(&example.report(&findings));
        let issues: Value = serde_json::from_str(&text).unwrap();
        let first = issues[0]["fingerprint"].as_str().unwrap();
        assert_eq!(issues[1]["fingerprint"], format!("{first}-2"));
        assert_eq!(issues[0]["severity"], "critical");
    }

    #[test]
    fn nothing_found_is_an_empty_list() {
        let example = Example::new(&[]);
        assert_eq!(render(&example.report(&[])), "[]\n");
    }
}
