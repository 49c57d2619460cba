//! Every way that a recovery from this archive can take.

use std::collections::{BTreeMap, BTreeSet};

use crate::barman::{Catalog, ObjectStore, TargetTimeline};
use crate::facts::recovery::{Base, base};
use crate::facts::timelines::Path;
use crate::facts::walk::{Ground, Pick};
use crate::facts::way::{Part, Way};
use crate::wal::{SegmentNumber, TimelineId};

/// A base backup and one of the timelines that it can be recovered to.
pub(super) struct Route<'c> {
    pub(super) base: Base<'c>,
    pub(super) path: Path,
    /// The segments of the whole way.
    pub(super) pieces: Vec<Part>,
}

/// The ways from every base backup that can be restored, whatever the target.
pub(super) fn all<'c>(store: &dyn ObjectStore, catalog: &'c Catalog) -> Vec<Route<'c>> {
    let mut ways = Vec::new();
    for backup in &catalog.backups {
        let Ok(base) = base(catalog, backup) else {
            continue;
        };
        for path in paths(catalog, &base) {
            let ground = Ground {
                store,
                catalog,
                path: &path,
                pick: Pick::Whole,
            };
            let redo = SegmentNumber::holding(base.start.redo, catalog.segment_size);
            let pieces = Way::from(ground, redo).by_timeline();
            if !pieces.is_empty() {
                ways.push(Route { base, path, pieces });
            }
        }
    }
    ways
}

fn paths(catalog: &Catalog, base: &Base<'_>) -> Vec<Path> {
    let start = base.start.timeline;
    let numbers = catalog.histories.keys().copied().chain([TimelineId(1)]);
    let numbered = numbers.map(TargetTimeline::Exactly);
    let wanted = [TargetTimeline::Latest, TargetTimeline::Current];
    let mut paths = BTreeMap::new();
    for wanted in wanted.into_iter().chain(numbered) {
        if let Ok(path) = Path::find(&catalog.histories, wanted, start)
            && path.timeline_at(base.start.checkpoint) == start
        {
            paths.entry(path.target()).or_insert(path);
        }
    }
    paths.into_values().collect()
}

/// Places where streams are to be looked at closely.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Segments of each timeline that ways lead through behind their windows, as ranges that do not touch.
    pub(super) stretches: BTreeMap<TimelineId, Vec<(SegmentNumber, SegmentNumber)>>,
    /// Segments of each timeline behind which a way begins to use streams, or leaves the timeline.
    pub(super) seams: BTreeMap<TimelineId, BTreeSet<SegmentNumber>>,
    /// Where ways change to another timeline: from, last segment, to.
    pub(super) junctions: BTreeSet<(TimelineId, SegmentNumber, TimelineId)>,
}

impl Places {
    /// Adds the rest of a way behind the last segment of its window.
    pub(super) fn add(&mut self, way: &Route<'_>, window: &Part) {
        let at = way.pieces.iter().position(|piece| {
            piece.timeline == window.timeline && (piece.first..=piece.last).contains(&window.last)
        });
        let Some(at) = at else {
            return;
        };
        let rest = way.pieces.get(at..).unwrap_or_default();
        self.seam(window.timeline, window.last);
        for (index, piece) in rest.iter().enumerate() {
            // The last segment of the window stands at the beginning, so that what follows it is decoded with it.
            let first = if index == 0 { window.last } else { piece.first };
            self.stretches
                .entry(piece.timeline)
                .or_default()
                .push((first, piece.last));
            if let Some(next) = rest.get(index + 1)
                && next.timeline != piece.timeline
            {
                self.seam(piece.timeline, piece.last);
                self.junctions
                    .insert((piece.timeline, piece.last, next.timeline));
            }
        }
    }

    fn seam(&mut self, timeline: TimelineId, last: SegmentNumber) {
        self.seams.entry(timeline).or_default().insert(last);
    }

    /// Puts stretches together that overlap or touch.
    pub(super) fn join(&mut self) {
        for stretches in self.stretches.values_mut() {
            stretches.sort();
            let mut joined: Vec<(SegmentNumber, SegmentNumber)> = Vec::new();
            for (first, last) in stretches.drain(..) {
                match joined.last_mut() {
                    Some(before) if first <= before.1.next() => before.1 = before.1.max(last),
                    _ => joined.push((first, last)),
                }
            }
            *stretches = joined;
        }
    }
}
