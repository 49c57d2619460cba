//! The WAL files of one timeline: segments as runs, so that a million of them take little room.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::compression::Compression;
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SegmentNumber, TimelineId};

/// Every WAL file of one timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineFiles {
    /// The whole segments, by number. Two runs can touch: a run ends where the compression or the size of raw objects
    /// changes. Where one segment has several objects, the run tells of the one whose key comes first.
    pub runs: Vec<Run>,
    /// The `.partial` files, whether or not the whole segment is there too.
    pub partials: BTreeMap<SegmentNumber, Vec<Variant>>,
    /// Segments with more than one object.
    pub duplicates: Vec<Duplicates>,
    /// How many `.backup` files there are.
    pub backup_histories: u64,
}

/// Segments without a gap, stored alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The first segment.
    pub first: SegmentNumber,
    /// The last segment, which is part of the run.
    pub last: SegmentNumber,
    /// By the suffix of every object.
    pub compression: Compression,
    /// The size that every object has, where it must be the segment size (raw objects) or can never be right (0).
    pub uniform_size: Option<u64>,
    /// Bytes of all objects as stored.
    pub bytes: u64,
    /// Bytes of the smallest object.
    pub smallest: u64,
    /// Bytes of the largest object.
    pub largest: u64,
    /// The earliest upload.
    pub first_upload: Instant,
    /// The latest upload.
    pub last_upload: Instant,
    /// Upload times, by segment; one entry for each of the last segments and one for every 64 before them.
    pub uploads: Vec<UploadBound>,
}

/// By when some segments were uploaded: those up to `last`, from the entry before on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadBound {
    /// The last of them.
    pub last: SegmentNumber,
    /// The latest upload among them.
    pub latest: Instant,
}

/// One object of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Whether it is a `.partial` file.
    pub partial: bool,
    /// By its suffix.
    pub compression: Compression,
    /// Bytes as stored.
    pub size: u64,
    /// When it was uploaded.
    pub last_modified: Instant,
}

/// Segments in a row that each have the same several objects. Which one a restore gets depends on Barman's release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// The first segment.
    pub first: SegmentNumber,
    /// The last segment.
    pub last: SegmentNumber,
    /// Whether `.partial`, and the compression, of each object in the order of keys.
    pub kinds: Vec<(bool, Compression)>,
}

/// How many segments share one entry of [`Run::uploads`].
const UPLOADS_FOLDED: usize = 64;

impl Run {
    /// How many segments it has.
    pub fn count(&self) -> u64 {
        self.last.0.saturating_sub(self.first.0).saturating_add(1)
    }

    /// Whether the segment is part of it.
    pub fn holds(&self, number: SegmentNumber) -> bool {
        (self.first..=self.last).contains(&number)
    }

    /// A time by which the segment was uploaded: exact for the last segments, at most some segments late for others.
    /// Everything written into the segment happened before, up to the difference of the clocks.
    pub fn uploaded_by(&self, number: SegmentNumber) -> Option<Instant> {
        self.holds(number).then_some(())?;
        let at = self.uploads.partition_point(|bound| bound.last < number);
        self.uploads.get(at).map(|bound| bound.latest)
    }

    fn start(number: SegmentNumber, object: &Variant) -> Self {
        Self {
            first: number,
            last: number,
            compression: object.compression,
            uniform_size: object.uniform_size(),
            bytes: object.size,
            smallest: object.size,
            largest: object.size,
            first_upload: object.last_modified,
            last_upload: object.last_modified,
            uploads: vec![UploadBound {
                last: number,
                latest: object.last_modified,
            }],
        }
    }

    /// Takes the next segment, if it is the next and stored alike.
    fn extend(&mut self, number: SegmentNumber, object: &Variant) -> bool {
        let fits = self.last.0.checked_add(1) == Some(number.0)
            && self.compression == object.compression
            && self.uniform_size == object.uniform_size();
        if !fits {
            return false;
        }
        self.last = number;
        self.bytes = self.bytes.saturating_add(object.size);
        self.smallest = self.smallest.min(object.size);
        self.largest = self.largest.max(object.size);
        self.first_upload = self.first_upload.min(object.last_modified);
        self.last_upload = self.last_upload.max(object.last_modified);
        self.uploads.push(UploadBound {
            last: number,
            latest: object.last_modified,
        });
        self.fold();
        true
    }

