//! The horizontal axis: what it counts, which part of it is shown, and where things lie on it.

use super::lane::{Lane, Piece};
use super::mark::Mark;
use super::stored::uploads_tell_time;
use crate::barman::{BackupInfo, Catalog};
use crate::facts::verdict::ReasonCode;
use crate::facts::{Depth, Goal, Target, TargetVerdict, Xact};
use crate::model::instant::Instant;
use crate::wal::{Lsn, SegmentSize};

/// What the axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Time: of backups their own, of WAL the upload.
    Time,
    /// The position in the WAL, for archives whose upload times tell nothing, as those of a copy.
    Position,
}

/// A place on the axis: microseconds since 1970, or a WAL position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Coordinate(pub(super) i128);

impl From<Instant> for Coordinate {
    fn from(instant: Instant) -> Self {
        Self(instant.as_micros().into())
    }
}

impl From<Lsn> for Coordinate {
    fn from(position: Lsn) -> Self {
        Self(position.0.into())
    }
}

/// A part of the axis; the end lies behind the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Coordinate,
    pub(super) to: Coordinate,
}

/// What is shown of the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    pub(super) axis: Axis,
    pub(super) size: SegmentSize,
    /// What the picture shows.
    pub(super) shown: Range,
    /// Everything there is, where more is there than shown.
    pub(super) whole: Option<Range>,
}

/// Where the target lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetPlace {
    At(Coordinate),
    /// Somewhere behind this.
    Behind(Coordinate),
    /// Somewhere before this.
    Before(Coordinate),
    /// The evidence does not tell.
    Unknown,
}

/// How far a picture reaches to both sides of its target.
const ZOOM_MICROS: i128 = 24 * 3_600_000_000;

impl Range {
    pub(super) fn of(from: Coordinate, to: Coordinate) -> Self {
        let to = Coordinate(to.0.max(from.0 + 1));
        Self { from, to }
    }

    pub(super) fn length(self) -> i128 {
        self.to.0 - self.from.0
    }

    /// The column of a place, the last one for the end itself; `None` outside.
    pub(super) fn column(self, place: Coordinate, columns: usize) -> Option<usize> {
        if place < self.from || place > self.to || columns == 0 {
            return None;
        }
        let columns_wide = i128::try_from(columns).unwrap_or(1);
        let at = (place.0 - self.from.0) * columns_wide / self.length();
        usize::try_from(at).ok().map(|at| at.min(columns - 1))
    }

    /// The columns that a part covers, at least one; `None` where it lies outside.
    pub(super) fn columns(
        self,
        part: (Coordinate, Coordinate),
        columns: usize,
    ) -> Option<std::ops::Range<usize>> {
        let (from, to) = (part.0.min(part.1), part.1.max(part.0));
        if to < self.from || from > self.to {
            return None;
        }
        let first = self.column(from.max(self.from), columns)?;
        let wide = i128::try_from(columns).unwrap_or(1);
        let scaled = (to.min(self.to).0 - self.from.0) * wide;
        // A part ends before the column in which the next one begins.
        let end = (scaled + self.length() - 1) / self.length();
        let end = usize::try_from(end).unwrap_or(columns).min(columns);
        Some(first..end.max(first + 1))
    }
}

