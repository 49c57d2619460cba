//! Points in time.

use std::fmt;

use jiff::{SignedDuration, civil::date};

/// A point in time: microseconds since the Unix epoch, UTC, without leap seconds. This is PostgreSQL's resolution.
///
/// The range is that of the number, about 292,000 years around 1970; what lies outside is clamped to its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since the Unix epoch.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch, as a clock gives them.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// The spelling `YYYY-MM-DD HH:MM:SS.ffffff+00`, which every operator version hands to PostgreSQL unchanged and
    /// which means the same to both. `None` before year 1 and after year 9999.
    pub fn canonical(self) -> Option<String> {
        // Civil times reach to the end of year 9999; jiff's timestamps do not.
        let epoch = date(1970, 1, 1).at(0, 0, 0, 0);
        let civil = epoch
            .checked_add(SignedDuration::from_micros(self.0))
            .ok()?;
        let (date, time) = (civil.date(), civil.time());
        (date.year() >= 1).then(|| {
            format!(
                "{date} {:02}:{:02}:{:02}.{:06}+00",
                time.hour(),
                time.minute(),
                time.second(),
                time.subsec_nanosecond() / 1000
            )
        })
    }

    /// RFC 3339, UTC, with microseconds: `2026-08-21T15:30:00.123456Z`. Times that have no such spelling are moved to the
    /// nearest one that has.
    pub fn rfc3339(self) -> String {
        const FIRST: i64 = -62_135_596_800_000_000;
        const LAST: i64 = 253_402_207_200_999_999;
        let spelt = Self(self.0.clamp(FIRST, LAST)).to_string();
        spelt.replacen(' ', "T", 1).replace("+00", "Z")
    }

    /// Reads the spelling of [`Instant::rfc3339`].
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let read: jiff::Timestamp = text.parse().ok()?;
        let instant = Self(read.as_microsecond());
        (instant.rfc3339() == text).then_some(instant)
    }

    /// Clamps a count that may lie outside the range.
    pub(super) fn clamped(micros: i128) -> Self {
        let clamped = micros.clamp(i64::MIN.into(), i64::MAX.into());
        Self(i64::try_from(clamped).unwrap_or(i64::MAX))
    }
}

/// The canonical spelling, or the number of microseconds where it has none.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.canonical() {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} microseconds since 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Instant;

    #[test]
    fn the_canonical_spelling_has_six_digits_and_a_numeric_zone() {
        let table = [
            (0, "1970-01-01 00:00:00.000000+00"),
            (1_787_326_200_123_456, "2026-08-21 15:30:00.123456+00"),
            (-1, "1969-12-31 23:59:59.999999+00"),
            (-62_135_596_800_000_000, "0001-01-01 00:00:00.000000+00"),
            (253_402_300_799_000_000, "9999-12-31 23:59:59.000000+00"),
        ];
        for (micros, text) in table {
            assert_eq!(
                Instant::from_micros(micros).canonical().as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn years_that_need_more_than_four_digits_have_no_canonical_spelling() {
        for micros in [
            -62_135_596_800_000_001,
            253_402_300_800_000_000,
            i64::MIN,
            i64::MAX,
        ] {
            assert_eq!(Instant::from_micros(micros).canonical(), None, "{micros}");
        }
        assert_eq!(
            Instant::from_micros(i64::MAX).to_string(),
            "9223372036854775807 microseconds since 1970"
        );
    }

    #[test]
    fn what_is_out_of_range_is_clamped() {
        assert_eq!(Instant::clamped(i128::MAX), Instant::from_micros(i64::MAX));
        assert_eq!(Instant::clamped(i128::MIN), Instant::from_micros(i64::MIN));
        assert_eq!(
            Instant::from_seconds(i64::MAX),
            Instant::from_micros(i64::MAX)
        );
        assert_eq!(Instant::from_seconds(2).as_micros(), 2_000_000);
    }
}
