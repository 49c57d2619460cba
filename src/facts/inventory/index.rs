//! The commit index: what is left of an archive's records when only recovery targets are to be judged.
//!
//! The records that a recovery replays fall into the window of its base backup, up to where the data is whole, and
//! streams: segments of one timeline that were decoded one after the other. A stream is summed up in buckets. Where
//! files of another timeline follow, a junction tells whether the records fit together.

use serde::{Deserialize, Serialize};

use super::spelling;
use super::tally::Tally;
use crate::facts::mark::Mark;
use crate::facts::walk::{Refusal, StreamEnd};
use crate::facts::way::Part;
use crate::wal::page::Major;
use crate::wal::{Lsn, SegmentName, SegmentNumber, SystemId, TimelineId};

/// The commit index of one archive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitIndex {
    /// What recoveries from each base backup begin with.
    pub(super) windows: Vec<Window>,
    /// Decoded stretches of WAL, by timeline and first segment.
    pub(super) streams: Vec<Streamed>,
    /// Where a recovery goes from the files of one timeline to those of another.
    pub(super) junctions: Vec<Junction>,
}

/// The records of a recovery up to the segment in which the data of its base backup is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Window {
    /// The base backup.
    pub(super) backup: String,
    /// The first record.
    #[serde(with = "spelling::text")]
    pub(super) redo: Lsn,
    /// The files read.
    pub(super) files: Vec<Files>,
    /// A sum over their sizes and upload times.
    #[serde(with = "spelling::hexadecimal")]
    pub(super) objects: u64,
    /// The version that wrote the first segment.
    #[serde(with = "spelling::major")]
    pub(super) major: Option<Major>,
    /// Whether the checkpoint of the backup is where its label says.
    pub(super) checkpoint: bool,
    /// When the data is whole; `None` when it never is.
    #[serde(deserialize_with = "spelling::required")]
    pub(super) whole: Option<Whole>,
    /// The records up to the one that makes the data whole.
    pub(super) before: Tally,
    /// The records behind it.
    pub(super) after: Tally,
    /// What else the records say.
    pub(super) signs: Signs,
    /// Why reading ended before the last segment.
    #[serde(deserialize_with = "spelling::required")]
    pub(super) end: Option<End>,
}

/// Segments in a row from the files of one timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Files {
    /// The timeline.
    #[serde(with = "spelling::timeline")]
    pub(super) timeline: TimelineId,
    /// The first segment.
    #[serde(with = "spelling::segment")]
    pub(super) first: SegmentNumber,
    /// The last segment.
    #[serde(with = "spelling::segment")]
    pub(super) last: SegmentNumber,
}

/// Where the data of a base backup becomes whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    /// Behind this position.
    #[serde(with = "spelling::text")]
    pub(super) at: Lsn,
    /// The record that ends there; `None` when the data is whole from the start.
    #[serde(with = "spelling::optional")]
    pub(super) record: Option<Lsn>,
    /// The record replayed before it.
    #[serde(with = "spelling::optional")]
    pub(super) previous: Option<Lsn>,
    /// Whether it is the end of a transaction.
    pub(super) transaction: bool,
    /// The record behind it.
    #[serde(with = "spelling::optional")]
    pub(super) next: Option<Lsn>,
}

/// What records say besides the ends of transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signs {
    /// Which timeline is written to: the first word, and every change.
    pub(super) timelines: Vec<MarkRow>,
    /// Which timelines pages are of, from which segment on: the first one, and every change.
    pub(super) pages: Vec<PageRow>,
    /// Restore points, in the order of the stream.
    pub(super) restore_points: Vec<Point>,
    /// Whether there are more restore points than are listed.
    pub(super) more_restore_points: bool,
    /// Whether a transaction was prepared.
    pub(super) prepared: bool,
    /// The last record behind which a server reads nothing ahead.
    #[serde(with = "spelling::optional")]
    pub(super) last_pause: Option<Lsn>,
}

/// A [`Mark`] in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MarkRow {
    #[serde(with = "spelling::text")]
    at: Lsn,
    #[serde(with = "spelling::timeline")]
    timeline: TimelineId,
    #[serde(with = "spelling::timeline")]
    previous: TimelineId,
    may_switch: bool,
}

/// From one segment on, pages are of this timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageRow {
    /// The segment.
    #[serde(with = "spelling::segment")]
    pub(super) segment: SegmentNumber,
    /// The timeline.
    #[serde(with = "spelling::timeline")]
    pub(super) timeline: TimelineId,
}

/// A restore point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    /// Its name.
    pub(super) name: String,
    /// Its record.
    #[serde(with = "spelling::text")]
    pub(super) at: Lsn,
    /// The position behind the record.
    #[serde(with = "spelling::text")]
    pub(super) end: Lsn,
}

/// Segments of one timeline, decoded one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Streamed {
    /// The timeline of the files.
    #[serde(with = "spelling::timeline")]
    pub(super) timeline: TimelineId,
    /// The first segment. A record that begins before it is left out.
    #[serde(with = "spelling::segment")]
    pub(super) first: SegmentNumber,
    /// The database system.
    #[serde(with = "spelling::system")]
    pub(super) system: Option<SystemId>,
    /// The records, in the order of the stream.
    pub(super) buckets: Vec<Bucket>,
    /// What else they say.
    pub(super) signs: Signs,
    /// Why it ends; `None` where the archive, or what any recovery reads of it, ends.
    #[serde(deserialize_with = "spelling::required")]
    pub(super) end: Option<End>,
}

