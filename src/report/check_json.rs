//! The `walbound.check/1` document, described by `schemas/check.schema.json`.

use serde::Serialize;

use super::check::{CheckReport, timeline_word};
use super::json::escape;
use crate::facts::verdict::ChosenBackup;
use crate::facts::{Goal, Reason, StopsAt, Target, Warning, Xact};
use crate::model::instant::Instant;

/// The name and version of the document. It changes when a key changes its meaning or goes away.
pub const SCHEMA: &str = "walbound.check/1";

/// The answer as indented JSON with a final line break.
pub fn render(report: &CheckReport<'_>) -> String {
    let verdict = report.verdict;
    let document = Document {
        schema: SCHEMA,
        verdict: verdict.verdict.word(),
        evidence: verdict.depth.word(),
        archive: Archive {
            url: report.url,
            server_name: report.server_name,
        },
        target: TargetPart::new(report.target, timeline_word(report.timeline)),
        base_backup: verdict.backup.as_ref().map(BaseBackup::new),
        last_commit: verdict.last_commit.map(Transaction::new),
        stops_at: verdict.stops_at.map(Transaction::kept),
        window: Window {
            earliest: verdict.window.earliest.map(rfc3339),
            latest: verdict.window.latest.map(rfc3339),
        },
        reasons: verdict.reasons.iter().map(Note::reason).collect(),
        warnings: verdict.warnings.iter().map(Note::warning).collect(),
    };
    // Strings and numbers only: writing them to memory cannot fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    escape(&text) + "\n"
}

/// `2026-06-19T05:30:40.123456Z`; where the year has no four digits, what PostgreSQL compares with.
pub(super) fn rfc3339(instant: Instant) -> String {
    let text = instant.to_string();
    match text.strip_suffix("+00") {
        Some(text) => text.replacen(' ', "T", 1) + "Z",
        None => text,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'a str,
    verdict: &'a str,
    evidence: &'a str,
    archive: Archive<'a>,
    target: TargetPart,
    base_backup: Option<BaseBackup<'a>>,
    last_commit: Option<Transaction>,
    stops_at: Option<Transaction>,
    window: Window,
    reasons: Vec<Note<'a>>,
    warnings: Vec<Note<'a>>,
}

#[derive(Serialize)]
struct Archive<'a> {
    url: &'a str,
    server_name: &'a str,
}

#[derive(Serialize)]
struct TargetPart {
    kind: &'static str,
    value: Option<String>,
    inclusive: bool,
    timeline: String,
}

impl TargetPart {
    fn new(target: &Target, timeline: String) -> Self {
        let (kind, value) = match &target.goal {
            Goal::Latest => ("latest", None),
            Goal::Immediate => ("immediate", None),
            Goal::Time { replay, .. } => ("time", Some(rfc3339(*replay))),
            Goal::Lsn(position) => ("lsn", Some(position.to_string())),
            Goal::Xid(xid) => ("xid", Some(xid.to_string())),
            Goal::Name(name) => ("name", Some(name.clone())),
        };
        Self {
            kind,
            value,
            inclusive: target.inclusive,
            timeline,
        }
    }
}

#[derive(Serialize)]
struct BaseBackup<'a> {
    id: &'a str,
    begin_time: Option<String>,
    end_time: Option<String>,
    begin_lsn: Option<String>,
    end_lsn: Option<String>,
    timeline: Option<u32>,
    system_identifier: Option<String>,
    server_version: Option<u32>,
}

impl<'a> BaseBackup<'a> {
    fn new(backup: &'a ChosenBackup) -> Self {
        let ChosenBackup { id, info } = backup;
        Self {
            id: id.as_str(),
            begin_time: info.begin_time.map(|time| rfc3339(time.instant)),
            end_time: info.end_time.map(|time| rfc3339(time.instant)),
            begin_lsn: info.begin_lsn.map(|lsn| lsn.to_string()),
            end_lsn: info.end_lsn.map(|lsn| lsn.to_string()),
            timeline: info.timeline.map(|timeline| timeline.0),
            system_identifier: info.system_identifier.map(|system| system.to_string()),
            server_version: info.server_version,
        }
    }
}

#[derive(Serialize)]
struct Transaction {
    time: Option<String>,
    lsn: String,
    xid: Option<u32>,
}

impl Transaction {
    fn new(xact: Xact) -> Self {
        let time = Instant::from_micros(xact.time.to_unix_micros());
        Self {
            time: Some(rfc3339(time)),
            lsn: xact.lsn.to_string(),
            xid: Some(xact.xid.0),
        }
    }

    /// Where no transaction is kept beyond those of the base backup, the place alone.
    fn kept(stop: StopsAt) -> Self {
        stop.kept.map_or_else(
            || Self {
                time: None,
                lsn: stop.position.to_string(),
                xid: None,
            },
            Self::new,
        )
    }
}

#[derive(Serialize)]
struct Window {
    earliest: Option<String>,
    latest: Option<String>,
}

#[derive(Serialize)]
struct Note<'a> {
    code: &'static str,
    message: &'a str,
}

impl<'a> Note<'a> {
    fn reason(reason: &'a Reason) -> Self {
        Self {
            code: reason.code.word(),
            message: &reason.message,
        }
    }

    fn warning(warning: &'a Warning) -> Self {
        Self {
            code: warning.code.word(),
            message: &warning.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Instant, rfc3339};

    #[test]
    fn times_are_rfc_3339_with_microseconds() {
        let instant = Instant::from_micros(1_787_326_200_123_456);
        assert_eq!(rfc3339(instant), "2026-08-21T15:30:00.123456Z");
        assert_eq!(
            rfc3339(Instant::from_seconds(0)),
            "1970-01-01T00:00:00.000000Z"
        );
    }
}
