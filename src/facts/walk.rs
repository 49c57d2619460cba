//! The way of a recovery from segment to segment, to where the stream ends.

use thiserror::Error;

use super::replay::{Replay, Replayed};
use super::timelines::Path;
use crate::barman::compression::{self, Compression, DecodeError};
use crate::barman::{Catalog, ObjectStore, StoreError};
use crate::wal::page::PageError;
use crate::wal::{
    Damage, Event, Expectations, Lsn, Major, SegmentEnd, SegmentHeader, SegmentName, SegmentNumber,
    StreamDecoder, SystemId, TimelineId, Visitor,
};

/// Records behind the stop that the server may have decoded already: `wal_decode_buffer_size`, 512 KiB by default.
/// Source: `src/backend/access/transam/xlogprefetcher.c`, PostgreSQL 15 and later.
pub(super) const READ_AHEAD_BYTES: u64 = 512 << 10;

/// So many records are surely decoded ahead: the server looks for up to 40 blocks to prefetch.
pub(super) const SURELY_READ_AHEAD: u64 = 40;

/// Whether a server reads nothing behind this record until it has replayed it: it may change the timeline.
/// Source: `XLogPrefetcherNextBlock`, `src/backend/access/transam/xlogprefetcher.c`, PostgreSQL 15 and later.
pub(super) fn stops_reading_ahead(event: &Event) -> bool {
    matches!(
        event,
        Event::Checkpoint { shutdown: true, .. } | Event::EndOfRecovery { .. }
    )
}

/// Segments read behind the stop, to tell the last commit of the archive.
pub(super) const SEGMENTS_BEHIND_STOP: u64 = 32;

/// Which object counts where an archive has several for one segment. Barman's releases do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    /// The first whole one.
    Whole,
    /// The last one in the order of keys, `.partial` before other compressions.
    Other,
}

/// One object that holds a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The segment, on the timeline whose file it is.
    pub(super) name: SegmentName,
    /// Its key.
    pub(super) key: String,
    compression: Compression,
    /// Whether other objects hold the same segment.
    several: bool,
    /// Whether it has no bytes at all.
    empty: bool,
}

/// What the walk goes by.
#[derive(Clone, Copy)]
pub(super) struct Ground<'g> {
    pub(super) store: &'g dyn ObjectStore,
    pub(super) catalog: &'g Catalog,
    pub(super) path: &'g Path,
    pub(super) pick: Pick,
}

/// What the stream must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    /// The first record.
    pub(super) redo: Lsn,
    /// The system of the base backup.
    pub(super) system: SystemId,
    /// The major version of the base backup.
    pub(super) major: Option<u32>,
}

/// The walk, when it is over.
#[derive(Debug)]
pub(super) struct Walked {
    /// What the replay made of the records.
    pub(super) replayed: Replayed,
    /// Where the stream ends.
    pub(super) end: StreamEnd,
    /// The first and the last segment read, and how many.
    pub(super) read: Option<(SegmentName, SegmentName, u64)>,
    /// The first object for which there is another one of the same segment.
    pub(super) ambiguous: Option<String>,
    /// The version that wrote the stream.
    pub(super) major: Option<Major>,
}

/// Where a stream ends, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamEnd {
    /// The segment is on no timeline of the path.
    Missing {
        /// The segment, as the timeline in use would name it.
        name: SegmentName,
    },
    /// Nothing was written behind this position.
    Unwritten {
        /// The object.
        key: String,
        /// Where the next record would have begun.
        at: Lsn,
    },
    /// PostgreSQL refuses to read on.
    Damaged {
        /// The object.
        key: String,
        /// The record or page.
        at: Lsn,
        /// What is wrong.
        why: Refusal,
    },
    /// The file does not have the size of a segment: PostgreSQL gives up.
    WrongSize {
        /// The object.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// What a recovery would get is not known.
    Unreadable {
        /// The object.
        key: String,
        /// Why.
        why: String,
    },
    /// The replay broke off, or stopped long before: the rest was not looked at.
    NotFollowed,
    /// The stream has more segments than were to be read.
    TooLong,
}

/// Why PostgreSQL refuses a page or record.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It belongs to another database system.
    #[error("it belongs to database system {found}, not to {expected}")]
    OtherSystem {
        /// The system of the stream.
        expected: SystemId,
        /// The system found.
        found: SystemId,
    },
    /// Another major version wrote it than the backup is of.
    #[error("it was written by PostgreSQL {found}, the backup is of {expected}")]
    OtherVersion {
        /// The version of the backup.
        expected: u32,
        /// The version found.
        found: Major,
    },
    /// Anything else.
    #[error(transparent)]
    Damage(Damage),
    /// What an inventory noted about it.
    #[error("{0}")]
    Noted(String),
}

