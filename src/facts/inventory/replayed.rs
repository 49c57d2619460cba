//! A walk over an archive as its commit index tells it.

use super::course::Course;
use super::index::CommitIndex;
use super::stop;
use crate::facts::reach::Reached;
use crate::facts::recovery::Base;
use crate::facts::replay::Replayed;
use crate::facts::seen::{RESTORE_POINTS, Seen, Xact};
use crate::facts::target::{Goal, Target};
use crate::facts::verdict::{Reason, ReasonCode};
use crate::facts::walk::{Ground, READ_AHEAD_BYTES, SEGMENTS_BEHIND_STOP, Walked};

/// Replays for a target.
///
/// # Errors
/// When the index cannot tell how the recovery ends.
pub(in super::super) fn walk(
    index: &CommitIndex,
    target: &Target,
    base: &Base<'_>,
    ground: Ground<'_>,
) -> Result<Walked, Reason> {
    let course = Course::find(index, base, ground)?;
    let stop = stop::find(&course, target)?;
    // Files far behind the stop change nothing.
    let step = stop.as_ref().and_then(|(step, _)| course.steps.get(*step));
    let matters = step.map(|step| step.last.0.saturating_add(SEGMENTS_BEHIND_STOP));
    if let Some(number) = course.prepared {
        let border = number.start(ground.catalog.segment_size);
        let ends = match &stop {
            Some((_, stop)) => Some(stop.at).filter(|_| stop.consistent),
            None => seen(&course).end.filter(|_| target.goal == Goal::Latest),
        };
        if ends.is_some_and(|at| at > border) {
            let message = "the inventory does not tell whether PostgreSQL finds every transaction again that was prepared around a switch of timelines: ask the archive itself with the same `walbound check`";
            return Err(Reason::new(ReasonCode::ObjectUnreadable, message));
        }
    }
    let ambiguous = course.ambiguous.clone();
    let ambiguous =
        ambiguous.filter(|(_, number)| matters.is_none_or(|matters| number.0 <= matters));
    let seen = seen(&course);
    let replayed = Replayed {
        panic: course.panic.filter(|_| stop.is_none()),
        consistent: course.whole.is_some(),
        kept: seen.last_commit,
        stop: stop.map(|(_, stop)| stop),
        seen,
        reached: reached(&course),
        lost: None,
    };
    Ok(Walked {
        replayed,
        end: course.end,
        read: Some(course.read),
        ambiguous: ambiguous.map(|(key, _)| key),
        major: course.major,
    })
}

/// The newest transactions that are surely replayed, as closely as the sums tell.
fn reached(course: &Course<'_>) -> Reached {
    let mut reached = Reached::default();
    // What is behind an object of which there are several is not told, nor which of them is of use.
    if course.ambiguous.is_some() {
        return reached;
    }
    let bytes = course.steps.iter().map(|step| step.held.bytes);
    let mut left = bytes.fold(0, u64::saturating_add);
    let newer = |known: &mut Option<Xact>, xact: Xact| {
        if known.is_none_or(|known| known.time < xact.time) {
            *known = Some(xact);
        }
    };
    for step in &course.steps {
        left = left.saturating_sub(step.held.bytes);
        let gives_up = |last| course.panic.is_some_and(|panic| panic.at <= last);
        let may_miss = course.prepared.is_some_and(|first| first <= step.last);
        if may_miss || step.held.last.is_some_and(gives_up) {
            break;
        }
        let Some(sum) = step.held.transactions.sum() else {
            continue;
        };
        newer(&mut reached.newest, sum.newest.xact);
        if left > READ_AHEAD_BYTES {
            newer(&mut reached.far, sum.newest.xact);
        }
    }
    reached
}

/// What the stream holds.
fn seen(course: &Course<'_>) -> Seen {
    let mut seen = Seen {
        consistent_at: course.whole.map(|whole| whole.at),
        checkpoint: course.checkpoint,
        ..Seen::default()
    };
    for step in &course.steps {
        seen.last_record = step.held.last.or(seen.last_record);
        seen.end = step.held.end.or(seen.end);
        let Some(sum) = step.held.transactions.sum() else {
            continue;
        };
        let newest = sum.newest.xact;
        if seen
            .newest
            .is_none_or(|known: Xact| known.time < newest.time)
        {
            seen.newest = Some(newest);
        }
        seen.last_commit = sum.last_commit.map(|end| end.xact).or(seen.last_commit);
        if !step.whole {
            let known = seen.newest_before_consistency;
            seen.newest_before_consistency = known.max(Some(newest.time));
        }
    }
    let names = course.points.iter().map(|point| point.name.clone());
    seen.restore_points = names.take(RESTORE_POINTS).collect();
    seen
}
