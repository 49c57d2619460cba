//! Summing up records while they are decoded.

use std::collections::VecDeque;

use super::index::{Bucket, End, Signs, Whole};
use super::tally::Tally;
use crate::facts::replay::{Start, used_bytes};
use crate::facts::seen::Xact;
use crate::facts::walk::{Follower, READ_AHEAD_BYTES, SURELY_READ_AHEAD};
use crate::facts::way::Part;
use crate::wal::{
    Event, Located, Lsn, SegmentEnd, SegmentName, SegmentNumber, SegmentSize, Span, StreamError,
    Visitor,
};

/// The record told last; whether an event belongs to it is known when the next one is told.
type Pending = Option<(Span, Option<Event>)>;

fn remember(pending: &mut Pending, located: Located) {
    if let Some((_, event)) = pending {
        *event = Some(located.event);
    }
}

/// Sums up the window of a base backup.
pub(super) struct WindowGather {
    start: Start,
    size: SegmentSize,
    most_listed: usize,
    pending: Pending,
    previous: Option<Lsn>,
    read_to: Lsn,
    pub(super) pieces: Vec<Part>,
    pub(super) whole: Option<Whole>,
    pub(super) checkpoint: bool,
    pub(super) before: Tally,
    pub(super) after: Tally,
    pub(super) signs: Signs,
}

impl WindowGather {
    pub(super) fn new(start: Start, size: SegmentSize, most_listed: usize) -> Self {
        let whole = Whole {
            at: start.redo,
            record: None,
            previous: None,
            transaction: false,
            next: None,
        };
        Self {
            start,
            size,
            most_listed,
            pending: None,
            previous: None,
            read_to: start.redo,
            pieces: Vec::new(),
            whole: start.is_whole().then_some(whole),
            checkpoint: false,
            before: Tally::default(),
            after: Tally::default(),
            signs: Signs::default(),
        }
    }

    fn step(&mut self, span: Span, event: Option<&Event>) {
        let start = self.start;
        self.read_to = span.end;
        if let Some(Event::Checkpoint { redo, .. }) = event {
            self.checkpoint |= span.start == start.checkpoint && *redo == start.redo;
        }
        let becomes_whole = self.whole.is_none() && start.becomes_whole(span, event);
        let replayed = !start.is_read_but_not_replayed(span.start);
        if replayed {
            self.add(span, event);
        }
        if becomes_whole {
            self.whole = Some(Whole {
                at: span.end,
                record: replayed.then_some(span.start),
                previous: self.previous.filter(|_| replayed),
                transaction: replayed && event.is_some_and(|e| Xact::of(span.start, e).is_some()),
                next: None,
            });
        }
        if replayed {
            self.previous = Some(span.start);
        }
    }

    fn add(&mut self, span: Span, event: Option<&Event>) {
        let xact = event.and_then(|event| Xact::of(span.start, event));
        let tally = match &mut self.whole {
            Some(whole) => {
                whole.next.get_or_insert(span.start);
                &mut self.after
            }
            None => &mut self.before,
        };
        tally.push(span, used_bytes(span, event), xact, self.most_listed);
        if let Some(event) = event {
            self.signs.look(span, event);
        }
    }
}

impl Visitor for WindowGather {
    fn record(&mut self, span: Span) {
        self.settle();
        self.pending = Some((span, None));
    }

    fn event(&mut self, event: Located) {
        remember(&mut self.pending, event);
    }
}

impl Follower for WindowGather {
    fn enter(&mut self, name: SegmentName, bytes: &[u8]) {
        self.signs.look_at_pages(name, self.size, bytes);
        let SegmentName { timeline, number } = name;
        match self.pieces.last_mut() {
            Some(piece) if piece.timeline == timeline => piece.last = number,
            _ => self.pieces.push(Part {
                timeline,
                first: number,
                last: number,
            }),
        }
    }

    fn settle(&mut self) {
        if let Some((span, event)) = self.pending.take() {
            self.step(span, event.as_ref());
        }
    }

