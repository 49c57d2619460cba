//! A few reads out of many segments.

use std::io::Read;
use std::ops::ControlFlow;

use super::super::replay::Replay;
use super::super::seen::Xact;
use super::super::walk::{Found, Ground, StreamEnd, damaged};
use super::super::way::Way;
use super::MOST_READS;
use crate::barman::compression::{Compression, Decoder};
use crate::barman::layout::{WalFile, WalKey};
use crate::model::instant::Instant;
use crate::wal::{
    Event, Expectations, Located, Lsn, Major, SegmentEnd, SegmentHeader, SegmentName,
    SegmentNumber, StreamDecoder, SystemId, Visitor,
};

/// The first bytes of an object that are asked for when the first transaction of its segment is all that matters. Of a
/// dense segment they yield 200 KiB to 1 MiB.
const PREFIX: u64 = 128 << 10;

/// The same for bzip2, which yields nothing before the end of its first block of up to 900 kB.
const PREFIX_BZIP2: u64 = 1 << 20;

/// Reads segments, but not more often than allowed.
pub(super) struct Reads<'r> {
    pub(super) ground: Ground<'r>,
    expected: Expectations,
    left: u32,
    decoded: u64,
    buffer: Vec<u8>,
}

/// Why a search ends without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Halt {
    /// More reads would be needed.
    Exhausted,
    /// What was found does not fit together, in a sentence.
    Unclear(String),
    /// An object cannot be read.
    Unreadable {
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
}

/// How far a replay was fed.
#[derive(Debug)]
pub(super) struct Fed {
    /// The first segment that was not read to its end.
    pub(super) next: SegmentNumber,
    /// Where the stream ends, if it ends in that segment.
    pub(super) end: Option<StreamEnd>,
}

/// What the start of a segment shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peek {
    /// The first transaction that ends in it.
    Xact(Xact),
    /// No transaction ends in it.
    Idle,
    /// The stream ends in it, and no transaction ends before.
    Ends(StreamEnd),
}

impl<'r> Reads<'r> {
    pub(super) fn new(ground: Ground<'r>, system: SystemId) -> Self {
        let expected = Expectations {
            system: Some(system),
            major: None,
            timelines: Some(ground.path.timelines().collect()),
        };
        Self {
            ground,
            expected,
            left: MOST_READS,
            decoded: 0,
            buffer: Vec::new(),
        }
    }

    /// How often it may still be read.
    pub(super) fn left(&self) -> u64 {
        self.left.into()
    }

