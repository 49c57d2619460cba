//! Taking over the beginning of a stream from an earlier index, where its objects are still the same.

use super::fingerprints::Fingerprints;
use super::gather::Cells;
use super::index::{Bucket, CommitIndex, End, MarkRow, Signs, Streamed};
use super::signs::MOST_POINTS;
use crate::wal::{Lsn, SegmentNumber, TimelineId};

/// The beginning of an earlier stream.
pub(super) struct Kept {
    stream: Streamed,
    last: SegmentNumber,
    /// Whether it ended there for good.
    complete: bool,
}

impl Kept {
    /// What can be taken over of the stream that begins with `first`: nothing of one that ended in a place that another
    /// try may get over.
    pub(super) fn of(
        index: &CommitIndex,
        prints: &Fingerprints,
        timeline: TimelineId,
        first: SegmentNumber,
        cells: &Cells,
        most_listed: usize,
    ) -> Option<Self> {
        let mut streams = index.streams.iter();
        let earlier =
            streams.find(|stream| (stream.timeline, stream.first) == (timeline, first))?;
        // Near an end that matters to a server that reads ahead, buckets are finer.
        let fine = earlier.end.as_ref().is_some_and(End::matters_ahead);
        if fine || earlier.signs.more_restore_points {
            return None;
        }
        let mut buckets: Vec<Bucket> = Vec::new();
        let mut next = first;
        for bucket in &earlier.buckets {
            let same_objects = bucket.objects == prints.sum(timeline, next, bucket.last);
            let same_cell = cells.last_of(next) == cells.last_of(bucket.last);
            if bucket.last < next || !same_objects || !same_cell {
                break;
            }
            next = bucket.last.next();
            buckets.push(bucket.clone());
        }
        let last = buckets.last()?.last;
        let position = buckets.iter().rev().find_map(|bucket| bucket.held.last);
        let whole = buckets.len() == earlier.buckets.len();
        let end = earlier.end.clone();
        let end = end.filter(|end| whole && end.segment <= last);
        let complete = end.is_some();
        let stream = Streamed {
            buckets,
            end,
            signs: earlier.signs.up_to(position, last),
            ..earlier.clone()
        };
        Some(
            Self {
                stream,
                last,
                complete,
            }
            .in_cells(cells, most_listed),
        )
    }

    /// The last segment.
    pub(super) fn last(&self) -> SegmentNumber {
        self.last
    }

    /// Whether nothing follows, whatever the archive holds behind it.
    pub(super) fn complete(&self) -> bool {
        self.complete
    }

    /// The stream, when nothing follows.
    pub(super) fn alone(self) -> Streamed {
        self.stream
    }

    /// The stream with what was decoded behind it. `None` when the two cannot be put together.
    pub(super) fn followed_by(
        mut self,
        more: Streamed,
        cells: &Cells,
        most_listed: usize,
    ) -> Option<Streamed> {
        let ahead = more.end.as_ref().is_some_and(End::matters_ahead);
        if more.system.is_none() || more.system != self.stream.system || ahead {
            return None;
        }
        if self.stream.signs.restore_points.len() + more.signs.restore_points.len() > MOST_POINTS {
            return None;
        }
        let mut buckets = more.buckets.into_iter().peekable();
        if let Some(open) = self.stream.buckets.last_mut()
            && let Some(bucket) =
                buckets.next_if(|bucket| cells.last_of(bucket.last) == cells.last_of(open.last))
        {
            open.last = bucket.last;
            open.objects = open.objects.wrapping_add(bucket.objects);
            open.held.add(&bucket.held, most_listed);
        }
        self.stream.buckets.extend(buckets);
        self.stream.signs.go_on_with(more.signs);
        self.stream.end = more.end;
        Some(self.stream)
    }

    /// The buckets put together as the cells are now.
    fn in_cells(mut self, cells: &Cells, most_listed: usize) -> Self {
        let mut joined: Vec<Bucket> = Vec::new();
        for mut bucket in std::mem::take(&mut self.stream.buckets) {
            bucket.last = cells.last_of(bucket.last).min(self.last);
            match joined.last_mut() {
                Some(before) if before.last == bucket.last => {
                    before.objects = before.objects.wrapping_add(bucket.objects);
                    before.held.add(&bucket.held, most_listed);
                }
                _ => joined.push(bucket),
            }
        }
        self.stream.buckets = joined;
        self
    }
}

impl Signs {
    /// Those of the records up to a position, and of the pages up to a segment.
    fn up_to(&self, position: Option<Lsn>, segment: SegmentNumber) -> Self {
        let within = |at: Lsn| position.is_some_and(|position| at <= position);
        let marks = self.timelines.iter();
        let points = self.restore_points.iter();
        let pages = self.pages.iter();
        Self {
            timelines: marks.filter(|row| within(row.mark().at)).copied().collect(),
            pages: pages
                .filter(|row| row.segment <= segment)
                .copied()
                .collect(),
            restore_points: points.filter(|point| within(point.at)).cloned().collect(),
            more_restore_points: false,
            // What is left out is read again.
            prepared: self.prepared,
            last_pause: self.last_pause,
        }
    }

    fn go_on_with(&mut self, more: Self) {
        let known = self.timelines.last().map(|row| row.mark().timeline);
        let news = |row: &MarkRow| Some(row.mark().timeline) != known;
        let marks = more.timelines.into_iter().enumerate();
        self.timelines.extend(
            marks
                .filter(|(at, row)| *at > 0 || news(row))
                .map(|(_, row)| row),
        );
        let known = self.pages.last().map(|row| row.timeline);
        let pages = more.pages.into_iter().enumerate();
        self.pages.extend(
            pages
                .filter(|(at, row)| *at > 0 || Some(row.timeline) != known)
                .map(|(_, row)| row),
        );
        self.restore_points.extend(more.restore_points);
        self.more_restore_points |= more.more_restore_points;
        self.prepared |= more.prepared;
        self.last_pause = more.last_pause.or(self.last_pause);
    }
}
