//! JUnit XML: one test case for each finding, each rule that found nothing, and each one that was skipped.
//!
//! There is no one definition. The elements and attributes are those that Jenkins and GitLab read alike.

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, ObjectRef};

use super::Report;
use super::clean;

/// The report as an XML document.
///
/// A finding below the severity that fails the run is a passed test with output: the report must not be red where
/// the exit code is green.
pub fn render(report: &Report<'_>) -> String {
    let (mut cases, mut tests, mut failures) = (String::new(), 0, 0);
    for found in report.findings {
        let fails = report.fail_on.fails(found.severity);
        tests += 1;
        failures += usize::from(fails);
        finding(&mut cases, report, found, fails);
    }
    for skip in report.skipped {
        tests += 1;
        let name = skip.rule.unwrap_or("files");
        let reason = attribute(&skip.reason);
        let _ = writeln!(
            cases,
            "    <testcase classname=\"walbound\" name=\"{name}\">\n      <skipped message=\"{reason}\"/>\n    </testcase>"
        );
    }
    for id in report.asked.iter().filter(|id| passed(report, id)) {
        tests += 1;
        let _ = writeln!(
            cases,
            "    <testcase classname=\"walbound\" name=\"{id}\"/>"
        );
    }
    let errors = report.unread.len();
    for reason in report.unread {
        tests += 1;
        let reason = attribute(reason);
        let _ = writeln!(
            cases,
            "    <testcase classname=\"walbound\" name=\"read\">\n      <error message=\"{reason}\"/>\n    </testcase>"
        );
    }
    let skipped = report.skipped.len();
    let counts = format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{}\"",
        seconds(report.totals.elapsed_ms)
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"walbound\" {counts}>\n  <testsuite name=\"walbound\" {counts}>\n{cases}  </testsuite>\n</testsuites>\n"
    )
}

/// Whether a rule looked everywhere and found nothing.
fn passed(report: &Report<'_>, id: &str) -> bool {
    let found = report.findings.iter().any(|found| found.rule == id);
    let skipped = report.skipped.iter().any(|skip| skip.rule == Some(id));
    !found && !skipped
}

fn finding(cases: &mut String, report: &Report<'_>, found: &Diagnostic, fails: bool) {
    let (start, _) = report.sources.positions(found.primary.span);
    let path = &report.sources.file(found.primary.span.file).name;
    let subject = found.object.as_ref().map_or(path.clone(), object);
    let _ = writeln!(
        cases,
        "    <testcase classname=\"walbound.{}\" name=\"{}\" file=\"{}\" line=\"{}\">",
        found.rule,
        attribute(&subject),
        attribute(path),
        start.line
    );
    let mut body = format!("{path}:{}:{}: {}", start.line, start.column, found.message);
    if let Some(help) = &found.help {
        let _ = write!(body, "\nhelp: {help}");
    }
    let body = content(&body);
    let _ = if fails {
        let (severity, message) = (found.severity, attribute(&found.message));
        writeln!(
            cases,
            "      <failure type=\"{severity}\" message=\"{message}\">{body}</failure>"
        )
    } else {
        let severity = found.severity;
        writeln!(cases, "      <system-out>{severity}: {body}</system-out>")
    };
    let _ = writeln!(cases, "    </testcase>");
}

fn object(object: &ObjectRef) -> String {
    let namespace = object.namespace.as_deref();
    let namespace = namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
    format!("{}/{namespace}{}", object.kind, object.name)
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// The value of an attribute on one line.
fn attribute(text: &str) -> String {
    escaped(&clean::line(text))
}

fn content(text: &str) -> String {
    escaped(&clean::block(text))
}

/// Without what XML reads as markup. The two non-characters are no characters of XML 1.0 (section 2.2).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FailOn;
    use crate::diagnostic::{Label, Severity};
    use crate::lint::Skipped;
    use crate::report::tests::Example;
    use xmlparser::{ElementEnd, Token, Tokenizer};

    /// The elements, outermost first, each with its attributes as written.
    fn elements(text: &str) -> Vec<(String, Vec<(String, String)>)> {
        let (mut found, mut open) = (Vec::new(), 0);
        for token in Tokenizer::from(text) {
            match token.unwrap() {
                Token::ElementStart { local, .. } => {
                    found.push((local.to_string(), Vec::new()));
                    open += 1;
                }
                Token::Attribute { local, value, .. } => {
                    let last: &mut (String, Vec<(String, String)>) = found.last_mut().unwrap();
                    last.1.push((local.to_string(), value.to_string()));
                }
                Token::ElementEnd { end, .. } if end != ElementEnd::Open => open -= 1,
                _ => {}
            }
        }
        assert_eq!(open, 0);
        found
    }

    fn attribute_of<'e>(element: &'e (String, Vec<(String, String)>), name: &str) -> &'e str {
        let value = element.1.iter().find(|(known, _)| known == name);
        &value.unwrap_or_else(|| panic!("no {name}")).1
    }

    #[test]
    fn findings_fail_skipped_rules_are_skipped_and_the_rest_pass() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let label = || Label::new(example.span(0, "1"), "");
        let findings = [
            example.finding(label()),
            example.finding(label()).severity(Severity::Note),
        ];
        let mut report = example.report(&findings);
        report.asked = &["write-lineage-is-source", "cron-invalid", "wal-gap"];
        let skipped = [Skipped {
            rule: Some("wal-gap"),
            reason: "no inventory for \"gitea\"".to_owned(),
            count: 1,
            files: Vec::new(),
        }];
        report.skipped = &skipped;
        let text = render(&report);
        let elements = elements(&text);
        let names: Vec<&str> = elements.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "testsuites",
                "testsuite",
                "testcase",
                "failure",
                "testcase",
                "system-out",
                "testcase",
                "skipped",
                "testcase"
            ]
        );
        for suite in &elements[..2] {
            assert_eq!(attribute_of(suite, "tests"), "4");
            assert_eq!(attribute_of(suite, "failures"), "1");
            assert_eq!(attribute_of(suite, "skipped"), "1");
            assert_eq!(attribute_of(suite, "time"), "0.038");
        }
        assert_eq!(attribute_of(&elements[2], "name"), "Cluster/db/gitea");
        assert_eq!(attribute_of(&elements[2], "file"), "a.yaml");
        assert_eq!(attribute_of(&elements[8], "name"), "cron-invalid");
        report.fail_on = FailOn::Note;
        assert_eq!(render(&report).matches("<failure ").count(), 2);
    }

    #[test]
    fn hostile_text_stays_text() {
        let example = Example::new(&[("a\"<&.yaml", "a: 1\n")]);
        let mut found = example.finding(Label::new(example.span(0, "1"), ""));
        found.message = "]]></failure><x a='\"&\u{1b}\u{ffff}\n".to_owned();
        found.object = None;
        let text = render(&example.report(&[found]));
        let elements = elements(&text);
        assert_eq!(elements.len(), 4, "{text}");
        assert_eq!(attribute_of(&elements[2], "file"), "a&quot;&lt;&amp;.yaml");
        let bad = |character: &char| matches!(character, '\u{1b}' | '\u{ffff}');
        assert_eq!(text.chars().find(bad), None);
    }
}
