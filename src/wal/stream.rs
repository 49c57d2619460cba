//! The reader over consecutive segments.

use std::io::{self, Read};

use thiserror::Error;

use super::event::{Located, Span};
use super::lsn::{Lsn, TimelineId};
use super::page::{Major, PAGE_SIZE, PageError, SystemId};
use super::record::RecordError;
use super::segment::{SegmentNumber, SegmentSize};
use super::walk::{Stop, Walker};

/// Who is told about the records of a stream, in the order of the stream.
///
/// Only records that the server would replay are told: complete, linked to the one before, with a fitting checksum.
pub trait Visitor {
    /// Every record. Called for each of some hundred thousand per segment: keep it cheap.
    fn record(&mut self, _span: Span) {}

    /// A record that means something for recovery; [`Visitor::record`] was called for it just before.
    fn event(&mut self, event: Located);
}

/// What a stream must be, beyond fitting together. `None` takes what the first segment says.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The database system, as in `backup.info`.
    pub system: Option<SystemId>,
    /// The version.
    pub major: Option<Major>,
    /// The timelines that pages may be of: that of the target and its ancestors. `None` allows all.
    pub timelines: Option<Vec<TimelineId>>,
}

/// How far a segment could be read. Records before that end have been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentEnd {
    /// Read to its last byte.
    Complete {
        /// The record that carries on in the next segment. It counts, and is told, only when that is fed.
        open: Option<OpenRecord>,
    },
    /// Read to a switch; the server left the rest unused.
    Switched {
        /// The start of the switch record.
        at: Lsn,
    },
    /// Read to a place behind which nothing was ever written: the end of the stream.
    Unwritten {
        /// Where the next record would have begun; a record whose rest was not written begins here too.
        at: Lsn,
    },
    /// Read to a place that the server would refuse to read: the end of the stream.
    Damaged {
        /// The start of the record that cannot be read, or of the page on which it should have begun.
        at: Lsn,
        /// What is wrong.
        why: Damage,
    },
}

/// A record of which a part lies in segments that were not fed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenRecord {
    /// Its first byte; `None` if that lies before the first segment fed.
    pub start: Option<Lsn>,
    /// The bytes still to come, page headers not counted.
    pub missing: u32,
}

/// What is wrong with a segment.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum Damage {
    /// A page cannot be read.
    #[error(transparent)]
    Page(#[from] PageError),
    /// A record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A part was never written although WAL follows it.
    #[error("nothing is written here, but WAL follows at {next}")]
    Hole {
        /// The first written page behind it.
        next: Lsn,
    },
    /// The file ends early. The server refuses such a file as a whole, whatever records it holds.
    #[error("the file has {found} bytes instead of {expected}")]
    TooShort {
        /// Bytes read.
        found: u64,
        /// The segment size in bytes.
        expected: u64,
    },
    /// The file goes on behind the end of the segment. The server refuses such a file as a whole.
    #[error("the file has more than {expected} bytes")]
    TooLong {
        /// The segment size in bytes.
        expected: u64,
    },
}

/// Why a segment could not be fed at all.
#[derive(Debug, Error)]
pub enum StreamError {
    /// Reading failed.
    #[error("cannot read the segment")]
    Read(#[from] io::Error),
    /// The segment does not follow the one fed before.
    #[error("segment {} does not follow segment {}", found.0, last.0)]
    NotNext {
        /// The segment fed before.
        last: SegmentNumber,
        /// The segment given.
        found: SegmentNumber,
    },
    /// The stream ended in a segment before (unwritten or damaged).
    #[error("the stream has ended")]
    Ended,
}

/// Reads a stream, one segment after the other.
///
/// ```
/// use walbound::wal::{Located, SegmentNumber, SegmentSize, StreamDecoder, Visitor};
///
/// struct Printer;
/// impl Visitor for Printer {
///     fn event(&mut self, event: Located) {
///         println!("{} {:?}", event.start, event.event);
///     }
/// }
///
/// let mut decoder = StreamDecoder::new(SegmentSize::DEFAULT);
/// let empty = vec![0; 16 << 20];
/// let end = decoder.feed(SegmentNumber(1), &empty, &mut Printer)?;
/// # assert!(matches!(end, walbound::wal::SegmentEnd::Unwritten { .. }));
/// # Ok::<(), walbound::wal::StreamError>(())
/// ```
///
/// The first segment may begin with the rest of a record of an earlier one, which is skipped. Memory in use: one
/// record's first bytes, and 64 KiB with [`StreamDecoder::read`].
#[derive(Debug)]
pub struct StreamDecoder {
    size: SegmentSize,
    last: Option<SegmentNumber>,
    ended: bool,
    walker: Walker,
}

/// The bytes read at once.
const CHUNK: usize = 8 * PAGE_SIZE;

impl StreamDecoder {
    /// A stream of segments of `size`, which `SegmentHeader` tells of any of them. It may begin with any segment.
    pub fn new(size: SegmentSize) -> Self {
        Self::expecting(size, Expectations::default())
    }

    /// The same for a stream that must be what `expected` says.
    pub fn expecting(size: SegmentSize, expected: Expectations) -> Self {
        let walker = Walker::new(size, expected);
        Self {
            size,
            last: None,
            ended: false,
            walker,
        }
    }

