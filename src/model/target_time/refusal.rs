//! Why admission refuses a target time.

use super::iso::{Iso, IsoProblem};
use super::spaced::Spaced;

/// Why admission refuses a target time. The operator says only that the format is invalid; the reasons are ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing is written.
    #[error("the target time is empty")]
    Empty,
    /// A blank before or after the time.
    #[error("there is a blank before or after the time")]
    OuterBlank,
    /// A time with `T` is checked against the calendar.
    #[error("the {0} is out of range")]
    OutOfRange(&'static str),
    /// Date and time are understood, what follows is not.
    #[error(
        "`{0}` after the time is not understood: write the zone as `+00` or `+02:00`, without a blank"
    )]
    Zone(String),
    /// Seconds are required.
    #[error("the seconds are missing")]
    MissingSeconds,
    /// None of the known spellings.
    #[error("this is not a time that the operator understands: write `YYYY-MM-DD HH:MM:SS+00`")]
    Unrecognised,
}

impl Refused {
    /// Finds the likeliest reason for a text that neither parser reads.
    pub(super) fn of(text: &str, problem: IsoProblem) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        if text.trim() != text {
            return Self::OuterBlank;
        }
        if let IsoProblem::Range(part) = problem {
            return Self::OutOfRange(part);
        }
        if let Some(rest) = after_time(text) {
            return Self::Zone(rest.trim().to_owned());
        }
        if lacks_seconds(text) {
            return Self::MissingSeconds;
        }
        Self::Unrecognised
    }
}

/// What follows a date and time that are fine on their own.
fn after_time(text: &str) -> Option<&str> {
    let (time, rest) = text.split_at_checked("2006-01-02 15:04:05".len())?;
    if !is_read(time) {
        return None;
    }
    let fraction = rest.strip_prefix(['.', ',']).map_or(0, |digits| {
        1 + digits.bytes().take_while(u8::is_ascii_digit).count()
    });
    // A lone point is no zone.
    (fraction != 1).then(|| rest.get(fraction..)).flatten()
}

fn lacks_seconds(text: &str) -> bool {
    text.split_at_checked("2006-01-02 15:04".len())
        .is_some_and(|(time, rest)| !rest.starts_with(':') && is_read(&format!("{time}:00")))
}

/// Asks the parsers alone: a refusal must not look for the reason of another refusal.
fn is_read(text: &str) -> bool {
    Spaced::parse(text).is_some() || Iso::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::TargetTime;
    use super::Refused;

    #[test]
    fn refusals_give_the_likeliest_reason() {
        let zone = |rest: &str| Refused::Zone(rest.to_owned());
        let table = [
            ("", Refused::Empty),
            (" 2026-08-21 15:30:00", Refused::OuterBlank),
            ("2026-08-21 15:30:00 ", Refused::OuterBlank),
            ("2026-08-21 15:30:00+0200", zone("+0200")),
            ("2026-08-21 15:30:00 +02:00", zone("+02:00")),
            ("2026-08-21 15:30:00.5 UTC", zone("UTC")),
            ("2026-08-21 15:30:00 UTC", zone("UTC")),
            ("2026-08-21 15:30:00 Europe/Rome", zone("Europe/Rome")),
            ("2026-08-21T15:30:00+02", zone("+02")),
            ("2026-08-21T15:30:00z", zone("z")),
            (
                "2026-08-21T15:30:00+25:00",
                Refused::OutOfRange("zone hour"),
            ),
            ("2026-08-21T24:00:00Z", Refused::OutOfRange("hour")),
            ("2026-08-21T15:30:60Z", Refused::OutOfRange("second")),
            ("2026-13-01T15:30:00Z", Refused::OutOfRange("month")),
            ("2026-02-30T10:00:00Z", Refused::OutOfRange("day")),
            ("2026-08-21T15:30Z", Refused::MissingSeconds),
            ("2026-08-21 15:30", Refused::MissingSeconds),
            ("2026-08-21t15:30:00Z", Refused::Unrecognised),
            ("2026-8-21 15:30:00", Refused::Unrecognised),
            ("2026/08/21 15:30:00", Refused::Unrecognised),
            ("20260821T153000Z", Refused::Unrecognised),
            ("1787326200", Refused::Unrecognised),
            ("now", Refused::Unrecognised),
            ("infinity", Refused::Unrecognised),
            ("2026-08-21 15:30:00.", Refused::Unrecognised),
            ("2026-08-21 15:30:0é", Refused::Unrecognised),
            ("12026-08-21T15:30:00Z", Refused::Unrecognised),
            ("99999999999999999999-01-01", Refused::Unrecognised),
            ("-", Refused::Unrecognised),
        ];
        for (text, refused) in table {
            assert_eq!(TargetTime::read(text), Err(refused), "{text:?}");
        }
    }
}
