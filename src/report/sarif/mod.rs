//! SARIF 2.1.0, within the limits of GitHub code scanning; the part that is used is `schemas/sarif.schema.json`.
//!
//! Source: OASIS SARIF 2.1.0 (section numbers below); docs.github.com, "SARIF support for code scanning" and "SARIF
//! results exceed limits".

mod result;

use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::Acceptance;
use crate::rules::{RULES, Rule};

use super::json::escape;
use super::{Report, identity};

/// GitHub refuses a run with more results.
const MOST_RESULTS: usize = 25_000;

/// GitHub cuts what a rule or result says after as many characters.
const LONGEST_TEXT: usize = 1024;

/// The base that paths are relative to, by the name that GitHub and editors know.
const ROOT: &str = "%SRCROOT%";

/// Whether findings that people accepted are results too, with their suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suppressed {
    /// As results with `suppressions` (section 3.27.23).
    Listed,
    /// Left out: GitHub does not read `suppressions` and would open an alert for each.
    LeftOut,
}

/// The report as a SARIF log of one run.
pub fn render(report: &Report<'_>, suppressed: Suppressed) -> String {
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run(report, suppressed)],
    });
    // Strings and numbers only: writing them to memory cannot fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    escape(&text) + "\n"
}

fn run(report: &Report<'_>, suppressed: Suppressed) -> Value {
    let mut all: Vec<(&Diagnostic, Option<&Acceptance>)> =
        report.findings.iter().map(|found| (found, None)).collect();
    if suppressed == Suppressed::Listed {
        let accepted = report.accepted.iter();
        all.extend(accepted.map(|accepted| (&accepted.finding, Some(&accepted.by))));
    }
    let total = all.len();
    if total > MOST_RESULTS {
        // The worst ones stay, those that count before those that are accepted.
        all.sort_by_key(|(found, by)| (by.is_some(), std::cmp::Reverse(found.severity)));
        all.truncate(MOST_RESULTS);
    }
    let prints = identity::numbered(all.iter().map(|(found, _)| *found), report.sources);
    let results: Vec<Value> = std::iter::zip(&all, &prints)
        .map(|((found, by), print)| result::result(found, *by, print, report.sources))
        .collect();
    let mut notifications = notifications(report);
    if total > MOST_RESULTS {
        let more = total - MOST_RESULTS;
        notifications.push(json!({
            "level": "warning",
            "message": { "text": format!("{more} of {total} results are left out: more than {MOST_RESULTS} would be refused") },
        }));
    }
    json!({
        "tool": { "driver": {
            "name": "walbound",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": RULES.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
        } },
        "automationDetails": { "id": "walbound/" },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": { "text": "the root of the repository" } } },
        "invocations": [{
            "executionSuccessful": report.unread.is_empty(),
            "toolExecutionNotifications": notifications,
        }],
        "results": results,
    })
}

/// What was not checked and what could not be read: unknown is not clean.
fn notifications(report: &Report<'_>) -> Vec<Value> {
    let skipped = report.skipped.iter().map(|skip| {
        let mut told = json!({
            "level": "note",
            "message": { "text": format!("skipped: {} ({})", skip.reason, skip.count) },
        });
        // A family has no entry of its own among the rules.
        if let Some((id, index)) = skip.rule.and_then(|id| Some((id, index(id)?))) {
            told["associatedRule"] = json!({ "id": id, "index": index });
        }
        told
    });
    let unread = report.unread.iter();
    let unread = unread.map(|reason| json!({ "level": "error", "message": { "text": reason } }));
    skipped.chain(unread).collect()
}

fn descriptor(rule: &Rule) -> Value {
    let severity = match rule.severity {
        Severity::Note => "recommendation",
        other => other.word(),
    };
    // The pages of a family are made one by one, which is too much for all of them at once.
    let markdown = match rule.explain {
        "" => rule.finds(),
        page => page.to_owned(),
    };
    json!({
        "id": rule.id,
        "name": pascal_case(rule.id),
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.finds() },
        "help": { "text": rule.finds(), "markdown": markdown },
        "helpUri": rule.url(),
        "defaultConfiguration": { "level": rule.severity.word() },
        "properties": {
            "tags": ["cloudnative-pg", "disaster-recovery", "gitops", "postgresql"],
            "precision": "high",
            "problem.severity": severity,
        },
    })
}

