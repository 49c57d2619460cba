//! Making the commit index of an archive: every segment that a recovery can read is decoded once.

use super::fingerprints::Fingerprints;
use super::gather::{Cells, JunctionGather, StreamGather, WindowGather};
use super::index::{Bucket, CommitIndex, End, EndKind, Files, Junction, Signs, Streamed, Window};
use super::kept::Kept;
use super::tally::MOST_LISTED;
use super::ways::{self, Places, Route};
use crate::barman::{Catalog, ObjectStore};
use crate::facts::timelines::Path;
use crate::facts::walk::{self, Ground, Pick, Stream, StreamEnd};
use crate::facts::way::Part;
use crate::wal::{
    SegmentEnd, SegmentHeader, SegmentName, SegmentNumber, SegmentSize, StreamDecoder, StreamError,
    TimelineId,
};

/// Where an index is made from.
#[derive(Clone, Copy)]
pub struct Material<'m> {
    /// The archive.
    pub store: &'m dyn ObjectStore,
    /// Its listing.
    pub catalog: &'m Catalog,
    /// The sums over the objects of the same listing.
    pub prints: &'m Fingerprints,
    /// An earlier index of the same archive, whose parts are taken over where the objects are the same.
    pub earlier: Option<&'m CommitIndex>,
    /// Called with the number of segments read since it was called last.
    pub progress: &'m dyn Fn(u64),
    /// How fine the index is to be.
    pub grain: Grain,
}

/// How fine an index is: what is kept of each stretch of segments is bounded by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grain {
    /// How many ends of transactions a bucket lists one by one; more are summed up.
    pub listed: usize,
    /// How many buckets a stretch is parted into at most, those that ways of recovery ask for not counted.
    pub buckets: u64,
}

impl Default for Grain {
    fn default() -> Self {
        Self {
            listed: MOST_LISTED,
            buckets: 512,
        }
    }
}

/// Makes the index.
pub fn build(material: &Material<'_>) -> CommitIndex {
    Builder {
        material: *material,
        most_listed: material.grain.listed,
    }
    .build()
}

/// An index under way.
struct Builder<'m> {
    material: Material<'m>,
    most_listed: usize,
}

