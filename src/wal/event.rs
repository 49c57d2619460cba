//! The records that recovery targets, consistency and timelines are judged by.

use std::fmt;

use super::lsn::{Lsn, TimelineId};
use super::time::Timestamp;

/// A transaction number as records carry it: 32 bits, wrapping around; 0 is none.
/// Source: `TransactionId`, PostgreSQL `src/include/c.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xid(pub u32);

impl fmt::Display for Xid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where one record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The record's first byte; what the server calls the record's position.
    pub start: Lsn,
    /// Just behind the record, rounded up to 8 bytes; what `pg_backup_stop` and `pg_current_wal_lsn` tell. Behind a
    /// switch it is the end of the segment.
    /// Source: `EndRecPtr`, PostgreSQL `src/include/access/xlogreader.h`.
    pub end: Lsn,
}

/// An event and the record it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The record's first byte.
    pub start: Lsn,
    /// Just behind the record, as [`Span::end`].
    pub end: Lsn,
    /// What the record says.
    pub event: Event,
}

/// What a record means for recovery. Records of other kinds make no event.
///
/// Source: the redo routines `xact_redo` and `xlog_redo`, PostgreSQL `src/backend/access/transam`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A transaction ended. The only records that a time or XID target is compared with.
    ///
    /// `ROLLBACK TO SAVEPOINT` is such an end too if the subtransaction had a number: an abort with that number.
    /// Source: `RecordTransactionAbort`, PostgreSQL `src/backend/access/transam/xact.c`.
    XactEnd {
        /// How it ended.
        kind: XactEndKind,
        /// The transaction; for the prepared kinds the one that was prepared. Commits name top-level ones only.
        xid: Xid,
        /// When, by the clock of the server, taken before the record got its place: times may step back.
        time: Timestamp,
    },
    /// `PREPARE TRANSACTION`. Not an end: no target is compared with it.
    Prepare {
        /// The transaction.
        xid: Xid,
    },
    /// `pg_create_restore_point`.
    RestorePoint {
        /// The name; bytes that are not UTF-8 are replaced by U+FFFD.
        name: String,
        /// When it was made. No target is compared with it.
        time: Timestamp,
    },
    /// The end of a base backup taken on a primary.
    BackupEnd {
        /// The redo position of the backup's checkpoint, which says which backup ended.
        start_point: Lsn,
    },
    /// The rest of this segment is unused.
    Switch,
    /// A checkpoint.
    Checkpoint {
        /// Where recovery from this checkpoint starts.
        redo: Lsn,
        /// The timeline written to.
        timeline: TimelineId,
        /// The timeline before; differs from `timeline` only in the checkpoint that begins a timeline.
        previous_timeline: TimelineId,
        /// When, in whole seconds.
        time: Timestamp,
        /// Whether the server was stopping; otherwise it kept running.
        shutdown: bool,
    },
    /// A recovery ended and a new timeline begins here, without a checkpoint.
    EndOfRecovery {
        /// When.
        time: Timestamp,
        /// The new timeline.
        timeline: TimelineId,
        /// The timeline it leaves.
        previous_timeline: TimelineId,
    },
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum XactEndKind {
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK` of a transaction that had a number.
    Abort,
    /// `COMMIT PREPARED`. The `PREPARE TRANSACTION` before it is no end.
    CommitPrepared,
    /// `ROLLBACK PREPARED`.
    AbortPrepared,
}
