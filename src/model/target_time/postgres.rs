//! What PostgreSQL makes of `recovery_target_time`.
//!
//! The rules are those of `check_recovery_target_time` and datetime.c as PostgreSQL 15 applies them at start-up.

use super::calendar::days_in_month;
use super::iso::Iso;
use super::spaced::{Number, Spaced, Written};

/// What PostgreSQL makes of the text it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// It reads the instant by which the backup was chosen, apart from a zone the server decides.
    Accepted,
    /// It accepts the text, or some texts like it, as another time.
    Misread(Misreading),
    /// It refuses the text and does not start.
    Fatal(Fatal),
}

/// Why PostgreSQL reads another time than admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misreading {
    /// A sign inside the date or the time: PostgreSQL takes it as a separator or as the start of a zone.
    #[error("PostgreSQL does not take the sign in `{part}` as part of the number", part = .0.name())]
    Signed(Part),
    /// One or two digits where the year should be.
    #[error(
        "PostgreSQL does not take a number of one or two digits as a year: DateStyle decides what it is"
    )]
    ShortYear,
}

/// Why PostgreSQL refuses the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fatal {
    /// `Z` where the operator does not rewrite it.
    #[error(
        "PostgreSQL does not know `Z` while it starts, and the operator rewrites it only after a `T`"
    )]
    Zulu,
    /// A sign where PostgreSQL takes none.
    #[error("PostgreSQL takes no sign in the {part}", part = .0.name())]
    Signed(Part),
    /// A day the calendar does not have; admission normalises it.
    #[error("there is no such date")]
    NoSuchDate,
    /// An hour, minute or second that does not exist; admission normalises it.
    #[error("there is no such time of day")]
    NoSuchTime,
    /// An offset of 16 hours or more, or with 60 minutes or seconds.
    #[error("the zone offset is out of range")]
    OffsetOutOfRange,
    /// Before 4714-11-24 BC or after 294276-12-31.
    #[error("the time is out of PostgreSQL's range")]
    OutOfRange,
    /// More characters than PostgreSQL takes for a time.
    #[error("the text is too long")]
    TooLong,
}

/// A part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The year.
    Year,
    /// The month.
    Month,
    /// The day.
    Day,
    /// Hour, minute or second.
    Time,
    /// The zone.
    Zone,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Time => "time",
            Self::Zone => "zone",
        }
    }
}

/// Judges a text that the operator rewrote. Its calendar is in order already.
pub(super) fn judge_iso(iso: &Iso) -> Replay {
    let offset_hours = iso.offset_minutes.unwrap_or(0).abs() / 60;
    if iso.year == 0 {
        Replay::Fatal(Fatal::NoSuchDate)
    } else if offset_hours > LARGEST_OFFSET_HOURS {
        Replay::Fatal(Fatal::OffsetOutOfRange)
    } else {
        Replay::Accepted
    }
}

/// Judges a text that goes through unchanged.
pub(super) fn judge_spaced(spaced: &Spaced<'_>) -> Replay {
    match fatal(spaced) {
        Some(fatal) => Replay::Fatal(fatal),
        None => misreading(spaced).map_or(Replay::Accepted, Replay::Misread),
    }
}

/// `MAX_TZDISP_HOUR` in PostgreSQL's timestamp.h.
const LARGEST_OFFSET_HOURS: i64 = 15;

/// `MIN_TIMESTAMP` and `END_TIMESTAMP` in PostgreSQL's timestamp.h, counted from the Unix epoch in microseconds.
const FIRST_MICROS: i128 = -210_866_803_200_000_000;
const END_MICROS: i128 = 9_224_318_016_000_000_000;

/// `MAXDATELEN + MAXDATEFIELDS`, the room for the fields of a time, each with an end mark.
const ROOM: usize = 128 + 25;

fn fatal(spaced: &Spaced<'_>) -> Option<Fatal> {
    if spaced.zone == Written::Zulu {
        return Some(Fatal::Zulu);
    }
    if let Some(part) = refused_sign(spaced) {
        return Some(Fatal::Signed(part));
    }
    if misreading(spaced).is_some() {
        return None;
    }
    if !is_date(spaced) {
        Some(Fatal::NoSuchDate)
    } else if !spaced
        .time
        .is_none_or(|time| is_time(&time, spaced.postgres_fraction()))
    {
        Some(Fatal::NoSuchTime)
    } else if !is_offset(&spaced.zone) {
        Some(Fatal::OffsetOutOfRange)
    } else if !(FIRST_MICROS..END_MICROS).contains(&spaced.postgres_micros()) {
        Some(Fatal::OutOfRange)
    } else if !fits(spaced) {
        Some(Fatal::TooLong)
    } else {
        None
    }
}

