//! When a schedule fires.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, date};
use jiff::{SignedDuration, ToSpan};

use super::{Calendar, Kind, Schedule};

const SECONDS_PER_DAY: u32 = 86_400;

/// The calendar repeats after 400 years, weekdays included.
const DAYS_PER_CYCLE: u32 = 146_097;

impl Schedule {
    /// The next time after `after` at which the schedule fires, on a whole second.
    ///
    /// `None` when there is none up to the end of the fifth year after: there robfig/cron gives up, and the operator
    /// makes no backup.
    pub fn next(&self, after: DateTime) -> Option<DateTime> {
        let whole = after.with().subsec_nanosecond(0).build().ok()?;
        match &self.0 {
            Kind::Every(delay) => whole
                .checked_add(SignedDuration::try_from(*delay).ok()?)
                .ok(),
            Kind::Calendar(calendar) => calendar.next(whole.checked_add(1.second()).ok()?),
        }
    }

    /// The shortest time between two consecutive firings. `None` when it never fires.
    pub fn shortest_gap(&self) -> Option<Duration> {
        match &self.0 {
            Kind::Every(delay) => Some(*delay),
            Kind::Calendar(calendar) => calendar.shortest_gap(),
        }
    }

    /// Whether there is no moment at all at which it fires, as with 31 February.
    ///
    /// A schedule can pass this and still be silent for longer than the operator looks ahead; [`Schedule::next`]
    /// tells.
    pub fn never_fires(&self) -> bool {
        match &self.0 {
            Kind::Every(_) => false,
            Kind::Calendar(calendar) => {
                calendar.times_of_day().next().is_none() || calendar.days().next().is_none()
            }
        }
    }
}

impl Calendar {
    /// The first firing at `from` or later.
    fn next(&self, from: DateTime) -> Option<DateTime> {
        let last_year = from.year().saturating_add(5);
        let mut day = from.date();
        let mut earliest = from.time();
        while day.year() <= last_year {
            if !self.month.contains(number(day.month())) {
                day = day.last_of_month().tomorrow().ok()?;
            } else if self.fires_on(day) {
                if let Some(time) = self.first_time(earliest) {
                    return Some(day.to_datetime(time));
                }
                day = day.tomorrow().ok()?;
            } else {
                day = day.tomorrow().ok()?;
            }
            earliest = Time::midnight();
        }
        None
    }

    fn fires_on(&self, day: Date) -> bool {
        self.day_matches(
            number(day.month()),
            number(day.day()),
            number(day.weekday().to_sunday_zero_offset()),
        )
    }

    /// The first firing of a day at `from` or later.
    fn first_time(&self, from: Time) -> Option<Time> {
        let (from_hour, from_minute) = (number(from.hour()), number(from.minute()));
        for hour in self.hour.values_from(from_hour) {
            let in_hour = hour == from_hour;
            let minutes = if in_hour { from_minute } else { 0 };
            for minute in self.minute.values_from(minutes) {
                let in_minute = in_hour && minute == from_minute;
                let seconds = if in_minute { number(from.second()) } else { 0 };
                if let Some(second) = self.second.values_from(seconds).next() {
                    let part = |value: u8| i8::try_from(value).ok();
                    return Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok();
                }
            }
        }
        None
    }

    fn shortest_gap(&self) -> Option<Duration> {
        let first = self.times_of_day().next()?;
        let (last, within) = self
            .times_of_day()
            .fold((first, None), |(before, shortest), time| {
                (time, shorter(shortest, time - before))
            });
        let across = self
            .shortest_day_gap()?
            .checked_mul(SECONDS_PER_DAY)
            .map(|gap| gap - (last - first));
        let seconds = [within, across].into_iter().flatten().min()?;
        Some(Duration::from_secs(seconds.into()))
    }

    /// The fewest days from one firing day to the next; the whole cycle when there is only one.
    fn shortest_day_gap(&self) -> Option<u32> {
        let first = self.days().next()?;
        let mut before = first;
        let mut shortest = None;
        // Where weekdays alone count, two weeks show every gap.
        let by_weekday = self.month.is_full() && self.day_of_month.is_full();
        let span = if by_weekday { 15 } else { DAYS_PER_CYCLE };
        for day in self.days().take_while(|day| *day < span).skip(1) {
            shortest = shorter(shortest, day - before);
            if shortest == Some(1) {
                return shortest;
            }
            before = day;
        }
        shorter(shortest, first + DAYS_PER_CYCLE - before)
    }