/// Who is told the records of a walk.
pub(super) trait Follower: Visitor {
    /// The segment whose records come next.
    fn enter(&mut self, _name: SegmentName, _bytes: &[u8]) {}

    /// No more records of the segment come.
    fn settle(&mut self);

    /// Whether the stop that is looked for was met.
    fn stopped(&self) -> bool;

    /// Whether reading on cannot change the answer, after so many whole segments behind the stop.
    fn has_enough(&self, segments_behind: u64) -> bool;
}

impl Follower for Replay<'_> {
    fn enter(&mut self, name: SegmentName, _bytes: &[u8]) {
        Replay::enter(self, name.timeline);
    }

    fn settle(&mut self) {
        Replay::settle(self);
    }

    fn stopped(&self) -> bool {
        self.stop().is_some()
    }

    fn has_enough(&self, segments_behind: u64) -> bool {
        let far = |bytes: u64| bytes > READ_AHEAD_BYTES && segments_behind >= SEGMENTS_BEHIND_STOP;
        self.broke_off() || self.stop().is_some_and(|stop| far(stop.bytes_behind))
    }
}

impl Refusal {
    /// Whether a server that reads ahead stops at the record it replays when it meets this further on, not at the
    /// place itself: it compares the timeline of the page read last with the history for every record.
    /// Source: `ReadRecord`, PostgreSQL 15 `src/backend/access/transam/xlogrecovery.c`.
    pub(super) fn ends_what_is_before(&self) -> bool {
        match self {
            Self::Damage(Damage::Page(PageError::UnexpectedTimeline { .. })) => true,
            // Words alone: whatever is said about a timeline may be this.
            Self::Noted(why) => Self::may_be_a_timeline(why),
            _ => false,
        }
    }

    /// Whether the words about damage are about a page's timeline.
    pub(super) fn may_be_a_timeline(why: &str) -> bool {
        why.contains("of timeline")
    }
}

impl Found {
    /// How the object is compressed.
    pub(super) fn compression(&self) -> Compression {
        self.compression
    }
}

impl Ground<'_> {
    /// The object that a recovery gets for a segment while it reads files of `current`.
    pub(super) fn find(
        &self,
        segment: SegmentNumber,
        current: Option<TimelineId>,
    ) -> Option<Found> {
        let size = self.catalog.segment_size;
        let mut timelines = self.path.candidates(segment, current, size);
        timelines.find_map(|timeline| {
            self.object(SegmentName {
                timeline,
                number: segment,
            })
        })
    }

    /// The object that Barman serves under the name of a segment.
    pub(super) fn object(&self, name: SegmentName) -> Option<Found> {
        let Catalog {
            path, segment_size, ..
        } = self.catalog;
        let files = self.catalog.timelines.get(&name.timeline)?;
        let duplicates = files.duplicates.iter();
        let several = duplicates
            .filter(|group| (group.first..=group.last).contains(&name.number))
            .map(|group| &group.kinds)
            .next();
        let found = |(partial, compression): (bool, Compression)| Found {
            name,
            key: if partial {
                path.partial(name, *segment_size, compression)
            } else {
                path.segment(name, *segment_size, compression)
            },
            compression,
            several: several.is_some(),
            empty: false,
        };
        if let Some(kinds) = several {
            let whole = kinds.iter().find(|(partial, _)| !partial);
            let chosen = match self.pick {
                Pick::Whole => whole.or(kinds.first()),
                Pick::Other => kinds.iter().rev().find(|kind| Some(*kind) != whole),
            };
            return chosen.copied().map(found);
        }
        if let Some(run) = files.run_holding(name.number) {
            return Some(Found {
                empty: run.uniform_size == Some(0),
                ..found((false, run.compression))
            });
        }
        let partial = files.partials.get(&name.number)?.first()?;
        Some(Found {
            empty: partial.size == 0,
            ..found((true, partial.compression))
        })
    }

    /// Whether more objects than two hold one of the segments read: only two of them were tried.
    pub(super) fn has_third_objects(&self, walked: &Walked) -> bool {
        let Some((first, last, _)) = walked.read else {
            return false;
        };
        let mut files = self
            .path
            .timelines()
            .filter_map(|timeline| self.catalog.timelines.get(&timeline))
            .flat_map(|files| &files.duplicates);
        files.any(|group| {
            group.kinds.len() > 2 && group.first <= last.number && group.last >= first.number
        })
    }

    /// The newest segment on the path, whole or partial, if it lies behind `segment`.
    pub(super) fn beyond(&self, segment: SegmentNumber) -> Option<SegmentName> {
        let timelines = self.path.timelines().filter_map(|timeline| {
            let files = self.catalog.timelines.get(&timeline)?;
            let partial = files.partials.keys().next_back().copied();
            let number = files.last().max(partial)?;
            Some(SegmentName { timeline, number })
        });
        timelines
            .filter(|name| name.number > segment)
            .max_by_key(|name| name.number)
    }

    /// Puts the bytes of a segment into `into`.
    pub(super) fn fetch(&self, found: &Found, into: &mut Vec<u8>) -> Result<(), StreamEnd> {
        let key = || found.key.clone();
        // Barman makes an empty file of these; other formats cannot be empty, and it fails.
        if found.empty && matches!(found.compression, Compression::None | Compression::Gzip) {
            return Err(StreamEnd::WrongSize {
                key: key(),
                why: "the object is empty".to_owned(),
            });
        }
        let source = self.store.read(&found.key).map_err(|error| match error {
            // Listed a moment ago: the archive is changing.
            StoreError::Missing { .. } => StreamEnd::Unreadable {
                key: key(),
                why: "it was listed, but is gone now".to_owned(),
            },
            error => StreamEnd::Unreadable {
                key: key(),
                why: error.to_string(),
            },
        })?;
        let size = self.catalog.segment_size;
        compression::decode_segment(source, found.compression, size, into).map_err(|error| {
            let why = error.to_string();
            match error {
                DecodeError::TooShort { .. } | DecodeError::TooLong { .. } => {
                    StreamEnd::WrongSize { key: key(), why }
                }
                _ => StreamEnd::Unreadable { key: key(), why },
            }
        })
    }
}