impl Builder<'_> {
    fn build(&self) -> CommitIndex {
        let catalog = self.material.catalog;
        let ways = ways::all(self.material.store, catalog);
        let mut index = CommitIndex::default();
        let mut places = Places::default();
        for way in &ways {
            let known = index.windows.iter().position(|window| window.fits(way));
            let at = known.unwrap_or_else(|| {
                index.windows.push(self.window(way));
                index.windows.len() - 1
            });
            let window = index.windows.get(at);
            if let Some(window) = window.filter(|window| window.goes_on())
                && let Some(last) = window.files.last()
            {
                places.add(way, &last.piece());
            }
        }
        places.join();
        index.streams = self.streams(&places);
        let junctions = places.junctions.iter();
        index.junctions = junctions
            .map(|(from, last, to)| self.junction(*from, *last, *to))
            .collect();
        index
    }

    fn ground<'g>(&'g self, path: &'g Path) -> Ground<'g> {
        Ground {
            store: self.material.store,
            catalog: self.material.catalog,
            path,
            pick: Pick::Whole,
        }
    }

    fn window(&self, way: &Route<'_>) -> Window {
        let earlier = self.material.earlier.into_iter();
        let mut earlier = earlier.flat_map(|index| &index.windows);
        let same =
            |window: &&Window| window.fits(way) && window.objects == self.objects_of(&window.files);
        if let Some(window) = earlier.find(same).filter(|window| !unread(&window.end)) {
            return window.clone();
        }
        let base = &way.base;
        let size = self.material.catalog.segment_size;
        let stream = Stream {
            redo: base.start.redo,
            system: base.system,
            major: base.info.server_major(),
        };
        let gather = WindowGather::new(base.start, size, self.most_listed);
        let walked = walk::follow(self.ground(&way.path), stream, None, gather, None);
        let gather = walked.follower;
        let mut files: Vec<Files> = gather.pieces.iter().map(Files::of).collect();
        let next = match files.last() {
            Some(files) => files.last.next(),
            None => SegmentNumber::holding(base.start.redo, size),
        };
        let end = window_end(&walked.end, files.last(), next, way);
        if let Some(end) = &end {
            cover(&mut files, end.segment, &way.pieces);
        }
        Window {
            backup: base.backup.id.as_str().to_owned(),
            redo: base.start.redo,
            objects: self.objects_of(&files),
            files,
            major: walked.major,
            checkpoint: gather.checkpoint,
            whole: gather.whole,
            before: gather.before,
            after: gather.after,
            signs: gather.signs,
            end,
        }
    }

    fn objects_of(&self, files: &[Files]) -> u64 {
        let prints = self.material.prints;
        let sums = files
            .iter()
            .map(|files| prints.sum(files.timeline, files.first, files.last));
        sums.fold(0, u64::wrapping_add)
    }

    fn streams(&self, places: &Places) -> Vec<Streamed> {
        let mut streams = Vec::new();
        for (timeline, stretches) in &places.stretches {
            let seams = places.seams.get(timeline).into_iter().flatten().copied();
            let seams: Vec<SegmentNumber> = seams.collect();
            for (first, last) in stretches {
                let cells = Cells::new(*first, *last, seams.clone(), self.material.grain.buckets);
                self.stretch(*timeline, *first, *last, &cells, &mut streams);
            }
        }
        streams
    }

    /// Decodes segments in a row; behind a place where the stream ends another one begins.
    fn stretch(
        &self,
        timeline: TimelineId,
        first: SegmentNumber,
        last: SegmentNumber,
        cells: &Cells,
        streams: &mut Vec<Streamed>,
    ) {
        let mut next = first;
        while next <= last {
            let stream = self.stream(timeline, next, last, cells);
            let decoded = stream.last();
            let behind = match (&stream.end, decoded) {
                (None, Some(decoded)) => decoded.next(),
                // What is of another system begins a stream of its own.
                (Some(end), Some(decoded)) if decoded < end.segment && end.at.is_some() => {
                    end.segment
                }
                (Some(end), _) => end.segment.next(),
                (None, None) => next.next(),
            };
            if decoded.is_some() {
                streams.push(stream);
            }
            next = behind.max(next.next());
        }
    }

    /// The stream from `first` on, as far as it goes; what an earlier index holds of it is not read again.
    fn stream(
        &self,
        timeline: TimelineId,
        first: SegmentNumber,
        last: SegmentNumber,
        cells: &Cells,
    ) -> Streamed {
        let earlier = self.material.earlier;
        let kept = earlier.and_then(|index| {
            Kept::of(
                index,
                self.material.prints,
                timeline,
                first,
                cells,
                self.most_listed,
            )
        });
        let whole = || self.decode(timeline, first, first, last, cells);
        let Some(kept) = kept else {
            return whole();
        };
        if kept.complete() || kept.last() == last {
            return kept.alone();
        }
        let more = self.decode(timeline, kept.last(), kept.last().next(), last, cells);
        kept.followed_by(more, cells, self.most_listed)
            .unwrap_or_else(whole)
    }

    /// Decodes the records that end from `first` on. The stream is read from `context` on, so that a record that begins
    /// there is whole.
    fn decode(
        &self,
        timeline: TimelineId,
        context: SegmentNumber,
        first: SegmentNumber,
        last: SegmentNumber,
        cells: &Cells,
    ) -> Streamed {
        let size = self.material.catalog.segment_size;
        let path = Path::only(timeline);
        let ground = self.ground(&path);
        let mut decoder = StreamDecoder::new(size);
        let mut gather = StreamGather::new(cells, size, self.most_listed);
        let mut bytes = Vec::new();
        let (mut system, mut decoded, mut end) = (None, None, None);
        let mut number = context;
        while number <= last && end.is_none() {
            let name = SegmentName { timeline, number };
            end = match self.read(ground, name, &mut bytes) {
                Err(unread) => End::of(number, &unread),
                Ok(()) => {
                    let header = SegmentHeader::parse(&bytes).ok();
                    let told = gather.told();
                    gather.enter(name, &bytes);
                    let fed = decoder.feed(number, &bytes, &mut gather);
                    gather.settle();
                    if number < first {
                        gather.forget(&fed);
                    }
                    let end = ended(number, fed, &name, size);
                    // A first page that does not fit leaves the whole segment to the stream behind.
                    if end.is_none() || gather.told() > told || number == context {
                        system = system.or(header.map(|header| header.system));
                        decoded = Some(number);
                    }
                    end
                }
            };
            number = number.next();
        }
        let decoded = decoded.filter(|decoded| *decoded >= first);
        let context_fits = gather.context_fits();
        let (mut buckets, signs) = match decoded {
            Some(decoded) => gather.finish(first, decoded, end.as_ref()),
            None => (Vec::new(), Signs::default()),
        };
        self.sign(timeline, first, &mut buckets);
        Streamed {
            timeline,
            first,
            system: system.filter(|_| context_fits),
            buckets,
            signs,
            end,
        }
    }

    fn read(
        &self,
        ground: Ground<'_>,
        name: SegmentName,
        bytes: &mut Vec<u8>,
    ) -> Result<(), StreamEnd> {
        (self.material.progress)(1);
        match ground.object(name) {
            Some(found) => ground.fetch(&found, bytes),
            None => Err(StreamEnd::Missing { name }),
        }
    }

    /// Notes the objects of each cell with its first bucket.
    fn sign(&self, timeline: TimelineId, first: SegmentNumber, buckets: &mut [Bucket]) {
        let mut next = first;
        for bucket in buckets {
            if bucket.last >= next {
                bucket.objects = self.material.prints.sum(timeline, next, bucket.last);
                next = bucket.last.next();
            }
        }
    }

    /// Whether the records of two segments of different timelines fit together.
    fn junction(&self, from: TimelineId, last: SegmentNumber, to: TimelineId) -> Junction {
        let catalog = self.material.catalog;
        let size = catalog.segment_size;
        let prints = self.material.prints;
        let objects =
            prints
                .sum(from, last, last)
                .wrapping_add(prints.sum(to, last.next(), last.next()));
        let earlier = self.material.earlier.into_iter();
        let mut earlier = earlier.flat_map(|index| &index.junctions);
        let same = |known: &&Junction| {
            (known.from, known.last, known.to, known.objects) == (from, last, to, objects)
        };
        if let Some(known) = earlier.find(same).filter(|known| !unread(&known.end)) {
            return known.clone();
        }
        let mut gather = JunctionGather::new(last.next().start(size));
        let end = self.cross(from, last, to, &mut gather);
        Junction {
            from,
            last,
            to,
            objects,
            crossing: gather.crossing,
            signs: gather.signs,
            end,
        }
    }

    fn cross(
        &self,
        from: TimelineId,
        last: SegmentNumber,
        to: TimelineId,
        gather: &mut JunctionGather,
    ) -> Option<End> {
        let size = self.material.catalog.segment_size;
        let mut decoder = StreamDecoder::new(size);
        let mut bytes = Vec::new();
        let sides = [(from, last), (to, last.next())];
        for (timeline, number) in sides {
            let path = Path::only(timeline);
            let name = SegmentName { timeline, number };
            if let Err(unread) = self.read(self.ground(&path), name, &mut bytes) {
                return End::of(number, &unread);
            }
            let fed = decoder.feed(number, &bytes, gather);
            gather.settle();
            let skips = matches!(&fed, Ok(SegmentEnd::Complete { open: Some(open) }) if open.start.is_none());
            let end = ended(number, fed, &name, size);
            let unknown = End {
                segment: last.next(),
                kind: EndKind::Unreadable,
                at: None,
                system: None,
                why: "whether it fits to the segment before is not known".to_owned(),
            };
            // A record that began earlier cannot be checked here.
            if number == last && (skips || end.is_some()) {
                return Some(unknown);
            }
            if end.is_some() && !gather.linked {
                return end;
            }
        }
        None
    }
}

