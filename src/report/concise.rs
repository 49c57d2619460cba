//! One line for each finding: `path:line:column: severity[rule] message`.

use std::fmt::Write;

use crate::diagnostic::Diagnostic;
use crate::text::SourceMap;

use super::{Report, clean};

/// The findings, one line each, and the closing line unless `quiet`.
pub fn render(report: &Report<'_>, quiet: bool) -> String {
    let mut text = String::new();
    for found in report.findings {
        let _ = writeln!(text, "{}", line(found, report.sources));
    }
    if !quiet {
        let _ = writeln!(text, "{}", report.closing_line());
    }
    text
}

/// One finding, without a line break.
pub(super) fn line(found: &Diagnostic, sources: &SourceMap) -> String {
    let place = sources.describe(found.primary.span);
    let line = format!(
        "{place}: {}[{}] {}",
        found.severity, found.rule, found.message
    );
    clean::line(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;
    use crate::report::tests::Example;

    #[test]
    fn each_finding_is_one_line_that_names_its_place() {
        let example =
            Example::new(&[("db/a.yaml", "spec:\n  ünicode: { serverName: gitea-v6 }\n")]);
        let mut found = example.finding(Label::new(example.span(0, "gitea-v6"), ""));
        found.message.push_str("\nno\u{1b}[31m second line");
        let findings = [found];
        let text = render(&example.report(&findings), false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "db/a.yaml:2:26: error[write-lineage-is-source] cluster `gitea` archives into \
             `gitea-v6`, its own source no\u{fffd}[31m second line"
        );
        let column = "  ünicode: { serverName: ".chars().count() + 1;
        assert_eq!(column, 26);
        assert_eq!(lines[1], "1 error; 4 clusters in 61 files, 38 ms");
        assert_eq!(lines.len(), 2);
        assert_eq!(render(&example.report(&findings), true).lines().count(), 1);
    }
}
