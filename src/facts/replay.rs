//! Where PostgreSQL stops replaying.
//!
//! Source: `recoveryStopsBefore`, `recoveryStopsAfter`, `CheckRecoveryConsistency` and `checkTimeLineSwitch`,
//! PostgreSQL `src/backend/access/transam/xlogrecovery.c`.

use super::target::{Goal, Target};
use crate::wal::{Event, Located, Lsn, Span, TimelineId, Timestamp, Visitor, XactEndKind, Xid};

/// Replays a stream of records for one target. After the stop it only looks on, to tell what the stream holds beyond.
#[derive(Debug)]
pub(super) struct Replay<'t> {
    target: &'t Target,
    start: Start,
    /// The timelines of the path, to which a switch may lead.
    path: Vec<TimelineId>,
    timeline: TimelineId,
    /// The record told last; whether an event belongs to it is known when the next one is told.
    pending: Option<(Span, Option<Event>)>,
    consistent: bool,
    kept: Option<Xact>,
    stop: Option<Stop>,
    panic: Option<Panic>,
    seen: Seen,
}

/// What a base backup asks of the replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// The first record replayed.
    pub(super) redo: Lsn,
    /// The record of the backup's checkpoint.
    pub(super) checkpoint: Lsn,
    /// The timeline of that checkpoint.
    pub(super) timeline: TimelineId,
    /// When the data is whole.
    pub(super) consistency: Consistency,
}

/// When the data of a base backup is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consistency {
    /// Taken on a primary: behind the record that ends the backup which began at the redo position.
    BackupEnd,
    /// Taken on a standby: when this position is passed. PostgreSQL takes the one in the backup's `pg_control`, which
    /// is never higher.
    Position(Lsn),
}

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

/// The place where replay ends on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    /// The first position that is not replayed.
    pub(super) at: Lsn,
    /// Whether the data was whole then.
    pub(super) consistent: bool,
    /// The last transaction replayed that took effect.
    pub(super) kept: Option<Xact>,
    /// The transaction before which replay stops, or after which it does.
    pub(super) decided_by: Option<Xact>,
    /// Records between the stop and the end of what was told.
    pub(super) records_behind: u64,
    /// Their bytes.
    pub(super) bytes_behind: u64,
}

/// A record that makes the server give up at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panic {
    /// The record.
    pub(super) at: Lsn,
    /// The timeline it is of.
    pub(super) found: TimelineId,
    /// The timeline replayed.
    pub(super) expected: TimelineId,
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
const RESTORE_POINTS: usize = 8;

/// How a replay ended.
#[derive(Debug)]
pub(super) struct Replayed {
    /// Where it stopped on purpose.
    pub(super) stop: Option<Stop>,
    /// Why it broke off.
    pub(super) panic: Option<Panic>,
    /// Whether the data was whole at the end of what was replayed.
    pub(super) consistent: bool,
    /// The last transaction replayed that took effect.
    pub(super) kept: Option<Xact>,
    /// What else the stream told.
    pub(super) seen: Seen,
}

impl<'t> Replay<'t> {
    /// A replay that is told the records from [`Start::redo`] on. `path` lists the timelines of the target.
    pub(super) fn new(target: &'t Target, start: Start, path: Vec<TimelineId>) -> Self {
        let consistent = matches!(start.consistency, Consistency::Position(at) if at <= start.redo);
        let seen = Seen {
            consistent_at: consistent.then_some(start.redo),
            ..Seen::default()
        };
        Self {
            target,
            start,
            path,
            timeline: start.timeline,
            pending: None,
            consistent,
            kept: None,
            stop: None,
            panic: None,
            seen,
        }
    }

    /// Where it stopped, up to the last record told before [`Replay::settle`].
    pub(super) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Whether no record to come can change the outcome for the worse.
    pub(super) fn broke_off(&self) -> bool {
        self.panic.is_some()
    }

    /// Works off the record told last.
    pub(super) fn settle(&mut self) {
        if let Some((span, event)) = self.pending.take() {
            self.step(span, event.as_ref());
        }
    }

    /// The outcome.
    pub(super) fn finish(mut self) -> Replayed {
        self.settle();
        Replayed {
            stop: self.stop,
            panic: self.panic,
            consistent: self.consistent,
            kept: self.kept,
            seen: self.seen,
        }
    }

    fn step(&mut self, span: Span, event: Option<&Event>) {
        if self.panic.is_some() {
            return;
        }
        let xact = event.and_then(|event| Xact::of(span.start, event));
        if self.is_read_but_not_replayed(span.start) {
            self.look(span, event, xact);
            self.become_consistent(span, event);
            return;
        }
        if self.stop.is_none() && self.stops_before(span.start, xact) {
            self.stop_at(span.start, xact);
        }
        let running = self.stop.is_none();
        if running && let Some(panic) = self.switches_wrongly(span.start, event) {
            self.panic = Some(panic);
            return;
        }
        self.look(span, event, xact);
        self.become_consistent(span, event);
        if let Some(stop) = &mut self.stop {
            stop.records_behind += 1;
            stop.bytes_behind += used_bytes(span, event);
            return;
        }
        if let Some(xact) = xact.filter(|xact| xact.committed) {
            self.kept = Some(xact);
        }
        if self.stops_after(span.start, event, xact) {
            self.stop_at(span.end, xact);
        }
    }