    /// How many segments were decoded whole.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded
    }

    /// The version of the segments read so far.
    pub(super) fn major(&self) -> Option<Major> {
        self.expected.major
    }

    fn spend(&mut self) -> Result<(), Halt> {
        self.left = self.left.checked_sub(1).ok_or(Halt::Exhausted)?;
        Ok(())
    }

    /// The object of a segment on the way.
    fn found(&self, way: &Way, number: SegmentNumber) -> Result<Found, Halt> {
        let part = way.part_of(number);
        let found = part.and_then(|part| {
            self.ground.object(SegmentName {
                timeline: part.timeline,
                number,
            })
        });
        found.ok_or_else(|| Halt::Unclear(format!("segment {} is not on the way", number.0)))
    }

    /// Tells a replay the records of segments in a row from `first` on, as long as `goes_on` says so of the next one:
    /// from the record at `start`, or else from the first that begins in them.
    pub(super) fn feed(
        &mut self,
        way: &Way,
        first: SegmentNumber,
        start: Option<Lsn>,
        replay: &mut Replay<'_>,
        goes_on: impl Fn(SegmentNumber, &Replay<'_>) -> bool,
    ) -> Result<Fed, Halt> {
        let mut decoder = self.decoder();
        if let Some(position) = start {
            decoder = decoder.starting_at(position);
        }
        let mut next = first;
        while next < way.missing && goes_on(next, replay) {
            let found = self.found(way, next)?;
            self.spend()?;
            let mut bytes = std::mem::take(&mut self.buffer);
            let fetched = self.ground.fetch(&found, &mut bytes);
            if fetched.is_ok() {
                self.decoded += 1;
                self.learn_version(&bytes);
            }
            replay.enter(found.name.timeline);
            let end = fetched.and_then(|()| feed_one(&mut decoder, &found, next, &bytes, replay));
            self.buffer = bytes;
            replay.settle();
            match end {
                Ok(()) => next = next.next(),
                Err(StreamEnd::Unreadable { key, why }) => {
                    return Err(Halt::Unreadable { key, why });
                }
                Err(end) => {
                    let end = Some(end);
                    return Ok(Fed { next, end });
                }
            }
        }
        Ok(Fed { next, end: None })
    }

    /// All segments must be of the version of the first one.
    fn learn_version(&mut self, segment: &[u8]) {
        if self.expected.major.is_none() {
            self.expected.major = SegmentHeader::parse(segment)
                .ok()
                .map(|header| header.major);
        }
    }

    /// The first transaction that ends in a segment, from the first bytes of its object where they suffice.
    pub(super) fn peek(&mut self, way: &Way, number: SegmentNumber) -> Result<Peek, Halt> {
        let found = self.found(way, number)?;
        self.spend()?;
        let content = self.prefix(&found)?;
        if content.len() as u64 == self.ground.catalog.segment_size.bytes() {
            return self.look(&found, number, &content);
        }
        let mut first = First::default();
        // Its end says nothing: the segment was cut off here.
        let cut = self.decoder().feed(number, &content, &mut first);
        match (first.xact, cut) {
            (Some(xact), Ok(_)) => Ok(Peek::Xact(xact)),
            (None, Ok(_)) if first.switched => Ok(Peek::Idle),
            _ => self.peek_whole(&found, number),
        }
    }

    fn peek_whole(&mut self, found: &Found, number: SegmentNumber) -> Result<Peek, Halt> {
        self.spend()?;
        let mut bytes = std::mem::take(&mut self.buffer);
        let peek = match self.ground.fetch(found, &mut bytes) {
            Ok(()) => self.look(found, number, &bytes),
            Err(StreamEnd::Unreadable { key, why }) => Err(Halt::Unreadable { key, why }),
            Err(end) => Ok(Peek::Ends(end)),
        };
        self.buffer = bytes;
        peek
    }

    /// Looks at a whole segment.
    fn look(&self, found: &Found, number: SegmentNumber, bytes: &[u8]) -> Result<Peek, Halt> {
        let mut first = First::default();
        let end = feed_one(&mut self.decoder(), found, number, bytes, &mut first);
        match (first.xact, end) {
            (_, Err(StreamEnd::Unreadable { key, why })) => Err(Halt::Unreadable { key, why }),
            (Some(xact), _) => Ok(Peek::Xact(xact)),
            (None, Ok(())) => Ok(Peek::Idle),
            (None, Err(end)) => Ok(Peek::Ends(end)),
        }
    }

    fn decoder(&self) -> StreamDecoder {
        StreamDecoder::expecting(self.ground.catalog.segment_size, self.expected.clone())
    }

    /// What the first bytes of an object yield. The end of the cut object is no error.
    fn prefix(&self, found: &Found) -> Result<Vec<u8>, Halt> {
        let length = match found.compression() {
            Compression::Bzip2 => PREFIX_BZIP2,
            _ => PREFIX,
        };
        let source = self.ground.store.read_range(&found.key, 0, length);
        let source = source.map_err(|error| Halt::Unreadable {
            key: found.key.clone(),
            why: error.to_string(),
        })?;
        let size = self.ground.catalog.segment_size.bytes();
        let mut content = Vec::new();
        let mut decoder = Decoder::new(source, found.compression(), size);
        // Whatever is missing or damaged shows when the whole object is read, which follows where this is not enough.
        if decoder.read_to_end(&mut content).is_err() || content.len() as u64 != size {
            // Never taken for a whole segment.
            content.truncate(content.len().min(size as usize - 1));
        }
        Ok(content)
    }

    /// The first of some segments that was uploaded after `time`. The catalog tells it of several segments at once only;
    /// another listing tells it of each.
    pub(super) fn first_after(
        &self,
        way: &Way,
        time: Instant,
    ) -> Option<(SegmentNumber, SegmentNumber)> {
        let (first, last) = way.first_after(self.ground, time)?;
        if first == last {
            return Some((first, last));
        }
        let catalog = self.ground.catalog;
        let part = way.part_of(first)?;
        let prefix = catalog.path.wals();
        let name = |number| SegmentName {
            timeline: part.timeline,
            number,
        };
        let before = SegmentNumber(first.0.saturating_sub(1));
        let after = catalog
            .path
            .segment(name(before), catalog.segment_size, Compression::None);
        let mut exact = None;
        let mut seen = first;
        let listed = self
            .ground
            .store
            .list(&prefix, Some(&after), &mut |object| {
                let key = object.key.strip_prefix(&prefix).and_then(WalKey::parse);
                let Some(WalFile::Segment(digits)) = key.map(|key| key.file) else {
                    return ControlFlow::Continue(());
                };
                let Ok(name) = digits.name(catalog.segment_size) else {
                    return ControlFlow::Continue(());
                };
                if name.timeline != part.timeline || name.number > last {
                    return ControlFlow::Break(());
                }
                if name.number == seen {
                    if object.last_modified > time {
                        exact = Some(seen);
                        return ControlFlow::Break(());
                    }
                    seen = seen.next();
                }
                ControlFlow::Continue(())
            });
        match (listed, exact) {
            (Ok(()), Some(exact)) => Some((exact, exact)),
            _ => Some((first, last)),
        }
    }

    /// Where the stream ends, if it ends with the first page of a segment: one of another system, version or timeline.
    pub(super) fn check_head(
        &mut self,
        way: &Way,
        number: SegmentNumber,
    ) -> Result<Option<StreamEnd>, Halt> {
        match self.peek(way, number)? {
            Peek::Xact(_) | Peek::Idle => Ok(None),
            Peek::Ends(end) => Ok(Some(end)),
        }
    }
}

fn feed_one<V: Visitor>(
    decoder: &mut StreamDecoder,
    found: &Found,
    number: SegmentNumber,
    bytes: &[u8],
    visitor: &mut V,
) -> Result<(), StreamEnd> {
    let key = || found.key.clone();
    match decoder.feed(number, bytes, visitor) {
        Ok(SegmentEnd::Complete { .. } | SegmentEnd::Switched { .. }) => Ok(()),
        Ok(SegmentEnd::Unwritten { at }) => Err(StreamEnd::Unwritten { key: key(), at }),
        Ok(SegmentEnd::Damaged { at, why }) => Err(damaged(key(), at, why)),
        // Segments are fed in order, from memory: neither can happen, and if it does nothing is known.
        Err(error) => Err(StreamEnd::Unreadable {
            key: key(),
            why: error.to_string(),
        }),
    }
}

/// The first transaction told.
#[derive(Default)]
struct First {
    xact: Option<Xact>,
    /// Whether the rest of the segment is unused.
    switched: bool,
}

impl Visitor for First {
    fn event(&mut self, Located { start, event, .. }: Located) {
        if self.xact.is_none() {
            self.xact = Xact::of(start, &event);
        }
        self.switched |= event == Event::Switch;
    }
}