    fn stopped(&self) -> bool {
        false
    }

    fn has_enough(&self, _: u64) -> bool {
        let ended = |whole: &Whole| whole.transaction || whole.next.is_some();
        self.whole.as_ref().is_some_and(ended) && self.read_to > self.start.checkpoint
    }
}

/// Which segments share a bucket. Depends on the stretch of segments alone, so that it does not matter in how many steps
/// an inventory was made.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    first: SegmentNumber,
    last: SegmentNumber,
    /// Segments whose numbers agree but for so many bits share a cell.
    bits: u32,
    /// Segments that are the last of their cell in any case, ascending.
    seams: Vec<SegmentNumber>,
}

impl Cells {
    pub(super) fn new(
        first: SegmentNumber,
        last: SegmentNumber,
        seams: Vec<SegmentNumber>,
        most: u64,
    ) -> Self {
        let fits = |bits: &u32| (last.0 >> bits) - (first.0 >> bits) < most;
        Self {
            first,
            last,
            bits: (0..64).find(fits).unwrap_or(63),
            seams,
        }
    }

    /// The last segment of the cell that holds a segment.
    pub(super) fn last_of(&self, segment: SegmentNumber) -> SegmentNumber {
        let aligned = SegmentNumber(segment.0 | ((1 << self.bits) - 1));
        let at = self.seams.partition_point(|seam| *seam < segment);
        let seam = self.seams.get(at).copied();
        aligned.min(self.last).min(seam.unwrap_or(self.last))
    }
}

/// Sums up a stream in buckets.
pub(super) struct StreamGather<'c> {
    cells: &'c Cells,
    size: SegmentSize,
    most_listed: usize,
    pending: Pending,
    current: SegmentNumber,
    /// Records that a server may still read ahead of the end, oldest first.
    recent: VecDeque<Recent>,
    recent_bytes: u64,
    /// How many records were told.
    told: u64,
    /// Whether the segments before the first one that counts hold the begin of every record that ends later.
    context_fits: bool,
    buckets: Vec<Bucket>,
    signs: Signs,
}

struct Recent {
    cell: SegmentNumber,
    span: Span,
    bytes: u64,
    xact: Option<Xact>,
}

impl<'c> StreamGather<'c> {
    pub(super) fn new(cells: &'c Cells, size: SegmentSize, most_listed: usize) -> Self {
        Self {
            cells,
            size,
            most_listed,
            pending: None,
            current: cells.first,
            recent: VecDeque::new(),
            recent_bytes: 0,
            told: 0,
            context_fits: true,
            buckets: Vec::new(),
            signs: Signs::default(),
        }
    }

    /// The segment whose records come next.
    pub(super) fn enter(&mut self, name: SegmentName, bytes: &[u8]) {
        self.current = name.number;
        self.signs.look_at_pages(name, self.size, bytes);
    }

    /// How many records were told.
    pub(super) fn told(&self) -> u64 {
        self.told
    }

    /// Leaves out what was told so far: it was read only for what begins in it.
    pub(super) fn forget(&mut self, fed: &Result<SegmentEnd, StreamError>) {
        self.context_fits = match fed {
            Ok(SegmentEnd::Complete { open }) => open.is_none_or(|open| open.start.is_some()),
            Ok(SegmentEnd::Switched { .. }) => true,
            _ => false,
        };
        self.recent.clear();
        self.recent_bytes = 0;
        self.buckets.clear();
        self.signs = Signs::default();
    }

    /// Whether every record that ends in the segments that count was told.
    pub(super) fn context_fits(&self) -> bool {
        self.context_fits
    }