    /// The server reads the checkpoint by itself. Where redo begins with it, replay begins with the next record.
    fn is_read_but_not_replayed(&self, start: Lsn) -> bool {
        self.start.redo == self.start.checkpoint && start == self.start.checkpoint
    }

    fn stops_before(&self, start: Lsn, xact: Option<Xact>) -> bool {
        let inclusive = self.target.inclusive;
        match &self.target.goal {
            Goal::Latest | Goal::Name(_) => false,
            Goal::Immediate => self.consistent,
            Goal::Lsn(target) => !inclusive && start >= *target,
            Goal::Xid(target) => !inclusive && xact.is_some_and(|xact| xact.xid == *target),
            goal @ Goal::Time { .. } => match (xact, goal.timestamp()) {
                (Some(xact), Some(target)) if inclusive => xact.time > target,
                (Some(xact), Some(target)) => xact.time >= target,
                _ => false,
            },
        }
    }

    fn stops_after(&self, start: Lsn, event: Option<&Event>, xact: Option<Xact>) -> bool {
        let inclusive = self.target.inclusive;
        match &self.target.goal {
            Goal::Latest | Goal::Time { .. } => false,
            Goal::Immediate => self.consistent && xact.is_some(),
            Goal::Lsn(target) => inclusive && start >= *target,
            Goal::Xid(target) => inclusive && xact.is_some_and(|xact| xact.xid == *target),
            Goal::Name(target) => {
                matches!(event, Some(Event::RestorePoint { name, .. }) if name == target)
            }
        }
    }

    fn stop_at(&mut self, at: Lsn, decided_by: Option<Xact>) {
        self.stop = Some(Stop {
            at,
            consistent: self.consistent,
            kept: self.kept,
            decided_by,
            records_behind: 0,
            bytes_behind: 0,
        });
    }

    fn become_consistent(&mut self, span: Span, event: Option<&Event>) {
        let reached = match self.start.consistency {
            Consistency::BackupEnd => {
                matches!(event, Some(Event::BackupEnd { start_point }) if *start_point == self.start.redo)
            }
            Consistency::Position(position) => span.end >= position,
        };
        if reached && !self.consistent {
            self.consistent = true;
            self.seen.consistent_at = Some(span.end);
        }
    }

    /// A checkpoint or the end of a recovery that does not fit the timeline replayed.
    fn switches_wrongly(&mut self, at: Lsn, event: Option<&Event>) -> Option<Panic> {
        let (found, previous, may_switch) = match event? {
            Event::Checkpoint {
                timeline,
                previous_timeline,
                shutdown,
                ..
            } => (*timeline, *previous_timeline, *shutdown),
            Event::EndOfRecovery {
                timeline,
                previous_timeline,
                ..
            } => (*timeline, *previous_timeline, true),
            _ => return None,
        };
        let expected = self.timeline;
        if found == expected {
            return None;
        }
        let allowed =
            may_switch && previous == expected && found > expected && self.path.contains(&found);
        if allowed {
            self.timeline = found;
            return None;
        }
        Some(Panic {
            at,
            found,
            expected,
        })
    }

    fn look(&mut self, span: Span, event: Option<&Event>, xact: Option<Xact>) {
        let seen = &mut self.seen;
        seen.last_record = Some(span.start);
        seen.end = Some(span.end);
        if let Some(xact) = xact {
            seen.add(xact, self.consistent);
        }
        match event {
            Some(Event::Checkpoint { redo, .. }) => {
                seen.checkpoint |= span.start == self.start.checkpoint && *redo == self.start.redo;
            }
            Some(Event::RestorePoint { name, .. })
                if seen.restore_points.len() < RESTORE_POINTS =>
            {
                seen.restore_points.push(name.clone());
            }
            _ => {}
        }
    }
}

impl Visitor for Replay<'_> {
    fn record(&mut self, span: Span) {
        self.settle();
        self.pending = Some((span, None));
    }

    fn event(&mut self, event: Located) {
        if let Some((_, pending)) = &mut self.pending {
            *pending = Some(event.event);
        }
    }
}

impl Seen {
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

/// The bytes of a record. Behind a switch the rest of the segment is skipped, not read.
fn used_bytes(span: Span, event: Option<&Event>) -> u64 {
    const SWITCH: u64 = 24;
    match event {
        Some(Event::Switch) => SWITCH,
        _ => span.end.0.saturating_sub(span.start.0),
    }
}
