//! The WAL of one timeline, as pieces of one kind each.

use crate::barman::catalog::HistoryFile;
use crate::barman::{Catalog, Run, TimelineFiles};
use crate::model::instant::Instant;
use crate::wal::{Lsn, SegmentName, SegmentNumber, TimelineHistory, TimelineId};

/// What the archive holds of one timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) timeline: TimelineId,
    pub(super) origin: Origin,
    /// Whether the recovery that was judged reads this timeline.
    pub(super) followed: bool,
    /// In the order of the stream; pieces do not overlap.
    pub(super) pieces: Vec<Piece>,
}

/// Where a timeline comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// Timeline 1 has no parent.
    First,
    /// The parent, and the first position that is no longer on it.
    Parted {
        parent: TimelineId,
        switch: Lsn,
        /// When the history was uploaded.
        told: Instant,
        /// The server's words for why.
        reason: String,
    },
    /// No history, or none that can be read: why.
    Unknown(String),
}

/// Segments in a row that are all there, or all missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: PieceKind,
    pub(super) first: SegmentNumber,
    pub(super) last: SegmentNumber,
    /// The first and the last upload; of missing segments the uploads before and behind them.
    pub(super) uploads: (Instant, Instant),
    /// Bytes as stored.
    pub(super) bytes: u64,
    /// Whether the recovery that was judged leaves it aside.
    pub(super) aside: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PieceKind {
    /// Whole segments.
    Whole,
    /// Only the `.partial` file, which a restore gets where the whole segment is missing.
    Partial,
    /// Nothing.
    Missing,
}

impl Piece {
    pub(super) fn count(&self) -> u64 {
        (self.last.0.saturating_sub(self.first.0)).saturating_add(1)
    }

    /// Takes the piece that follows, if it is of the same kind.
    fn join(&mut self, next: &Self) -> bool {
        let fits = self.kind == next.kind
            && self.aside == next.aside
            && self.last.0.checked_add(1) == Some(next.first.0);
        if fits {
            self.last = next.last;
            self.bytes = self.bytes.saturating_add(next.bytes);
            self.uploads.0 = self.uploads.0.min(next.uploads.0);
            self.uploads.1 = self.uploads.1.max(next.uploads.1);
        }
        fits
    }
}

impl Lane {
    /// How many segments there are, in whole or in part.
    pub(super) fn segments(&self) -> u64 {
        let there = self.present();
        there.fold(0, |sum, piece| sum.saturating_add(piece.count()))
    }

    pub(super) fn present(&self) -> impl Iterator<Item = &Piece> {
        let pieces = self.pieces.iter();
        pieces.filter(|piece| piece.kind != PieceKind::Missing)
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = &Piece> {
        let pieces = self.pieces.iter();
        pieces.filter(|piece| piece.kind == PieceKind::Missing)
    }
}

/// How far a recovery reads a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Followed {
    /// To its end.
    Whole,
    /// Up to this segment, which is still read.
    UpTo(SegmentNumber),
    /// Not at all.
    Not,
}

/// The lanes in the order of the timelines. `target` is the timeline that a recovery leads to, where that is known.
pub(super) fn lanes(catalog: &Catalog, target: Option<TimelineId>) -> Vec<Lane> {
    let path = target.map(|target| path_to(catalog, target));
    let mut timelines: Vec<TimelineId> = catalog.timelines.keys().copied().collect();
    timelines.extend(catalog.histories.keys());
    timelines.sort();
    timelines.dedup();
    let mut lanes: Vec<Lane> = timelines
        .into_iter()
        .map(|timeline| {
            let followed = followed(catalog, path.as_ref(), timeline);
            let files = catalog.timelines.get(&timeline);
            Lane {
                timeline,
                origin: origin(timeline, catalog.histories.get(&timeline)),
                followed: followed != Followed::Not,
                pieces: files.map_or(Vec::new(), |files| pieces(files, followed)),
            }
        })
        .collect();
    add_lost_ends(catalog, &mut lanes);
    lanes
}

fn path_to(catalog: &Catalog, target: TimelineId) -> TimelineHistory {
    let file = catalog.histories.get(&target);
    let read = file.and_then(|file| file.content.as_ref().ok());
    read.cloned()
        .unwrap_or_else(|| TimelineHistory::without_ancestors(target))
}

/// Of the segment in which the next timeline begins, a restore takes the file of the next one, where there is one.
fn followed(catalog: &Catalog, path: Option<&TimelineHistory>, timeline: TimelineId) -> Followed {
    let Some(path) = path else {
        return Followed::Whole;
    };
    let Some(switch) = path.switch_from(timeline) else {
        return if path.timeline() == timeline {
            Followed::Whole
        } else {
            Followed::Not
        };
    };
    let begun = SegmentNumber::holding(switch, catalog.segment_size);
    let next = path.timeline_at(switch);
    let files = catalog.timelines.get(&next);
    if files.is_some_and(|files| files.run_holding(begun).is_some()) {
        Followed::UpTo(SegmentNumber(begun.0.saturating_sub(1)))
    } else {
        Followed::UpTo(begun)
    }
}

fn origin(timeline: TimelineId, history: Option<&HistoryFile>) -> Origin {
    let Some(file) = history else {
        return match timeline {
            TimelineId(1) => Origin::First,
            _ => Origin::Unknown("its history file is not in the archive".to_owned()),
        };
    };
    match &file.content {
        Err(problem) => Origin::Unknown(format!("its history cannot be used: {problem}")),
        Ok(history) => match history.ancestors().last() {
            None => Origin::First,
            Some(parent) => Origin::Parted {
                parent: parent.timeline,
                switch: parent.switch,
                told: file.last_modified,
                reason: parent.reason.clone(),
            },
        },
    }
}

