//! Text to schedule.

use super::error::{CronError, Field};
use super::field::FieldSet;
use super::{Calendar, Kind, Schedule, every};

impl Schedule {
    /// Reads a schedule as `cron.Parse` of robfig/cron v1.2.0 does.
    ///
    /// # Errors
    /// Everything that function refuses, and nothing else.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        if text.is_empty() {
            return Err(CronError::Empty);
        }
        if text.starts_with('@') {
            return descriptor(text);
        }
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (required, weekday) = match fields.as_slice() {
            [second, minute, hour, day, month] => ([second, minute, hour, day, month], "*"),
            [second, minute, hour, day, month, weekday] => {
                ([second, minute, hour, day, month], *weekday)
            }
            _ => {
                return Err(CronError::FieldCount {
                    found: fields.len(),
                });
            }
        };
        let [second, minute, hour, day, month] = required;
        Ok(Self(Kind::Calendar(Calendar {
            second: FieldSet::parse(Field::Second, second)?,
            minute: FieldSet::parse(Field::Minute, minute)?,
            hour: FieldSet::parse(Field::Hour, hour)?,
            day_of_month: FieldSet::parse(Field::DayOfMonth, day)?,
            month: FieldSet::parse(Field::Month, month)?,
            day_of_week: FieldSet::parse(Field::DayOfWeek, weekday)?,
        })))
    }
}

/// A schedule with a name (`parseDescriptor` in parser.go): exact spelling, lower case, no blank after it.
fn descriptor(text: &str) -> Result<Schedule, CronError> {
    if let Some(duration) = text.strip_prefix("@every ") {
        let delay =
            every::delay(duration).ok_or_else(|| CronError::Duration(duration.to_owned()))?;
        return Ok(Schedule(Kind::Every(delay)));
    }
    let mut calendar = Calendar {
        second: FieldSet::first(Field::Second),
        minute: FieldSet::first(Field::Minute),
        hour: FieldSet::first(Field::Hour),
        day_of_month: FieldSet::all(Field::DayOfMonth),
        month: FieldSet::all(Field::Month),
        day_of_week: FieldSet::all(Field::DayOfWeek),
    };
    match text {
        "@yearly" | "@annually" => {
            calendar.day_of_month = FieldSet::first(Field::DayOfMonth);
            calendar.month = FieldSet::first(Field::Month);
        }
        "@monthly" => calendar.day_of_month = FieldSet::first(Field::DayOfMonth),
        "@weekly" => calendar.day_of_week = FieldSet::first(Field::DayOfWeek),
        "@daily" | "@midnight" => {}
        "@hourly" => calendar.hour = FieldSet::all(Field::Hour),
        _ => return Err(CronError::UnknownDescriptor(text.to_owned())),
    }
    Ok(Schedule(Kind::Calendar(calendar)))
}

#[cfg(test)]
mod tests {
    use super::{CronError, Schedule};

    #[test]
    fn refusals_name_the_field_and_the_reason() {
        let table = [
            ("", "the schedule is empty"),
            (
                " ",
                "expected 6 fields (second, minute, hour, day of month, month, day of week), found 0",
            ),
            (
                "0 0 * *",
                "expected 6 fields (second, minute, hour, day of month, month, day of week), found 4",
            ),
            (
                "0 0 2 * * * *",
                "expected 6 fields (second, minute, hour, day of month, month, day of week), found 7",
            ),
            ("0 0 * * 0", "month `0`: 0 is below 1, the smallest value"),
            ("30 3 * * 0", "month `0`: 0 is below 1, the smallest value"),
            (
                "0 0 24 * * *",
                "hour `24`: 24 is above 23, the largest value",
            ),
            (
                "60 0 0 * * *",
                "second `60`: 60 is above 59, the largest value",
            ),
            (
                "0 0 0 0 * *",
                "day of month `0`: 0 is below 1, the smallest value",
            ),
            (
                "0 0 22-2 * * *",
                "hour `22-2`: the range ends before it starts, and ranges do not wrap around",
            ),
            (
                "0 0 0 * * 7",
                "day of week `7`: 7 is above 6, the largest value (Sunday is 0)",
            ),
            (
                "0 0 0 * * mon-sun",
                "day of week `mon-sun`: the range ends before it starts, and ranges do not wrap around",
            ),
            (
                "0 0 0 L * *",
                "day of month `L`: `L` is not a number (L, W and # are not supported)",
            ),
            (
                "0 0 0 * * 1#2",
                "day of week `1#2`: `1#2` is not a number (L, W and # are not supported)",
            ),
            ("0 0 0 jan * *", "day of month `jan`: `jan` is not a number"),
            (
                "-1 0 0 * * *",
                "second `-1`: `` is not a number (nothing is written there)",
            ),
            ("1-2-3 0 0 * * *", "second `1-2-3`: a range has one hyphen"),
            ("1/2/3 0 0 * * *", "second `1/2/3`: a step has one slash"),
            ("*/0 0 0 * * *", "second `*/0`: a step must be at least 1"),
            (
                "*/-5 0 0 * * *",
                "second `*/-5`: negative numbers are not allowed",
            ),
            (
                "TZ=UTC 0 0 2 * * *",
                "expected 6 fields (second, minute, hour, day of month, month, day of week), found 7",
            ),
            (
                "CRON_TZ=UTC 0 2 * * *",
                "second `CRON_TZ=UTC`: `CRON_TZ=UTC` is not a number",
            ),
            (
                "99999999999999999999 0 0 * * *",
                "second `99999999999999999999`: `99999999999999999999` is not a number",
            ),
            (
                "@every 1d",
                "`1d` is not a duration: write numbers with units h, m or s, such as 1h30m",
            ),
            (
                "@every",
                "`@every` is not a known descriptor: use @yearly, @monthly, @weekly, @daily, @hourly or `@every` with a duration, in lower case",
            ),
        ];
        for (text, message) in table {
            assert_eq!(
                Schedule::parse(text).unwrap_err().to_string(),
                message,
                "{text:?}"
            );
        }
        for text in ["@reboot", "@Daily", "@daily ", "@"] {
            let refused = Schedule::parse(text);
            assert_eq!(refused, Err(CronError::UnknownDescriptor(text.to_owned())));
        }
        assert!(Schedule::parse(" @daily").is_err());
    }
}