    /// Puts the oldest single entries together as soon as enough newer ones stand behind them.
    fn fold(&mut self) {
        // Each folded entry stands for 64 segments, each single one for itself.
        let count = usize::try_from(self.count()).unwrap_or(usize::MAX);
        let folded = count.saturating_sub(self.uploads.len()) / (UPLOADS_FOLDED - 1);
        if self.uploads.len() < folded + 2 * UPLOADS_FOLDED {
            return;
        }
        let range = folded..folded + UPLOADS_FOLDED;
        let oldest = self.uploads.get(range.clone()).unwrap_or_default();
        let latest = oldest.iter().map(|bound| bound.latest).max();
        if let (Some(latest), Some(UploadBound { last, .. })) = (latest, oldest.last().copied()) {
            self.uploads.splice(range, [UploadBound { last, latest }]);
        }
    }
}

impl Variant {
    fn uniform_size(&self) -> Option<u64> {
        (self.compression == Compression::None || self.size == 0).then_some(self.size)
    }
}

impl TimelineFiles {
    /// The run that holds a segment.
    pub fn run_holding(&self, number: SegmentNumber) -> Option<&Run> {
        let run = self.runs.get(self.first_run_not_before(number))?;
        run.holds(number).then_some(run)
    }

    /// The last segment that can be reached from `number` on without a gap; `None` when `number` itself is missing.
    pub fn unbroken_to(&self, number: SegmentNumber) -> Option<SegmentNumber> {
        let mut runs = self.runs.iter().skip(self.first_run_not_before(number));
        let mut last = runs.next().filter(|run| run.holds(number))?.last;
        for run in runs {
            if run.first != last.next() {
                break;
            }
            last = run.last;
        }
        Some(last)
    }

    /// The first segment from `number` on that is there, whole or as `.partial`.
    pub fn first_from(&self, number: SegmentNumber) -> Option<SegmentNumber> {
        let run = self.runs.get(self.first_run_not_before(number));
        let whole = run.map(|run| run.first.max(number));
        let partial = self.partials.range(number..).next();
        let partial = partial.map(|(number, _)| *number);
        whole.into_iter().chain(partial).min()
    }

    /// The segments missing between others.
    pub fn gaps(&self) -> Vec<RangeInclusive<SegmentNumber>> {
        let pairs = self.runs.iter().zip(self.runs.iter().skip(1));
        pairs
            .filter(|(left, right)| right.first > left.last.next())
            .map(|(left, right)| left.last.next()..=SegmentNumber(right.first.0.saturating_sub(1)))
            .collect()
    }

    /// The first segment missing in a range, ends included.
    pub fn first_missing(&self, range: RangeInclusive<SegmentNumber>) -> Option<SegmentNumber> {
        let (first, last) = range.into_inner();
        let missing = match self.unbroken_to(first) {
            Some(end) => end.next(),
            None => first,
        };
        (missing <= last).then_some(missing)
    }

    /// The newest whole segment.
    pub fn last(&self) -> Option<SegmentNumber> {
        self.runs.last().map(|run| run.last)
    }

    /// How many segments there are, whole or only as `.partial`: as many as a restore can fetch.
    pub fn count(&self) -> u64 {
        let whole = self.runs.iter().map(Run::count).sum::<u64>();
        let partials = self.partials.keys();
        let alone = partials.filter(|number| self.run_holding(**number).is_none());
        alone.fold(whole, |sum, _| sum + 1)
    }

    fn first_run_not_before(&self, number: SegmentNumber) -> usize {
        self.runs.partition_point(|run| run.last < number)
    }

