//! What the pictures show, whatever draws them.

use super::TimelineReport;
use super::lane::{Lane, Origin, lanes};
use super::mark::{Mark, SystemRow, marks, systems};
use super::view::{Axis, Coordinate, TargetPlace, View};
use crate::facts::verdict::ReasonCode;
use crate::facts::{Goal, Reason, Verdict};
use crate::model::instant::Instant;
use crate::wal::TimelineId;

/// The things of the picture, each with its place.
pub(super) struct Picture<'a> {
    pub(super) report: TimelineReport<'a>,
    pub(super) lanes: Vec<Lane>,
    pub(super) marks: Vec<Mark<'a>>,
    pub(super) systems: Vec<SystemRow>,
    /// `None` where nothing has a place.
    pub(super) view: Option<View>,
}

/// The lanes that are drawn, and those that are only counted.
pub(super) struct LaneChoice<'p> {
    pub(super) drawn: Vec<&'p Lane>,
    pub(super) folded: Vec<&'p Lane>,
}

impl<'a> Picture<'a> {
    /// Looks at what is to be drawn.
    pub(super) fn of(report: &TimelineReport<'a>) -> Self {
        let verdict = report.check.verdict;
        let marks = marks(report.catalog, verdict);
        let lanes = lanes(report.catalog, verdict.timeline);
        let target = report.asked.then_some(report.check.target);
        Self {
            report: *report,
            systems: systems(&marks),
            view: View::choose(report.catalog, &lanes, &marks, verdict, target),
            lanes,
            marks,
        }
    }

    /// Where the target lies, if one was asked for.
    pub(super) fn target(&self, view: &View) -> Option<TargetPlace> {
        let check = &self.report.check;
        let place = view.target(check.target, check.verdict);
        // The end of an archive is no place where the recovery to it fails before.
        let no_place = check.target.goal == Goal::Latest && place == TargetPlace::Unknown;
        (self.report.asked && !no_place).then_some(place)
    }

    /// From where to where targets can be reached, if that is known.
    pub(super) fn window(&self, view: &View) -> Option<(Coordinate, Coordinate)> {
        self.reachable_times()?;
        view.of_window(self.report.check.verdict)
    }

    /// From when to when targets can be reached. PostgreSQL reads ahead, so that a damaged segment can defeat targets
    /// before it: where one was met, or nobody knows what stops the recovery, no time is promised.
    pub(super) fn reachable_times(&self) -> Option<(Instant, Instant)> {
        let verdict = self.report.check.verdict;
        let harmless = |reason: &Reason| {
            matches!(
                reason.code,
                ReasonCode::NoCommitAfterTarget
                    | ReasonCode::LsnBeyondEnd
                    | ReasonCode::XidNotFound
                    | ReasonCode::RestorePointNotFound
                    | ReasonCode::TargetBeforeConsistency
                    | ReasonCode::WalGap
                    | ReasonCode::SystemIdentifierMismatch
                    | ReasonCode::TimelineNotReachable
            )
        };
        let known = verdict.verdict == Verdict::Reachable || verdict.reasons.iter().all(harmless);
        let window = verdict.window;
        window.earliest.zip(window.latest).filter(|_| known)
    }

    /// At most `most` lanes: those of the recovery, then the newest ones with WAL.
    pub(super) fn lanes(&self, most: usize) -> LaneChoice<'_> {
        let mut order: Vec<&Lane> = self.lanes.iter().collect();
        order.sort_by_key(|lane| {
            let empty = lane.pieces.is_empty();
            (!lane.followed, empty, std::cmp::Reverse(lane.timeline))
        });
        let folded = order.split_off(order.len().min(most));
        order.sort_by_key(|lane| lane.timeline);
        LaneChoice {
            drawn: order,
            folded,
        }
    }

    /// The marks that stand on a lane.
    pub(super) fn marks_on(&self, timeline: TimelineId) -> impl Iterator<Item = &Mark<'a>> {
        let marks = self.marks.iter();
        marks.filter(move |mark| mark.info().and_then(|info| info.timeline) == Some(timeline))
    }

    /// Where a lane parts from its parent, in the picture.
    pub(super) fn fork(&self, lane: &Lane, view: &View) -> Option<(TimelineId, Coordinate)> {
        let Origin::Parted {
            parent,
            switch,
            told,
            ..
        } = &lane.origin
        else {
            return None;
        };
        let place = match view.axis {
            Axis::Position => (*switch).into(),
            Axis::Time => match lane.pieces.first() {
                Some(piece) => view.of_piece(piece).0,
                None => (*told).into(),
            },
        };
        Some((*parent, place))
    }
}
