//! The answer of `walbound check` in a few lines.

use super::check::{self, CheckReport, timeline_word};
use super::clean;
use super::human::Look;
use super::rows::Page;
use crate::facts::Verdict;

/// The verdict first, then what it rests on.
pub fn render(report: &CheckReport<'_>, look: Look) -> String {
    let mut page = Page::new(look.width);
    page.line(&headline(report, look));
    for (name, text) in check::rows(report) {
        page.row(name, &text);
    }
    page.finish()
}

/// The verdict and what was asked, without a line break.
pub(super) fn headline(report: &CheckReport<'_>, look: Look) -> String {
    let verdict = report.verdict.verdict;
    let word = verdict.word();
    let asked = check::asked(report.target);
    let asked = clean::line(&asked);
    let timeline = timeline_word(report.timeline);
    if !look.color {
        return format!("{word}: {asked}, timeline {timeline}");
    }
    let color = match verdict {
        Verdict::Reachable => "32",
        Verdict::Unreachable => "31",
        Verdict::Undecided => "33",
    };
    format!("\u{1b}[1;{color}m{word}\u{1b}[0m: {asked}, timeline {timeline}")
}
