//! What the pictures show, whatever draws them.

use std::collections::BTreeMap;

use super::TimelineReport;
use super::lane::{Lane, Origin, lanes};
use super::mark::{Mark, SystemRow, marks, own_system, systems};
use super::view::{Axis, Coordinate, TargetPlace, View};
use crate::facts::Goal;
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SystemId, TimelineId};

/// The things of the picture, each with its place.
pub(super) struct Picture<'a> {
    pub(super) report: TimelineReport<'a>,
    pub(super) lanes: Vec<Lane>,
    pub(super) marks: Vec<Mark<'a>>,
    pub(super) systems: Vec<SystemRow>,
    /// `None` where nothing has a place.
    pub(super) view: Option<View>,
}

/// The segments of which it is known who wrote them.
fn written_by(report: &TimelineReport<'_>) -> BTreeMap<SegmentName, SystemId> {
    let opened = report.opened.iter();
    let opened = opened.filter_map(|one| Some((one.name, *one.system.as_ref().ok()?)));
    opened.collect()
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
        let written = written_by(report);
        let mut lanes = lanes(report.catalog, verdict.timeline);
        let own = own_system(&marks);
        let foreign = written
            .iter()
            .filter(|(_, system)| own.is_some_and(|own| own != **system));
        for (name, _) in foreign {
            let lane = lanes.iter_mut().find(|lane| lane.timeline == name.timeline);
            let files = report.catalog.timelines.get(&name.timeline);
            if let (Some(lane), Some(files)) = (lane, files) {
                lane.set_foreign(name.number, files);
            }
        }
        let segments: Vec<SystemId> = written.into_values().collect();
        let target = report.asked.then_some(report.check.target);
        Self {
            report: *report,
            systems: systems(&marks, &segments),
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
        view.of_window(self.report.check.verdict)
    }

    /// From when to when targets can be reached, if that is known.
    pub(super) fn reachable_times(&self) -> Option<(Instant, Instant)> {
        let window = self.report.check.verdict.window;
        window.earliest.zip(window.latest)
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