    /// Takes every object of one segment, in the order of keys.
    fn add(&mut self, number: SegmentNumber, objects: Vec<Variant>) {
        if objects.len() > 1 {
            self.add_duplicates(number, &objects);
        }
        if let Some(whole) = objects.iter().find(|object| !object.partial) {
            let run = self.runs.last_mut();
            if !run.is_some_and(|run| run.extend(number, whole)) {
                self.runs.push(Run::start(number, whole));
            }
        }
        let partials: Vec<Variant> = objects
            .into_iter()
            .filter(|object| object.partial)
            .collect();
        if !partials.is_empty() {
            self.partials.insert(number, partials);
        }
    }

    fn add_duplicates(&mut self, number: SegmentNumber, objects: &[Variant]) {
        let kinds: Vec<_> = objects
            .iter()
            .map(|object| (object.partial, object.compression))
            .collect();
        match self.duplicates.last_mut() {
            Some(before) if before.last.next() == number && before.kinds == kinds => {
                before.last = number;
            }
            _ => self.duplicates.push(Duplicates {
                first: number,
                last: number,
                kinds,
            }),
        }
    }
}

/// Gathers segments while they are listed in the order of their names.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    timelines: BTreeMap<TimelineId, TimelineFiles>,
    open: Option<(SegmentName, Vec<Variant>)>,
}

impl Gathering {
    /// One object of a segment.
    pub(super) fn add(&mut self, name: SegmentName, object: Variant) {
        match &mut self.open {
            Some((open, objects)) if *open == name => objects.push(object),
            _ => {
                self.close();
                self.open = Some((name, vec![object]));
            }
        }
    }

    /// One `.backup` file.
    pub(super) fn add_backup_history(&mut self, timeline: TimelineId) {
        self.timelines.entry(timeline).or_default().backup_histories += 1;
    }

    /// What was gathered.
    pub(super) fn finish(mut self) -> BTreeMap<TimelineId, TimelineFiles> {
        self.close();
        self.timelines
    }

