//! The answer of `walbound check` in a few lines.

use textwrap::{Options, WordSeparator, WordSplitter};

use super::check::{CheckReport, timeline_word};
use super::clean;
use super::human::Look;
use crate::facts::verdict::{ChosenBackup, WalRead};
use crate::facts::{Goal, StopsAt, Target, TargetVerdict, Verdict, Xact};
use crate::model::instant::Instant;

/// The verdict first, then what it rests on.
pub fn render(report: &CheckReport<'_>, look: Look) -> String {
    let mut page = Page {
        text: String::new(),
        width: look.width,
    };
    page.text.push_str(&headline(report, look));
    let verdict = report.verdict;
    page.row(
        "archive",
        &format!("{}, server {}", report.url, report.server_name),
    );
    if let Some(backup) = &verdict.backup {
        page.row("base backup", &backup_line(backup));
    }
    if let Some(wal) = &verdict.wal {
        page.row("WAL", &wal_line(wal, verdict));
    }
    if let Some(commit) = verdict.last_commit {
        page.row("last commit", &xact_line(commit));
    }
    if let Some(stop) = verdict.stops_at {
        page.row("stops", &stop_line(stop));
    }
    // A recovery to the end of what is archived succeeds, whatever stops it from going on.
    let because = match verdict.verdict {
        Verdict::Reachable => "but",
        Verdict::Unreachable | Verdict::Undecided => "because",
    };
    for reason in &verdict.reasons {
        page.row(
            because,
            &format!("{} [{}]", reason.message, reason.code.word()),
        );
    }
    for warning in &verdict.warnings {
        page.row(
            "warning",
            &format!("{} [{}]", warning.message, warning.code.word()),
        );
    }
    for note in &verdict.notes {
        page.row("note", note);
    }
    for option in &verdict.options {
        page.row("you can", option);
    }
    page.text
}

/// Rows of a name and a wrapped text.
struct Page {
    text: String,
    width: usize,
}

/// The column in which the texts begin.
const INDENT: usize = 15;

impl Page {
    fn row(&mut self, name: &str, text: &str) {
        let first = format!("  {name:<width$}", width = INDENT - 2);
        let rest = " ".repeat(INDENT);
        // Names, positions and commands stay whole, so that they can be copied.
        let options = Options::new(self.width)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        for line in textwrap::wrap(&clean::line(text), options) {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }
}

fn headline(report: &CheckReport<'_>, look: Look) -> String {
    let verdict = report.verdict.verdict;
    let word = verdict.word();
    let asked = asked(report.target);
    let asked = clean::line(&asked);
    let timeline = timeline_word(report.timeline);
    if !look.color {
        return format!("{word}: {asked}, timeline {timeline}\n");
    }
    let color = match verdict {
        Verdict::Reachable => "32",
        Verdict::Unreachable => "31",
        Verdict::Undecided => "33",
    };
    format!("\u{1b}[1;{color}m{word}\u{1b}[0m: {asked}, timeline {timeline}\n")
}

fn asked(target: &Target) -> String {
    let end = if target.inclusive {
        "inclusive"
    } else {
        "exclusive"
    };
    match &target.goal {
        Goal::Latest => "everything that is archived".to_owned(),
        Goal::Immediate => "the end of the base backup".to_owned(),
        Goal::Time { replay, .. } => format!("{replay} ({end})"),
        Goal::Lsn(position) => format!("position {position} ({end})"),
        Goal::Xid(xid) => format!("transaction {xid} ({end})"),
        Goal::Name(name) => format!("restore point `{name}`"),
    }
}

fn backup_line(backup: &ChosenBackup) -> String {
    let ChosenBackup { id, info } = backup;
    let mut line = id.to_string();
    if let Some(time) = info.end_time {
        line.push_str(&format!(", ended {}", time.instant));
    }
    if let Some(timeline) = info.timeline {
        line.push_str(&format!(", timeline {timeline}"));
    }
    if let Some(version) = info.server_version {
        line.push_str(&format!(
            ", PostgreSQL {}.{}",
            version / 10_000,
            version % 10_000
        ));
    }
    if let Some(system) = info.system_identifier {
        line.push_str(&format!(", system {system}"));
    }
    line
}

fn wal_line(wal: &WalRead, verdict: &TargetVerdict) -> String {
    let (first, last) = (wal.first.file_name(wal.size), wal.last.file_name(wal.size));
    let segments = if wal.count == 1 {
        "segment"
    } else {
        "segments"
    };
    let mut line = format!("{first} to {last}, {} {segments}", wal.count);
    if let Some(timeline) = verdict.timeline {
        line.push_str(&format!(", leading to timeline {timeline}"));
    }
    line
}

fn xact_line(xact: Xact) -> String {
    let time = Instant::from_micros(xact.time.to_unix_micros());
    format!("{time}, transaction {} at {}", xact.xid, xact.lsn)
}

fn stop_line(stop: StopsAt) -> String {
    let kept = match stop.kept {
        Some(xact) => format!("the last transaction kept is {}", xact_line(xact)),
        None => "no transaction is kept beyond those of the base backup".to_owned(),
    };
    format!("at {}; {kept}", stop.position)
}
