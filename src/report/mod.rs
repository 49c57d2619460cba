//! Findings as text for people and programs.
//!
//! Every format gets the same [`Report`] and returns text; nothing here writes to a terminal or a file.

mod check;
pub mod check_human;
pub mod check_json;
pub mod clean;
pub mod concise;
pub mod diff;
mod frame;
pub mod github;
pub mod gitlab;
pub mod human;
mod identity;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod page;
mod rows;
pub mod sarif;
pub mod status;
pub mod step_summary;
pub mod timeline;
pub mod wrap;

pub use check::CheckReport;

use std::collections::BTreeSet;

use crate::config::FailOn;
use crate::diagnostic::{Diagnostic, Safety, Severity};
use crate::lint::{Accepted, Skipped};
use crate::rules::{self, Needs};
use crate::text::{SourceMap, counted};

/// What a run found.
#[derive(Debug)]
pub struct Report<'a> {
    /// The files that findings point into.
    pub sources: &'a SourceMap,
    /// The findings, in the order to report them.
    pub findings: &'a [Diagnostic],
    /// Findings that people accepted.
    pub accepted: &'a [Accepted],
    /// The ids of the rules that were asked for.
    pub asked: &'a [&'static str],
    /// From which severity on a finding fails the run.
    pub fail_on: FailOn,
    /// What was not checked.
    pub skipped: &'a [Skipped],
    /// What could not be read, as messages.
    pub unread: &'a [String],
    /// What the change under review does to each database, one line each.
    pub changes: &'a [String],
    /// What was looked at.
    pub totals: Totals,
}

/// What a run looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// YAML files read.
    pub files: usize,
    /// Kubernetes objects, as rendered.
    pub objects: usize,
    /// CloudNativePG Clusters, as rendered.
    pub clusters: usize,
    /// Run time in milliseconds.
    pub elapsed_ms: u64,
}

impl Report<'_> {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings.filter(|found| found.severity == severity).count()
    }

    fn fixable(&self, safety: Safety) -> usize {
        let fixes = self.findings.iter().filter_map(|found| found.fix.as_ref());
        fixes.filter(|fix| fix.safety == safety).count()
    }

    /// The one line at the end, without a line break.
    pub fn closing_line(&self) -> String {
        let mut parts = vec![self.problems()];
        if !self.accepted.is_empty() {
            parts.push(format!("{} accepted", self.accepted.len()));
        }
        if !self.skipped.is_empty() {
            parts.push(format!("skipped {}", told_all(self.skipped)));
        }
        parts.push(format!(
            "{} in {}, {} ms",
            counted(self.totals.clusters, "cluster"),
            counted(self.totals.files, "file"),
            self.totals.elapsed_ms
        ));
        clean::line(&parts.join("; ")).into_owned()
    }

    fn problems(&self) -> String {
        let severities = [Severity::Error, Severity::Warning, Severity::Note];
        let found: Vec<String> = severities
            .into_iter()
            .map(|severity| (self.count(severity), severity.word()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| counted(count, word))
            .collect();
        if found.is_empty() {
            return "no problems found".to_owned();
        }
        let fixable: Vec<String> = [(Safety::Safe, "--fix"), (Safety::Unsafe, "--unsafe-fixes")]
            .into_iter()
            .map(|(safety, option)| (self.fixable(safety), option))
            .filter(|(count, _)| *count > 0)
            .map(|(count, option)| format!("{count} fixable with {option}"))
            .collect();
        if fixable.is_empty() {
            found.join(", ")
        } else {
            format!("{} ({})", found.join(", "), fixable.join(", "))
        }
    }
}

/// What was not checked. Rules without an archive are many, and mostly for one reason: they are counted.
fn told_all(skipped: &[Skipped]) -> String {
    let (archive, others): (Vec<&Skipped>, Vec<&Skipped>) =
        skipped.iter().partition(|skip| needs_archive(skip));
    let mut parts = told_by_reason(&others);
    let rules: BTreeSet<Option<&str>> = archive.iter().map(|skip| skip.rule).collect();
    let reasons: BTreeSet<&str> = archive.iter().map(|skip| skip.reason.as_str()).collect();
    match (archive.as_slice(), reasons.first()) {
        ([], _) | (_, None) => {}
        ([only], _) => parts.push(told(only)),
        (_, Some(reason)) if reasons.len() == 1 => {
            parts.push(format!("{} ({reason})", counted(rules.len(), "rule")));
        }
        _ => parts.push(format!(
            "{} for some databases (`--verbose` tells why)",
            counted(rules.len(), "rule")
        )),
    }
    parts.join(", ")
}