    fn close(&mut self) {
        if let Some((name, objects)) = self.open.take() {
            let timeline = self.timelines.entry(name.timeline).or_default();
            timeline.add(name.number, objects);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(seconds: i64, size: u64) -> Variant {
        Variant {
            partial: false,
            compression: Compression::Gzip,
            size,
            last_modified: Instant::from_seconds(seconds),
        }
    }

    fn gather(objects: impl IntoIterator<Item = (u64, Variant)>) -> TimelineFiles {
        let mut gathering = Gathering::default();
        for (number, object) in objects {
            let name = SegmentName {
                timeline: TimelineId(1),
                number: SegmentNumber(number),
            };
            gathering.add(name, object);
        }
        gathering
            .finish()
            .remove(&TimelineId(1))
            .unwrap_or_default()
    }

    fn spans(files: &TimelineFiles) -> Vec<(u64, u64)> {
        files
            .runs
            .iter()
            .map(|run| (run.first.0, run.last.0))
            .collect()
    }

    #[test]
    fn segments_without_a_gap_are_one_run() {
        let files = gather([1, 2, 3, 5, 6, 9].map(|n| (n, object(n as i64, 100 + n))));
        assert_eq!(spans(&files), [(1, 3), (5, 6), (9, 9)]);
        assert_eq!(
            files.gaps(),
            [
                SegmentNumber(4)..=SegmentNumber(4),
                SegmentNumber(7)..=SegmentNumber(8)
            ]
        );
        let run = &files.runs[0];
        assert_eq!((run.bytes, run.smallest, run.largest), (306, 101, 103));
        assert_eq!(run.first_upload, Instant::from_seconds(1));
        assert_eq!(run.last_upload, Instant::from_seconds(3));
        assert_eq!((files.count(), files.last()), (6, Some(SegmentNumber(9))));
    }

    #[test]
    fn a_change_of_compression_parts_runs_without_making_a_gap() {
        let raw = |size| Variant {
            compression: Compression::None,
            ..object(0, size)
        };
        let files = gather([
            (1, object(0, 9)),
            (2, raw(16)),
            (3, raw(16)),
            (4, raw(7)),
            (5, object(0, 0)),
            (6, object(0, 8)),
        ]);
        assert_eq!(spans(&files), [(1, 1), (2, 3), (4, 4), (5, 5), (6, 6)]);
        let sizes: Vec<_> = files.runs.iter().map(|run| run.uniform_size).collect();
        assert_eq!(sizes, [None, Some(16), Some(7), Some(0), None]);
        assert!(files.gaps().is_empty());
        assert_eq!(files.unbroken_to(SegmentNumber(1)), Some(SegmentNumber(6)));
    }

    #[test]
    fn the_first_missing_segment_of_a_range_is_found() {
        let files = gather([1, 2, 3, 5].map(|n| (n, object(0, 1))));
        let missing = |first, last| {
            let range = SegmentNumber(first)..=SegmentNumber(last);
            files.first_missing(range).map(|number| number.0)
        };
        assert_eq!(missing(1, 3), None);
        assert_eq!(missing(1, 5), Some(4));
        assert_eq!(missing(4, 4), Some(4));
        assert_eq!(missing(5, 6), Some(6));
        assert_eq!(missing(0, 3), Some(0));
        assert_eq!(missing(7, 9), Some(7));
        assert_eq!(files.unbroken_to(SegmentNumber(4)), None);
        assert!(files.run_holding(SegmentNumber(4)).is_none());
        assert_eq!(files.run_holding(SegmentNumber(5)).unwrap().first.0, 5);
    }

    #[test]
    fn several_objects_of_one_segment_are_told_and_the_first_key_stands_for_it() {
        let raw = Variant {
            compression: Compression::None,
            ..object(5, 16)
        };
        let partial = Variant {
            partial: true,
            ..object(9, 3)
        };
        let files = gather([
            (1, raw),
            (1, object(6, 4)),
            (2, raw),
            (2, object(7, 4)),
            (3, object(8, 4)),
            (3, partial),
            (4, partial),
        ]);
        assert_eq!(spans(&files), [(1, 2), (3, 3)]);
        assert_eq!(files.count(), 4, "1, 2, 3 and the .partial of 4");
        assert_eq!(
            files.duplicates,
            [
                Duplicates {
                    first: SegmentNumber(1),
                    last: SegmentNumber(2),
                    kinds: vec![(false, Compression::None), (false, Compression::Gzip)],
                },
                Duplicates {
                    first: SegmentNumber(3),
                    last: SegmentNumber(3),
                    kinds: vec![(false, Compression::Gzip), (true, Compression::Gzip)],
                },
            ]
        );
        let partials: Vec<u64> = files.partials.keys().map(|number| number.0).collect();
        assert_eq!(partials, [3, 4]);
        let from = |number| files.first_from(SegmentNumber(number)).map(|first| first.0);
        assert_eq!([0, 2, 4, 5].map(from), [Some(1), Some(2), Some(4), None]);
    }

    #[test]
    fn upload_times_are_exact_at_the_end_and_never_too_early() {
        let total = 10_000_u64;
        // Every tenth upload is late.
        let time = |n: u64| n as i64 * 10 + if n.is_multiple_of(10) { 500 } else { 0 };
        let files = gather((1..=total).map(|n| (n, object(time(n), 1))));
        let run = &files.runs[0];
        assert!(run.uploads.len() < 300, "{}", run.uploads.len());
        for n in 1..=total {
            let by = run.uploaded_by(SegmentNumber(n)).unwrap();
            assert!(by >= Instant::from_seconds(time(n)), "{n}");
            assert!(by <= Instant::from_seconds(time(n) + 64 * 10 + 500), "{n}");
            if n > total - 64 {
                assert_eq!(by, Instant::from_seconds(time(n)), "{n}");
            }
        }
        assert_eq!(run.uploaded_by(SegmentNumber(0)), None);
        assert_eq!(run.uploaded_by(SegmentNumber(total + 1)), None);
    }
}
