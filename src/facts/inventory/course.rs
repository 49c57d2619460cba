//! The stream of one recovery, put together from the parts of an index.

use super::index::{CommitIndex, End, Junction, Point, Signs, Streamed, Whole, Window};
use super::tally::Tally;
use crate::facts::mark::{Mark, Panic};
use crate::facts::recovery::Base;
use crate::facts::verdict::{Reason, ReasonCode};
use crate::facts::walk::{Ground, StreamEnd};
use crate::facts::way::{Part, Way};
use crate::wal::page::Major;
use crate::wal::{Lsn, SegmentName, SegmentNumber, TimelineId};

/// Records in a row, summed up.
pub(super) struct Step<'i> {
    /// The records.
    pub(super) held: &'i Tally,
    /// Whether the data is whole before them.
    pub(super) whole: bool,
    /// The last segment they end in.
    pub(super) last: SegmentNumber,
}

/// The stream of one recovery.
pub(super) struct Course<'i> {
    pub(super) steps: Vec<Step<'i>>,
    pub(super) points: Vec<&'i Point>,
    /// Whether restore points were left out.
    pub(super) more_points: bool,
    pub(super) whole: Option<Whole>,
    pub(super) checkpoint: bool,
    /// The first record that makes the server give up.
    pub(super) panic: Option<Panic>,
    pub(super) major: Option<Major>,
    pub(super) end: StreamEnd,
    pub(super) read: (SegmentName, SegmentName, u64),
    /// The first segment from the files of a newer timeline, where a transaction was prepared in those.
    pub(super) prepared: Option<SegmentNumber>,
    /// The last record behind which a server reads nothing ahead; it may lie behind the end of the stream.
    pub(super) last_pause: Option<Lsn>,
    /// The first object for which there is another one, and its segment.
    pub(super) ambiguous: Option<(String, SegmentNumber)>,
}

/// What is behind the part of a way that the index knows.
const NOT_HELD: &str = "the inventory does not tell what it holds";

/// Puts a stream together while following a way.
struct Follow<'i, 'g> {
    index: &'i CommitIndex,
    ground: Ground<'g>,
    base: &'g Base<'g>,
    path: Vec<TimelineId>,
    /// The timeline replayed.
    timeline: TimelineId,
    /// The last record taken.
    position: Lsn,
    /// The last segment taken.
    taken: SegmentName,
    course: Course<'i>,
}

/// Why a stream cannot be followed.
enum Halt {
    /// It ends.
    Ends(StreamEnd),
    /// The index does not say what a segment holds.
    Unknown(SegmentName),
}

impl Halt {
    /// Whether it lies in segments up to `last`.
    fn lies_within(&self, last: SegmentNumber) -> bool {
        matches!(self, Self::Unknown(name) if name.number <= last)
    }
}

impl<'i> Course<'i> {
    /// The stream of a recovery over `ground`.
    ///
    /// # Errors
    /// When the index says nothing of this base backup on this way.
    pub(super) fn find(
        index: &'i CommitIndex,
        base: &Base<'_>,
        ground: Ground<'_>,
    ) -> Result<Self, Reason> {
        let redo = SegmentNumber::holding(base.start.redo, ground.catalog.segment_size);
        let pieces = Way::from(ground, redo).by_timeline();
        let known = |window: &&Window| {
            window.backup == base.backup.id.as_str()
                && window.redo == base.start.redo
                && window.begins(&pieces)
        };
        let window = index.windows.iter().find(known);
        let (Some(window), Some(first)) = (window, pieces.first()) else {
            let message = format!(
                "the inventory says nothing of a recovery from backup {} to timeline {}",
                base.backup.id,
                ground.path.target()
            );
            return Err(Reason::new(ReasonCode::ObjectUnreadable, message));
        };
        let first = SegmentName {
            timeline: first.timeline,
            number: first.first,
        };
        let mut follow = Follow {
            index,
            ground,
            base,
            path: ground.path.timelines().collect(),
            timeline: base.start.timeline,
            position: base.start.redo,
            taken: first,
            course: Self::of(window, first),
        };
        let end = match follow.follow(window, &pieces) {
            Ok(()) => follow.missing(&pieces),
            Err(Halt::Ends(end)) => end,
            Err(Halt::Unknown(name)) => follow.not_held(name),
        };
        let Follow {
            mut course,
            taken,
            ground,
            ..
        } = follow;
        course.end = end;
        let count = pieces.iter().map(|piece| read_of(piece, taken.number));
        course.read = (first, taken, count.fold(0, u64::saturating_add));
        course.ambiguous = ambiguous(ground, &pieces, taken.number);
        Ok(course)
    }

    fn of(window: &Window, first: SegmentName) -> Self {
        Self {
            steps: Vec::new(),
            points: Vec::new(),
            more_points: false,
            whole: window.whole,
            checkpoint: window.checkpoint,
            panic: None,
            major: window.major,
            end: StreamEnd::NotFollowed,
            read: (first, first, 0),
            prepared: None,
            last_pause: None,
            ambiguous: None,
        }
    }
}

