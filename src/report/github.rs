//! Workflow commands, which GitHub Actions shows as annotations beside the lines of a change.
//!
//! Source: actions/toolkit `packages/core/src/command.ts` (escaping), actions/runner `ActionCommand.cs` (what is read
//! as a command), docs.github.com "Workflow commands" and the Checks API (columns on spans of one line only).

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Severity};

use super::{Report, clean, concise};

/// GitHub shows as many annotations of one severity for a step; the others are only lines of the log.
const SHOWN: usize = 10;

/// One command for each finding, errors first, then what is not shown as an annotation as plain lines, and the
/// closing line unless `quiet`.
pub fn render(report: &Report<'_>, quiet: bool) -> String {
    let mut text = String::new();
    let mut beyond: Vec<&Diagnostic> = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let own = report.findings.iter();
        let own = own.filter(|found| found.severity == severity);
        for (at, found) in own.enumerate() {
            text.push_str(&command(report, found));
            if at >= SHOWN {
                beyond.push(found);
            }
        }
    }
    if !beyond.is_empty() {
        let _ = writeln!(
            text,
            "::group::{} of {} findings are not shown as annotations: GitHub shows {SHOWN} of each severity",
            beyond.len(),
            report.findings.len()
        );
        for found in beyond {
            let _ = writeln!(text, "{}", plain(&concise::line(found, report.sources)));
        }
        text.push_str("::endgroup::\n");
    }
    if !quiet {
        for change in report.changes {
            let _ = writeln!(text, "{}", plain(change));
        }
        let _ = writeln!(text, "{}", plain(&report.closing_line()));
    }
    text
}

fn command(report: &Report<'_>, found: &Diagnostic) -> String {
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = report.sources.positions(found.primary.span);
    let path = clean::line(&report.sources.file(found.primary.span.file).name).into_owned();
    let mut place = format!("file={},line={}", property(&path), start.line);
    if start.line == end.line {
        let _ = write!(
            place,
            ",col={},endLine={},endColumn={}",
            start.column, end.line, end.column
        );
    } else {
        let _ = write!(place, ",endLine={}", end.line);
    }
    let mut message = found.message.clone();
    if let Some(help) = &found.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    let (title, message) = (property(found.rule), data(&clean::block(&message)));
    format!("::{level} {place},title={title}::{message}\n")
}

/// The text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log that the runner does not take for a command, whatever a manifest says: commands begin with `::`
/// or, in the old syntax, hold `##[` anywhere.
fn plain(line: &str) -> String {
    let line = clean::line(line).replace("##[", "## [");
    match line.trim_start().starts_with("::") {
        true => format!("- {line}"),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::report::tests::Example;

    #[test]
    fn a_finding_is_one_command_with_its_place() {
        let example = Example::new(&[("db/a.yaml", "spec:\n  name: gitea-v6\n")]);
        let found = example.finding(Label::new(example.span(0, "gitea-v6"), ""));
        let text = render(&example.report(&[found.help("write\nanother, 100%")]), true);
        assert_eq!(
            text,
            "::error file=db/a.yaml,line=2,col=9,endLine=2,endColumn=17,title=write-lineage-is-source\
             ::cluster `gitea` archives into `gitea-v6`, its own source%0Ahelp: write%0Aanother, 100%25\n"
        );
    }

    #[test]
    fn a_place_of_several_lines_has_no_columns() {
        let example = Example::new(&[("a.yaml", "a:\n  b: 1\n")]);
        let found = example.finding(Label::new(example.span(0, "a:\n  b"), ""));
        let text = render(&example.report(&[found]), true);
        assert!(
            text.starts_with("::error file=a.yaml,line=1,endLine=2,title="),
            "{text}"
        );
    }

    #[test]
    fn nothing_in_a_manifest_becomes_a_command_of_its_own() {
        let example = Example::new(&[("::set-env name=A::b,c.yaml", "a: 1\n")]);
        let mut found = example.finding(Label::new(example.span(0, "1"), ""));
        found.message = "x\n::stop-commands::y\r::error::z ##[add-path]/ %0A".to_owned();
        let findings = vec![found; 12];
        let mut report = example.report(&findings);
        let changes = ["::debug::x ##[x]".to_owned()];
        report.changes = &changes;
        let text = render(&report, false);
        let (commands, others): (Vec<&str>, Vec<&str>) = text
            .lines()
            .partition(|line| line.trim_start().starts_with("::"));
        let known = [
            "::error file=%3A%3Aset-env name=A%3A%3Ab%2Cc.yaml,",
            "::group::2 of 12 ",
            "::endgroup::",
        ];
        for command in commands {
            assert!(
                known.iter().any(|known| command.starts_with(known)),
                "{command}"
            );
        }
        assert_eq!(others.len(), 4, "{text}");
        assert!(others.iter().all(|line| !line.contains("##[")), "{text}");
        assert!(text.contains("%2525") || text.contains("%250A"), "{text}");
    }

    #[test]
    fn errors_come_first_and_what_is_beyond_the_shown_ones_is_listed() {
        let example = Example::new(&[("a.yaml", "a: 1\n")]);
        let found = || example.finding(Label::new(example.span(0, "1"), ""));
        let mut findings = vec![found().severity(Severity::Warning); 11];
        findings.extend(vec![found(); 10]);
        findings.push(found().severity(Severity::Note));
        let text = render(&example.report(&findings), true);
        let words: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("::")?.split(' ').next())
            .collect();
        assert_eq!(words[..10], ["error"; 10]);
        assert_eq!(words[10..21], ["warning"; 11]);
        assert_eq!(words[21], "notice");
        assert_eq!(
            text.lines()
                .filter(|line| line.starts_with("a.yaml:1:4: "))
                .count(),
            1
        );
    }
}