/// The number of a rule in the list, which is that of the registry.
fn index(id: &str) -> Option<usize> {
    RULES.iter().position(|rule| rule.id == id)
}

/// The form that section 3.49.7 asks for.
fn pascal_case(id: &str) -> String {
    let capital = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    };
    id.split(['-', '/']).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::lint::{Accepted, Skipped};
    use crate::report::tests::Example;

    fn log(report: &Report<'_>, suppressed: Suppressed) -> Value {
        let document: Value = serde_json::from_str(&render(report, suppressed)).unwrap();
        document["runs"][0].clone()
    }

    #[test]
    fn every_rule_is_listed_and_named_by_its_place() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let findings = [example.finding(Label::new(example.span(0, "1"), ""))];
        let run = log(&example.report(&findings), Suppressed::Listed);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), RULES.len());
        let result = &run["results"][0];
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(rules[index]["name"], "WriteLineageIsSource");
        for rule in rules {
            assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 20);
            for key in ["shortDescription", "fullDescription"] {
                let length = rule[key]["text"].as_str().unwrap().chars().count();
                assert!((1..=LONGEST_TEXT).contains(&length), "{rule}");
            }
        }
    }

    #[test]
    fn accepted_findings_are_suppressed_results_or_none() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let finding = || example.finding(Label::new(example.span(0, "1"), ""));
        let reason = || "test system".to_owned();
        let accepted = [
            Acceptance::Comment { reason: reason() },
            Acceptance::Configuration { reason: reason() },
            Acceptance::Baseline,
        ]
        .map(|by| Accepted {
            finding: finding(),
            by,
        });
        let findings = [finding()];
        let mut report = example.report(&findings);
        report.accepted = &accepted;
        let run = log(&report, Suppressed::Listed);
        let kinds: Vec<&Value> = run["results"].as_array().unwrap()[1..]
            .iter()
            .map(|result| &result["suppressions"][0]["kind"])
            .collect();
        assert_eq!(kinds, ["inSource", "external", "external"]);
        let first = &run["results"][1]["suppressions"][0];
        assert_eq!(first["justification"], "test system");
        assert!(run["results"][0].get("suppressions").is_none());
        // The same place four times, four alerts.
        let prints: std::collections::BTreeSet<&str> = run["results"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|result| result["partialFingerprints"]["primaryLocationLineHash"].as_str())
            .collect();
        assert_eq!(prints.len(), 4);
        let run = log(&report, Suppressed::LeftOut);
        assert_eq!(run["results"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn what_was_skipped_is_told() {
        let example = Example::new(&[]);
        let skipped = [
            Skipped {
                rule: Some("wal-gap"),
                reason: "no inventory for gitea".to_owned(),
                count: 1,
                files: Vec::new(),
            },
            Skipped {
                rule: None,
                reason: "encrypted by SOPS".to_owned(),
                count: 3,
                files: Vec::new(),
            },
        ];
        let mut report = example.report(&[]);
        report.skipped = &skipped;
        let unread = ["db: access is denied".to_owned()];
        report.unread = &unread;
        let run = log(&report, Suppressed::Listed);
        let invocation = &run["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let told = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(told.len(), 3);
        assert_eq!(told[0]["associatedRule"]["id"], "wal-gap");
        assert_eq!(told[1]["message"]["text"], "skipped: encrypted by SOPS (3)");
        assert_eq!(told[2]["level"], "error");
    }

    #[test]
    fn of_too_many_results_the_worst_stay_and_the_rest_is_counted() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let found = example.finding(Label::new(example.span(0, "1"), ""));
        let mut findings = vec![found.clone().severity(Severity::Note); MOST_RESULTS + 4];
        findings.push(found);
        let run = log(&example.report(&findings), Suppressed::Listed);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), MOST_RESULTS);
        assert_eq!(results[0]["level"], "error");
        let told = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(
            told.as_str().unwrap().starts_with("5 of 25005 results"),
            "{told}"
        );
    }
}
