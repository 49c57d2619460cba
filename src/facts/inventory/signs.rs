//! What records say besides the ends of transactions, while they are gathered.

use super::index::{MarkRow, PageRow, Point, Signs};
use crate::facts::mark::Mark;
use crate::facts::walk::stops_reading_ahead;
use crate::wal::page::{PAGE_SIZE, PageHeader};
use crate::wal::{Event, SegmentName, SegmentSize, Span, TimelineId};

/// How many restore points of one stretch are listed.
pub(super) const MOST_POINTS: usize = 1024;

/// How many changes of timeline are listed. Real stretches have a few.
pub(super) const MOST_CHANGES: usize = 1024;

impl Signs {
    /// Takes the next record.
    pub(super) fn look(&mut self, span: Span, event: &Event) {
        if let Some(mark) = Mark::of(span.start, event) {
            self.add_mark(mark);
        }
        self.prepared |= matches!(event, Event::Prepare { .. });
        if stops_reading_ahead(event) {
            self.last_pause = Some(span.start);
        }
        if let Event::RestorePoint { name, .. } = event {
            if self.restore_points.len() == MOST_POINTS {
                self.more_restore_points = true;
                return;
            }
            self.restore_points.push(Point {
                name: name.clone(),
                at: span.start,
                end: span.end,
            });
        }
    }

    /// Takes the headers of the pages of a segment. Pages left over from an earlier use of the file do not count.
    pub(super) fn look_at_pages(&mut self, name: SegmentName, size: SegmentSize, bytes: &[u8]) {
        let start = name.start(size).0;
        for (page, at) in bytes.chunks(PAGE_SIZE).zip((start..).step_by(PAGE_SIZE)) {
            if let Ok(header) = PageHeader::parse(page)
                && header.address.0 == at
            {
                self.add_page(PageRow {
                    segment: name.number,
                    timeline: header.timeline,
                });
            }
        }
    }

    fn add_mark(&mut self, mark: Mark) {
        let known = self
            .timelines
            .last()
            .map(|row: &MarkRow| row.mark().timeline);
        if known == Some(mark.timeline) || self.timelines.len() == MOST_CHANGES {
            return;
        }
        // As with pages: no recovery gets beyond it.
        let last = self.timelines.len() + 1 == MOST_CHANGES;
        let timeline = if last { TimelineId(0) } else { mark.timeline };
        self.timelines.push(Mark { timeline, ..mark }.into());
    }

    fn add_page(&mut self, row: PageRow) {
        let known = self.pages.last().map(|row| row.timeline);
        if known == Some(row.timeline) || self.pages.len() == MOST_CHANGES {
            return;
        }
        // A timeline that no path has: what comes from here on cannot be judged.
        let last = self.pages.len() + 1 == MOST_CHANGES;
        self.pages.push(PageRow {
            timeline: if last { TimelineId(0) } else { row.timeline },
            ..row
        });
    }
}
