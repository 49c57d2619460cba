//! Where a recovery stops, as closely as sums over its records tell.

use super::course::Course;
use super::index::Whole;
use super::tally::{Ended, Ends, Sum, Tally};
use crate::facts::replay::Stop;
use crate::facts::seen::Xact;
use crate::facts::target::{Goal, Target};
use crate::facts::verdict::{Reason, ReasonCode};
use crate::facts::walk::READ_AHEAD_BYTES;
use crate::wal::{Lsn, Timestamp, Xid};

/// A stop that is known to lie between two records.
struct Place {
    /// The step that holds the record.
    step: usize,
    /// The earliest record it can be at.
    from: Lsn,
    /// The latest.
    to: Lsn,
    consistent: bool,
    /// The exact position and the last transaction kept, where both are known.
    exact: Option<(Lsn, Option<Xact>)>,
    decided_by: Option<Xact>,
}

/// What the sums leave open.
enum Open {
    /// The index does not list every transaction or restore point.
    NotListed,
    /// Whether replay stops before or behind a record that makes the server give up.
    Order,
}

/// Finds the step in which replay stops, and the stop.
///
/// # Errors
/// When the sums cannot tell whether, or how, replay stops.
pub(super) fn find(course: &Course<'_>, target: &Target) -> Result<Option<(usize, Stop)>, Reason> {
    let found = match &target.goal {
        Goal::Latest => Ok(None),
        Goal::Immediate => Ok(immediate(course)),
        Goal::Lsn(position) => Ok(at_position(course, *position, target.inclusive)),
        Goal::Xid(xid) => transaction(course, *xid, target.inclusive),
        Goal::Name(name) => restore_point(course, name),
        goal @ Goal::Time { .. } => Ok(goal
            .timestamp()
            .and_then(|time| at_time(course, time, target.inclusive))),
    };
    let place = found.and_then(|place| before_panic(course, place));
    place
        .map(|place| place.map(|place| (place.step, stop(course, place))))
        .map_err(|open| reason(&open))
}

fn reason(open: &Open) -> Reason {
    let message = match open {
        Open::NotListed => {
            "the inventory does not list every transaction and restore point: ask the archive itself with the same `walbound check`"
        }
        Open::Order => {
            "the inventory does not tell what comes first, the target or a record at which PostgreSQL gives up: ask the archive itself with the same `walbound check`"
        }
    };
    Reason::new(ReasonCode::ObjectUnreadable, message)
}

fn at_time(course: &Course<'_>, target: Timestamp, inclusive: bool) -> Option<Place> {
    let stops = |end: &Ended| match inclusive {
        true => end.xact.time > target,
        false => end.xact.time >= target,
    };
    let mut steps = course.steps.iter().enumerate();
    steps.find_map(|(step, taken)| {
        let sum = taken.held.transactions.sum()?;
        if !stops(&sum.newest) {
            return None;
        }
        let listed = taken.held.transactions.listed();
        let first = listed.and_then(|ends| ends.iter().find(|end| stops(end)));
        let first = first.copied().or(Some(sum.first).filter(stops));
        Some(Place {
            step,
            from: first.map_or(sum.first.xact.lsn, |end| end.xact.lsn),
            to: first.map_or(sum.newest.xact.lsn, |end| end.xact.lsn),
            consistent: taken.whole,
            exact: first.map(|end| (end.xact.lsn, kept_before(course, step, end.xact.lsn))),
            decided_by: first.map(|end| end.xact),
        })
    })
}

/// The last transaction that took effect in the steps before one.
fn kept_until(course: &Course<'_>, step: usize) -> Option<Xact> {
    let before = course.steps.get(..step).unwrap_or_default();
    let sums = before
        .iter()
        .rev()
        .filter_map(|step| step.held.transactions.sum());
    let commits = sums.filter_map(|sum| sum.last_commit);
    commits.map(|end| end.xact).next()
}

/// The last transaction that took effect before a record of a step: the first one of a sum, or any of a list.
fn kept_before(course: &Course<'_>, step: usize, record: Lsn) -> Option<Xact> {
    let ends = course.steps.get(step).map(|step| &step.held.transactions);
    let listed = ends.and_then(Ends::listed).unwrap_or_default().iter();
    let before = listed.filter(|end| end.xact.lsn < record && end.xact.committed);
    before
        .map(|end| end.xact)
        .next_back()
        .or_else(|| kept_until(course, step))
}

fn immediate(course: &Course<'_>) -> Option<Place> {
    let whole = course.whole?;
    // The two first steps are the window, before and behind the place where the data is whole.
    let step = 1;
    let at = if whole.transaction {
        whole.at
    } else {
        whole.next?
    };
    Some(Place {
        step,
        from: at,
        to: at,
        consistent: true,
        exact: Some((at, kept_until(course, step))),
        decided_by: None,
    })
}

