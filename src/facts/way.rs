//! The segments that a recovery is given one after the other, without looking at each.

use super::walk::Ground;
use crate::barman::TimelineFiles;
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SegmentNumber, TimelineId};

/// The segments from one on to the first that is missing, in parts that are stored alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// In the order of the stream; every part follows the one before.
    pub(super) parts: Vec<Part>,
    /// The segment that is on no timeline of the path.
    pub(super) missing: SegmentNumber,
}

/// Segments in a row of one timeline, of one run or one `.partial` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The timeline whose files they are.
    pub(super) timeline: TimelineId,
    /// The first one.
    pub(super) first: SegmentNumber,
    /// The last one, which is part of it.
    pub(super) last: SegmentNumber,
}

impl Way {
    /// The way from `begin` on.
    pub(super) fn from(ground: Ground<'_>, begin: SegmentNumber) -> Self {
        let mut way = Self {
            parts: Vec::new(),
            missing: begin,
        };
        let mut current = None;
        while let Some(found) = ground.find(way.missing, current) {
            let part = Part {
                timeline: found.name.timeline,
                first: way.missing,
                last: alike_to(ground, found.name),
            };
            way.missing = part.last.next();
            way.parts.push(part);
            current = Some(part.timeline);
        }
        way
    }

    /// The same with all segments in a row from one timeline put together.
    pub(super) fn by_timeline(&self) -> Vec<Part> {
        let mut joined: Vec<Part> = Vec::new();
        for part in &self.parts {
            match joined.last_mut() {
                Some(before) if before.timeline == part.timeline => before.last = part.last,
                _ => joined.push(*part),
            }
        }
        joined
    }

    /// How many segments it has.
    pub(super) fn count(&self) -> u64 {
        let first = self.parts.first().map_or(self.missing, |part| part.first);
        self.missing.0.saturating_sub(first.0)
    }

    /// The first segment.
    pub(super) fn first(&self) -> Option<SegmentName> {
        let part = self.parts.first()?;
        Some(SegmentName {
            timeline: part.timeline,
            number: part.first,
        })
    }

    /// The last segment.
    pub(super) fn last(&self) -> Option<SegmentName> {
        let part = self.parts.last()?;
        Some(SegmentName {
            timeline: part.timeline,
            number: part.last,
        })
    }

    /// The part that holds a segment.
    pub(super) fn part_of(&self, number: SegmentNumber) -> Option<&Part> {
        let at = self.parts.partition_point(|part| part.last < number);
        self.parts.get(at).filter(|part| part.first <= number)
    }

    /// Lets it end before a segment.
    pub(super) fn end_before(&mut self, number: SegmentNumber) {
        self.parts.retain(|part| part.first < number);
        if let Some(part) = self.parts.last_mut().filter(|part| part.last >= number) {
            part.last = SegmentNumber(number.0.saturating_sub(1));
        }
        self.missing = self.missing.min(number);
    }

    /// The first segments, of which one or all may have been uploaded after `time`. Whatever is before them was written
    /// until then, up to the difference of the clocks.
    pub(super) fn first_after(
        &self,
        ground: Ground<'_>,
        time: Instant,
    ) -> Option<(SegmentNumber, SegmentNumber)> {
        self.parts
            .iter()
            .find_map(|part| first_after(ground, part, time))
    }
}

impl Part {
    /// How many segments it has.
    pub(super) fn count(&self) -> u64 {
        self.last.0.saturating_sub(self.first.0).saturating_add(1)
    }

    /// The key of its first object.
    pub(super) fn first_key(&self, ground: Ground<'_>) -> String {
        let name = SegmentName {
            timeline: self.timeline,
            number: self.first,
        };
        ground.object(name).map_or(String::new(), |found| found.key)
    }
}

/// The last segment for which the same run is asked.
fn alike_to(ground: Ground<'_>, name: SegmentName) -> SegmentNumber {
    let number = name.number;
    let files = &ground.catalog.timelines;
    let run = files
        .get(&name.timeline)
        .and_then(|files| files.run_holding(number));
    let last = run.map_or(number, |run| run.last);
    // A newer timeline takes over with the first segment it has.
    let newer = ground.path.begins(ground.catalog.segment_size);
    let newer = newer.filter(|(timeline, _)| *timeline > name.timeline);
    let taken_over = newer.filter_map(|(timeline, begin)| {
        let from = begin.max(number.next());
        files.get(&timeline)?.first_from(from)
    });
    match taken_over.min() {
        Some(first) => last.min(SegmentNumber(first.0.saturating_sub(1))),
        None => last,
    }
}

fn first_after(
    ground: Ground<'_>,
    part: &Part,
    time: Instant,
) -> Option<(SegmentNumber, SegmentNumber)> {
    let files = ground.catalog.timelines.get(&part.timeline)?;
    let Some(run) = files.run_holding(part.first) else {
        let late = partial_uploaded(files, part.first)? > time;
        return late.then_some((part.first, part.first));
    };
    // Each bound is about the segments behind the bound before it.
    let mut first = run.first;
    for bound in &run.uploads {
        if bound.latest > time && bound.last >= part.first {
            let (first, last) = (first.max(part.first), bound.last.min(part.last));
            return (first <= last).then_some((first, last));
        }
        first = bound.last.next();
    }
    None
}

fn partial_uploaded(files: &TimelineFiles, number: SegmentNumber) -> Option<Instant> {
    let partials = files.partials.get(&number)?.iter();
    partials.map(|partial| partial.last_modified).max()
}
