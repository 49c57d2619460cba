//! The way of a recovery over timelines.
//!
//! Source: `findNewestTimeLine`, `readTimeLineHistory` and `tliOfPointInHistory` in `timeline.c`,
//! `validateRecoveryParameters` and `XLogFileReadAnyTLI` in `xlogrecovery.c`, PostgreSQL
//! `src/backend/access/transam`.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::barman::catalog::{HistoryFile, HistoryProblem};
use crate::barman::{TargetTimeline, TimelineFiles};
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

    /// Where it leaves a timeline; `None` for the last one and for those that it does not use.
    pub(super) fn leaves(&self, timeline: TimelineId) -> Option<Lsn> {
        self.history.switch_from(timeline)
    }

    /// Each timeline with the segment from which on its files are asked for, newest first.
    pub(super) fn begins(
        &self,
        size: SegmentSize,
    ) -> impl Iterator<Item = (TimelineId, SegmentNumber)> + '_ {
        self.stretches.iter().map(move |stretch| {
            let begin = SegmentNumber::holding(stretch.begin, size);
            (stretch.timeline, begin)
        })
    }

    /// What the archive holds of timelines behind the place where the path leaves them: as after a recovery that was
    /// only a test, but archived into the same place.
    pub(super) fn left_behind(
        &self,
        files: &BTreeMap<TimelineId, TimelineFiles>,
        size: SegmentSize,
    ) -> Vec<String> {
        let ended = self.stretches.iter().filter_map(|stretch| {
            let end = stretch.end?;
            let last = files.get(&stretch.timeline)?.last()?;
            (last > SegmentNumber::holding(end, size)).then_some((stretch.timeline, end))
        });
        ended
            .map(|(timeline, end)| {
                format!(
                    "the recovery leaves timeline {timeline} at {end}, but the archive holds more of it; `--target-tli {timeline}` would follow it"
                )
            })
            .collect()
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

impl Path {
    /// The way that stays on one timeline.
    pub(super) fn only(timeline: TimelineId) -> Self {
        Self::along(TimelineHistory::without_ancestors(timeline))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barman::Compression;
    use crate::model::instant::Instant;

    fn histories(files: &[(u32, &str)]) -> BTreeMap<TimelineId, HistoryFile> {
        let file = |timeline, text: &str| HistoryFile {
            compression: Compression::None,
            last_modified: Instant::from_seconds(0),
            content: TimelineHistory::parse(timeline, text.as_bytes())
                .map_err(HistoryProblem::Invalid),
        };
        let files = files.iter();
        files
            .map(|(number, text)| (TimelineId(*number), file(TimelineId(*number), text)))
            .collect()
    }

    fn target(files: &[(u32, &str)], wanted: TargetTimeline, start: u32) -> Result<u32, NoPath> {
        Path::find(&histories(files), wanted, TimelineId(start)).map(|path| path.target().0)
    }

    const TWO: (u32, &str) = (2, "1\t0/5000100\tr\n");
    const FOUR: (u32, &str) = (4, "1\t0/5000100\tr\n2\t0/7000000\tr\n");

    #[test]
    fn latest_ends_at_the_first_missing_history() {
        assert_eq!(target(&[], TargetTimeline::Latest, 1), Ok(1));
        assert_eq!(target(&[TWO], TargetTimeline::Latest, 1), Ok(2));
        assert_eq!(target(&[TWO, FOUR], TargetTimeline::Latest, 1), Ok(2));
        assert_eq!(target(&[TWO, FOUR], TargetTimeline::Latest, 3), Ok(4));
        assert_eq!(target(&[TWO, FOUR], TargetTimeline::Current, 1), Ok(1));
    }

    #[test]
    fn a_number_needs_its_history_unless_it_is_one() {
        let exactly = |number| TargetTimeline::Exactly(TimelineId(number));
        assert_eq!(target(&[], exactly(1), 1), Ok(1));
        assert_eq!(target(&[FOUR], exactly(4), 1), Ok(4));
        assert_eq!(
            target(&[FOUR], exactly(2), 1),
            Err(NoPath::Missing(TimelineId(2)))
        );
        let refused = target(&[(2, "x\n")], exactly(2), 1);
        assert!(matches!(refused, Err(NoPath::Refused { .. })));
    }

    #[test]
    fn the_newest_timeline_is_asked_first_and_the_way_never_leads_back() {
        let files = histories(&[FOUR]);
        let wanted = TargetTimeline::Exactly(TimelineId(4));
        let path = Path::find(&files, wanted, TimelineId(1)).unwrap();
        let size = SegmentSize::DEFAULT;
        let asked = |segment, current: Option<u32>| -> Vec<u32> {
            let candidates = path.candidates(SegmentNumber(segment), current.map(TimelineId), size);
            candidates.map(|timeline| timeline.0).collect()
        };
        assert_eq!(asked(4, None), [1]);
        assert_eq!(asked(5, Some(1)), [2, 1]);
        assert_eq!(asked(6, Some(2)), [2]);
        assert_eq!(asked(7, Some(1)), [4, 2, 1]);
        assert_eq!(asked(8, Some(4)), [4]);
        assert_eq!(path.timeline_at(Lsn(0x500_0100)), TimelineId(2));
    }
}
