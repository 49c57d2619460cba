//! `backup.info`: what Barman Cloud wrote about a base backup.

use std::fmt;

use thiserror::Error;

use super::layout::SegmentDigits;
use crate::model::instant::Instant;
use crate::wal::{Lsn, SegmentSize, SystemId, TimelineId};

mod field;
mod parse;
mod python;
mod time;

/// The largest `backup.info` that is read, in bytes (1 MiB). Real ones have one or two thousand.
pub const LARGEST_BACKUP_INFO: u64 = 1 << 20;

/// What `backup.info` says. `None` is what Barman writes as `None`, or a field that is not there.
///
/// Fields that say nothing about a recovery are not kept, unknown ones are counted and not judged: newer releases add
/// some. Source: barman `infofile.py`, `BackupInfo` and `LocalBackupInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackupInfo {
    /// How far the backup got. The operator does not look at it.
    pub status: Option<BackupStatus>,
    /// The friendly name, `backup-20261121060454`; Barman from 3.3 on.
    pub backup_name: Option<String>,
    /// When the backup was asked for, slightly before `begin_lsn`.
    pub begin_time: Option<BackupTime>,
    /// When its end was asked for, slightly before `end_lsn`. The operator chooses backups by it.
    pub end_time: Option<BackupTime>,
    /// `begin_xlog`: where replay starts, the redo position of the backup's checkpoint.
    pub begin_lsn: Option<Lsn>,
    /// `end_xlog`: behind the record that ends the backup; replay is consistent from here on. Of a backup taken on a
    /// standby it is the position up to which the standby had replayed.
    pub end_lsn: Option<Lsn>,
    /// The first segment that is needed.
    pub begin_wal: Option<SegmentDigits>,
    /// The last segment that is needed to become consistent.
    pub end_wal: Option<SegmentDigits>,
    /// The byte of `begin_lsn` inside `begin_wal`.
    pub begin_offset: Option<u64>,
    /// The byte of `end_lsn` inside `end_wal`.
    pub end_offset: Option<u64>,
    /// The timeline at the start of the backup.
    pub timeline: Option<TimelineId>,
    /// `xlog_segment_size`.
    pub segment_size: Option<SegmentSize>,
    /// `systemid`: which database system this is a backup of.
    pub system_identifier: Option<SystemId>,
    /// `version`: the server's version as a number, 150018 for 15.18.
    pub server_version: Option<u32>,
    /// The text of `backup_label`.
    pub backup_label: Option<BackupLabel>,
    /// The tablespaces besides the two that every system has.
    pub tablespaces: Vec<Tablespace>,
    /// Whether `snapshots_info` is set: the data is in disk snapshots and there are no tar files.
    pub snapshots: bool,
    /// `error`: why the backup failed.
    pub error: Option<String>,
    /// `cluster_size`: bytes of the data directory and the tablespaces.
    pub cluster_size: Option<u64>,
    /// Keys that this version does not know, in the order of the file.
    pub unknown_keys: Vec<String>,
}

impl BackupInfo {
    /// Whether the operator takes the backup for finished: both times are there, whatever the status says.
    /// Source: barman-cloud `pkg/catalog/catalog.go`, `isBackupDone`.
    pub fn finished_for_operator(&self) -> bool {
        self.begin_time.is_some() && self.end_time.is_some()
    }

    /// The major version of the server, 15 for 15.18.
    pub fn server_major(&self) -> Option<u32> {
        self.server_version.map(|version| version / 10_000)
    }
}

/// How far a backup got. Source: barman `infofile.py`, `BackupInfo.STATUS_ALL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackupStatus {
    /// Nothing was done.
    Empty,
    /// It runs, or its process died.
    Started,
    /// The data is there, the WAL of the backup not yet.
    WaitingForWals,
    /// It is complete.
    Done,
    /// It is copied from another Barman.
    Syncing,
    /// It failed; `error` says why.
    Failed,
}

/// The word in the file.
impl fmt::Display for BackupStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "EMPTY",
            Self::Started => "STARTED",
            Self::WaitingForWals => "WAITING_FOR_WALS",
            Self::Done => "DONE",
            Self::Syncing => "SYNCING",
            Self::Failed => "FAILED",
        })
    }
}

/// A time in `backup.info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupTime {
    /// The instant; a text without an offset is read as UTC, the zone of the operator's pods.
    pub instant: Instant,
    /// Whether the text named its offset. Very old releases did not.
    pub zoned: bool,
}

/// One tablespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tablespace {
    /// Its name.
    pub name: String,
    /// Its object identifier, which names its tar file.
    pub oid: u32,
    /// Its directory on the server.
    pub location: String,
}

/// What `backup_label` says. Source: `build_backup_content`, PostgreSQL `src/backend/access/transam/xlogbackup.c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupLabel {
    /// The whole text.
    pub text: String,
    /// `CHECKPOINT LOCATION`: the checkpoint that recovery reads first.
    pub checkpoint: Option<Lsn>,
    /// `START TIMELINE`.
    pub start_timeline: Option<TimelineId>,
    /// Whether `BACKUP FROM` says `standby`: such a backup ends without a record of its end and forces no new segment.
    pub from_standby: bool,
}

/// Why a `backup.info` cannot be read. Line numbers count from 1.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum BackupInfoError {
    /// More bytes than [`LARGEST_BACKUP_INFO`].
    #[error("the file is larger than {LARGEST_BACKUP_INFO} bytes")]
    TooLarge,
    /// The file is not text.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// The line of the first bad byte.
        line: usize,
    },
    /// A line without `=`.
    #[error("line {line} has no `=`: expected `key=value`")]
    NoAssignment {
        /// The line.
        line: usize,
    },
    /// A value that its key cannot have.
    #[error("line {line}: `{key}` is not {expected}")]
    Value {
        /// The line.
        line: usize,
        /// The key.
        key: String,
        /// What the value should be, with its article.
        expected: &'static str,
    },
    /// As an inventory tells it.
    #[error("{text}")]
    Noted {
        /// The words.
        text: String,
    },
}
