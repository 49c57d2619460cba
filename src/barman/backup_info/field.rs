//! Values of single fields: `None`, or text that the field can have.

use std::str::FromStr;

use super::python::{self, Literal};
use super::time;
use super::{BackupInfoError, BackupLabel, BackupStatus, BackupTime, Tablespace};
use crate::barman::layout::SegmentDigits;
use crate::wal::{Lsn, SegmentSize, TimelineId};

/// One line, parted at its first `=`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'t> {
    /// Its number, from 1.
    pub(super) line: usize,
    /// What stands before the `=`.
    pub(super) key: &'t str,
    /// What stands behind it.
    pub(super) value: &'t str,
}

type Read<T> = Result<Option<T>, BackupInfoError>;

impl Field<'_> {
    /// `None` is null; everything else has to be what `read` takes.
    fn optional<T>(self, expected: &'static str, read: impl Fn(&str) -> Option<T>) -> Read<T> {
        if self.value == "None" {
            return Ok(None);
        }
        let error = || BackupInfoError::Value {
            line: self.line,
            key: self.key.to_owned(),
            expected,
        };
        read(self.value).map(Some).ok_or_else(error)
    }

    pub(super) fn text(self) -> Option<String> {
        (self.value != "None").then(|| self.value.to_owned())
    }

    pub(super) fn status(self) -> Read<BackupStatus> {
        self.optional("a status of a backup", |text| {
            Some(match text {
                "EMPTY" => BackupStatus::Empty,
                "STARTED" => BackupStatus::Started,
                "WAITING_FOR_WALS" => BackupStatus::WaitingForWals,
                "DONE" => BackupStatus::Done,
                "SYNCING" => BackupStatus::Syncing,
                "FAILED" => BackupStatus::Failed,
                _ => return None,
            })
        })
    }

    pub(super) fn time(self) -> Read<BackupTime> {
        self.optional(
            "a time such as 2026-11-21 06:04:54.947107+00:00",
            time::parse,
        )
    }

    pub(super) fn lsn(self) -> Read<Lsn> {
        self.optional("a WAL position such as 16/B374D848", |text| {
            text.parse().ok()
        })
    }

    pub(super) fn segment(self) -> Read<SegmentDigits> {
        self.optional("the name of a WAL segment", SegmentDigits::parse)
    }

    pub(super) fn number<N: FromStr>(self) -> Read<N> {
        self.optional("a number", number)
    }

    pub(super) fn timeline(self) -> Read<TimelineId> {
        self.optional("the number of a timeline", |text| {
            number(text).filter(|n| *n > 0).map(TimelineId)
        })
    }

    pub(super) fn segment_size(self) -> Read<SegmentSize> {
        self.optional("a size of WAL segments", |text| {
            SegmentSize::new(number(text)?).ok()
        })
    }

    pub(super) fn label(self) -> Read<BackupLabel> {
        self.optional("a quoted text", |text| match python::parse(text)? {
            Literal::Text(text) => Some(BackupLabel::read(text)),
            _ => None,
        })
    }

    pub(super) fn tablespaces(self) -> Read<Vec<Tablespace>> {
        let expected = "a list of tablespaces, each with name, number and directory";
        self.optional(expected, |text| match python::parse(text)? {
            Literal::Sequence(items) => items.into_iter().map(tablespace).collect(),
            _ => None,
        })
    }

    /// Whether a dictionary holds something.
    pub(super) fn filled(self) -> bool {
        !matches!(self.value, "None" | "{}" | "")
    }
}

fn number<N: FromStr>(text: &str) -> Option<N> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn tablespace(literal: Literal) -> Option<Tablespace> {
    let Literal::Sequence(parts) = literal else {
        return None;
    };
    let [
        Literal::Text(name),
        Literal::Number(oid),
        Literal::Text(location),
    ] = <[Literal; 3]>::try_from(parts).ok()?
    else {
        return None;
    };
    Some(Tablespace {
        name,
        oid: number(&oid)?,
        location,
    })
}

impl BackupLabel {
    /// Reads the text of a `backup_label`; lines that are not there or make no sense are left out.
    pub fn read(text: String) -> Self {
        let after = |key: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
        };
        Self {
            checkpoint: after("CHECKPOINT LOCATION").and_then(|lsn| lsn.parse().ok()),
            start_timeline: after("START TIMELINE").and_then(number).map(TimelineId),
            from_standby: after("BACKUP FROM") == Some("standby"),
            text,
        }
    }
}