    /// Begins with the record at `position`, as recovery does, and reads nothing before it but the segment's first
    /// header. The segment that holds `position` must be fed first.
    pub fn starting_at(mut self, position: Lsn) -> Self {
        let before = SegmentNumber::holding(position, self.size).0.checked_sub(1);
        self.last = before.map(SegmentNumber);
        self.walker.start_at(position);
        self
    }

    /// Reads a segment from memory.
    ///
    /// # Errors
    /// [`StreamError::NotNext`] and [`StreamError::Ended`]. Damage is no error but a [`SegmentEnd`].
    pub fn feed<V: Visitor>(
        &mut self,
        number: SegmentNumber,
        bytes: &[u8],
        visitor: &mut V,
    ) -> Result<SegmentEnd, StreamError> {
        self.begin(number)?;
        let start = number.start(self.size);
        let mut progress = Progress::Reading;
        for (at, page) in pages(start, bytes, self.size) {
            progress = self.page(progress, at, page, visitor);
        }
        let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(self.finish(start, read, progress))
    }

    /// Reads a segment from a stream of bytes, such as a decompressor. At most one byte behind the segment's end is
    /// asked for.
    ///
    /// # Errors
    /// Those of [`StreamDecoder::feed`], and [`StreamError::Read`] if `source` fails, after which the stream has
    /// ended.
    pub fn read<V: Visitor>(
        &mut self,
        number: SegmentNumber,
        source: impl Read,
        visitor: &mut V,
    ) -> Result<SegmentEnd, StreamError> {
        self.begin(number)?;
        let start = number.start(self.size);
        // The byte behind the end tells a file that is too long.
        let mut source = source.take(self.size.bytes() + 1);
        let mut progress = Progress::Reading;
        let mut buffer = Vec::with_capacity(CHUNK);
        let mut read = 0;
        loop {
            buffer.clear();
            let mut chunk = source.by_ref().take(CHUNK as u64);
            let got = chunk.read_to_end(&mut buffer);
            let got = got.inspect_err(|_| self.ended = true)?;
            if got == 0 {
                break;
            }
            for (at, page) in pages(Lsn(start.0.saturating_add(read)), &buffer, self.size) {
                progress = self.page(progress, at, page, visitor);
            }
            read += got as u64;
        }
        Ok(self.finish(start, read, progress))
    }

    /// Accepts the number of the next segment.
    fn begin(&mut self, number: SegmentNumber) -> Result<(), StreamError> {
        if self.ended {
            return Err(StreamError::Ended);
        }
        match self.last {
            Some(last) if last.next() != number => Err(StreamError::NotNext {
                last,
                found: number,
            }),
            _ => {
                self.last = Some(number);
                Ok(())
            }
        }
    }

    fn page<V: Visitor>(
        &mut self,
        progress: Progress,
        at: Lsn,
        page: &[u8],
        visitor: &mut V,
    ) -> Progress {
        match progress {
            Progress::Reading => match self.walker.page(at, page, visitor) {
                Ok(()) => Progress::Reading,
                Err(stop) => Progress::Stopped(stop),
            },
            Progress::Stopped(Stop::Unwritten { at: end }) if self.walker.is_written(at, page) => {
                Progress::Stopped(Stop::Damaged {
                    at: end,
                    why: Damage::Hole { next: at },
                })
            }
            stopped => stopped,
        }
    }

    /// The end of a segment of which `read` bytes were there.
    fn finish(&mut self, start: Lsn, read: u64, progress: Progress) -> SegmentEnd {
        let expected = self.size.bytes();
        let end = if read > expected {
            SegmentEnd::Damaged {
                at: start,
                why: Damage::TooLong { expected },
            }
        } else if read < expected {
            let found = read;
            SegmentEnd::Damaged {
                at: start,
                why: Damage::TooShort { found, expected },
            }
        } else {
            match progress {
                Progress::Reading => SegmentEnd::Complete {
                    open: self.walker.open(),
                },
                Progress::Stopped(Stop::Switched { at }) => SegmentEnd::Switched { at },
                Progress::Stopped(Stop::Unwritten { at }) => SegmentEnd::Unwritten { at },
                Progress::Stopped(Stop::Damaged { at, why }) => SegmentEnd::Damaged { at, why },
            }
        };
        self.ended = matches!(
            end,
            SegmentEnd::Unwritten { .. } | SegmentEnd::Damaged { .. }
        );
        end
    }
}

/// How reading one segment goes.
enum Progress {
    Reading,
    Stopped(Stop),
}

/// The whole pages within the segment size, with their positions. `start` lies on a page border.
fn pages(start: Lsn, bytes: &[u8], size: SegmentSize) -> impl Iterator<Item = (Lsn, &[u8])> {
    let most = usize::try_from(size.bytes()).unwrap_or(usize::MAX);
    let within = bytes.get(..most).unwrap_or(bytes);
    let pages = within.chunks_exact(PAGE_SIZE).enumerate();
    // The last segment of all positions ends where they do.
    pages.map(move |(index, page)| {
        let offset = (index * PAGE_SIZE) as u64;
        (Lsn(start.0.saturating_add(offset)), page)
    })
}
