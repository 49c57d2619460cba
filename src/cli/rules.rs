//! `walbound rules` and `walbound explain`.

use std::fmt::Write;

use serde::Serialize;

use crate::admission::NOT_CHECKED;
use crate::io::terminal::Terminal;
use crate::report::page;
use crate::report::wrap::wrapped;
use crate::rules::{self, RULES, Rule};
use crate::text::suggest::closest;

use super::args::{Common, Explain, ListFormat, Rules};
use super::exit::{Exit, Failure};
use super::{answer, look};

/// The rule with this id.
fn find(id: &str) -> Result<&'static Rule, Failure> {
    rules::find(id).ok_or_else(|| unknown(id))
}

/// Checks that a name stands for rules: an id, or a family of them.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let known = rules::names().contains(&name);
    known.then_some(()).ok_or_else(|| unknown(name))
}

fn unknown(id: &str) -> Failure {
    let not_checked = NOT_CHECKED
        .iter()
        .find(|(name, _)| id.strip_prefix("admission/") == Some(name));
    if let Some((_, why)) = not_checked {
        let message = format!("`{id}` is a check of the operator that is not made here");
        return Failure::new(message).remedy(*why);
    }
    let failure = Failure::new(format!("unknown rule `{id}`"));
    match closest(id, &rules::names()) {
        Some(name) => failure.remedy(format!("did you mean `{name}`?")),
        None => failure.remedy("`walbound rules` lists them"),
    }
}

/// Prints the list of rules.
pub(super) fn list(arguments: &Rules, common: &Common) -> Result<Exit, Failure> {
    let text = match arguments.format {
        ListFormat::Text => columns(&Terminal::detect(common.color.into())),
        ListFormat::Json => json(),
        ListFormat::Markdown => markdown(),
    };
    answer(&text)?;
    Ok(Exit::Clean)
}

/// A line for each rule; on a terminal too narrow for that, the summary below the id.
fn columns(terminal: &Terminal) -> String {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let longest = RULES.iter().map(|rule| rule.summary.chars().count()).max();
    let needed = width + "  warning  ".len() + longest.unwrap_or(0);
    let is_narrow = terminal.interactive && terminal.width < needed;
    let mut text = String::new();
    for rule in RULES.iter() {
        let (id, severity, summary) = (rule.id, rule.severity.word(), rule.summary);
        if is_narrow {
            let indent = " ".repeat(9);
            let summary = wrapped(summary, terminal.width, &indent, &indent).join("\n");
            let _ = writeln!(text, "{severity:7}  {id}\n{summary}");
        } else {
            let _ = writeln!(text, "{id:width$}  {severity:7}  {summary}");
        }
    }
    text
}

#[derive(Serialize)]
struct Listed {
    id: &'static str,
    severity: &'static str,
    fix: &'static str,
    summary: &'static str,
}

fn json() -> String {
    let listed = |rule: &&Rule| Listed {
        id: rule.id,
        severity: rule.severity.word(),
        fix: rule.remedy.word(),
        summary: rule.summary,
    };
    let rules: Vec<Listed> = RULES.iter().map(listed).collect();
    // Strings only: writing them to memory cannot fail.
    serde_json::to_string_pretty(&rules).unwrap_or_default() + "\n"
}

fn markdown() -> String {
    let mut text = "| Rule | Severity | Fix | Finds |\n|---|---|---|---|\n".to_owned();
    for rule in RULES.iter() {
        let summary = rule.summary.replace('|', "\\|");
        let (id, severity, fix) = (rule.id, rule.severity, rule.remedy.word());
        let _ = writeln!(text, "| `{id}` | {severity} | {fix} | {summary} |");
    }
    text
}

/// Prints the page of one rule.
pub(super) fn explain(arguments: &Explain, common: &Common) -> Result<Exit, Failure> {
    let rule = find(&arguments.rule)?;
    let page = rule.page();
    let page = page.trim_end();
    let terminal = Terminal::detect(common.color.into());
    match terminal.interactive {
        true => answer(&page::on_terminal(page, look(&terminal)))?,
        false => answer(&format!("{page}\n"))?,
    }
    Ok(Exit::Clean)
}