impl View {
    /// The axis that says most, and the part of it to show. `None` where nothing has a place.
    pub(super) fn choose(
        catalog: &Catalog,
        lanes: &[Lane],
        marks: &[Mark<'_>],
        verdict: &TargetVerdict,
        target: Option<&Target>,
    ) -> Option<Self> {
        let axis = if uploads_tell_time(catalog, marks) {
            Axis::Time
        } else {
            Axis::Position
        };
        let view = Self {
            axis,
            size: catalog.segment_size,
            shown: Range::of(Coordinate(0), Coordinate(1)),
            whole: None,
        };
        let extent = view.extent(lanes, marks, verdict)?;
        let place = match target {
            Some(target) => view.target(target, verdict),
            None => TargetPlace::Unknown,
        };
        let extent = view.with_target(extent, place);
        let shown = match target {
            Some(target) => view.zoomed(extent, target, place, verdict),
            None => extent,
        };
        Some(Self {
            shown,
            whole: (shown != extent).then_some(extent),
            ..view
        })
    }

    /// Where segments lie.
    pub(super) fn of_piece(&self, piece: &Piece) -> (Coordinate, Coordinate) {
        match self.axis {
            Axis::Time => (piece.uploads.0.into(), piece.uploads.1.into()),
            Axis::Position => (
                piece.first.start(self.size).into(),
                piece.last.next().start(self.size).into(),
            ),
        }
    }

    /// From where to where a backup ran, as far as it tells.
    pub(super) fn of_backup(&self, info: &BackupInfo) -> Option<(Coordinate, Coordinate)> {
        let (begin, end): (Option<Coordinate>, Option<Coordinate>) = match self.axis {
            Axis::Time => (
                info.begin_time.map(|time| time.instant.into()),
                info.end_time.map(|time| time.instant.into()),
            ),
            Axis::Position => (info.begin_lsn.map(Into::into), info.end_lsn.map(Into::into)),
        };
        Some((begin.or(end)?, end.or(begin)?))
    }

    /// Where a transaction lies.
    pub(super) fn of_xact(&self, xact: Xact) -> Coordinate {
        match self.axis {
            Axis::Time => Instant::from_micros(xact.time.to_unix_micros()).into(),
            Axis::Position => xact.lsn.into(),
        }
    }

    /// From where to where every target can be reached, where both are known.
    pub(super) fn of_window(&self, verdict: &TargetVerdict) -> Option<(Coordinate, Coordinate)> {
        let (earliest, latest) = (verdict.window.earliest?, verdict.window.latest?);
        match self.axis {
            Axis::Time => Some((earliest.into(), latest.into())),
            Axis::Position => {
                let info = &verdict.backup.as_ref()?.info;
                Some((info.end_lsn?.into(), verdict.window.last?.into()))
            }
        }
    }

    /// Where a target lies.
    pub(super) fn target(&self, target: &Target, verdict: &TargetVerdict) -> TargetPlace {
        let own: Option<Coordinate> = match (&target.goal, self.axis) {
            (Goal::Time { replay, .. }, Axis::Time) => Some((*replay).into()),
            (Goal::Lsn(position), Axis::Position) => Some((*position).into()),
            (Goal::Immediate, _) => {
                let info = verdict.backup.as_ref().map(|backup| &backup.info);
                info.and_then(|info| self.of_backup(info))
                    .map(|(_, end)| end)
            }
            _ => None,
        };
        if let Some(own) = own.or_else(|| self.stop(verdict)) {
            return TargetPlace::At(own);
        }
        let codes = || verdict.reasons.iter().map(|reason| reason.code);
        let behind = codes().any(|code| {
            matches!(
                code,
                ReasonCode::NoCommitAfterTarget | ReasonCode::LsnBeyondEnd
            )
        });
        match verdict.last_commit {
            Some(commit) if behind => TargetPlace::Behind(self.of_xact(commit)),
            _ if codes().any(|code| code == ReasonCode::TargetBeforeConsistency) => {
                let info = verdict.backup.as_ref().map(|backup| &backup.info);
                let place = info.and_then(|info| self.of_backup(info));
                place.map_or(TargetPlace::Unknown, |(_, end)| TargetPlace::Before(end))
            }
            _ => TargetPlace::Unknown,
        }
    }

    /// How far the recovery gets that was judged by its records, and whether it ends there as it should.
    pub(super) fn recovery(
        &self,
        catalog: &Catalog,
        verdict: &TargetVerdict,
    ) -> Option<(Coordinate, Coordinate, bool)> {
        let info = &verdict.backup.as_ref()?.info;
        let (begin, end) = self.of_backup(info)?;
        if verdict.stops_at.is_some() {
            // Where no transaction is kept beyond those of the backup, its end is the nearest time.
            let at = self.stop(verdict).unwrap_or(end);
            return Some((begin, at.max(begin), true));
        }
        let read = verdict.wal.filter(|_| verdict.depth == Depth::Records)?;
        let end = match self.axis {
            Axis::Position => read.last.number.next().start(self.size).into(),
            Axis::Time => catalog
                .run_holding(read.last)?
                .uploaded_by(read.last.number)?
                .into(),
        };
        Some((begin, end, false))
    }

    /// Where the recovery stops.
    fn stop(&self, verdict: &TargetVerdict) -> Option<Coordinate> {
        let stop = verdict.stops_at?;
        match self.axis {
            Axis::Position => Some(stop.position.into()),
            Axis::Time => stop.kept.map(|xact| self.of_xact(xact)),
        }
    }

    /// From the first to the last thing that has a place.
    fn extent(&self, lanes: &[Lane], marks: &[Mark<'_>], verdict: &TargetVerdict) -> Option<Range> {
        let pieces = lanes.iter().flat_map(Lane::present);
        let pieces = pieces.map(|piece| self.of_piece(piece));
        let infos = marks.iter().filter_map(Mark::info);
        let backups = infos.filter_map(|info| self.of_backup(info));
        let commit = verdict.last_commit.map(|xact| self.of_xact(xact));
        let parts = pieces
            .chain(backups)
            .chain(commit.map(|place| (place, place)));
        let (from, to) = parts.reduce(|(from, to), part| {
            (from.min(part.0).min(part.1), to.max(part.0).max(part.1))
        })?;
        Some(Range::of(from, to))
    }

    /// A target that lies nearby is part of the picture; one far away is shown by an arrow.
    fn with_target(&self, extent: Range, place: TargetPlace) -> Range {
        let TargetPlace::At(place) = place else {
            return extent;
        };
        let margin = (extent.length() / 3).max(match self.axis {
            Axis::Time => ZOOM_MICROS,
            Axis::Position => i128::from(self.size.bytes()),
        });
        let near = (extent.from.0 - margin..=extent.to.0 + margin).contains(&place.0);
        if !near {
            return extent;
        }
        let (from, to) = (extent.from.min(place), extent.to.max(place));
        // Some room, so that the mark does not stand on the edge.
        let room = extent.length() / 50;
        Range::of(
            Coordinate(if place < extent.from {
                from.0 - room
            } else {
                from.0
            }),
            Coordinate(if place > extent.to { to.0 + room } else { to.0 }),
        )
    }

    fn zoomed(
        &self,
        extent: Range,
        target: &Target,
        place: TargetPlace,
        verdict: &TargetVerdict,
    ) -> Range {
        let whole = matches!(target.goal, Goal::Latest | Goal::Immediate);
        let zone = match (self.axis, place) {
            _ if whole => None,
            (Axis::Time, TargetPlace::At(place)) => {
                Some((place.0 - ZOOM_MICROS, place.0 + ZOOM_MICROS))
            }
            (Axis::Position, _) => self.recovery_zone(extent, verdict),
            _ => None,
        };
        let Some((from, to)) = zone else {
            return extent;
        };
        let (from, to) = (from.max(extent.from.0), to.min(extent.to.0));
        // Far from everything there is nothing to see.
        if from >= to {
            return extent;
        }
        Range::of(Coordinate(from), Coordinate(to))
    }

    /// The positions that the recovery reads with some room, where they are but a small part of everything.
    fn recovery_zone(&self, extent: Range, verdict: &TargetVerdict) -> Option<(i128, i128)> {
        const SMALL_PART: i128 = 8;
        let begin = i128::from(verdict.backup.as_ref()?.info.begin_lsn?.0);
        let read = verdict.wal?.last.number.next().start(self.size);
        let length = (i128::from(read.0) - begin).max(i128::from(self.size.bytes()));
        (length * SMALL_PART < extent.length()).then_some((begin - length, begin + 2 * length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: i128, to: i128) -> Range {
        Range::of(Coordinate(from), Coordinate(to))
    }

    #[test]
    fn parts_cover_the_columns_between_their_ends_and_at_least_one() {
        let range = range(0, 100);
        let columns = |from, to| range.columns((Coordinate(from), Coordinate(to)), 10);
        assert_eq!(columns(0, 100), Some(0..10));
        assert_eq!(columns(10, 20), Some(1..2));
        assert_eq!(columns(15, 21), Some(1..3));
        assert_eq!(columns(50, 50), Some(5..6));
        assert_eq!(columns(100, 100), Some(9..10));
        assert_eq!(columns(-20, 5), Some(0..1));
        assert_eq!(columns(90, 500), Some(9..10));
        assert_eq!(columns(-20, -10), None);
        assert_eq!(columns(101, 110), None);
        assert_eq!(columns(30, 10), Some(1..3));
    }

    #[test]
    fn the_largest_positions_do_not_overflow() {
        let range = range(0, i128::from(u64::MAX));
        assert_eq!(range.column(Coordinate(u64::MAX.into()), 65), Some(64));
    }
}