/// The records that end in some segments of a stream. Buckets with the same last segment share those segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bucket {
    /// The last segment.
    #[serde(with = "spelling::segment")]
    pub(super) last: SegmentNumber,
    /// A sum over the sizes and upload times of the segments' objects; of several buckets that share them, the first
    /// one has it.
    #[serde(with = "spelling::hexadecimal")]
    pub(super) objects: u64,
    /// Their records.
    pub(super) held: Tally,
}

/// Where a recovery leaves the files of one timeline for those of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Junction {
    /// The timeline that is left.
    #[serde(with = "spelling::timeline")]
    pub(super) from: TimelineId,
    /// Its last segment that is read.
    #[serde(with = "spelling::segment")]
    pub(super) last: SegmentNumber,
    /// The timeline whose files follow.
    #[serde(with = "spelling::timeline")]
    pub(super) to: TimelineId,
    /// A sum over the sizes and upload times of both objects.
    #[serde(with = "spelling::hexadecimal")]
    pub(super) objects: u64,
    /// The record that lies on both sides.
    pub(super) crossing: Tally,
    /// What that record says.
    pub(super) signs: Signs,
    /// Why the stream ends here, if it does.
    #[serde(deserialize_with = "spelling::required")]
    pub(super) end: Option<End>,
}

/// Why a stream ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// The segment.
    #[serde(with = "spelling::segment")]
    pub(super) segment: SegmentNumber,
    /// What it is.
    pub(super) kind: EndKind,
    /// The position, for those that have one.
    #[serde(with = "spelling::optional")]
    pub(super) at: Option<Lsn>,
    /// The other database system.
    #[serde(with = "spelling::system")]
    pub(super) system: Option<SystemId>,
    /// In words; empty where the kind says all.
    pub(super) why: String,
}

/// How a stream can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EndKind {
    /// Nothing was written behind the position.
    Unwritten,
    /// PostgreSQL refuses to read on.
    Damaged,
    /// What follows is of another database system.
    OtherSystem,
    /// The file has not the size of a segment.
    WrongSize,
    /// What a recovery would get is not known.
    Unreadable,
}

/// The longest reason that is kept, in bytes. They quote decoders and stores.
pub(super) const LONGEST_WHY: usize = 300;

impl End {
    /// What an inventory keeps of the end of a stream in `segment`. `None` for ends that the listing tells.
    pub(super) fn of(segment: SegmentNumber, end: &StreamEnd) -> Option<Self> {
        let (kind, at, system, why) = match end {
            StreamEnd::Missing { .. } | StreamEnd::NotFollowed | StreamEnd::TooLong => {
                return None;
            }
            StreamEnd::Unwritten { at, .. } => (EndKind::Unwritten, Some(*at), None, String::new()),
            StreamEnd::Damaged { at, why, .. } => match why {
                Refusal::OtherSystem { found, .. } => {
                    (EndKind::OtherSystem, Some(*at), Some(*found), String::new())
                }
                why => (EndKind::Damaged, Some(*at), None, why.to_string()),
            },
            StreamEnd::WrongSize { why, .. } => (EndKind::WrongSize, None, None, why.clone()),
            StreamEnd::Unreadable { why, .. } => (EndKind::Unreadable, None, None, why.clone()),
        };
        Some(Self {
            segment,
            kind,
            at,
            system,
            why: cut(why),
        })
    }

    /// The end as a walk would meet it in the object `key`, looking for WAL of `expected`.
    pub(super) fn met(&self, key: String, expected: SystemId) -> StreamEnd {
        let at = self.at.unwrap_or(Lsn(0));
        let why = self.why.clone();
        match self.kind {
            EndKind::Unwritten => StreamEnd::Unwritten { key, at },
            EndKind::Damaged => StreamEnd::Damaged {
                key,
                at,
                why: Refusal::Noted(why),
            },
            EndKind::OtherSystem => {
                let found = self.system.unwrap_or(SystemId(0));
                let why = Refusal::OtherSystem { expected, found };
                StreamEnd::Damaged { key, at, why }
            }
            EndKind::WrongSize => StreamEnd::WrongSize { key, why },
            EndKind::Unreadable => StreamEnd::Unreadable { key, why },
        }
    }

    /// Whether a server that reads ahead can stumble over it.
    pub(super) fn matters_ahead(&self) -> bool {
        match self.kind {
            EndKind::WrongSize | EndKind::Unreadable => true,
            EndKind::Damaged => Refusal::may_be_a_timeline(&self.why),
            EndKind::Unwritten | EndKind::OtherSystem => false,
        }
    }
}

fn cut(mut text: String) -> String {
    let end = (0..=LONGEST_WHY.min(text.len())).rev();
    let end = end.into_iter().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    text
}

impl From<Mark> for MarkRow {
    fn from(mark: Mark) -> Self {
        let Mark {
            at,
            timeline,
            previous,
            may_switch,
        } = mark;
        Self {
            at,
            timeline,
            previous,
            may_switch,
        }
    }
}

impl MarkRow {
    pub(super) fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            timeline: self.timeline,
            previous: self.previous,
            may_switch: self.may_switch,
        }
    }
}

impl Files {
    pub(super) fn of(piece: &Part) -> Self {
        Self {
            timeline: piece.timeline,
            first: piece.first,
            last: piece.last,
        }
    }
}

impl Streamed {
    /// The last segment that was decoded, wholly or in part.
    pub(super) fn last(&self) -> Option<SegmentNumber> {
        self.buckets.last().map(|bucket| bucket.last)
    }

    /// Whether it decoded a segment.
    pub(super) fn holds(&self, name: SegmentName) -> bool {
        self.timeline == name.timeline
            && self.first <= name.number
            && self.last().is_some_and(|last| name.number <= last)
    }
}