/// A walk under way.
struct Walk<'w, F> {
    ground: Ground<'w>,
    stream: Stream,
    decoder: StreamDecoder,
    follower: F,
    current: Option<TimelineId>,
    read: Option<(SegmentName, SegmentName, u64)>,
    behind_stop: u64,
    ambiguous: Option<String>,
    major: Option<Major>,
}

/// A walk that is over, without what its follower made of the records.
pub(super) struct Followed<F> {
    /// The follower.
    pub(super) follower: F,
    /// Where the stream ends.
    pub(super) end: StreamEnd,
    /// The first and the last segment read, and how many.
    pub(super) read: Option<(SegmentName, SegmentName, u64)>,
    /// The first object for which there is another one of the same segment.
    pub(super) ambiguous: Option<String>,
    /// The version that wrote the stream.
    pub(super) major: Option<Major>,
}

/// Reads the stream from the backup's first record to its end, or until enough is known. Unless replay stops before, at
/// most `limit` segments are read.
pub(super) fn walk(
    ground: Ground<'_>,
    stream: Stream,
    replay: Replay<'_>,
    limit: Option<u64>,
) -> Walked {
    let timelines = Some(ground.path.timelines().collect());
    let walked = follow(ground, stream, timelines, replay, limit);
    Walked {
        replayed: walked.follower.finish(),
        end: walked.end,
        read: walked.read,
        ambiguous: walked.ambiguous,
        major: walked.major,
    }
}

/// The same for any follower. `timelines` lists those that pages may be of; `None` allows all.
pub(super) fn follow<F: Follower>(
    ground: Ground<'_>,
    stream: Stream,
    timelines: Option<Vec<TimelineId>>,
    follower: F,
    limit: Option<u64>,
) -> Followed<F> {
    let expected = Expectations {
        system: Some(stream.system),
        major: None,
        timelines,
    };
    let size = ground.catalog.segment_size;
    let decoder = StreamDecoder::expecting(size, expected).starting_at(stream.redo);
    let mut walk = Walk {
        ground,
        stream,
        decoder,
        follower,
        current: None,
        read: None,
        behind_stop: 0,
        ambiguous: None,
        major: None,
    };
    let end = walk.run(limit);
    Followed {
        follower: walk.follower,
        end,
        read: walk.read,
        ambiguous: walk.ambiguous,
        major: walk.major,
    }
}