/// One part for each entry, rules that are skipped for one reason together.
fn told_by_reason(skipped: &[&Skipped]) -> Vec<String> {
    let same = |skip: &Skipped| {
        let alike = |other: &&&Skipped| other.rule.is_some() && other.reason == skip.reason;
        skipped.iter().filter(alike).count()
    };
    let mut parts: Vec<String> = Vec::new();
    for skip in skipped {
        let part = match same(skip) {
            count if skip.rule.is_some() && count > 1 => {
                format!("{} ({})", counted(count, "rule"), skip.reason)
            }
            _ => told(skip),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

fn needs_archive(skipped: &Skipped) -> bool {
    let rule = skipped.rule.and_then(rules::find);
    rule.is_some_and(|rule| rule.needs == Needs::Archive)
}

fn told(skipped: &Skipped) -> String {
    match skipped.rule {
        Some(rule) => format!("{rule} ({})", skipped.reason),
        None => format!("{} ({})", counted(skipped.count, "file"), skipped.reason),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::diagnostic::{Evidence, Fix, Label, ObjectRef};
    use crate::lint::Acceptance;
    use crate::text::{Edit, FileId, Span};

    /// Two files and the place of words in them, to make findings by hand.
    pub(crate) struct Example {
        pub(crate) sources: SourceMap,
    }

    impl Example {
        pub(crate) fn new(files: &[(&str, &str)]) -> Self {
            let mut sources = SourceMap::default();
            for (name, text) in files {
                sources.add((*name).into(), (*name).to_owned(), (*text).into());
            }
            Self { sources }
        }

        /// The first place of `words` in file number `file`.
        pub(crate) fn span(&self, file: u32, words: &str) -> Span {
            let file = FileId(file);
            let start = self.sources.file(file).text.find(words).unwrap();
            Span::new(file, start, start + words.len())
        }

        pub(crate) fn finding(&self, primary: Label) -> Diagnostic {
            Diagnostic {
                rule: "write-lineage-is-source",
                severity: Severity::Error,
                message: "cluster `gitea` archives into `gitea-v6`, its own source".to_owned(),
                primary,
                related: Vec::new(),
                help: None,
                fix: None,
                object: Some(ObjectRef {
                    group: "postgresql.cnpg.io".to_owned(),
                    kind: "Cluster".to_owned(),
                    namespace: Some("db".to_owned()),
                    name: "gitea".to_owned(),
                }),
                pointer: Some("/spec/plugins/0/parameters/serverName".to_owned()),
                evidence: Evidence::Manifests,
                renderings: Vec::new(),
            }
        }

        pub(crate) fn report<'a>(&'a self, findings: &'a [Diagnostic]) -> Report<'a> {
            Report {
                sources: &self.sources,
                findings,
                accepted: &[],
                asked: &[],
                fail_on: FailOn::Error,
                skipped: &[],
                unread: &[],
                changes: &[],
                totals: Totals {
                    files: 61,
                    objects: 40,
                    clusters: 4,
                    elapsed_ms: 38,
                },
            }
        }
    }

    #[test]
    fn the_closing_line_counts_problems_fixes_and_what_was_left_out() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let span = example.span(0, "1");
        let fix = |safety| Fix {
            title: "x".to_owned(),
            safety,
            edits: vec![Edit::new(span, "2")],
        };
        let finding = || example.finding(Label::new(span, ""));
        let findings = [
            finding().fix(fix(Safety::Safe)),
            finding().fix(fix(Safety::Unsafe)),
            finding().severity(Severity::Note).fix(fix(Safety::Display)),
        ];
        let mut report = example.report(&findings);
        let accepted = [finding(), finding()].map(|finding| Accepted {
            finding,
            by: Acceptance::Baseline,
        });
        report.accepted = &accepted;
        let skipped = [
            Skipped {
                rule: None,
                reason: "encrypted by SOPS".to_owned(),
                count: 3,
                files: Vec::new(),
            },
            Skipped {
                rule: Some("target-unreachable"),
                reason: "no inventory for gitea".to_owned(),
                count: 1,
                files: Vec::new(),
            },
        ];
        report.skipped = &skipped;
        assert_eq!(
            report.closing_line(),
            "2 errors, 1 note (1 fixable with --fix, 1 fixable with --unsafe-fixes); 2 accepted; \
             skipped 3 files (encrypted by SOPS), target-unreachable (no inventory for gitea); \
             4 clusters in 61 files, 38 ms"
        );
    }

    #[test]
    fn rules_without_an_archive_take_one_short_line() {
        let example = Example::new(&[]);
        let skip = |rule, reason: &str| Skipped {
            rule: Some(rule),
            reason: reason.to_owned(),
            count: 1,
            files: Vec::new(),
        };
        let mut skipped = vec![
            skip("target-unreachable", "no inventory for gitea"),
            skip("target-undecided", "no inventory for gitea"),
        ];
        assert_eq!(told_all(&skipped), "2 rules (no inventory for gitea)");
        skipped.push(skip("wal-gap", "no inventory for orders"));
        skipped.push(skip("wal-gap", "gitea: access is denied"));
        let mut report = example.report(&[]);
        report.skipped = &skipped;
        assert_eq!(
            report.closing_line(),
            "no problems found; skipped 3 rules for some databases (`--verbose` tells why); \
             4 clusters in 61 files, 38 ms"
        );
    }

    #[test]
    fn a_clean_run_says_so() {
        let example = Example::new(&[]);
        assert_eq!(
            example.report(&[]).closing_line(),
            "no problems found; 4 clusters in 61 files, 38 ms"
        );
    }
}
