//! The page of a check, written from the table and from the manifests that the tests judge.

use std::fmt::Write;

use crate::diagnostic::Severity;
use crate::text::FileId;
use crate::yaml::{Document, Locator, Node, parse};

use super::{Check, NOT_CHECKED, checks};

/// The manifests of the tests, by theme.
const EXAMPLES: &[&str] = &[
    include_str!("../../fixtures/admission/bootstrap.yaml"),
    include_str!("../../fixtures/admission/target.yaml"),
    include_str!("../../fixtures/admission/external.yaml"),
    include_str!("../../fixtures/admission/replica.yaml"),
    include_str!("../../fixtures/admission/backup.yaml"),
    include_str!("../../fixtures/admission/postgresql.yaml"),
    include_str!("../../fixtures/admission/parameters.yaml"),
    include_str!("../../fixtures/admission/replication.yaml"),
    include_str!("../../fixtures/admission/storage.yaml"),
    include_str!("../../fixtures/admission/pods.yaml"),
    include_str!("../../fixtures/admission/managed.yaml"),
    include_str!("../../fixtures/admission/extensions.yaml"),
    include_str!("../../fixtures/admission/annotations.yaml"),
    include_str!("../../fixtures/admission/change.yaml"),
    include_str!("../../fixtures/admission/warnings.yaml"),
    include_str!("../../fixtures/admission/schedule.yaml"),
    include_str!("../../fixtures/admission/pooler.yaml"),
    include_str!("../../fixtures/admission/database.yaml"),
];

impl Check {
    /// What it finds, in one sentence.
    pub fn sentence(&self) -> String {
        let verb = match self.severity {
            Severity::Error => "refuses",
            Severity::Warning | Severity::Note => "warns of",
        };
        let refuses = self.refuses;
        format!("When a manifest is applied, the operator {verb} this: {refuses}.")
    }
}

/// The page of a check, in Markdown.
pub fn page(check: &Check) -> String {
    let does = match check.severity {
        Severity::Error => "refused",
        Severity::Warning | Severity::Note => "warned of",
    };
    let field = if check.field.starts_with("metadata") {
        check.field.to_owned()
    } else {
        format!("spec.{}", check.field.replace(", ", ", spec."))
    };
    let mut page = format!(
        "# {}\n\nSeverity: {}. No automatic fix.\n\n## What it finds\n\n{}\n\nKind: {}. Field: `{field}`.\n",
        check.id,
        check.severity,
        check.sentence(),
        check.kind.word(),
    );
    if let Some(releases) = check.releases.in_words() {
        let _ = writeln!(
            page,
            "Operators: from {releases} on, and every later release line."
        );
    }
    if check.needs_base() {
        page.push_str(
            "Needs a base revision (`--since`): the operator compares with the object as it was.\n",
        );
    }
    if let Some(rule) = check.told_by {
        let _ = writeln!(
            page,
            "Where `{rule}` tells the same mistake, only that one is reported."
        );
    }
    let Some(case) = case(check.name()) else {
        return page;
    };
    if let Some(before) = &case.before {
        let _ = write!(page, "\n## Before the change\n\n```yaml\n{before}```\n");
    }
    let _ = write!(
        page,
        "\n## Example {does}\n\n```yaml\n{}```\n\n## Example accepted\n\n```yaml\n{}```\n",
        case.refused, case.accepted
    );
    page
}

/// The table of all checks, and of what is not checked, in Markdown.
pub fn table() -> String {
    let mut table = "# What the operator refuses\n\nEach line is a rule `admission/<id>`; `walbound explain` shows a manifest that is refused and one that is taken.\n\n| Id | Kind | Field | Severity | Operators | Refuses |\n|---|---|---|---|---|---|\n".to_owned();
    for check in checks() {
        let releases = check.releases.in_words();
        let operators = match releases {
            Some(releases) => format!("from {releases}"),
            None => "all".to_owned(),
        };
        let base = if check.needs_base() { " (change)" } else { "" };
        let _ = writeln!(
            table,
            "| `{}` | {} | `{}` | {}{base} | {operators} | {} |",
            check.name(),
            check.kind.word(),
            check.field,
            check.severity,
            check.refuses
        );
    }
    table.push_str("\nNot checked:\n\n| Id | Why |\n|---|---|\n");
    for (name, why) in NOT_CHECKED {
        let _ = writeln!(table, "| `{name}` | {why} |");
    }
    table
}

struct Case {
    before: Option<String>,
    refused: String,
    accepted: String,
}

fn case(name: &str) -> Option<Case> {
    let mark = format!("- id: {name}\n");
    let text = EXAMPLES.iter().find(|text| text.contains(&mark))?;
    let documents = parse(text, &Locator::File(FileId(0))).ok()?;
    let cases = documents.first().map(|Document { root, .. }| root)?;
    let case = cases
        .as_sequence()?
        .iter()
        .find(|case| case.get("id").and_then(Node::text) == Some(name))?;
    let first = |key| example(text, case.get(key)?.as_sequence()?.first()?);
    Some(Case {
        before: case.get("before").and_then(|node| example(text, node)),
        refused: first("refused")?,
        accepted: first("accepted")?,
    })
}

/// The source of a node without its indent.
fn example(text: &str, node: &Node) -> Option<String> {
    let range = node.span().range();
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = range.start - line;
    let source = text.get(range)?.trim_end();
    let mut example = String::new();
    for line in source.lines() {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        example.push_str(&line[blanks.min(indent)..]);
        example.push('\n');
    }
    Some(example)
}
