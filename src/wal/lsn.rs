//! Positions in the WAL stream, and the timelines they lie on.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A position in the WAL stream, in bytes since the database system was created.
///
/// Printed as two hexadecimal halves, `16/B374D848`, like the server does. The order is that of the stream; positions
/// of different timelines compare only below the point where they part.
/// Source: `XLogRecPtr`, PostgreSQL `src/include/access/xlogdefs.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl FromStr for Lsn {
    type Err = LsnError;

    /// One to eight hexadecimal digits of either case on both sides of one slash, nothing else.
    /// Source: `pg_lsn_in_internal`, PostgreSQL `src/backend/utils/adt/pg_lsn.c`.
    fn from_str(text: &str) -> Result<Self, LsnError> {
        let halves = text.split_once('/');
        let parsed = halves.and_then(|(high, low)| Some((half(high)?, half(low)?)));
        let (high, low) = parsed.ok_or_else(|| LsnError {
            text: text.to_owned(),
        })?;
        Ok(Self(u64::from(high) << 32 | u64::from(low)))
    }
}

/// Why a text is not a WAL position.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`{text}` is not a WAL position such as 16/B374D848")]
pub struct LsnError {
    /// The text, as it was.
    pub text: String,
}

/// A timeline: the server starts a new one at the end of every recovery. Numbers grow from 1; 0 is none.
///
/// Printed in decimal; in file names it is hexadecimal (see `SegmentName`).
/// Source: `TimeLineID`, PostgreSQL `src/include/access/xlogdefs.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimelineId(pub u32);

impl fmt::Display for TimelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One half of a position. `from_str_radix` alone would take a sign.
fn half(text: &str) -> Option<u32> {
    let fits = (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::Lsn;

    #[test]
    fn a_position_prints_as_the_server_prints_it() {
        for (number, text) in [
            (0, "0/0"),
            (0x16_B374_D848, "16/B374D848"),
            (0x1_0000_0028, "1/28"),
            (u64::MAX, "FFFFFFFF/FFFFFFFF"),
        ] {
            assert_eq!(Lsn(number).to_string(), text);
            assert_eq!(text.parse(), Ok(Lsn(number)));
        }
        assert_eq!("0/0000002a".parse(), Ok(Lsn(42)));
    }

    #[test]
    fn what_the_server_refuses_is_refused() {
        for text in [
            "",
            "/",
            "0",
            "0/",
            "/0",
            "0/123456789",
            "+1/0",
            "1/-2",
            " 0/1",
            "0/1 ",
            "1/2/3",
            "G/0",
        ] {
            assert!(text.parse::<Lsn>().is_err(), "{text}");
        }
    }
}
