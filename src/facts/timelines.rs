//! The way of a recovery over timelines.
//!
//! Source: `findNewestTimeLine`, `readTimeLineHistory` and `tliOfPointInHistory` in `timeline.c`,
//! `validateRecoveryParameters` and `XLogFileReadAnyTLI` in `xlogrecovery.c`, PostgreSQL
//! `src/backend/access/transam`.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::barman::TargetTimeline;
use crate::barman::catalog::{HistoryFile, HistoryProblem};
use crate::wal::history::{HistoryError, Stretch};
use crate::wal::{Lsn, SegmentNumber, SegmentSize, TimelineHistory, TimelineId};

/// The timelines that a recovery reads segments of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    history: TimelineHistory,
    /// Newest first.
    stretches: Vec<Stretch>,
}

/// Why there is no way.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub(super) enum NoPath {
    /// The history of the timeline asked for is not in the archive.
    #[error("timeline {0} does not exist: its history file is not in the archive")]
    Missing(TimelineId),
    /// PostgreSQL would refuse the history.
    #[error("the history of timeline {timeline} is refused: {problem}")]
    Refused {
        /// The timeline.
        timeline: TimelineId,
        /// Why.
        problem: HistoryError,
    },
    /// The history is there, but cannot be read here.
    #[error("the history of timeline {timeline} cannot be read: {problem}")]
    Unreadable {
        /// The timeline.
        timeline: TimelineId,
        /// Why.
        problem: HistoryProblem,
    },
}

impl Path {
    /// The way to the timeline asked for, from a backup on `start`.
    pub(super) fn find(
        histories: &BTreeMap<TimelineId, HistoryFile>,
        wanted: TargetTimeline,
        start: TimelineId,
    ) -> Result<Self, NoPath> {
        let target = match wanted {
            TargetTimeline::Latest => newest(histories, start),
            TargetTimeline::Current => start,
            TargetTimeline::Exactly(number) => {
                if number != TimelineId(1) && !histories.contains_key(&number) {
                    return Err(NoPath::Missing(number));
                }
                number
            }
        };
        Ok(Self::along(history(histories, target)?))
    }

    fn along(history: TimelineHistory) -> Self {
        let mut stretches = history.stretches();
        stretches.reverse();
        Self { history, stretches }
    }

    /// The timeline it leads to.
    pub(super) fn target(&self) -> TimelineId {
        self.history.timeline()
    }

    /// The timeline that a position lies on.
    pub(super) fn timeline_at(&self, position: Lsn) -> TimelineId {
        self.history.timeline_at(position)
    }

    /// The timelines, newest first.
    pub(super) fn timelines(&self) -> impl Iterator<Item = TimelineId> + '_ {
        self.stretches.iter().map(|stretch| stretch.timeline)
    }

    /// The timelines whose file of a segment is asked for, in this order, while files of `current` are read. The first
    /// one found wins, even where the older one holds more.
    pub(super) fn candidates(
        &self,
        segment: SegmentNumber,
        current: Option<TimelineId>,
        size: SegmentSize,
    ) -> impl Iterator<Item = TimelineId> + '_ {
        self.stretches
            .iter()
            .take_while(move |stretch| current.is_none_or(|current| stretch.timeline >= current))
            .filter(move |stretch| segment >= SegmentNumber::holding(stretch.begin, size))
            .map(|stretch| stretch.timeline)
    }
}

/// The server asks for the next history until one is missing; what lies beyond a missing one is not seen.
fn newest(histories: &BTreeMap<TimelineId, HistoryFile>, start: TimelineId) -> TimelineId {
    let mut newest = start;
    while let Some(next) = newest.0.checked_add(1).map(TimelineId)
        && histories.contains_key(&next)
    {
        newest = next;
    }
    newest
}

fn history(
    histories: &BTreeMap<TimelineId, HistoryFile>,
    timeline: TimelineId,
) -> Result<TimelineHistory, NoPath> {
    let file = histories.get(&timeline);
    // The server looks for no history of timeline 1, and makes do without one of the backup's own timeline.
    let Some(file) = file.filter(|_| timeline != TimelineId(1)) else {
        return Ok(TimelineHistory::without_ancestors(timeline));
    };
    match &file.content {
        Ok(history) => Ok(history.clone()),
        Err(HistoryProblem::Invalid(problem)) => Err(NoPath::Refused {
            timeline,
            problem: *problem,
        }),
        Err(problem) => Err(NoPath::Unreadable {
            timeline,
            problem: problem.clone(),
        }),
    }
}
