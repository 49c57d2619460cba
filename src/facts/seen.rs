//! What a stream of records holds, whether or not a recovery replays it.

use super::replay::Start;
use crate::wal::{Event, Lsn, Span, Timestamp, XactEndKind, Xid};

/// The end of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xact {
    /// When, by the server's clock.
    pub time: Timestamp,
    /// The first byte of its record.
    pub lsn: Lsn,
    /// Its number.
    pub xid: Xid,
    /// Whether it took effect.
    pub committed: bool,
}

/// What the stream holds, whether or not it is replayed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The first byte of the last record.
    pub(super) last_record: Option<Lsn>,
    /// The position behind the last record.
    pub(super) end: Option<Lsn>,
    /// The transaction that ended last by its time.
    pub(super) newest: Option<Xact>,
    /// The last transaction in the stream that took effect.
    pub(super) last_commit: Option<Xact>,
    /// The newest transaction end before the data is whole.
    pub(super) newest_before_consistency: Option<Timestamp>,
    /// Where the data becomes whole.
    pub(super) consistent_at: Option<Lsn>,
    /// Whether the backup's checkpoint was found in its place.
    pub(super) checkpoint: bool,
    /// The first restore points.
    pub(super) restore_points: Vec<String>,
}

/// How many names of restore points are remembered for the reader.
pub(super) const RESTORE_POINTS: usize = 8;

impl Seen {
    /// Takes the next record. `consistent` tells whether the data was whole before it.
    pub(super) fn look(
        &mut self,
        span: Span,
        event: Option<&Event>,
        xact: Option<Xact>,
        start: &Start,
        consistent: bool,
    ) {
        self.last_record = Some(span.start);
        self.end = Some(span.end);
        if let Some(xact) = xact {
            self.add(xact, consistent);
        }
        match event {
            Some(Event::Checkpoint { redo, .. }) => {
                self.checkpoint |= span.start == start.checkpoint && *redo == start.redo;
            }
            Some(Event::RestorePoint { name, .. })
                if self.restore_points.len() < RESTORE_POINTS =>
            {
                self.restore_points.push(name.clone());
            }
            _ => {}
        }
    }

    fn add(&mut self, xact: Xact, consistent: bool) {
        if self.newest.is_none_or(|newest| newest.time < xact.time) {
            self.newest = Some(xact);
        }
        if xact.committed {
            self.last_commit = Some(xact);
        }
        if !consistent {
            self.newest_before_consistency = self.newest_before_consistency.max(Some(xact.time));
        }
    }
}

impl Xact {
    /// The transaction that a record ends, if it ends one.
    pub(super) fn of(lsn: Lsn, event: &Event) -> Option<Self> {
        let Event::XactEnd { kind, xid, time } = event else {
            return None;
        };
        let committed = match kind {
            XactEndKind::Commit | XactEndKind::CommitPrepared => true,
            XactEndKind::Abort | XactEndKind::AbortPrepared => false,
        };
        Some(Self {
            time: *time,
            lsn,
            xid: *xid,
            committed,
        })
    }
}