impl<F: Follower> Walk<'_, F> {
    fn run(&mut self, limit: Option<u64>) -> StreamEnd {
        let size = self.ground.catalog.segment_size;
        let mut segment = SegmentNumber::holding(self.stream.redo, size);
        let mut bytes = Vec::new();
        loop {
            if self.follower.has_enough(self.behind_stop) {
                return StreamEnd::NotFollowed;
            }
            let count = self.read.map_or(0, |(_, _, count)| count);
            if !self.follower.stopped() && limit.is_some_and(|limit| count >= limit) {
                return StreamEnd::TooLong;
            }
            let Some(found) = self.ground.find(segment, self.current) else {
                return StreamEnd::Missing {
                    name: SegmentName {
                        timeline: self.current.unwrap_or(self.ground.path.target()),
                        number: segment,
                    },
                };
            };
            if let Err(end) = self.feed(&found, &mut bytes) {
                return end;
            }
            segment = segment.next();
        }
    }

    fn feed(&mut self, found: &Found, bytes: &mut Vec<u8>) -> Result<(), StreamEnd> {
        if found.several {
            self.ambiguous.get_or_insert_with(|| found.key.clone());
        }
        self.ground.fetch(found, bytes)?;
        if self.read.is_none() {
            self.check_first(found, bytes)?;
        }
        let stopped_before = self.follower.stopped();
        self.follower.enter(found.name, bytes);
        let end = self
            .decoder
            .feed(found.name.number, bytes, &mut self.follower);
        self.follower.settle();
        self.current = Some(found.name.timeline);
        let (first, count) = self
            .read
            .map_or((found.name, 0), |(first, _, count)| (first, count));
        self.read = Some((first, found.name, count + 1));
        self.behind_stop += u64::from(stopped_before);
        let key = found.key.clone();
        match end {
            Ok(SegmentEnd::Complete { .. } | SegmentEnd::Switched { .. }) => Ok(()),
            Ok(SegmentEnd::Unwritten { at }) => Err(StreamEnd::Unwritten { key, at }),
            Ok(SegmentEnd::Damaged { at, why }) => Err(damaged(key, at, why)),
            // Segments are fed in order, from memory: neither can happen, and if it does nothing is known.
            Err(error) => Err(StreamEnd::Unreadable {
                key,
                why: error.to_string(),
            }),
        }
    }

    /// The first segment settles the version; WAL that this build cannot read is told apart from damage here.
    fn check_first(&mut self, found: &Found, bytes: &[u8]) -> Result<(), StreamEnd> {
        let key = || found.key.clone();
        let header = match SegmentHeader::parse(bytes) {
            Ok(header) => header,
            Err(
                error @ (PageError::UnknownVersion { magic: 1.. } | PageError::PageSize { .. }),
            ) => {
                return Err(StreamEnd::Unreadable {
                    key: key(),
                    why: error.to_string(),
                });
            }
            // The decoder will say so.
            Err(_) => return Ok(()),
        };
        self.major = Some(header.major);
        match self.stream.major {
            Some(expected) if expected != u32::from(header.major.number()) => {
                Err(StreamEnd::Damaged {
                    key: key(),
                    at: header.address,
                    why: Refusal::OtherVersion {
                        expected,
                        found: header.major,
                    },
                })
            }
            _ => Ok(()),
        }
    }
}

/// What a refused page or record means for the stream.
pub(super) fn damaged(key: String, at: Lsn, why: Damage) -> StreamEnd {
    let why = match why {
        Damage::TooShort { .. } | Damage::TooLong { .. } => {
            let why = why.to_string();
            return StreamEnd::WrongSize { key, why };
        }
        Damage::Page(PageError::OtherSystem { expected, found }) => {
            Refusal::OtherSystem { expected, found }
        }
        why => Refusal::Damage(why),
    };
    StreamEnd::Damaged { key, at, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::Timestamp;

    #[test]
    fn records_that_may_change_the_timeline_are_not_read_over() {
        let time = Timestamp::from_unix_micros(0);
        let (timeline, previous_timeline) = (TimelineId(2), TimelineId(1));
        let checkpoint = |shutdown| Event::Checkpoint {
            redo: Lsn(8),
            timeline,
            previous_timeline: timeline,
            time,
            shutdown,
        };
        let ends = Event::EndOfRecovery {
            time,
            timeline,
            previous_timeline,
        };
        assert!(stops_reading_ahead(&checkpoint(true)) && stops_reading_ahead(&ends));
        assert!(!stops_reading_ahead(&checkpoint(false)) && !stops_reading_ahead(&Event::Switch));
    }
}
