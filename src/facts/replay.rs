//! Where PostgreSQL stops replaying.
//!
//! Source: `recoveryStopsBefore`, `recoveryStopsAfter`, `CheckRecoveryConsistency` and `checkTimeLineSwitch`,
//! PostgreSQL `src/backend/access/transam/xlogrecovery.c`.

use super::mark::{Mark, Panic};
use super::prepared::{Lost, Prepared};
use super::reach::{Reach, Reached};
use super::seen::{Seen, Xact};
use super::target::{Goal, Target};
use super::walk::stops_reading_ahead;
use crate::wal::{Event, Located, Lsn, Span, TimelineId, Visitor};

/// Replays a stream of records for one target. After the stop it only looks on, to tell what the stream holds beyond.
#[derive(Debug, Clone)]
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
    prepared: Prepared,
    lost: Option<Lost>,
    seen: Seen,
    reach: Reach,
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

/// The place where replay ends on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    /// The first position that is not replayed.
    pub(super) at: Lsn,
    /// Whether that position and `kept` are exact; otherwise replay stops there at the latest.
    pub(super) exact: bool,
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
    /// Whether a server may not have read them all ahead, however few they are.
    pub(super) is_ahead_open: bool,
}

/// How a replay ended.
#[derive(Debug)]
pub(super) struct Replayed {
    /// Where it stopped on purpose.
    pub(super) stop: Option<Stop>,
    /// Why it broke off.
    pub(super) panic: Option<Panic>,
    /// The prepared transaction that is not found when it is looked for.
    pub(super) lost: Option<Lost>,
    /// Whether the data was whole at the end of what was replayed.
    pub(super) consistent: bool,
    /// The last transaction replayed that took effect.
    pub(super) kept: Option<Xact>,
    /// What else the stream told.
    pub(super) seen: Seen,
    /// The transactions that a time target can rely on.
    pub(super) reached: Reached,
}

impl<'t> Replay<'t> {
    /// A replay that is told the records from [`Start::redo`] on. `path` lists the timelines of the target.
    pub(super) fn new(target: &'t Target, start: Start, path: Vec<TimelineId>) -> Self {
        let consistent = start.is_whole();
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
            prepared: Prepared::default(),
            lost: None,
            seen,
            reach: Reach::default(),
        }
    }

    /// The records to come end in a file of this timeline.
    pub(super) fn enter(&mut self, file: TimelineId) {
        self.prepared.enter(file);
    }

    /// Goes on with records further on, on `timeline`. What was kept and where it would have stopped is told anew.
    pub(super) fn resume(&mut self, timeline: TimelineId) {
        self.settle();
        self.timeline = timeline;
        self.kept = None;
    }

    /// Forgets which transactions ended, so that those to come are told by themselves.
    pub(super) fn forget_ends(&mut self) {
        self.seen.newest = None;
        self.seen.last_commit = None;
        self.reach.forget();
    }

    /// The transaction that ended last by its time, of those told.
    pub(super) fn newest(&self) -> Option<Xact> {
        self.seen.newest
    }

    /// Whether the data is whole.
    pub(super) fn is_consistent(&self) -> bool {
        self.consistent
    }

    /// Where it stopped, up to the last record told before [`Replay::settle`].
    pub(super) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Whether no record to come can change the outcome for the worse.
    pub(super) fn broke_off(&self) -> bool {
        self.panic.is_some() || self.lost.is_some_and(|lost| lost.during.is_some())
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
        if self.stop.is_none() && !self.broke_off() {
            self.lost = self.prepared.lost(self.timeline, None);
        }
        Replayed {
            lost: self.lost,
            stop: self.stop,
            panic: self.panic,
            consistent: self.consistent,
            kept: self.kept,
            seen: self.seen,
            reached: self.reach.reached(),
        }
    }

    fn step(&mut self, span: Span, event: Option<&Event>) {
        if self.broke_off() {
            return;
        }
        let xact = event.and_then(|event| Xact::of(span.start, event));
        if self.start.is_read_but_not_replayed(span.start) {
            self.seen
                .look(span, event, xact, &self.start, self.consistent);
            self.become_consistent(span, event);
            return;
        }
        if self.stop.is_none() && self.stops_before(span.start, xact) {
            self.stop_at(span.start, xact);
        }
        let bytes = used_bytes(span, event);
        let replayed = self.timeline;
        if let Some(panic) = self.switches_wrongly(span.start, event) {
            self.reach.close();
            if self.stop.is_none() {
                self.panic = Some(panic);
                return;
            }
        }
        if let Some(event) = event {
            self.look_for_prepared(span.start, event, replayed);
            if self.broke_off() {
                return;
            }
        }
        self.reach.pass(bytes, xact);
        self.seen
            .look(span, event, xact, &self.start, self.consistent);
        self.become_consistent(span, event);
        if let Some(stop) = &mut self.stop {
            stop.records_behind += 1;
            stop.bytes_behind += bytes;
            stop.is_ahead_open |= event.is_some_and(stops_reading_ahead);
            return;
        }
        if let Some(xact) = xact.filter(|xact| xact.committed) {
            self.kept = Some(xact);
        }
        if self.stops_after(span.start, event, xact) {
            self.stop_at(span.end, xact);
        }
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
            exact: true,
            consistent: self.consistent,
            kept: self.kept,
            decided_by,
            records_behind: 0,
            bytes_behind: 0,
            is_ahead_open: false,
        });
        self.lost = self.prepared.lost(self.timeline, None);
    }

    /// What a record does to prepared transactions, and whether one is missed there. `replayed` is the timeline before.
    fn look_for_prepared(&mut self, at: Lsn, event: &Event, replayed: TimelineId) {
        let shutdown = matches!(event, Event::Checkpoint { shutdown: true, .. });
        let looks = shutdown || matches!(event, Event::XactEnd { .. });
        if let Some(lost) = self.prepared.lost(replayed, Some(at)).filter(|_| looks) {
            // A target time may end the recovery here.
            self.reach.close();
            if shutdown && self.stop.is_none() {
                self.lost = Some(lost);
                return;
            }
        }
        self.prepared.look(at, event, self.timeline);
    }

    fn become_consistent(&mut self, span: Span, event: Option<&Event>) {
        if !self.consistent && self.start.becomes_whole(span, event) {
            self.consistent = true;
            self.seen.consistent_at = Some(span.end);
        }
    }

    /// A checkpoint or the end of a recovery that does not fit the timeline replayed.
    fn switches_wrongly(&mut self, at: Lsn, event: Option<&Event>) -> Option<Panic> {
        let mark = Mark::of(at, event?)?;
        mark.follow(&mut self.timeline, &self.path)
    }
}