fn at_position(course: &Course<'_>, target: Lsn, inclusive: bool) -> Option<Place> {
    let reaches = |last: &Lsn| *last >= target;
    let mut steps = course.steps.iter().enumerate();
    let (step, to) =
        steps.find_map(|(step, taken)| Some((step, taken.held.last.filter(reaches)?)))?;
    let consistent = course.whole.is_some_and(|whole| {
        // Inclusive targets stop behind their record, which may be the one that makes the data whole.
        let last_too_early = if inclusive {
            whole.previous
        } else {
            whole.record
        };
        whole.record.is_none() || last_too_early.is_none_or(|record| target > record)
    });
    Some(Place {
        step,
        from: target,
        to,
        consistent,
        exact: None,
        decided_by: None,
    })
}

fn transaction(course: &Course<'_>, xid: Xid, inclusive: bool) -> Result<Option<Place>, Open> {
    for (step, taken) in course.steps.iter().enumerate() {
        let end = match &taken.held.transactions {
            Ends::Listed(ends) => ends.iter().find(|end| end.xact.xid == xid),
            Ends::Summed(sum) => match within(sum, xid) {
                true => return Err(Open::NotListed),
                false => None,
            },
        };
        let Some(Ended { xact, end }) = end.copied() else {
            continue;
        };
        let makes_whole = |whole: Whole| whole.record == Some(xact.lsn);
        let consistent = taken.whole || (inclusive && course.whole.is_some_and(makes_whole));
        let exact = if inclusive {
            let own = Some(xact).filter(|xact| xact.committed);
            (end, own.or_else(|| kept_before(course, step, xact.lsn)))
        } else {
            (xact.lsn, kept_before(course, step, xact.lsn))
        };
        return Ok(Some(Place {
            step,
            from: xact.lsn,
            to: xact.lsn,
            consistent,
            exact: Some(exact),
            decided_by: Some(xact),
        }));
    }
    Ok(None)
}

fn within(sum: &Sum, xid: Xid) -> bool {
    (sum.lowest..=sum.highest).contains(&xid.0)
}

fn restore_point(course: &Course<'_>, name: &str) -> Result<Option<Place>, Open> {
    let mut points = course.points.iter();
    let Some(point) = points.find(|point| point.name == name) else {
        return match course.more_points {
            true => Err(Open::NotListed),
            false => Ok(None),
        };
    };
    let holds = |last: Lsn| last >= point.at;
    let mut steps = course.steps.iter().enumerate();
    let found = steps.find(|(_, taken)| taken.held.last.is_some_and(holds));
    let (step, taken) = found.ok_or(Open::NotListed)?;
    let consistent = course
        .whole
        .is_some_and(|whole| whole.record.is_none_or(|record| point.at >= record));
    let listed = taken.held.transactions.listed();
    Ok(Some(Place {
        step,
        from: point.at,
        to: point.at,
        consistent,
        exact: listed.map(|_| (point.end, kept_before(course, step, point.at))),
        decided_by: None,
    }))
}

/// Nothing stops behind a record at which the server gives up.
fn before_panic(course: &Course<'_>, found: Option<Place>) -> Result<Option<Place>, Open> {
    let (Some(place), Some(panic)) = (found.as_ref(), &course.panic) else {
        return Ok(found);
    };
    if place.to < panic.at {
        Ok(found)
    } else if place.from > panic.at {
        Ok(None)
    } else {
        Err(Open::Order)
    }
}

fn stop(course: &Course<'_>, place: Place) -> Stop {
    let (records, bytes) = behind(course, place.step);
    let (at, kept) = place.exact.unwrap_or((place.to, None));
    Stop {
        at,
        exact: place.exact.is_some(),
        consistent: place.consistent,
        kept,
        decided_by: place.decided_by,
        records_behind: records,
        bytes_behind: bytes,
        is_ahead_open: course.last_pause.is_some_and(|pause| pause >= place.from),
    }
}

/// Records and bytes between a stop and the end of the stream: both exact enough to tell whether the end is far, surely
/// near, or neither; then there are as many records as can be.
fn behind(course: &Course<'_>, step: usize) -> (u64, u64) {
    let rest = course.steps.get(step + 1..).unwrap_or_default();
    let own = course.steps.get(step).map(|step| step.held);
    let sum = |values: (u64, u64), step: &Tally| {
        (
            values.0.saturating_add(step.records),
            values.1.saturating_add(step.bytes),
        )
    };
    let least = rest.iter().map(|step| step.held).fold((0, 0), sum);
    if least.1 > READ_AHEAD_BYTES {
        return least;
    }
    let most = own.into_iter().fold(least, sum);
    if most.1 <= READ_AHEAD_BYTES {
        return most;
    }
    (u64::MAX, least.1)
}
