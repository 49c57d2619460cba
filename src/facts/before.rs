//! The last transaction before a base backup began: what a recovery keeps when it replays none.

use super::walk::Ground;
use crate::wal::{Expectations, Located, Lsn, SegmentNumber, StreamDecoder, SystemId, Visitor};

use super::seen::Xact;

/// How many segments before the backup are looked through.
const MOST_SEGMENTS: u64 = 16;

/// The last transaction that took effect before `redo`. `None` where it is not in the segments just before.
///
/// Only a help for people: the data of the backup holds it, whatever became of its WAL.
pub(super) fn last_commit(ground: Ground<'_>, redo: Lsn, system: SystemId) -> Option<Xact> {
    let size = ground.catalog.segment_size;
    let last = SegmentNumber::holding(redo, size);
    let mut back = 0;
    loop {
        let first = SegmentNumber(last.0.checked_sub(back)?);
        let found = read(ground, first, last, redo, system)?;
        if found.is_some() || back == MOST_SEGMENTS {
            return found;
        }
        back = (back * 2).max(1);
    }
}

/// The last commit in some segments; `None` outside when one of them cannot be read to its end. A record that begins
/// before the first one is skipped, and does not matter when a later one is found.
fn read(
    ground: Ground<'_>,
    first: SegmentNumber,
    last: SegmentNumber,
    redo: Lsn,
    system: SystemId,
) -> Option<Option<Xact>> {
    let expected = Expectations {
        system: Some(system),
        ..Expectations::default()
    };
    let mut decoder = StreamDecoder::expecting(ground.catalog.segment_size, expected);
    let mut commits = Commits { redo, last: None };
    let mut bytes = Vec::new();
    let mut current = None;
    let mut number = first;
    while number <= last {
        let found = ground.find(number, current)?;
        current = Some(found.name.timeline);
        ground.fetch(&found, &mut bytes).ok()?;
        decoder.feed(number, &bytes, &mut commits).ok()?;
        number = number.next();
    }
    Some(commits.last)
}

/// Remembers the last commit before a position.
struct Commits {
    redo: Lsn,
    last: Option<Xact>,
}

impl Visitor for Commits {
    fn event(&mut self, Located { start, event, .. }: Located) {
        if start < self.redo
            && let Some(xact) = Xact::of(start, &event).filter(|xact| xact.committed)
        {
            self.last = Some(xact);
        }
    }
}
