//! Day counts of the proleptic Gregorian calendar, beyond the years that jiff knows.

/// Days from 1 January 1970 to a day of the proleptic Gregorian calendar. Month and day may lie outside their
/// ranges, as in Go's `time.Date`: month 13 is January of the next year, day 0 the last day of the month before.
pub(super) fn days_since_epoch(year: i64, month: i64, day: i64) -> i128 {
    let months = i128::from(month) - 1;
    let year = i128::from(year) + months.div_euclid(12);
    let month = months.rem_euclid(12);
    // Years that begin in March put the leap day at their end.
    let shifted_year = if month < 2 { year - 1 } else { year };
    let shifted_month = (month + 10) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5;
    let leap_days =
        shifted_year.div_euclid(4) - shifted_year.div_euclid(100) + shifted_year.div_euclid(400);
    /// Days from 1 March of year 0 to 1 January 1970.
    const EPOCH: i128 = 719_468;
    shifted_year * 365 + leap_days + day_of_year - EPOCH + i128::from(day) - 1
}

/// Days of a month, 0 where the month is none. `year` is astronomical: 0 is 1 BC.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::days_since_epoch;

    #[test]
    fn days_are_counted_from_1970_and_overflow_into_their_neighbours() {
        let table = [
            ((1970, 1, 1), 0),
            ((1970, 1, 0), -1),
            ((1969, 13, 1), 0),
            ((1971, -11, 1), 0),
            ((2000, 3, 1), 11_017),
            ((2000, 2, 30), 11_017),
            ((1, 1, 1), -719_162),
            ((0, 1, 1), -719_528),
        ];
        for ((year, month, day), days) in table {
            assert_eq!(
                days_since_epoch(year, month, day),
                days,
                "{year}-{month}-{day}"
            );
        }
    }
}
