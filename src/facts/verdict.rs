//! The answer to the question whether a recovery target can be reached.

use super::options::Advice;
use super::seen::Xact;
use crate::barman::{BackupId, BackupInfo};
use crate::model::instant::Instant;
use crate::wal::{Lsn, SegmentName, SegmentSize, TimelineId};

/// Whether a recovery would end where it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It would.
    Reachable,
    /// It would not.
    Unreachable,
    /// What is at hand does not tell.
    Undecided,
}

/// How closely the archive was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Names, sizes and upload times, `backup.info` and histories.
    Listing,
    /// The first page of some segments besides; for a target time, the records of some.
    Headers,
    /// Every record that the recovery would read; of a long stretch before a target time only those around it.
    Sparing,
    /// Every record that the recovery would read, however many there are.
    Records,
}

/// A judged target, with what it was judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetVerdict {
    /// The answer.
    pub verdict: Verdict,
    /// How closely the archive was looked at: [`Depth::Headers`] where most of a long stretch was not decoded.
    pub depth: Depth,
    /// The base backup that the operator would restore.
    pub backup: Option<ChosenBackup>,
    /// The newest base backup that could be restored for this target, where the operator would choose another one.
    pub better_backup: Option<BackupId>,
    /// The timeline that the recovery follows.
    pub timeline: Option<TimelineId>,
    /// The segments read.
    pub wal: Option<WalRead>,
    /// The last transaction in the stream that took effect; `None` where the stream was not read to its end.
    pub last_commit: Option<Xact>,
    /// Where the recovery ends, when it is reachable.
    pub stops_at: Option<StopsAt>,
    /// The times that a recovery from this backup can end at.
    pub window: Window,
    /// Why the answer is what it is.
    pub reasons: Vec<Reason>,
    /// What else a careful person would want to know.
    pub warnings: Vec<Warning>,
    /// What the recovery leaves behind, in sentences, where nobody asked for it.
    pub notes: Vec<String>,
    /// What can be done. Never a target.
    pub options: Vec<Advice>,
}

/// A base backup and its `backup.info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenBackup {
    /// Its name.
    pub id: BackupId,
    /// What Barman wrote about it.
    pub info: BackupInfo,
}

/// The segments that were read, from the backup's first one on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalRead {
    /// The first one.
    pub first: SegmentName,
    /// The last one.
    pub last: SegmentName,
    /// How many.
    pub count: u64,
    /// The segment size, which their names depend on.
    pub size: SegmentSize,
}

/// Where a recovery ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopsAt {
    /// The first position that is not replayed.
    pub position: Lsn,
    /// The last transaction that is replayed and took effect; `None` when the newest data is that of the backup.
    pub kept: Option<Xact>,
}

/// Times between which every target is reachable from a base backup. Empty where there are none, or none is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// The earliest target that does not give newer data than asked.
    pub earliest: Option<Instant>,
    /// The end of the newest transaction that is surely replayed: targets from there on are not reached (exclusive
    /// targets: from behind there on), or not for sure. `None` where the stream was not read to its end.
    pub latest: Option<Instant>,
    /// The record of that transaction.
    pub last: Option<Lsn>,
}

impl Window {
    /// The times that lie in both.
    #[must_use]
    pub(super) fn common(self, other: Self) -> Self {
        let (Some(_), Some(_)) = (self.earliest, other.earliest) else {
            return Self::default();
        };
        let earliest = self.earliest.max(other.earliest);
        // Unknown in one is unknown in both: `None` comes before every time.
        let shorter = if self.latest <= other.latest {
            self
        } else {
            other
        };
        match shorter.latest {
            Some(latest) if Some(latest) <= earliest => Self::default(),
            _ => Self {
                earliest,
                ..shorter
            },
        }
    }
}

/// One reason for a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// For programs.
    pub code: ReasonCode,
    /// For people: one sentence without a final stop.
    pub message: String,
}

/// The kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonCode {
    /// Every base backup ends after the target.
    NoBaseBackupBeforeTarget,
    /// No base backup of that name, or none at all.
    BackupNotFound,
    /// The base backup is not complete.
    BackupNotFinished,
    /// The first segment that the backup needs is missing.
    BeginWalMissing,
    /// A segment is missing.
    WalGap,
    /// A segment is there, but PostgreSQL would refuse it.
    WalDamaged,
    /// An object cannot be read or understood here.
    ObjectUnreadable,
    /// No transaction ended after the target time.
    NoCommitAfterTarget,
    /// The recovery would stop before the data of the backup is whole.
    TargetBeforeConsistency,
    /// No record begins at or after the target position.
    LsnBeyondEnd,
    /// The transaction does not end in the WAL from the backup on.
    XidNotFound,
    /// The restore point is not in the WAL from the backup on.
    RestorePointNotFound,
    /// The timeline does not exist, or does not lead through the backup.
    TimelineNotReachable,
    /// WAL of another database system stands where the backup's should.
    SystemIdentifierMismatch,
    /// Nothing is archived under this server name.
    LineageEmpty,
    /// PostgreSQL would refuse the target itself.
    InvalidTarget,
}

impl ReasonCode {
    /// The code in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoBaseBackupBeforeTarget => "no-base-backup-before-target",
            Self::BackupNotFound => "backup-not-found",
            Self::BackupNotFinished => "backup-not-finished",
            Self::BeginWalMissing => "begin-wal-missing",
            Self::WalGap => "wal-gap",
            Self::WalDamaged => "wal-damaged",
            Self::ObjectUnreadable => "object-unreadable",
            Self::NoCommitAfterTarget => "no-commit-after-target",
            Self::TargetBeforeConsistency => "target-before-consistency",
            Self::LsnBeyondEnd => "lsn-beyond-end",
            Self::XidNotFound => "xid-not-found",
            Self::RestorePointNotFound => "restore-point-not-found",
            Self::TimelineNotReachable => "timeline-not-reachable",
            Self::SystemIdentifierMismatch => "system-identifier-mismatch",
            Self::LineageEmpty => "lineage-empty",
            Self::InvalidTarget => "invalid-target",
        }
    }
}

/// Something to know besides the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// For programs.
    pub code: WarningCode,
    /// For people: one sentence without a final stop.
    pub message: String,
}

/// The kinds of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningCode {
    /// Several database systems archived here.
    OtherSystemInLineage,
    /// The newest base backup is of another system than one before.
    LatestIsOtherSystem,
    /// The backup is much smaller than the one before.
    BackupSizeCollapse,
    /// The recovery ends, but with data newer than the target time.
    NewerDataThanTarget,
    /// Only names, sizes and upload times were looked at.
    ListingOnly,
    /// Objects whose names mean nothing to Barman.
    UnknownObject,
    /// The inventory is so old that the archive may hold much more.
    InventoryStale,
}

impl WarningCode {
    /// The code in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::OtherSystemInLineage => "other-system-in-lineage",
            Self::LatestIsOtherSystem => "latest-is-other-system",
            Self::BackupSizeCollapse => "backup-size-collapse",
            Self::NewerDataThanTarget => "newer-data-than-target",
            Self::ListingOnly => "listing-only",
            Self::UnknownObject => "unknown-object",
            Self::InventoryStale => "inventory-stale",
        }
    }
}

impl Verdict {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Unreachable => "unreachable",
            Self::Undecided => "undecided",
        }
    }
}

impl Depth {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Headers => "headers",
            Self::Sparing | Self::Records => "records",
        }
    }
}

impl Reason {
    pub(super) fn new(code: ReasonCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl Warning {
    pub(super) fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
