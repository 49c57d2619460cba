//! When the base backups of a Cluster are due.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::model::cluster::Cluster;
use crate::model::cron::Schedule;
use crate::model::instant::Instant;
use crate::text::Span;

use super::rule::Context;

/// A schedule in force, and where it stands.
pub(super) struct Runs {
    schedule: Schedule,
    /// `spec.schedule`.
    pub(super) span: Span,
    /// Its text.
    pub(super) text: String,
}

impl Runs {
    /// The schedules of a cluster that are valid and not suspended.
    pub(super) fn of(cluster: &Cluster, context: &Context<'_>) -> Vec<Self> {
        let schedules = context.project.schedules.iter();
        let own = schedules.filter(|backup| {
            backup.belongs_to(cluster.object.namespace(), cluster.name())
                && backup.object.flag(&["spec", "suspend"]) != Some(true)
        });
        let runs = own.filter_map(|backup| {
            let text = backup.object.value(&["spec", "schedule"])?;
            Some(Self {
                schedule: Schedule::parse(&text.value).ok()?,
                span: text.span,
                text: text.value,
            })
        });
        runs.collect()
    }

    /// The first runs after a time, the operator's clock being UTC; fewer where it does not fire so often.
    pub(super) fn after(&self, time: Instant, count: usize) -> Vec<Instant> {
        let mut runs = Vec::with_capacity(count);
        let mut last = civil(time);
        while let Some(next) = last.and_then(|last| self.schedule.next(last))
            && runs.len() < count
        {
            runs.extend(instant(next));
            last = Some(next);
        }
        runs
    }
}

fn civil(time: Instant) -> Option<DateTime> {
    let time = Timestamp::from_microsecond(time.as_micros()).ok()?;
    Some(Offset::UTC.to_datetime(time))
}

fn instant(time: DateTime) -> Option<Instant> {
    let time = Offset::UTC.to_timestamp(time).ok()?;
    Some(Instant::from_micros(time.as_microsecond()))
}
