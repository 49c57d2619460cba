//! Where in a long stretch the first transaction beyond a time is.

use super::super::seen::Xact;
use super::super::way::Way;
use super::reads::{Halt, Peek, Reads};
use crate::wal::{SegmentNumber, Timestamp};

/// A target time, as transaction ends are compared with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Until {
    /// The time.
    pub(super) time: Timestamp,
    /// Whether transactions that ended exactly then are kept.
    pub(super) inclusive: bool,
}

impl Until {
    /// Whether replay stops before this transaction end.
    pub(super) fn is_before(self, xact: &Xact) -> bool {
        if self.inclusive {
            xact.time > self.time
        } else {
            xact.time >= self.time
        }
    }
}

/// Segments between which replay stops, as far as the first transactions of some segments tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Between {
    /// A segment in which a transaction ended that is kept; or the last one before those searched.
    pub(super) low: SegmentNumber,
    /// The segment of a transaction that is beyond; `None` when none was found.
    pub(super) high: Option<SegmentNumber>,
}

/// So many segments without a transaction are passed one by one, then the steps double.
const SINGLE_STEPS: u32 = 3;

/// How often a guess is widened before all is halved.
const WIDENINGS: u32 = 4;

/// Halves the segments from `first` on until the place is found. `guess` is where the upload times point to.
///
/// Times that step back can make it end at a later place than the first one; never at a transaction that is not
/// beyond. A segment in which the stream ends is cut off, with all behind it.
pub(super) fn locate(
    reads: &mut Reads<'_>,
    way: &mut Way,
    first: SegmentNumber,
    until: Until,
    guess: (SegmentNumber, SegmentNumber),
) -> Result<(Between, Option<Peek>), Halt> {
    let mut halving = Halving {
        low: SegmentNumber(first.0.saturating_sub(1)),
        bound: way.missing,
        high: None,
        ends: None,
        until,
    };
    let (begin, end) = guess;
    halving.around(reads, way, begin, end)?;
    while halving.bound.0.saturating_sub(halving.low.0) > 1 {
        let middle = halving.low.0 + (halving.bound.0 - halving.low.0) / 2;
        halving.probe(reads, way, SegmentNumber(middle))?;
    }
    let between = Between {
        low: halving.low,
        high: halving.high,
    };
    Ok((between, halving.ends))
}

struct Halving {
    low: SegmentNumber,
    /// Replay stops before this segment, or in `high`, the first one from it on in which a transaction ended.
    bound: SegmentNumber,
    high: Option<SegmentNumber>,
    ends: Option<Peek>,
    until: Until,
}

impl Halving {
    /// Narrows down from a guess.
    fn around(
        &mut self,
        reads: &mut Reads<'_>,
        way: &mut Way,
        begin: SegmentNumber,
        end: SegmentNumber,
    ) -> Result<(), Halt> {
        let mut step = 1;
        let mut number = begin.0;
        for _ in 0..WIDENINGS {
            if number <= self.low.0 || number >= self.bound.0 {
                break;
            }
            self.probe(reads, way, SegmentNumber(number))?;
            if self.bound.0 > number {
                break;
            }
            number = number.saturating_sub(step);
            step *= 8;
        }
        let mut step = 1;
        let mut number = end.0.saturating_add(1);
        for _ in 0..WIDENINGS {
            if number <= self.low.0 || number >= self.bound.0 {
                break;
            }
            self.probe(reads, way, SegmentNumber(number))?;
            if self.low.0 < number {
                break;
            }
            number = number.saturating_add(step);
            step *= 8;
        }
        Ok(())
    }

    /// Looks at the first transaction that ends from a segment on, and takes one of the two sides.
    fn probe(
        &mut self,
        reads: &mut Reads<'_>,
        way: &mut Way,
        number: SegmentNumber,
    ) -> Result<(), Halt> {
        let mut at = number;
        let mut steps = 0;
        while at < self.bound {
            match reads.peek(way, at)? {
                Peek::Xact(xact) if self.until.is_before(&xact) => {
                    self.bound = number;
                    self.high = Some(at);
                    return Ok(());
                }
                Peek::Xact(_) => {
                    self.low = at;
                    return Ok(());
                }
                Peek::Idle => {
                    steps += 1;
                    let step = 1_u64 << steps_beyond(steps);
                    at = SegmentNumber(at.0.saturating_add(step));
                }
                ends @ Peek::Ends(_) => {
                    way.end_before(at);
                    self.ends = Some(ends);
                    self.high = None;
                    self.bound = at;
                }
            }
        }
        // No transaction from here to the bound.
        self.bound = self.bound.min(number);
        Ok(())
    }
}

fn steps_beyond(steps: u32) -> u32 {
    steps.saturating_sub(SINGLE_STEPS).min(32)
}
