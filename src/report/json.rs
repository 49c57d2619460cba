//! The `walbound.lint/1` document, described by `schemas/lint.schema.json`.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Fix, Label, ObjectRef, Severity};
use crate::text::{SourceMap, Span};

use crate::lint;

use super::{Report, clean};

/// The name and version of the document. It changes when a key changes its meaning or goes away.
pub const SCHEMA: &str = "walbound.lint/1";

/// The report as indented JSON with a final line break.
pub fn render(report: &Report<'_>) -> String {
    let document = Document {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        findings: report
            .findings
            .iter()
            .map(|found| Finding::new(found, report.sources))
            .collect(),
        skipped: report.skipped.iter().map(Skipped::new).collect(),
        summary: Summary::new(report),
    };
    // Strings and numbers only: writing them to memory cannot fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    escape(&text) + "\n"
}

/// Writes as `\u….` what JSON may hold verbatim but a terminal may act on. Such characters stand in strings only, so
/// the value stays the same.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character != '\n' && clean::is_unsafe(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    version: &'a str,
    findings: Vec<Finding<'a>>,
    skipped: Vec<Skipped<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    location: Location<'a>,
    related: Vec<Related<'a>>,
    object: Option<Object<'a>>,
    pointer: Option<&'a str>,
    evidence: &'a str,
    fix: Option<Offer<'a>>,
    fingerprint: String,
}

impl<'a> Finding<'a> {
    pub(super) fn new(found: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let related = found.related.iter();
        Self {
            rule: found.rule,
            severity: found.severity.word(),
            message: &found.message,
            help: found.help.as_deref(),
            location: Location::new(found.primary.span, sources),
            related: related.map(|label| Related::new(label, sources)).collect(),
            object: found.object.as_ref().map(Object::new),
            pointer: found.pointer.as_deref(),
            evidence: found.evidence.word(),
            fix: found.fix.as_ref().map(Offer::new),
            fingerprint: lint::fingerprint(found, sources),
        }
    }
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> Location<'a> {
    fn new(span: Span, sources: &'a SourceMap) -> Self {
        let (start, end) = sources.positions(span);
        Self {
            path: &sources.file(span.file).name,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    location: Location<'a>,
    message: &'a str,
}

impl<'a> Related<'a> {
    fn new(label: &'a Label, sources: &'a SourceMap) -> Self {
        Self {
            location: Location::new(label.span, sources),
            message: &label.text,
        }
    }
}

#[derive(Serialize)]
struct Object<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> Object<'a> {
    fn new(object: &'a ObjectRef) -> Self {
        Self {
            group: &object.group,
            kind: &object.kind,
            namespace: object.namespace.as_deref(),
            name: &object.name,
        }
    }
}

#[derive(Serialize)]
struct Offer<'a> {
    title: &'a str,
    safety: &'a str,
}

