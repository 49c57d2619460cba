//! The answer of `walbound check`.

use crate::barman::TargetTimeline;
use crate::facts::options::Place;
use crate::facts::verdict::{ChosenBackup, WalRead};
use crate::facts::{Goal, StopsAt, Target, TargetVerdict, Verdict, Xact};
use crate::model::instant::Instant;
use crate::text::counted;

/// A judged target and what was asked.
#[derive(Debug, Clone, Copy)]
pub struct CheckReport<'a> {
    /// The archive, as the user named it.
    pub url: &'a str,
    /// The server name.
    pub server_name: &'a str,
    /// Where the recovery is to end.
    pub target: &'a Target,
    /// The timeline asked for.
    pub timeline: TargetTimeline,
    /// The answer.
    pub verdict: &'a TargetVerdict,
}

/// A timeline as `recovery_target_timeline` takes it.
pub(super) fn timeline_word(timeline: TargetTimeline) -> String {
    match timeline {
        TargetTimeline::Latest => "latest".to_owned(),
        TargetTimeline::Current => "current".to_owned(),
        TargetTimeline::Exactly(number) => number.to_string(),
    }
}

/// What a verdict rests on, as rows of a name and a sentence.
pub(super) fn rows(report: &CheckReport<'_>) -> Vec<(&'static str, String)> {
    let verdict = report.verdict;
    let archive = format!("{}, server {}", report.url, report.server_name);
    let mut rows = vec![("archive", archive)];
    rows.extend(evidence_rows(verdict));
    // A recovery to the end of what is archived succeeds, whatever stops it from going on.
    let because = match verdict.verdict {
        Verdict::Reachable => "but",
        Verdict::Unreachable | Verdict::Undecided => "because",
    };
    for reason in &verdict.reasons {
        rows.push((
            because,
            format!("{} [{}]", reason.message, reason.code.word()),
        ));
    }
    for warning in &verdict.warnings {
        let text = format!("{} [{}]", warning.message, warning.code.word());
        rows.push(("warning", text));
    }
    rows.extend(verdict.notes.iter().map(|note| ("note", note.clone())));
    let options = verdict.options.iter();
    rows.extend(options.map(|option| ("you can", option.told(Place::CommandLine))));
    rows
}

fn evidence_rows(verdict: &TargetVerdict) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(backup) = &verdict.backup {
        rows.push(("base backup", backup_line(backup)));
    }
    if let Some(wal) = &verdict.wal {
        rows.push(("WAL", wal_line(wal, verdict)));
    }
    if let Some(commit) = verdict.last_commit {
        rows.push(("last commit", xact_line(commit)));
    }
    if let Some(stop) = verdict.stops_at {
        rows.push(("stops", stop_line(stop)));
    }
    rows
}

/// What was asked, in words.
pub(super) fn asked(target: &Target) -> String {
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
    let mut line = format!("{first} to {last}, {}", counted(wal.count, "segment"));
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
