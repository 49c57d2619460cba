//! Findings that were there when a repository began to be checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Acceptance, Accepted, Outcome, fingerprint};

/// The name and version of the file, described by `schemas/baseline.schema.json`.
const SCHEMA: &str = "walbound.baseline/1";

/// Findings that were there before, known by their fingerprints, so that lines and files may move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(Vec<Entry>);

/// Why a text is no baseline.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BaselineError(String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    findings: Vec<Entry>,
}

/// Findings of one fingerprint in one file. Rule and path are for people and for the order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    rule: String,
    fingerprint: String,
    count: usize,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no JSON of this shape, or of another version.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| BaselineError(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(BaselineError(format!(
                "its schema is `{}`, not `{SCHEMA}`",
                document.schema
            )));
        }
        Ok(Self(document.findings))
    }

    /// The findings of a run.
    pub fn of(outcome: &Outcome) -> Self {
        let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for found in &outcome.findings {
            let path = outcome.sources.file(found.primary.span.file).name.clone();
            let print = fingerprint(found, &outcome.sources);
            *counts
                .entry((path, found.rule.to_owned(), print))
                .or_default() += 1;
        }
        let entry = |((path, rule, fingerprint), count)| Entry {
            path,
            rule,
            fingerprint,
            count,
        };
        Self(counts.into_iter().map(entry).collect())
    }

    /// The text of the file: one line for each entry, so that a change of it can be read.
    pub fn render(&self) -> String {
        // Strings and numbers only: writing them to memory cannot fail.
        let line = |entry: &Entry| serde_json::to_string(entry).unwrap_or_default();
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|entry| format!("\n{}", line(entry)))
            .collect();
        format!(
            "{{\"schema\":\"{SCHEMA}\",\"findings\":[{}\n]}}\n",
            lines.join(",")
        )
    }

    /// How many findings it accepts.
    pub fn len(&self) -> usize {
        self.0.iter().map(|entry| entry.count).sum()
    }

    /// Whether it accepts none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Outcome {
    /// Accepts what the baseline knows, and as often as it knows it. How many of its findings are gone.
    pub fn accept(&mut self, baseline: &Baseline) -> usize {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &baseline.0 {
            *left.entry(&entry.fingerprint).or_default() += entry.count;
        }
        for finding in std::mem::take(&mut self.findings) {
            let print = fingerprint(&finding, &self.sources);
            match left.get_mut(print.as_str()) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    let by = Acceptance::Baseline;
                    self.accepted.push(Accepted { finding, by });
                }
                _ => self.findings.push(finding),
            }
        }
        left.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Evidence, Label, Severity};
    use crate::text::{FileId, SourceMap, Span};

    fn outcome(text: &str, rules: &[(&'static str, &str)]) -> Outcome {
        let mut sources = SourceMap::default();
        sources.add("a.yaml".into(), "a.yaml".to_owned(), text.into());
        let finding = |(rule, words): &(&'static str, &str)| {
            let start = text.find(words).unwrap();
            Diagnostic {
                rule,
                severity: Severity::Error,
                message: String::new(),
                primary: Label::new(Span::new(FileId(0), start, start + words.len()), ""),
                related: Vec::new(),
                help: None,
                fix: None,
                object: None,
                pointer: None,
                evidence: Evidence::Manifests,
                renderings: Vec::new(),
            }
        };
        Outcome {
            sources,
            findings: rules.iter().map(finding).collect(),
            ..Outcome::default()
        }
    }

    #[test]
    fn known_findings_are_accepted_wherever_their_lines_are_now() {
        let baseline = Baseline::of(&outcome("a: 1\nb: 2\n", &[("x", "1"), ("x", "2")]));
        let baseline = Baseline::parse(&baseline.render()).unwrap();
        let mut now = outcome(
            "# moved\n\nb: 2\na: 1\nc: 3\n",
            &[("x", "2"), ("x", "1"), ("x", "3")],
        );
        assert_eq!(now.accept(&baseline), 0);
        assert_eq!(now.accepted.len(), 2);
        assert_eq!(now.findings.len(), 1);
        assert_eq!(now.sources.text(now.findings[0].primary.span), "3");
    }

    #[test]
    fn one_more_of_the_same_is_reported_and_one_less_is_counted() {
        let baseline = Baseline::of(&outcome("a: 1\n", &[("x", "1"), ("x", "1")]));
        assert_eq!(baseline.len(), 2);
        let mut more = outcome("a: 1\n", &[("x", "1"); 3]);
        assert_eq!(more.accept(&baseline), 0);
        assert_eq!(more.findings.len(), 1);
        let mut less = outcome("a: 1\n", &[("x", "1"), ("y", "1")]);
        assert_eq!(less.accept(&baseline), 1);
        assert_eq!(less.findings[0].rule, "y");
    }

    #[test]
    fn the_file_has_one_line_for_each_entry() {
        let found = [("y", "1"), ("x", "1"), ("x", "1")];
        let text = Baseline::of(&outcome("a: 1\n", &found)).render();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[1].starts_with("{\"path\":\"a.yaml\",\"rule\":\"x\",\"fingerprint\":\""));
        assert!(lines[1].ends_with("\"count\":2},"), "{text}");
        let empty = Baseline::default().render();
        assert_eq!(Baseline::parse(&empty), Ok(Baseline::default()));
    }

    #[test]
    fn other_files_are_refused() {
        for text in ["", "[]", "{\"schema\":\"walbound.baseline/1\"}"] {
            assert!(Baseline::parse(text).is_err(), "{text}");
        }
        let other = Baseline::parse("{\"schema\":\"walbound.lint/1\",\"findings\":[]}");
        assert!(other.unwrap_err().to_string().contains("walbound.lint/1"));
    }
}