    /// The firings of a day in seconds since midnight, ascending.
    fn times_of_day(&self) -> impl Iterator<Item = u32> {
        self.hour.values_from(0).flat_map(move |hour| {
            self.minute.values_from(0).flat_map(move |minute| {
                self.second.values_from(0).map(move |second| {
                    u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second)
                })
            })
        })
    }

    /// The firing days of one cycle, counted from 1 January 2000, ascending.
    fn days(&self) -> impl Iterator<Item = u32> {
        /// 1 January 2000 was a Saturday.
        const FIRST_WEEKDAY: u32 = 6;
        let months = (2000_i16..2400).flat_map(|year| {
            (1_i8..=12).map(move |month| (number(month), date(year, month, 1).days_in_month()))
        });
        let mut day_number = 0;
        months
            .flat_map(|(month, days)| (1..=number(days)).map(move |day| (month, day)))
            .filter_map(move |(month, day)| {
                let index = day_number;
                day_number += 1;
                let weekday = u8::try_from((FIRST_WEEKDAY + index) % 7).ok()?;
                self.day_matches(month, day, weekday).then_some(index)
            })
    }
}

/// The smaller of the two; a gap of zero is the first element meeting itself.
fn shorter(best: Option<u32>, gap: u32) -> Option<u32> {
    if gap == 0 {
        return best;
    }
    Some(best.map_or(gap, |best| best.min(gap)))
}

/// Calendar numbers of jiff are signed and never negative.
fn number(value: i8) -> u8 {
    value.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Schedule;

    #[test]
    fn the_shortest_gap_looks_inside_a_day_and_across_days() {
        let table = [
            ("* * * * *", Some(1)),
            ("*/5 * * * *", Some(5)),
            ("0 */6 * * *", Some(360)),
            ("0 2 * * *", Some(3600)),
            ("0 0 2 * * *", Some(86_400)),
            ("0 0 0,23 * * *", Some(3600)),
            ("0 50 23,0 * * *", Some(3600)),
            ("0 0 3 * * 0", Some(7 * 86_400)),
            ("0 0 3 * * 0,1", Some(86_400)),
            ("0 0 3 * * 1,3,6", Some(2 * 86_400)),
            ("0 0 3 1-31 1-12 1", Some(86_400)),
            ("0 0 3 * 1 1", Some(7 * 86_400)),
            ("0 0 0 1 * *", Some(28 * 86_400)),
            ("0 0 0 1 1 *", Some(365 * 86_400)),
            ("0 0 0 29 2 *", Some(1461 * 86_400)),
            ("0,20 0 0 1 1 *", Some(20)),
            ("@every 10m", Some(600)),
            ("@every 1ms", Some(1)),
            ("0 0 0 31 2 *", None),
            ("0 0 0 * * ,", None),
        ];
        for (text, seconds) in table {
            let gap = Schedule::parse(text).unwrap().shortest_gap();
            assert_eq!(gap.map(|gap| gap.as_secs()), seconds, "{text:?}");
        }
    }

    #[test]
    fn only_a_schedule_without_any_day_or_time_never_fires() {
        for text in [
            "0 0 0 31 2 *",
            "0 0 0 30 feb *",
            "0 0 0 * * ,",
            ", 0 0 * * *",
            "0 0 0 31 4,6,9,11 ?",
        ] {
            assert!(Schedule::parse(text).unwrap().never_fires(), "{text:?}");
        }
        // 29 February exists, and without a star a Monday is enough.
        for text in ["0 0 0 29 2 *", "0 0 0 31 2 1", "@every 10h", "@yearly"] {
            assert!(!Schedule::parse(text).unwrap().never_fires(), "{text:?}");
        }
    }

    #[test]
    fn the_search_ends_with_the_fifth_year() {
        // 1, 8, 15, 22 or 29 February on a Monday: 2027, then not before 2038.
        let schedule = Schedule::parse("0 0 0 */7 2 1").unwrap();
        assert_eq!(schedule.next(date(2027, 2, 22).at(0, 0, 0, 0)), None);
        assert!(!schedule.never_fires());
        let last = date(9999, 12, 31).at(23, 59, 59, 0);
        assert_eq!(Schedule::parse("* * * * * *").unwrap().next(last), None);
        assert_eq!(Schedule::parse("@every 1h").unwrap().next(last), None);
    }

    #[test]
    fn fractions_of_a_second_are_dropped_before_the_search() {
        let now = date(2026, 8, 21).at(1, 59, 59, 999_999_999);
        let next = |text| {
            Schedule::parse(text)
                .unwrap()
                .next(now)
                .unwrap()
                .to_string()
        };
        assert_eq!(next("0 0 2 * * *"), "2026-08-21T02:00:00");
        assert_eq!(next("@every 1m"), "2026-08-21T02:00:59");
    }
}