    /// No more records of the segment come.
    pub(super) fn settle(&mut self) {
        let Some((span, event)) = self.pending.take() else {
            return;
        };
        self.told += 1;
        let bytes = used_bytes(span, event.as_ref());
        let xact = event.as_ref().and_then(|event| Xact::of(span.start, event));
        if let Some(event) = &event {
            self.signs.look(span, event);
        }
        self.recent_bytes = self.recent_bytes.saturating_add(bytes);
        self.recent.push_back(Recent {
            cell: self.cells.last_of(self.current),
            span,
            bytes,
            xact,
        });
        while let Some(oldest) = self.recent.front()
            && self.recent_bytes.saturating_sub(oldest.bytes) > READ_AHEAD_BYTES
        {
            self.put_oldest(false);
        }
    }

    fn put_oldest(&mut self, apart: bool) {
        let Some(record) = self.recent.pop_front() else {
            return;
        };
        self.recent_bytes = self.recent_bytes.saturating_sub(record.bytes);
        let Recent {
            cell,
            span,
            bytes,
            xact,
        } = record;
        match self.buckets.last_mut() {
            Some(bucket) if bucket.last == cell && !apart => {
                bucket.held.push(span, bytes, xact, self.most_listed);
            }
            _ => self.buckets.push(Bucket {
                last: cell,
                objects: 0,
                held: Tally::of(span, bytes, xact),
            }),
        }
    }

    /// The buckets of the segments from `first` to `last`. Where the end matters to a server that reads ahead, those of
    /// the last records are finer.
    pub(super) fn finish(
        mut self,
        first: SegmentNumber,
        last: SegmentNumber,
        end: Option<&End>,
    ) -> (Vec<Bucket>, Signs) {
        self.settle();
        let matters = end.is_some_and(End::matters_ahead);
        while !self.recent.is_empty() {
            let left = self.recent.len() as u64;
            let surely = matters && left == SURELY_READ_AHEAD;
            let oldest = self.recent.front().map_or(0, |record| record.bytes);
            let maybe = matters
                && self.recent_bytes > READ_AHEAD_BYTES
                && self.recent_bytes - oldest <= READ_AHEAD_BYTES;
            self.put_oldest(surely || maybe);
        }
        let mut buckets = Vec::with_capacity(self.buckets.len());
        let mut found = self.buckets.into_iter().peekable();
        let mut next = first;
        while next <= last {
            let cell = self.cells.last_of(next).min(last);
            let before = buckets.len();
            while let Some(mut bucket) = found.next_if(|bucket| bucket.last.min(last) == cell) {
                bucket.last = cell;
                buckets.push(bucket);
            }
            if buckets.len() == before {
                buckets.push(Bucket {
                    last: cell,
                    objects: 0,
                    held: Tally::default(),
                });
            }
            next = cell.next();
        }
        (buckets, self.signs)
    }
}

impl Visitor for StreamGather<'_> {
    fn record(&mut self, span: Span) {
        self.settle();
        self.pending = Some((span, None));
    }

    fn event(&mut self, event: Located) {
        remember(&mut self.pending, event);
    }
}

/// Looks whether the records of two segments fit together.
pub(super) struct JunctionGather {
    /// The position between them.
    border: Lsn,
    pending: Pending,
    /// Whether a record behind the border was read.
    pub(super) linked: bool,
    pub(super) crossing: Tally,
    pub(super) signs: Signs,
}

impl JunctionGather {
    pub(super) fn new(border: Lsn) -> Self {
        Self {
            border,
            pending: None,
            linked: false,
            crossing: Tally::default(),
            signs: Signs::default(),
        }
    }

    pub(super) fn settle(&mut self) {
        let Some((span, event)) = self.pending.take() else {
            return;
        };
        if span.start >= self.border {
            self.linked = true;
        } else if span.end > self.border && !matches!(event, Some(Event::Switch)) {
            let xact = event.as_ref().and_then(|event| Xact::of(span.start, event));
            self.crossing = Tally::of(span, used_bytes(span, event.as_ref()), xact);
            if let Some(event) = &event {
                self.signs.look(span, event);
            }
        }
    }
}

impl Visitor for JunctionGather {
    fn record(&mut self, span: Span) {
        self.settle();
        self.pending = Some((span, None));
    }

    fn event(&mut self, event: Located) {
        remember(&mut self.pending, event);
    }
}
