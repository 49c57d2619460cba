//! Recovery targets.

use crate::barman::Criterion;
use crate::model::instant::Instant;
use crate::wal::{Lsn, Timestamp, Xid};

/// Where a recovery is to end. At most one of `recovery_target`, `recovery_target_time`, `…_lsn`, `…_xid` and `…_name`
/// can be set; the operator writes what `bootstrap.recovery.recoveryTarget` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// No target: everything that the archive holds is replayed.
    Latest,
    /// A point in time. It is compared with the times at which transactions ended, and with nothing else.
    Time {
        /// As the operator reads it when it chooses the base backup.
        choice: Instant,
        /// As PostgreSQL reads it.
        replay: Instant,
    },
    /// A position; it is compared with the first bytes of records.
    Lsn(Lsn),
    /// A transaction, by equality.
    Xid(Xid),
    /// A restore point, by its name.
    Name(String),
    /// The end of the base backup.
    Immediate,
}

/// A goal, and whether what lies exactly there is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where to end.
    pub goal: Goal,
    /// `recovery_target_inclusive`, the opposite of `exclusive`: means nothing for restore points, `immediate` and no
    /// target.
    pub inclusive: bool,
}

impl Goal {
    /// What the operator chooses the base backup by.
    pub(super) fn criterion(&self) -> Criterion {
        match self {
            Self::Time { choice, .. } => Criterion::Time(*choice),
            Self::Lsn(position) => Criterion::Lsn(*position),
            Self::Latest | Self::Xid(_) | Self::Name(_) | Self::Immediate => Criterion::Newest,
        }
    }

    /// The longest name of a restore point, in bytes.
    /// Source: `MAXFNAMELEN`, PostgreSQL `src/include/access/xlog_internal.h`.
    pub const LONGEST_NAME: usize = 63;

    /// Why the server would not start with it, if so. An empty name means no target to PostgreSQL; the operator refuses
    /// control characters.
    pub fn refusal(&self) -> Option<&'static str> {
        let Self::Name(name) = self else {
            return None;
        };
        let refused =
            name.is_empty() || name.len() > Self::LONGEST_NAME || name.contains(char::is_control);
        refused.then_some("the name of a restore point has 1 to 63 bytes and no control character")
    }

    /// The time that PostgreSQL compares with, where there is one.
    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Time { replay, .. } => Some(Timestamp::from_unix_micros(replay.as_micros())),
            _ => None,
        }
    }
}

/// The same point in the form of this project.
pub(super) fn instant(time: Timestamp) -> Instant {
    Instant::from_micros(time.to_unix_micros())
}
