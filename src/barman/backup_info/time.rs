//! Times as Python writes them: `2026-11-21 06:04:54.947107+00:00`.

use jiff::civil::{Date, Time, date};

use super::BackupTime;
use crate::model::instant::Instant;

/// Reads `str(datetime)` and `datetime.isoformat()`. Digits behind the sixth of a second are cut off.
pub(super) fn parse(text: &str) -> Option<BackupTime> {
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix([' ', 'T'])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let (fraction, zone) = fraction(rest)?;
    let day = Date::new(
        number(day.get(..4)?)?,
        number(dashed(day, 4)?)?,
        number(dashed(day, 7)?)?,
    );
    let (hour, minute, second) = clock_parts(clock)?;
    let time = Time::new(hour, minute, second, fraction);
    let civil = day.ok()?.to_datetime(time.ok()?);
    let epoch = date(1970, 1, 1).at(0, 0, 0, 0);
    let micros = civil.duration_since(epoch).as_micros();
    let offset = match zone {
        "" => None,
        "Z" | "z" => Some(0),
        zone => Some(offset(zone)?),
    };
    let seconds = i128::from(offset.unwrap_or(0));
    let micros = i64::try_from(micros - seconds * 1_000_000).ok()?;
    Some(BackupTime {
        instant: Instant::from_micros(micros),
        zoned: offset.is_some(),
    })
}

/// The two digits behind the `-` at `at`.
fn dashed(day: &str, at: usize) -> Option<&str> {
    day.get(at..at + 3)?.strip_prefix('-')
}

fn clock_parts(clock: &str) -> Option<(i8, i8, i8)> {
    let mut parts = clock.split(':');
    let mut part = || {
        let text = parts.next().filter(|text| text.len() == 2)?;
        number(text)
    };
    let read = (part()?, part()?, part()?);
    parts.next().is_none().then_some(read)
}

/// Nanoseconds behind a `.`, and what follows.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = rest.split_at(length);
    let digits = digits.get(..length.min(6))?;
    let micros: i32 = number(&format!("{digits:0<6}"))?;
    (length > 0).then_some((micros * 1000, zone))
}

/// Seconds east of Greenwich in `+HH`, `+HH:MM`, `+HHMM` or `+HH:MM:SS`.
fn offset(text: &str) -> Option<i64> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.split(':').collect();
    let colons = text.len() - 1 - digits.len();
    let shaped = match digits.len() {
        2 => colons == 0,
        4 => colons <= 1,
        6 => colons == 2,
        _ => false,
    };
    let part = |at: usize| match digits.get(at..at + 2) {
        Some(two) => number::<i64>(two),
        None => Some(0),
    };
    let (hours, minutes, seconds) = (part(0)?, part(2)?, part(4)?);
    let valid = shaped && hours < 24 && minutes < 60 && seconds < 60;
    valid.then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// Decimal digits only: the parser of the standard library would take a sign.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn offsets_and_fractions_are_taken_into_account() {
        for (text, canonical, zoned) in [
            (
                "2026-11-21 06:04:54.947107+00:00",
                "2026-11-21 06:04:54.947107+00",
                true,
            ),
            (
                "2026-11-21T06:04:54Z",
                "2026-11-21 06:04:54.000000+00",
                true,
            ),
            (
                "2026-11-21 06:04:54+05:30",
                "2026-11-21 00:34:54.000000+00",
                true,
            ),
            (
                "2026-11-21 06:04:54.5-08",
                "2026-11-21 14:04:54.500000+00",
                true,
            ),
            (
                "2026-11-21 06:04:54+0100",
                "2026-11-21 05:04:54.000000+00",
                true,
            ),
            (
                "1890-01-01 00:00:00+00:19:32",
                "1889-12-31 23:40:28.000000+00",
                true,
            ),
            (
                "2026-11-21 06:04:54.1234567",
                "2026-11-21 06:04:54.123456+00",
                false,
            ),
            (
                "2026-11-21 06:04:54",
                "2026-11-21 06:04:54.000000+00",
                false,
            ),
        ] {
            let time = parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(time.instant.to_string(), canonical, "{text}");
            assert_eq!(time.zoned, zoned, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "None",
            "2026-11-21",
            "2026-02-30 06:04:54",
            "2026-11-21 24:00:00",
            "2026-11-21 06:04",
            "2026-11-21 06:04:54.",
            "2026-11-21 06:04:54+",
            "2026-11-21 06:04:54+1",
            "2026-11-21 06:04:54+25:00",
            "2026-11-21 06:04:54 UTC",
            "2026-11-21 06:04:5é",
            "+026-11-21 06:04:54",
            "2026-11-21 +6:04:54",
            "Sat Nov 21 06:04:54 2026",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