fn refused_sign(spaced: &Spaced<'_>) -> Option<Part> {
    let zone_signed = match &spaced.zone {
        Written::Offset { parts, .. } => parts.iter().any(|part| part.sign().is_some()),
        Written::Nothing | Written::Zulu => false,
    };
    if spaced.year.sign().is_some() {
        Some(Part::Year)
    } else if spaced.month.sign() == Some('+') {
        Some(Part::Month)
    } else if spaced.day.sign() == Some('+') {
        Some(Part::Day)
    } else {
        zone_signed.then_some(Part::Zone)
    }
}

fn misreading(spaced: &Spaced<'_>) -> Option<Misreading> {
    let signed = |number: &Number<'_>| number.sign().is_some();
    if signed(&spaced.month) {
        Some(Misreading::Signed(Part::Month))
    } else if signed(&spaced.day) {
        Some(Misreading::Signed(Part::Day))
    } else if spaced.time.is_some_and(|time| time.iter().any(signed)) {
        Some(Misreading::Signed(Part::Time))
    } else {
        (spaced.year.text.len() < 3).then_some(Misreading::ShortYear)
    }
}

fn is_date(spaced: &Spaced<'_>) -> bool {
    let days = days_in_month(spaced.astronomical_year(), spaced.month.value);
    spaced.year.value > 0 && (1..=days).contains(&spaced.day.value)
}