/// How many segments of a piece lie up to the last one read.
fn read_of(piece: &Part, last: SegmentNumber) -> u64 {
    if piece.first > last {
        return 0;
    }
    Part {
        last: piece.last.min(last),
        ..*piece
    }
    .count()
}

/// The first segment on the way for which there are several objects.
fn ambiguous(
    ground: Ground<'_>,
    pieces: &[Part],
    last: SegmentNumber,
) -> Option<(String, SegmentNumber)> {
    pieces.iter().find_map(|piece| {
        let files = ground.catalog.timelines.get(&piece.timeline)?;
        let group = files.duplicates.iter().find(|group| {
            group.last >= piece.first && group.first <= piece.last && group.first <= last
        })?;
        let number = group.first.max(piece.first);
        let timeline = piece.timeline;
        let found = ground.object(SegmentName { timeline, number })?;
        Some((found.key, number))
    })
}

impl<'i> Follow<'i, '_> {
    fn follow(&mut self, window: &'i Window, pieces: &[Part]) -> Result<(), Halt> {
        let Some(files) = window.files.last() else {
            return Ok(());
        };
        let last = SegmentName {
            timeline: files.timeline,
            number: files.last,
        };
        if let Err(halt) = self.check_pages(&window.signs, None, last) {
            // Nothing of the window counts then.
            self.course.whole = None;
            return Err(halt);
        }
        self.step(&window.before, false, last);
        self.step(&window.after, true, last);
        self.take(&window.signs, None);
        // The first file may be of a newer timeline already: the switch lies in the segment where the backup begins.
        let own = self.base.start.timeline;
        if let Some(newer) = window.files.iter().find(|files| files.timeline > own) {
            self.look_for_prepared(newer.first, &window.signs);
        }
        self.taken = last;
        if let Some(end) = &window.end {
            return Err(self.ends(end, last.timeline));
        }
        let at = window.files.len().saturating_sub(1);
        let mut rest = pieces.iter().skip(at);
        let Some(first) = rest.next() else {
            return Ok(());
        };
        if last.number < first.last {
            self.along(first, last)?;
        }
        let mut before = first;
        for piece in rest {
            self.over(before, piece)?;
            before = piece;
        }
        Ok(())
    }

    /// Goes on behind `behind` on the same timeline.
    fn along(&mut self, piece: &Part, behind: SegmentName) -> Result<(), Halt> {
        let unknown = || {
            Halt::Unknown(SegmentName {
                number: behind.number.next(),
                ..behind
            })
        };
        let mut streams = self.index.streams.iter();
        let stream = streams
            .find(|stream| stream.holds(behind))
            .ok_or_else(unknown)?;
        let ended = stream.end.as_ref();
        if ended.is_some_and(|end| end.segment <= behind.number) {
            return Err(unknown());
        }
        self.in_force(stream).map_err(|()| unknown())?;
        self.through(stream, piece, behind.number.next())
    }

    /// Changes to the files of another timeline.
    fn over(&mut self, from: &Part, to: &Part) -> Result<(), Halt> {
        let unknown = || {
            Halt::Unknown(SegmentName {
                timeline: to.timeline,
                number: to.first,
            })
        };
        let fits = |junction: &&Junction| {
            (junction.from, junction.last, junction.to) == (from.timeline, from.last, to.timeline)
        };
        let junction = self.index.junctions.iter().find(fits);
        let junction = junction.ok_or_else(unknown)?;
        let name = SegmentName {
            timeline: to.timeline,
            number: to.first,
        };
        let mut streams = self.index.streams.iter();
        let stream =
            streams.find(|stream| (stream.timeline, stream.first) == (to.timeline, to.first));
        // A page of a foreign timeline is met before any record.
        if let Some(stream) = stream {
            self.check_pages(&stream.signs, Some(to.first), name)?;
        }
        self.step(&junction.crossing, true, name);
        self.take(&junction.signs, None);
        self.look_for_prepared(to.first, &junction.signs);
        if let Some(stream) = stream {
            self.look_for_prepared(to.first, &stream.signs);
        }
        if let Some(end) = &junction.end {
            return Err(self.ends(end, to.timeline));
        }
        self.through(stream.ok_or_else(unknown)?, to, to.first)
    }

    /// Takes the buckets of a stream from the segment `first` to the end of the piece, or of the stream.
    fn through(
        &mut self,
        stream: &'i Streamed,
        piece: &Part,
        first: SegmentNumber,
    ) -> Result<(), Halt> {
        let name = |number| SegmentName {
            timeline: piece.timeline,
            number,
        };
        let last = stream
            .last()
            .map_or(piece.last, |last| last.min(piece.last));
        // The segment that ended the stream was looked at too.
        let looked = stream.end.as_ref().map_or(last, |end| end.segment);
        let looked = name(looked.min(piece.last));
        let foreign = self.check_pages(&stream.signs, Some(first), looked);
        let mut next = stream.first;
        for bucket in &stream.buckets {
            let begins = next;
            if bucket.last >= next {
                next = bucket.last.next();
            }
            if bucket.last < first {
                continue;
            }
            if begins > piece.last {
                break;
            }
            if let Err(halt) = &foreign
                && halt.lies_within(bucket.last)
            {
                break;
            }
            // The bucket reaches over a border that it should not.
            let shared = begins > bucket.last;
            if (begins < first && !shared) || bucket.last > piece.last {
                return Err(Halt::Unknown(name(first.max(begins))));
            }
            self.step(&bucket.held, true, name(bucket.last));
            self.taken = name(bucket.last);
        }
        self.take(&stream.signs, self.course_end());
        foreign?;
        match &stream.end {
            Some(end) if end.segment <= piece.last => Err(self.ends(end, piece.timeline)),
            _ if self.taken.number < piece.last => {
                Err(Halt::Unknown(name(self.taken.number.next())))
            }
            _ => Ok(()),
        }
    }

    fn look_for_prepared(&mut self, first: SegmentNumber, signs: &Signs) {
        if signs.prepared {
            self.course.prepared.get_or_insert(first);
        }
    }

    fn step(&mut self, held: &'i Tally, whole: bool, name: SegmentName) {
        self.course.steps.push(Step {
            held,
            whole,
            last: name.number,
        });
    }

    /// The last record of the steps taken.
    fn course_end(&self) -> Option<Lsn> {
        let mut steps = self.course.steps.iter().rev();
        steps.find_map(|step| step.held.last)
    }

    /// Takes what records say, those behind the position and up to `last`.
    fn take(&mut self, signs: &'i Signs, last: Option<Lsn>) {
        let from = self.position;
        let first_window = self.course.steps.len() <= 2;
        let taken = |at: Lsn| {
            (at > from || (first_window && at == from)) && last.is_none_or(|last| at <= last)
        };
        for row in &signs.timelines {
            let mark: Mark = row.mark();
            if taken(mark.at) && self.course.panic.is_none() {
                self.course.panic = mark.follow(&mut self.timeline, &self.path);
            }
        }
        let points = signs.restore_points.iter();
        self.course
            .points
            .extend(points.filter(|point| taken(point.at)));
        self.course.more_points |= signs.more_restore_points;
        self.course.last_pause = self.course.last_pause.max(signs.last_pause);
        self.position = self.course_end().unwrap_or(from).max(from);
    }

    /// The timeline of a stream that is entered in its middle has to be the one replayed.
    fn in_force(&self, stream: &Streamed) -> Result<(), ()> {
        let marks = stream.signs.timelines.iter().map(|row| row.mark());
        let before = marks.take_while(|mark| mark.at <= self.position).last();
        match before {
            Some(mark) if mark.timeline != self.timeline => Err(()),
            _ => Ok(()),
        }
    }

    /// Pages of a timeline that is not on the path would end the stream somewhere.
    fn check_pages(
        &self,
        signs: &Signs,
        first: Option<SegmentNumber>,
        last: SegmentName,
    ) -> Result<(), Halt> {
        let pages = &signs.pages;
        let entered = first.map_or(0, |first| {
            let behind = pages.partition_point(|row| row.segment <= first);
            behind.saturating_sub(1)
        });
        let mut used = pages.iter().skip(entered);
        let foreign =
            used.find(|row| row.segment <= last.number && !self.path.contains(&row.timeline));
        match foreign {
            Some(row) => Err(Halt::Unknown(SegmentName {
                number: row.segment.max(first.unwrap_or(row.segment)),
                ..last
            })),
            None => Ok(()),
        }
    }

    fn ends(&self, end: &End, timeline: TimelineId) -> Halt {
        let name = SegmentName {
            timeline,
            number: end.segment,
        };
        Halt::Ends(end.met(self.key(name), self.base.system))
    }

    fn not_held(&self, name: SegmentName) -> StreamEnd {
        StreamEnd::Unreadable {
            key: self.key(name),
            why: NOT_HELD.to_owned(),
        }
    }

    fn key(&self, name: SegmentName) -> String {
        let size = self.ground.catalog.segment_size;
        self.ground
            .object(name)
            .map_or_else(|| name.file_name(size).to_string(), |found| found.key)
    }

    /// The segment behind the last piece is in no file of the path.
    fn missing(&self, pieces: &[Part]) -> StreamEnd {
        let last = pieces.last();
        StreamEnd::Missing {
            name: SegmentName {
                timeline: last.map_or(self.ground.path.target(), |piece| piece.timeline),
                number: last.map_or(self.taken.number, |piece| piece.last.next()),
            },
        }
    }
}
