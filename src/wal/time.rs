//! Timestamps inside WAL records.

/// A point in time as WAL records carry it: microseconds since 2000-01-01 00:00:00 UTC, without leap seconds.
///
/// Source: `TimestampTz`, PostgreSQL `src/include/datatype/timestamp.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Microseconds from the Unix epoch to 2000-01-01 00:00:00 UTC.
const EPOCH_IN_UNIX_MICROS: i64 = 946_684_800_000_000;

impl Timestamp {
    /// From microseconds since 2000-01-01 UTC, the form in WAL.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From microseconds since 1970-01-01 UTC; clamped to the range of the type.
    pub fn from_unix_micros(micros: i64) -> Self {
        Self(micros.saturating_sub(EPOCH_IN_UNIX_MICROS))
    }

    /// From whole seconds since 1970-01-01 UTC, the form in checkpoints; clamped to the range of the type.
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self::from_unix_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 2000-01-01 UTC.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Microseconds since 1970-01-01 UTC; times after the year 294,000 are clamped.
    pub fn to_unix_micros(self) -> i64 {
        self.0.saturating_add(EPOCH_IN_UNIX_MICROS)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn the_epoch_is_the_year_2000() {
        assert_eq!(
            Timestamp::from_micros(0).to_unix_micros(),
            946_684_800_000_000
        );
        assert_eq!(
            Timestamp::from_unix_seconds(946_684_801),
            Timestamp::from_micros(1_000_000)
        );
        assert_eq!(Timestamp::from_micros(i64::MAX).to_unix_micros(), i64::MAX);
        assert_eq!(Timestamp::from_unix_micros(i64::MIN).as_micros(), i64::MIN);
    }
}