impl Start {
    /// Whether the data is whole behind a record.
    pub(super) fn becomes_whole(&self, span: Span, event: Option<&Event>) -> bool {
        match self.consistency {
            Consistency::BackupEnd => {
                matches!(event, Some(Event::BackupEnd { start_point }) if *start_point == self.redo)
            }
            Consistency::Position(position) => span.end >= position,
        }
    }

    /// Whether the data is whole before any record is replayed.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.consistency, Consistency::Position(at) if at <= self.redo)
    }

    /// The server reads the checkpoint by itself. Where redo begins with it, replay begins with the next record.
    pub(super) fn is_read_but_not_replayed(&self, record: Lsn) -> bool {
        self.redo == self.checkpoint && record == self.checkpoint
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

/// The bytes of a record. Behind a switch the rest of the segment is skipped, not read.
pub(super) fn used_bytes(span: Span, event: Option<&Event>) -> u64 {
    const SWITCH: u64 = 24;
    match event {
        Some(Event::Switch) => SWITCH,
        _ => span.end.0.saturating_sub(span.start.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::instant::Instant;
    use crate::wal::{Timestamp, XactEndKind, Xid};

    const REDO: Lsn = Lsn(0x100);
    const CHECKPOINT: Lsn = Lsn(0x120);

    /// Records of 16 bytes, one after the other.
    struct Tape<'t> {
        replay: Replay<'t>,
        at: u64,
    }

    impl Tape<'_> {
        fn put(&mut self, event: Option<Event>) -> Lsn {
            let start = Lsn(self.at);
            self.at += 16;
            let end = Lsn(self.at);
            self.replay.record(Span { start, end });
            if let Some(event) = event {
                self.replay.event(Located { start, end, event });
            }
            start
        }

        fn commit(&mut self, xid: u32, time: i64) -> Lsn {
            self.put(Some(end(XactEndKind::Commit, xid, time)))
        }

        fn backup_end(&mut self) -> Lsn {
            let start_point = REDO;
            self.put(Some(Event::BackupEnd { start_point }))
        }
    }

    fn end(kind: XactEndKind, xid: u32, time: i64) -> Event {
        Event::XactEnd {
            kind,
            xid: Xid(xid),
            time: Timestamp::from_unix_micros(time),
        }
    }

    fn target(goal: Goal, inclusive: bool) -> Target {
        Target { goal, inclusive }
    }

    fn time(micros: i64) -> Goal {
        let instant = Instant::from_micros(micros);
        Goal::Time {
            choice: instant,
            replay: instant,
        }
    }

    fn tape(target: &Target, consistency: Consistency) -> Tape<'_> {
        let start = Start {
            redo: REDO,
            checkpoint: CHECKPOINT,
            timeline: TimelineId(1),
            consistency,
        };
        Tape {
            replay: Replay::new(target, start, vec![TimelineId(2), TimelineId(1)]),
            at: REDO.0,
        }
    }

    /// A backup during which transaction 10 ended at 1000, then 11 at 2000 and 12 at 3000.
    fn replayed(goal: Goal, inclusive: bool) -> Replayed {
        let target = target(goal, inclusive);
        let mut tape = tape(&target, Consistency::BackupEnd);
        tape.put(None);
        tape.commit(10, 1000);
        tape.backup_end();
        tape.put(Some(Event::Switch));
        tape.commit(11, 2000);
        tape.put(Some(Event::RestorePoint {
            name: "here".to_owned(),
            time: Timestamp::from_unix_micros(9000),
        }));
        tape.commit(12, 3000);
        tape.replay.finish()
    }

    /// Whether the stop is a good one, and the transaction kept there.
    fn stop(goal: Goal, inclusive: bool) -> Option<(bool, Option<u32>)> {
        let stop = replayed(goal, inclusive).stop?;
        Some((stop.consistent, stop.kept.map(|xact| xact.xid.0)))
    }

    #[test]
    fn an_inclusive_time_needs_a_transaction_that_ended_later() {
        assert_eq!(stop(time(3000), true), None);
        assert_eq!(stop(time(2999), true), Some((true, Some(11))));
        assert_eq!(stop(time(2000), true), Some((true, Some(11))));
        assert_eq!(stop(time(1000), true), Some((true, Some(10))));
        assert_eq!(stop(time(999), true), Some((false, None)));
    }

    #[test]
    fn an_exclusive_time_needs_one_that_ended_then_or_later() {
        assert_eq!(stop(time(3001), false), None);
        assert_eq!(stop(time(3000), false), Some((true, Some(11))));
        assert_eq!(stop(time(1001), false), Some((true, Some(10))));
        assert_eq!(stop(time(1000), false), Some((false, None)));
    }

    #[test]
    fn a_position_is_met_by_the_first_record_that_begins_there_or_later() {
        let lsn = |at, inclusive| stop(Goal::Lsn(Lsn(at)), inclusive);
        // The records begin at 100, 110, 120 (the end of the backup), 130 (a switch), 140, 150, 160.
        assert_eq!(lsn(0x160, true), Some((true, Some(12))));
        assert_eq!(lsn(0x160, false), Some((true, Some(11))));
        assert_eq!(lsn(0x151, true), Some((true, Some(12))));
        assert_eq!(lsn(0x161, true), None);
        assert_eq!(lsn(0x120, true), Some((true, Some(10))));
        assert_eq!(lsn(0x120, false), Some((false, Some(10))));
        assert_eq!(lsn(0x110, true), Some((false, Some(10))));
    }

    #[test]
    fn transactions_and_restore_points_are_met_by_equality() {
        assert_eq!(stop(Goal::Xid(Xid(11)), true), Some((true, Some(11))));
        assert_eq!(stop(Goal::Xid(Xid(11)), false), Some((true, Some(10))));
        assert_eq!(stop(Goal::Xid(Xid(10)), true), Some((false, Some(10))));
        assert_eq!(stop(Goal::Xid(Xid(9)), true), None);
        for inclusive in [true, false] {
            let name = |name: &str| stop(Goal::Name(name.to_owned()), inclusive);
            assert_eq!(name("here"), Some((true, Some(11))));
            assert_eq!(name("there"), None);
        }
    }

    #[test]
    fn immediate_stops_as_soon_as_the_data_is_whole_and_no_target_never() {
        assert_eq!(stop(Goal::Immediate, true), Some((true, Some(10))));
        let all = replayed(Goal::Latest, true);
        assert_eq!((all.stop, all.consistent), (None, true));
        assert_eq!(all.kept.map(|xact| xact.xid), Some(Xid(12)));
    }

    #[test]
    fn records_behind_the_stop_are_seen_but_not_kept() {
        let replayed = replayed(time(1500), true);
        let stop = replayed.stop.unwrap();
        assert_eq!((stop.records_behind, stop.bytes_behind), (3, 48));
        assert!(!stop.is_ahead_open);
        assert_eq!(replayed.kept.map(|xact| xact.xid), Some(Xid(10)));
        let seen = replayed.seen;
        assert_eq!(seen.last_commit.map(|xact| xact.xid), Some(Xid(12)));
        assert_eq!(seen.last_record, Some(Lsn(0x160)));
        assert_eq!(seen.consistent_at, Some(Lsn(0x130)));
        assert_eq!(
            seen.newest_before_consistency,
            Some(Timestamp::from_unix_micros(1000))
        );
    }

    #[test]
    fn the_newest_transaction_is_not_always_the_last_one() {
        let target = target(time(4500), true);
        let mut tape = tape(&target, Consistency::BackupEnd);
        tape.backup_end();
        tape.commit(20, 5000);
        tape.put(Some(end(XactEndKind::Abort, 21, 4000)));
        let replayed = tape.replay.finish();
        assert_eq!(replayed.stop.unwrap().kept, None);
        assert_eq!(replayed.seen.newest.map(|xact| xact.xid), Some(Xid(20)));
    }

    #[test]
    fn aborts_stop_a_replay_and_are_not_kept() {
        let goal = time(1500);
        let target = target(goal, true);
        let mut tape = tape(&target, Consistency::BackupEnd);
        tape.backup_end();
        tape.commit(20, 1000);
        let abort = tape.put(Some(end(XactEndKind::AbortPrepared, 21, 2000)));
        let stop = tape.replay.finish().stop.unwrap();
        assert_eq!((stop.at, stop.consistent), (abort, true));
        assert_eq!(stop.kept.map(|xact| xact.xid), Some(Xid(20)));
    }

    #[test]
    fn the_end_of_another_backup_makes_nothing_whole() {
        let target = target(Goal::Immediate, true);
        let mut tape = tape(&target, Consistency::BackupEnd);
        let start_point = Lsn(0x80);
        tape.put(Some(Event::BackupEnd { start_point }));
        tape.commit(20, 1000);
        let replayed = tape.replay.finish();
        assert_eq!((replayed.stop, replayed.consistent), (None, false));
    }

    #[test]
    fn a_backup_of_a_standby_is_whole_when_its_end_is_passed() {
        let target = target(Goal::Immediate, true);
        let mut tape = tape(&target, Consistency::Position(Lsn(0x120)));
        tape.put(None);
        tape.put(None);
        tape.put(None);
        let stop = tape.replay.finish().stop.unwrap();
        assert_eq!((stop.at, stop.consistent), (Lsn(0x120), true));
    }

    #[test]
    fn the_checkpoint_is_not_replayed_where_redo_begins_with_it() {
        let target = target(Goal::Lsn(REDO), true);
        let mut tape = tape(&target, Consistency::Position(Lsn(0x110)));
        tape.replay.start.checkpoint = REDO;
        tape.put(None);
        tape.put(None);
        let stop = tape.replay.finish().stop.unwrap();
        assert_eq!((stop.at, stop.consistent), (Lsn(0x120), true));
    }

    #[test]
    fn a_switch_to_a_timeline_is_followed_only_where_the_history_says_so() {
        let switch = |timeline, previous| Event::EndOfRecovery {
            time: Timestamp::from_unix_micros(0),
            timeline: TimelineId(timeline),
            previous_timeline: TimelineId(previous),
        };
        for (event, follows) in [
            (switch(2, 1), true),
            (switch(3, 1), false),
            (switch(3, 2), false),
        ] {
            let target = target(time(500), true);
            let mut tape = tape(&target, Consistency::BackupEnd);
            tape.backup_end();
            tape.put(Some(event));
            tape.commit(20, 1000);
            let replayed = tape.replay.finish();
            assert_eq!(replayed.stop.is_some(), follows);
            assert_eq!(replayed.panic.is_none(), follows);
        }
    }
}
