//! The way of a recovery in pieces: segments in a row that it takes from the files of one timeline.
//!
//! The same way as segment by segment, in as many steps as there are runs, however long they are.

use super::walk::Ground;
use crate::wal::{SegmentNumber, TimelineId};

/// Segments in a row, all taken from the files of one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    /// The timeline of the files.
    pub(super) timeline: TimelineId,
    /// The first segment.
    pub(super) first: SegmentNumber,
    /// The last segment, which is part of the piece.
    pub(super) last: SegmentNumber,
}

impl Piece {
    /// How many segments it has.
    pub(super) fn count(&self) -> u64 {
        self.last.0.saturating_sub(self.first.0).saturating_add(1)
    }
}

impl Ground<'_> {
    /// What a recovery reads from `segment` on while it reads files of `current`. `None` where the segment is missing.
    pub(super) fn piece(
        &self,
        segment: SegmentNumber,
        current: Option<TimelineId>,
    ) -> Option<Piece> {
        let timeline = self.find(segment, current)?.name.timeline;
        let files = self.catalog.timelines.get(&timeline)?;
        let unbroken = files.unbroken_to(segment).unwrap_or(segment);
        // A file of a newer timeline is preferred as soon as there is one.
        let size = self.catalog.segment_size;
        let newer = self.path.newer_than(timeline, size);
        let taken_over = newer
            .filter_map(|(newer, begin)| {
                let files = self.catalog.timelines.get(&newer)?;
                files.next_from(begin.max(segment.next()))
            })
            .min();
        let last = taken_over.map_or(unbroken, |next| {
            unbroken.min(SegmentNumber(next.0.saturating_sub(1)))
        });
        Some(Piece {
            timeline,
            first: segment,
            last,
        })
    }

    /// The whole way from `segment` on, to the first segment that is missing.
    pub(super) fn pieces(&self, segment: SegmentNumber) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut next = segment;
        let mut current = None;
        while let Some(piece) = self.piece(next, current) {
            current = Some(piece.timeline);
            match pieces.last_mut() {
                Some(Piece { timeline, last, .. }) if *timeline == piece.timeline => {
                    *last = piece.last;
                }
                _ => pieces.push(piece),
            }
            if piece.last.next() <= next {
                break;
            }
            next = piece.last.next();
        }
        pieces
    }
}
