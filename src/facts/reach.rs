//! Up to which time a recovery can end: every target before the newest transaction that is surely replayed.

use std::collections::VecDeque;

use super::seen::Xact;
use super::walk::READ_AHEAD_BYTES;

/// Transactions that a time target can rely on, as records go by.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    /// Bytes of records so far.
    bytes: u64,
    /// Transactions newer than all before them, each with the bytes before its record: the last of those that are far
    /// enough from the end, and all behind it.
    newest: VecDeque<(u64, Xact)>,
    /// Whether the server gives up before the next record.
    closed: bool,
}

/// The newest transactions that are replayed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reached {
    /// Of all.
    pub(super) newest: Option<Xact>,
    /// Of those so far from the end that a server which reads ahead has not met the end when it replays them.
    pub(super) far: Option<Xact>,
}

impl Reach {
    /// Takes the next record, of so many bytes.
    pub(super) fn pass(&mut self, bytes: u64, xact: Option<Xact>) {
        if let Some(xact) = xact.filter(|_| !self.closed) {
            let newer = |(_, newest): &(u64, Xact)| newest.time < xact.time;
            if self.newest.back().is_none_or(newer) {
                self.newest.push_back((self.bytes, xact));
            }
        }
        self.bytes = self.bytes.saturating_add(bytes);
        while self.newest.get(1).is_some_and(|next| self.is_far(next)) {
            self.newest.pop_front();
        }
    }

    /// No transaction behind counts: the server gives up before it.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Forgets the transactions so far.
    pub(super) fn forget(&mut self) {
        self.newest.clear();
    }

    /// What was reached.
    pub(super) fn reached(&self) -> Reached {
        let far = self.newest.front().filter(|first| self.is_far(first));
        Reached {
            newest: self.newest.back().map(|(_, xact)| *xact),
            far: far.map(|(_, xact)| *xact),
        }
    }

    fn is_far(&self, (before, _): &(u64, Xact)) -> bool {
        self.bytes.saturating_sub(*before) > READ_AHEAD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::{Lsn, Timestamp, Xid};

    fn xact(number: u32, time: i64) -> Option<Xact> {
        Some(Xact {
            time: Timestamp::from_unix_micros(time),
            lsn: Lsn(number.into()),
            xid: Xid(number),
            committed: true,
        })
    }

    fn numbers(reach: &Reach) -> (Option<u32>, Option<u32>) {
        let number = |xact: Option<Xact>| xact.map(|xact| xact.xid.0);
        let reached = reach.reached();
        (number(reached.newest), number(reached.far))
    }

    #[test]
    fn transactions_within_the_distance_of_reading_ahead_are_not_far() {
        let mut reach = Reach::default();
        reach.pass(100, xact(1, 10));
        assert_eq!(numbers(&reach), (Some(1), None));
        reach.pass(READ_AHEAD_BYTES - 100, None);
        reach.pass(0, xact(2, 20));
        assert_eq!(numbers(&reach), (Some(2), None));
        reach.pass(1, None);
        assert_eq!(numbers(&reach), (Some(2), Some(1)));
        reach.pass(READ_AHEAD_BYTES, xact(3, 30));
        assert_eq!(numbers(&reach), (Some(3), Some(2)));
    }

    #[test]
    fn a_clock_that_steps_back_does_not_shorten_the_reach() {
        let mut reach = Reach::default();
        reach.pass(10, xact(1, 100));
        reach.pass(READ_AHEAD_BYTES, xact(2, 50));
        reach.pass(READ_AHEAD_BYTES, None);
        assert_eq!(numbers(&reach), (Some(1), Some(1)));
    }

    #[test]
    fn nothing_counts_behind_the_place_where_the_server_gives_up() {
        let mut reach = Reach::default();
        reach.pass(10, xact(1, 100));
        reach.close();
        reach.pass(10, xact(2, 200));
        assert_eq!(numbers(&reach), (Some(1), None));
        reach.forget();
        assert_eq!(numbers(&reach), (None, None));
    }
}