/// The end of a stream that a decoder met in a segment.
fn ended(
    number: SegmentNumber,
    fed: Result<SegmentEnd, StreamError>,
    name: &SegmentName,
    size: SegmentSize,
) -> Option<End> {
    let key = || name.file_name(size).to_string();
    let end = match fed {
        Ok(SegmentEnd::Complete { .. } | SegmentEnd::Switched { .. }) => return None,
        Ok(SegmentEnd::Unwritten { at }) => StreamEnd::Unwritten { key: key(), at },
        Ok(SegmentEnd::Damaged { at, why }) => walk::damaged(key(), at, why),
        Err(error) => StreamEnd::Unreadable {
            key: key(),
            why: error.to_string(),
        },
    };
    End::of(number, &end)
}

/// Whether what follows is of a kind that another try may read.
fn unread(end: &Option<End>) -> bool {
    end.as_ref()
        .is_some_and(|end| end.kind == EndKind::Unreadable)
}

fn piece_at(pieces: &[Part], segment: SegmentNumber) -> Option<&Part> {
    pieces
        .iter()
        .find(|piece| (piece.first..=piece.last).contains(&segment))
}

/// Why the window ends before its data is whole, unless a segment is missing.
fn window_end(
    end: &StreamEnd,
    read: Option<&Files>,
    next: SegmentNumber,
    way: &Route<'_>,
) -> Option<End> {
    let segment = match end {
        StreamEnd::Unwritten { .. } => read.map_or(next, |files| files.last),
        // The first segment can be refused before it is fed; later ones are fed.
        StreamEnd::Damaged { .. } => read.map_or(next, |files| files.last),
        StreamEnd::WrongSize { .. } | StreamEnd::Unreadable { .. } => {
            piece_at(&way.pieces, next)?;
            next
        }
        StreamEnd::Missing { .. } | StreamEnd::NotFollowed | StreamEnd::TooLong => return None,
    };
    End::of(segment, end)
}