impl<'a> Offer<'a> {
    fn new(fix: &'a Fix) -> Self {
        Self {
            title: &fix.title,
            safety: fix.safety.word(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Skipped<'a> {
    rule: Option<&'a str>,
    reason: &'a str,
    count: usize,
}

impl<'a> Skipped<'a> {
    pub(super) fn new(skip: &'a lint::Skipped) -> Self {
        Self {
            rule: skip.rule,
            reason: &skip.reason,
            count: skip.count,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Summary {
    files: usize,
    objects: usize,
    clusters: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    elapsed_ms: u64,
}

impl Summary {
    pub(super) fn new(report: &Report<'_>) -> Self {
        Self {
            files: report.totals.files,
            objects: report.totals.objects,
            clusters: report.totals.clusters,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            notes: report.count(Severity::Note),
            suppressed: report.accepted.len(),
            elapsed_ms: report.totals.elapsed_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::Example;
    use serde_json::Value;

    fn document(example: &Example, findings: &[Diagnostic]) -> Value {
        serde_json::from_str(&render(&example.report(findings))).unwrap()
    }

    /// The text between two positions, counted anew from the file's lines.
    fn region(text: &str, location: &Value) -> String {
        let number = |key: &str| usize::try_from(location[key].as_u64().unwrap()).unwrap();
        assert_eq!(number("line"), number("end_line"));
        let line = text.lines().nth(number("line") - 1).unwrap();
        let length = number("end_column") - number("column");
        let characters = line.trim_start_matches('\u{feff}').chars();
        characters.skip(number("column") - 1).take(length).collect()
    }

    #[test]
    fn every_region_names_exactly_its_words() {
        let first = "\u{feff}näme: 'gitea-v6'\r\nother: gitea-v6 # ü\r\n";
        let second = "a: 1\n\n  - ⟨é⟩ serverName: gitea-v6\n";
        let example = Example::new(&[("db/a.yaml", first), ("db/b.yaml", second)]);
        let label = Label::new(example.span(0, "'gitea-v6'"), "");
        let found = example
            .finding(label)
            .related(example.span(1, "gitea-v6"), "read here");
        let document = document(&example, &[found]);
        let finding = &document["findings"][0];
        assert_eq!(region(first, &finding["location"]), "'gitea-v6'");
        assert_eq!(region(second, &finding["related"][0]), "gitea-v6");
        assert_eq!(finding["related"][0]["path"], "db/b.yaml");
        assert_eq!(finding["related"][0]["message"], "read here");
        assert_eq!(document["summary"]["errors"], 1);
    }

    #[test]
    fn keys_stand_in_the_documented_order_and_absent_values_are_null() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let mut found = example.finding(Label::new(example.span(0, "1"), ""));
        found.object = None;
        found.pointer = None;
        let text = render(&example.report(&[found]));
        let keys = |indent: &str| -> Vec<&str> {
            let own = text.lines().filter_map(|line| line.strip_prefix(indent));
            let keys = own.filter(|line| line.starts_with('"'));
            keys.filter_map(|line| line.split('"').nth(1)).collect()
        };
        assert_eq!(
            keys("  "),
            ["schema", "version", "findings", "skipped", "summary"]
        );
        assert_eq!(
            keys("      "),
            [
                "rule",
                "severity",
                "message",
                "help",
                "location",
                "related",
                "object",
                "pointer",
                "evidence",
                "fix",
                "fingerprint"
            ]
        );
        assert!(text.contains("\"object\": null"));
        assert!(text.ends_with("}\n"));
    }

    fn print_of(text: &str, change: impl Fn(&mut Diagnostic)) -> String {
        let example = Example::new(&[("a.yaml", text)]);
        let mut found = example.finding(Label::new(example.span(0, "gitea-v6"), ""));
        change(&mut found);
        lint::fingerprint(&found, &example.sources)
    }

    #[test]
    fn a_fingerprint_survives_moved_lines_and_nothing_else() {
        let same = print_of("a: gitea-v6\n", |_| {});
        assert_eq!(print_of("# moved\n\nb: gitea-v6\n", |_| {}), same);
        assert_eq!(same.len(), 32);
        let name = |found: &mut Diagnostic| {
            if let Some(object) = &mut found.object {
                object.name.push('2');
            }
        };
        assert_ne!(print_of("a: gitea-v6\n", name), same);
        assert_ne!(
            print_of("a: gitea-v6\n", |found| found.pointer = None),
            same
        );
        assert_ne!(
            print_of("a: gitea-v6\n", |found| found.rule = "other"),
            same
        );
        assert_ne!(print_of("a: gitea-v6\n", |found| found.object = None), same);
        let longer = |found: &mut Diagnostic| found.primary.span.end += 1;
        assert_ne!(print_of("a: gitea-v6\n", longer), same);
    }

    #[test]
    fn hostile_text_is_escaped_and_keeps_its_value() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let mut found = example.finding(Label::new(example.span(0, "1"), ""));
        found.message = "\u{1b}[2J\u{9b}\u{202e}\u{7f}\n\"".to_owned();
        let findings = [found];
        let text = render(&example.report(&findings));
        let unsafe_one = |character: char| character != '\n' && clean::is_unsafe(character);
        assert!(!text.contains(unsafe_one));
        let document = document(&example, &findings);
        assert_eq!(document["findings"][0]["message"], findings[0].message);
    }
}