/// 24:00:00 is a time and so is second 60; 24:00:00.1 is not.
fn is_time([hour, minute, second]: &[Number<'_>; 3], fraction_micros: i64) -> bool {
    let (hour, minute, second) = (hour.value, minute.value, second.value);
    let midnight = minute == 0 && second == 0 && fraction_micros == 0;
    (hour < 24 || hour == 24 && midnight) && minute < 60 && second <= 60
}

fn is_offset(zone: &Written<'_>) -> bool {
    match zone {
        Written::Nothing | Written::Zulu => true,
        Written::Offset { parts, .. } => {
            let [hours, minutes, seconds] = parts;
            hours.value <= LARGEST_OFFSET_HOURS && minutes.value < 60 && seconds.value < 60
        }
    }
}

/// Blanks separate fields and take no room.
fn fits(spaced: &Spaced<'_>) -> bool {
    let blanks = usize::from(spaced.time.is_some()) + usize::from(spaced.before_christ);
    let fields = 1 + blanks + usize::from(spaced.names_zone());
    spaced.length - blanks + fields <= ROOM
}

#[cfg(test)]
mod tests {
    use super::super::TargetTime;
    use super::{Fatal, Misreading, Part, Replay};

    fn read(text: &str) -> TargetTime {
        TargetTime::read(text).unwrap_or_else(|refused| panic!("{text:?}: {refused}"))
    }

    fn backup_time(target: &TargetTime) -> String {
        target.backup_instant().to_string()
    }

    /// Accepted by admission, fatal in PostgreSQL 15 at start-up: text, instant for the backup, reason.
    const FATAL: &[(&str, &str, Fatal)] = &[
        (
            "2026-08-21 15:30:00Z",
            "2026-08-21 15:30:00.000000+00",
            Fatal::Zulu,
        ),
        (
            "2026-08-21 15:30:00.5Z BC",
            "-126049940999500000 microseconds since 1970",
            Fatal::Zulu,
        ),
        (
            "2026-02-30 10:00:00",
            "2026-03-02 10:00:00.000000+00",
            Fatal::NoSuchDate,
        ),
        (
            "2026-13-45 25:61:61",
            "2027-02-15 02:02:01.000000+00",
            Fatal::NoSuchDate,
        ),
        (
            "2026-00-00",
            "2025-11-30 00:00:00.000000+00",
            Fatal::NoSuchDate,
        ),
        (
            "2100-02-29 15:30:00",
            "2100-03-01 15:30:00.000000+00",
            Fatal::NoSuchDate,
        ),
        (
            "0000-01-01 00:00:00",
            "-62167219200000000 microseconds since 1970",
            Fatal::NoSuchDate,
        ),
        (
            "0000-01-01 00:00:00 BC",
            "0001-01-01 00:00:00.000000+00",
            Fatal::NoSuchDate,
        ),
        (
            "0004-02-29 00:00:00 BC",
            "-62256729600000000 microseconds since 1970",
            Fatal::NoSuchDate,
        ),
        (
            "0000-08-21T15:30:00Z",
            "-62147032200000000 microseconds since 1970",
            Fatal::NoSuchDate,
        ),
        (
            "2026-08-21 24:00:00.5",
            "2026-08-22 00:00:00.500000+00",
            Fatal::NoSuchTime,
        ),
        (
            "2026-08-21 24:00:01",
            "2026-08-22 00:00:01.000000+00",
            Fatal::NoSuchTime,
        ),
        (
            "2026-08-21 25:00:00",
            "2026-08-22 01:00:00.000000+00",
            Fatal::NoSuchTime,
        ),
        (
            "2026-08-21 15:60:00",
            "2026-08-21 16:00:00.000000+00",
            Fatal::NoSuchTime,
        ),
        (
            "2026-08-21 15:30:61",
            "2026-08-21 15:31:01.000000+00",
            Fatal::NoSuchTime,
        ),
        (
            "2026-08-21 15:30:00+99",
            "2026-08-17 12:30:00.000000+00",
            Fatal::OffsetOutOfRange,
        ),
        (
            "2026-08-21 15:30:00+16",
            "2026-08-20 23:30:00.000000+00",
            Fatal::OffsetOutOfRange,
        ),
        (
            "2026-08-21 15:30:00+02:60",
            "2026-08-21 12:30:00.000000+00",
            Fatal::OffsetOutOfRange,
        ),
        (
            "2026-08-21 15:30:00+02:59:60",
            "2026-08-21 12:30:00.000000+00",
            Fatal::OffsetOutOfRange,
        ),
        (
            "2026-08-21T15:30:00+24:00",
            "2026-08-20 15:30:00.000000+00",
            Fatal::OffsetOutOfRange,
        ),
        (
            "2026-08-21T15:30:00+15:60",
            "2026-08-20 23:30:00.000000+00",
            Fatal::OffsetOutOfRange,
        ),
        (
            "2026-+1-02 10:00:00",
            "2026-01-02 10:00:00.000000+00",
            Fatal::Signed(Part::Month),
        ),
        (
            "2026-08-+1 15:30:00",
            "2026-08-01 15:30:00.000000+00",
            Fatal::Signed(Part::Day),
        ),
        (
            "+2026-08-21 15:30:00",
            "2026-08-21 15:30:00.000000+00",
            Fatal::Signed(Part::Year),
        ),
        (
            "2026-08-21 15:30:00+-2",
            "2026-08-21 17:30:00.000000+00",
            Fatal::Signed(Part::Zone),
        ),
        (
            "4714-11-23 00:00:00 BC",
            "-210866889600000000 microseconds since 1970",
            Fatal::OutOfRange,
        ),
        (
            "294277-01-01 00:00:00",
            "9223372036854775807 microseconds since 1970",
            Fatal::OutOfRange,
        ),
        // Rounded up to the first moment out of range.
        (
            "294276-12-31 23:59:59.9999999",
            "9223372036854775807 microseconds since 1970",
            Fatal::OutOfRange,
        ),
    ];

    #[test]
    fn admission_accepts_what_postgres_refuses_at_start() {
        for (text, instant, fatal) in FATAL {
            let target = read(text);
            assert_eq!(backup_time(&target), *instant, "{text:?}");
            assert_eq!(target.replay(), Replay::Fatal(*fatal), "{text:?}");
        }
    }

    #[test]
    fn the_room_for_a_time_is_that_of_postgres() {
        let fraction = |zeros: usize, tail: &str| {
            read(&format!("2026-08-21 15:30:00.{}1{tail}", "0".repeat(zeros))).replay()
        };
        assert_eq!(fraction(131, ""), Replay::Accepted);
        assert_eq!(fraction(132, ""), Replay::Fatal(Fatal::TooLong));
        assert_eq!(fraction(124, "-02:30"), Replay::Accepted);
        assert_eq!(fraction(125, "-02:30"), Replay::Fatal(Fatal::TooLong));
    }

    #[test]
    fn postgres_reads_some_spellings_as_another_time() {
        let table = [
            (
                "2026--8-21 15:30:00",
                "2025-04-21 15:30:00.000000+00",
                Misreading::Signed(Part::Month),
            ),
            (
                "2026-08--1 15:30:00",
                "2026-07-30 15:30:00.000000+00",
                Misreading::Signed(Part::Day),
            ),
            (
                "2026-08-21 +5:30:00",
                "2026-08-21 05:30:00.000000+00",
                Misreading::Signed(Part::Time),
            ),
            (
                "2026-08-21 15:30:-5",
                "2026-08-21 15:29:55.000000+00",
                Misreading::Signed(Part::Time),
            ),
            (
                "12-08-21 15:30:00",
                "0012-08-21 15:30:00.000000+00",
                Misreading::ShortYear,
            ),
            (
                "1-08-21",
                "0001-08-21 00:00:00.000000+00",
                Misreading::ShortYear,
            ),
        ];
        for (text, instant, misreading) in table {
            let target = read(text);
            assert_eq!(backup_time(&target), instant, "{text:?}");
            assert_eq!(target.replay(), Replay::Misread(misreading), "{text:?}");
        }
    }
}
