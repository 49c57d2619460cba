//! When a ScheduledBackup fires: the cron dialect of CloudNativePG.
//!
//! The operator reads `spec.schedule` with `cron.Parse` of robfig/cron v1.2.0. Its fields are
//! `second minute hour day-of-month month [day-of-week]`. The day of week may be left out, so a classic five-field
//! line is accepted and every field shifts by one place: `0 2 * * *` fires every hour at minute 2.
//!
//! Times are civil times in the zone of the operator process, which is UTC in the published images.

mod describe;
mod error;
mod every;
mod field;
mod five_fields;
mod next;
mod parse;

use std::time::Duration;

pub use error::{CronError, Field, FieldProblem};
pub use five_fields::{FiveFields, SixFields};

use field::FieldSet;

/// A schedule that `cron.Parse` of robfig/cron v1.2.0 accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Calendar(Calendar),
    /// A fixed delay in whole seconds, at least one.
    Every(Duration),
}

/// The six fields, each as the set of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Calendar {
    second: FieldSet,
    minute: FieldSet,
    hour: FieldSet,
    day_of_month: FieldSet,
    month: FieldSet,
    day_of_week: FieldSet,
}

impl Calendar {
    /// Whether the schedule fires on this day; `weekday` counts from Sunday = 0.
    ///
    /// One star (or `?`) in either day field, even as `*/2`, makes both fields necessary. Without a star one of the
    /// two is enough (`dayMatches` in spec.go).
    fn day_matches(&self, month: u8, day: u8, weekday: u8) -> bool {
        let by_date = self.day_of_month.contains(day);
        let by_weekday = self.day_of_week.contains(weekday);
        let day_fits = if self.day_of_month.has_star() || self.day_of_week.has_star() {
            by_date && by_weekday
        } else {
            by_date || by_weekday
        };
        day_fits && self.month.contains(month)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Schedule;

    /// Text, the first three firings after 2026-08-21 15:30:20 (a Friday), words. Firings as robfig/cron v1.2.0
    /// gives them.
    const ACCEPTED: &[(&str, [&str; 3], &str)] = &[
        (
            "0 0 2 * * *",
            ["08-22T02:00:00", "08-23T02:00:00", "08-24T02:00:00"],
            "every day at 02:00:00",
        ),
        (
            "0 2 * * *",
            ["08-21T16:02:00", "08-21T17:02:00", "08-21T18:02:00"],
            "every hour at minute 2, second 0",
        ),
        (
            "0 0 * * *",
            ["08-21T16:00:00", "08-21T17:00:00", "08-21T18:00:00"],
            "every hour at minute 0, second 0",
        ),
        (
            "*/5 * * * *",
            ["08-21T15:30:25", "08-21T15:30:30", "08-21T15:30:35"],
            "every 5 seconds",
        ),
        (
            "* * * * *",
            ["08-21T15:30:21", "08-21T15:30:22", "08-21T15:30:23"],
            "every second",
        ),
        (
            "0 */6 * * *",
            ["08-21T15:36:00", "08-21T15:42:00", "08-21T15:48:00"],
            "every 6 minutes",
        ),
        (
            "15 4 * * 1-5",
            [
                "2027-01-01T00:04:15",
                "2027-01-01T01:04:15",
                "2027-01-01T02:04:15",
            ],
            "every hour at minute 4, second 15, but only in January to May",
        ),
        (
            "0 2 * * 1",
            [
                "2027-01-01T00:02:00",
                "2027-01-01T01:02:00",
                "2027-01-01T02:02:00",
            ],
            "every hour at minute 2, second 0, but only in January",
        ),
        (
            "0 2 1 * *",
            ["08-22T01:02:00", "08-23T01:02:00", "08-24T01:02:00"],
            "every day at 01:02:00",
        ),
        (
            "0 0 0 * *",
            ["08-22T00:00:00", "08-23T00:00:00", "08-24T00:00:00"],
            "every day at 00:00:00",
        ),
        (
            "@daily",
            ["08-22T00:00:00", "08-23T00:00:00", "08-24T00:00:00"],
            "every day at 00:00:00",
        ),
        (
            "@midnight",
            ["08-22T00:00:00", "08-23T00:00:00", "08-24T00:00:00"],
            "every day at 00:00:00",
        ),
        (
            "@hourly",
            ["08-21T16:00:00", "08-21T17:00:00", "08-21T18:00:00"],
            "every hour at minute 0, second 0",
        ),
        (
            "@weekly",
            ["08-23T00:00:00", "08-30T00:00:00", "09-06T00:00:00"],
            "every Sunday at 00:00:00",
        ),
        (
            "@monthly",
            ["09-01T00:00:00", "10-01T00:00:00", "11-01T00:00:00"],
            "on day 1 of every month at 00:00:00",
        ),
        (
            "@yearly",
            [
                "2027-01-01T00:00:00",
                "2028-01-01T00:00:00",
                "2029-01-01T00:00:00",
            ],
            "on day 1 of January at 00:00:00",
        ),
        (
            "@annually",
            [
                "2027-01-01T00:00:00",
                "2028-01-01T00:00:00",
                "2029-01-01T00:00:00",
            ],
            "on day 1 of January at 00:00:00",
        ),
        (
            "@every 1h30m",
            ["08-21T17:00:20", "08-21T18:30:20", "08-21T20:00:20"],
            "every 1 hour 30 minutes",
        ),
        (
            "@every 1h",
            ["08-21T16:30:20", "08-21T17:30:20", "08-21T18:30:20"],
            "every hour",
        ),
        // Names in any case, ranges, lists, steps.
        (
            "0 0 3 ? * MON-fri",
            ["08-24T03:00:00", "08-25T03:00:00", "08-26T03:00:00"],
            "every Monday to Friday at 03:00:00",
        ),
        (
            "0 0 1,13 * Feb,dec *",
            ["12-01T01:00:00", "12-01T13:00:00", "12-02T01:00:00"],
            "every day in February and December at 01:00:00 and 13:00:00",
        ),
        (
            "0 0 */2 * * *",
            ["08-21T16:00:00", "08-21T18:00:00", "08-21T20:00:00"],
            "every 2 hours at minute 0, second 0",
        ),
        (
            "0 0 8-17 * * *",
            ["08-21T16:00:00", "08-21T17:00:00", "08-22T08:00:00"],
            "every day at minute 0, second 0 of hours 8 to 17",
        ),
        (
            "0 */10 8-9 * * *",
            ["08-22T08:00:00", "08-22T08:10:00", "08-22T08:20:00"],
            "every 10 minutes, during hours 8 and 9",
        ),
        (
            "0 50/3 * * * *",
            ["08-21T15:50:00", "08-21T15:53:00", "08-21T15:56:00"],
            "every hour at minutes 50, 53, 56 and 59, second 0",
        ),
        (
            "5/99 0 0 * * *",
            ["08-22T00:00:05", "08-23T00:00:05", "08-24T00:00:05"],
            "every day at 00:00:05",
        ),
        (
            "0,30 10 * * * *",
            ["08-21T16:10:00", "08-21T16:10:30", "08-21T17:10:00"],
            "every 30 seconds of minute 10 of every hour",
        ),
        // What follows the hyphen of a star is never read.
        (
            "*-x 0 0 * * *",
            ["08-22T00:00:00", "08-22T00:00:01", "08-22T00:00:02"],
            "every second of minute 0 of every hour, during hour 0",
        ),
        // Without a star, day of month or day of week is enough.
        (
            "0 0 0 29 2 1",
            [
                "2027-02-01T00:00:00",
                "2027-02-08T00:00:00",
                "2027-02-15T00:00:00",
            ],
            "on day 29 of February and every Monday in February at 00:00:00",
        ),
        // With a star, even a stepped one, both are needed.
        (
            "0 0 0 */7 * 1",
            [
                "2027-02-01T00:00:00",
                "2027-02-08T00:00:00",
                "2027-02-15T00:00:00",
            ],
            "on days 1 to 29 in steps of 7 of every month where that is a Monday at 00:00:00",
        ),
        (
            "0 0 0 29 2 ?",
            [
                "2028-02-29T00:00:00",
                "2032-02-29T00:00:00",
                "2036-02-29T00:00:00",
            ],
            "on day 29 of February at 00:00:00",
        ),
        // Never: the operator reports NoSchedule.
        ("0 0 0 31 2 *", ["", "", ""], "never"),
        ("0 0 0 * * ,", ["", "", ""], "never"),
    ];

    #[test]
    fn schedules_fire_when_the_reference_fires() {
        for (text, expected, _) in ACCEPTED {
            let schedule = Schedule::parse(text).unwrap();
            let mut now = date(2026, 8, 21).at(15, 30, 20, 0);
            for firing in expected {
                let Some(next) = schedule.next(now) else {
                    assert_eq!(*firing, "", "{text:?}");
                    break;
                };
                assert!(
                    !firing.is_empty() && next.to_string().ends_with(firing),
                    "{text:?}: {next}, not {firing}"
                );
                now = next;
            }
        }
    }

    #[test]
    fn schedules_are_described_by_what_they_do() {
        for (text, _, words) in ACCEPTED {
            assert_eq!(
                Schedule::parse(text).unwrap().describe(),
                *words,
                "{text:?}"
            );
        }
    }
}