fn pieces(files: &TimelineFiles, followed: Followed) -> Vec<Piece> {
    let mut present: Vec<Piece> = files
        .runs
        .iter()
        .flat_map(|run| parts(run, followed))
        .flatten()
        .collect();
    let alone = files
        .partials
        .iter()
        .filter(|(number, _)| files.run_holding(**number).is_none());
    for (number, objects) in alone {
        let times = objects.iter().map(|object| object.last_modified);
        let (Some(first), Some(last)) = (times.clone().min(), times.max()) else {
            continue;
        };
        present.push(Piece {
            kind: PieceKind::Partial,
            first: *number,
            last: *number,
            uploads: (first, last),
            bytes: objects.iter().map(|object| object.size).sum(),
            aside: is_aside(*number, followed),
        });
    }
    present.sort_by_key(|piece| piece.first);
    with_gaps(present, followed)
}

fn is_aside(number: SegmentNumber, followed: Followed) -> bool {
    match followed {
        Followed::Whole => false,
        Followed::UpTo(last) => number > last,
        Followed::Not => true,
    }
}

/// A run, cut where the recovery leaves the timeline.
fn parts(run: &Run, followed: Followed) -> [Option<Piece>; 2] {
    let part = |first, last, uploads, bytes| Piece {
        kind: PieceKind::Whole,
        first,
        last,
        uploads,
        bytes,
        aside: is_aside(first, followed),
    };
    let Followed::UpTo(cut) = followed else {
        let uploads = (run.first_upload, run.last_upload);
        return [Some(part(run.first, run.last, uploads, run.bytes)), None];
    };
    if !run.holds(cut) || run.last == cut {
        let uploads = (run.first_upload, run.last_upload);
        return [Some(part(run.first, run.last, uploads, run.bytes)), None];
    }
    let at = run.uploaded_by(cut).unwrap_or(run.first_upload);
    // The listing keeps bytes for whole runs; a part has about its share.
    let kept = cut.0.saturating_sub(run.first.0).saturating_add(1);
    let share = u128::from(run.bytes) * u128::from(kept) / u128::from(run.count().max(1));
    let share = u64::try_from(share).unwrap_or(run.bytes);
    [
        Some(part(run.first, cut, (run.first_upload, at), share)),
        Some(part(
            cut.next(),
            run.last,
            (at, run.last_upload),
            run.bytes.saturating_sub(share),
        )),
    ]
}

/// Joins what touches, and puts what is missing between the rest.
fn with_gaps(present: Vec<Piece>, followed: Followed) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(present.len());
    for piece in present {
        let Some(before) = pieces.last_mut() else {
            pieces.push(piece);
            continue;
        };
        if before.join(&piece) {
            continue;
        }
        let expected = before.last.next();
        if expected < piece.first {
            let last = SegmentNumber(piece.first.0.saturating_sub(1));
            let uploads = (before.uploads.1, piece.uploads.0);
            pieces.extend(gap(expected, last, uploads, followed));
        }
        pieces.push(piece);
    }
    pieces
}

/// What is missing, cut where the recovery leaves the timeline.
fn gap(
    first: SegmentNumber,
    last: SegmentNumber,
    uploads: (Instant, Instant),
    followed: Followed,
) -> impl Iterator<Item = Piece> {
    let piece = move |first, last| Piece {
        kind: PieceKind::Missing,
        first,
        last,
        uploads,
        bytes: 0,
        aside: is_aside(first, followed),
    };
    let (one, other) = match followed {
        Followed::UpTo(cut) if first <= cut && cut < last => {
            (piece(first, cut), Some(piece(cut.next(), last)))
        }
        _ => (piece(first, last), None),
    };
    std::iter::once(one).chain(other)
}

/// A failover can lose the last segments of a timeline: they end before the place where the next timeline begins, and
/// no segment behind them shows the gap.
fn add_lost_ends(catalog: &Catalog, lanes: &mut [Lane]) {
    let size = catalog.segment_size;
    let mut lost: Vec<(usize, Piece)> = Vec::new();
    for child in lanes.iter() {
        let Origin::Parted {
            parent,
            switch,
            told,
            ..
        } = &child.origin
        else {
            continue;
        };
        let Ok(at) = lanes.binary_search_by_key(parent, |lane| lane.timeline) else {
            continue;
        };
        let Some(end) = lanes.get(at).and_then(|lane| lane.pieces.last()) else {
            continue;
        };
        // The child has its own file of the segment in which it begins.
        let begun = SegmentNumber::holding(*switch, size);
        if end.last.next() < begun {
            let first_of_child = child.pieces.first().map(|piece| piece.uploads.0);
            let piece = Piece {
                kind: PieceKind::Missing,
                first: end.last.next(),
                last: SegmentNumber(begun.0.saturating_sub(1)),
                uploads: (end.uploads.1, first_of_child.unwrap_or(*told)),
                bytes: 0,
                aside: !child.followed,
            };
            lost.push((at, piece));
        }
    }
    // Of several children the one that the recovery follows counts, then the one that parted last.
    lost.sort_by_key(|(at, piece)| (*at, piece.aside, std::cmp::Reverse(piece.last)));
    lost.dedup_by_key(|(at, _)| *at);
    for (at, piece) in lost {
        if let Some(lane) = lanes.get_mut(at) {
            lane.pieces.push(piece);
        }
    }
}

/// The names of the first and the last segment of a piece.
pub(super) fn names(catalog: &Catalog, timeline: TimelineId, piece: &Piece) -> (String, String) {
    let name = |number| {
        let name = SegmentName { timeline, number };
        name.file_name(catalog.segment_size).to_string()
    };
    (name(piece.first), name(piece.last))
}