impl Files {
    pub(super) fn piece(&self) -> Part {
        Part {
            timeline: self.timeline,
            first: self.first,
            last: self.last,
        }
    }
}

impl Window {
    /// Whether a recovery goes on behind it.
    pub(super) fn goes_on(&self) -> bool {
        self.whole.is_some() && self.end.is_none()
    }

    /// Whether a way begins with this window.
    pub(super) fn fits(&self, way: &Route<'_>) -> bool {
        self.backup == way.base.backup.id.as_str()
            && self.redo == way.base.start.redo
            && self.begins(&way.pieces)
    }

    /// Whether a way over these pieces reads the files of the window. A window that neither goes on nor has an end of its
    /// own takes up the whole way.
    pub(super) fn begins(&self, pieces: &[Part]) -> bool {
        let Some((last, others)) = self.files.split_last() else {
            return false;
        };
        let before = pieces.get(..others.len()).unwrap_or_default();
        let Some(piece) = pieces.get(others.len()) else {
            return false;
        };
        let whole_way = !self.goes_on() && self.end.is_none();
        others.iter().copied().eq(before.iter().map(Files::of))
            && (last.timeline, last.first) == (piece.timeline, piece.first)
            && last.last <= piece.last
            && (!whole_way || (last.last == piece.last && pieces.len() == self.files.len()))
    }
}

/// Adds the object that ended a window to the files that were looked at.
fn cover(files: &mut Vec<Files>, segment: SegmentNumber, pieces: &[Part]) {
    let Some(piece) = piece_at(pieces, segment) else {
        return;
    };
    match files.last_mut() {
        Some(files) if files.timeline == piece.timeline => files.last = files.last.max(segment),
        _ => files.push(Files {
            timeline: piece.timeline,
            first: segment,
            last: segment,
        }),
    }
}
