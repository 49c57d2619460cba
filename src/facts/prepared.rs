//! Prepared transactions that a server does not find again when a recovery ends.
//!
//! Whoever is still prepared then is read once more, from the segments that were restored. A segment with the switch to a
//! newer timeline is restored under the name of that timeline. When replay has not come to the switch, the server looks
//! for the name of the timeline it is on, and gives up: `requested WAL segment … has already been removed`. It does the
//! same at every checkpoint of a shutdown.
//!
//! Source: `PrescanPreparedTransactions` and `XlogReadTwoPhaseData` in `twophase.c`, `XLogReadDetermineTimeline` in
//! `xlogutils.c`, PostgreSQL 10 and later, `src/backend/access/transam`.

use std::collections::BTreeMap;

use crate::wal::{Event, Lsn, TimelineId, XactEndKind, Xid};

/// Transactions prepared in files of a newer timeline than the one replayed.
#[derive(Debug, Clone, Default)]
pub(super) struct Prepared {
    /// The timeline whose file is read.
    file: Option<TimelineId>,
    open: BTreeMap<Xid, Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    at: Lsn,
    file: TimelineId,
    /// Whether a checkpoint may have put it into a file of its own.
    maybe_saved: bool,
}

/// A prepared transaction that is not found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    /// The transaction.
    pub(super) xid: Xid,
    /// The record that prepared it.
    pub(super) at: Lsn,
    /// The timeline whose file holds that record.
    pub(super) file: TimelineId,
    /// The timeline replayed.
    pub(super) replayed: TimelineId,
    /// Whether it was surely not saved otherwise.
    pub(super) surely: bool,
    /// The checkpoint at which the server gives up; `None` when it does at the end.
    pub(super) during: Option<Lsn>,
}

impl Prepared {
    /// The records to come end in a file of this timeline.
    pub(super) fn enter(&mut self, file: TimelineId) {
        self.file = Some(file);
    }

    /// Takes a record that was replayed on a timeline.
    pub(super) fn look(&mut self, at: Lsn, event: &Event, replayed: TimelineId) {
        match event {
            Event::Prepare { xid } => {
                self.open.retain(|_, open| open.file > replayed);
                if let Some(file) = self.file.filter(|file| *file > replayed) {
                    let maybe_saved = false;
                    let open = Open {
                        at,
                        file,
                        maybe_saved,
                    };
                    self.open.insert(*xid, open);
                }
            }
            Event::XactEnd {
                kind: XactEndKind::CommitPrepared | XactEndKind::AbortPrepared,
                xid,
                ..
            } => {
                self.open.remove(xid);
            }
            Event::Checkpoint { .. } => {
                for open in self.open.values_mut() {
                    open.maybe_saved = true;
                }
            }
            _ => {}
        }
    }

    /// One that is not found when the server looks while it is on a timeline.
    pub(super) fn lost(&self, replayed: TimelineId, during: Option<Lsn>) -> Option<Lost> {
        let mut missed = self.open.iter().filter(|(_, open)| open.file > replayed);
        let (xid, open) = missed.next()?;
        Some(Lost {
            xid: *xid,
            at: open.at,
            file: open.file,
            replayed,
            surely: !open.maybe_saved || missed.any(|(_, open)| !open.maybe_saved),
            during,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::Timestamp;

    const OLD: TimelineId = TimelineId(1);
    const NEW: TimelineId = TimelineId(2);

    fn prepared(file: TimelineId) -> Prepared {
        let mut prepared = Prepared::default();
        prepared.enter(file);
        prepared.look(Lsn(8), &Event::Prepare { xid: Xid(7) }, OLD);
        prepared
    }

    fn checkpoint() -> Event {
        Event::Checkpoint {
            redo: Lsn(16),
            timeline: OLD,
            previous_timeline: OLD,
            time: Timestamp::from_unix_micros(0),
            shutdown: false,
        }
    }

    #[test]
    fn one_in_a_file_of_a_newer_timeline_is_lost_before_the_switch_only() {
        let lost = prepared(NEW).lost(OLD, None).unwrap();
        assert_eq!((lost.xid, lost.at, lost.file), (Xid(7), Lsn(8), NEW));
        assert!(lost.surely);
        assert_eq!(prepared(NEW).lost(NEW, None), None);
        assert_eq!(prepared(OLD).lost(OLD, None), None);
    }

    #[test]
    fn one_that_ended_is_not_looked_for() {
        for kind in [XactEndKind::CommitPrepared, XactEndKind::AbortPrepared] {
            let mut prepared = prepared(NEW);
            let (xid, time) = (Xid(7), Timestamp::from_unix_micros(0));
            prepared.look(Lsn(16), &Event::XactEnd { kind, xid, time }, OLD);
            assert_eq!(prepared.lost(OLD, None), None);
        }
    }

    #[test]
    fn a_checkpoint_may_have_saved_it() {
        let mut prepared = prepared(NEW);
        prepared.look(Lsn(16), &checkpoint(), OLD);
        assert!(!prepared.lost(OLD, None).unwrap().surely);
        prepared.look(Lsn(24), &Event::Prepare { xid: Xid(9) }, OLD);
        assert!(prepared.lost(OLD, None).unwrap().surely);
    }
}
