//! What records say of the timeline that is written to, and when the server gives up over it.
//!
//! Source: `checkTimeLineSwitch`, PostgreSQL `src/backend/access/transam/xlogrecovery.c`.

use crate::wal::{Event, Lsn, TimelineId};

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

/// What a record says of the timeline that is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The record.
    pub(super) at: Lsn,
    /// The timeline.
    pub(super) timeline: TimelineId,
    /// The timeline before.
    pub(super) previous: TimelineId,
    /// Whether such a record may begin a timeline.
    pub(super) may_switch: bool,
}

impl Mark {
    /// Checkpoints and ends of recoveries make such marks.
    pub(super) fn of(at: Lsn, event: &Event) -> Option<Self> {
        let (timeline, previous, may_switch) = match event {
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
        Some(Self {
            at,
            timeline,
            previous,
            may_switch,
        })
    }

    /// Takes over the timeline of the mark while `replayed` is replayed, or tells why the server gives up. `path` lists
    /// the timelines of the target.
    pub(super) fn follow(&self, replayed: &mut TimelineId, path: &[TimelineId]) -> Option<Panic> {
        let expected = *replayed;
        if self.timeline == expected {
            return None;
        }
        let allowed = self.may_switch
            && self.previous == expected
            && self.timeline > expected
            && path.contains(&self.timeline);
        if allowed {
            *replayed = self.timeline;
            return None;
        }
        Some(Panic {
            at: self.at,
            found: self.timeline,
            expected,
        })
    }
}
