//! `YYYY-MM-DD[ HH:MM:SS[.f][zone]][ BC]`, as lib/pq 1.12 reads it (`internal/pqtime/pqtime.go`).
//!
//! That parser cuts the text at fixed places and checks no range, so month 13 and second 61 pass, and so do signs.

use super::calendar::days_since_epoch;

/// The parts of the text, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spaced<'a> {
    /// The year, before ` BC` is taken into account. Any number of digits.
    pub(super) year: Number<'a>,
    pub(super) month: Number<'a>,
    pub(super) day: Number<'a>,
    /// Hour, minute and second, `None` for a date alone.
    pub(super) time: Option<[Number<'a>; 3]>,
    /// The digits after the point, empty without one.
    pub(super) fraction: &'a str,
    pub(super) zone: Written<'a>,
    pub(super) before_christ: bool,
    /// Bytes of the text.
    pub(super) length: usize,
}

/// The zone as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written<'a> {
    Nothing,
    Zulu,
    /// Hours, minutes and seconds east of Greenwich, to be negated when `west`. Parts left out are empty and zero.
    Offset {
        west: bool,
        parts: [Number<'a>; 3],
    },
}

/// A number as Go's `strconv.Atoi` reads it: digits with an optional sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number<'a> {
    pub(super) text: &'a str,
    pub(super) value: i64,
}

impl<'a> Number<'a> {
    const ABSENT: Self = Self { text: "", value: 0 };

    /// The number at `from..to` of `text`.
    fn at(text: &'a str, from: usize, to: usize) -> Option<Self> {
        let text = text.get(from..to)?;
        let value = text.parse().ok()?;
        Some(Self { text, value })
    }

    /// The sign, when one is written.
    pub(super) fn sign(self) -> Option<char> {
        self.text
            .chars()
            .next()
            .filter(|first| matches!(first, '+' | '-'))
    }
}

impl<'a> Spaced<'a> {
    /// Cuts the text where lib/pq cuts it; `None` where lib/pq reports an error.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let byte_is = |at: usize, wanted: u8| text.as_bytes().get(at) == Some(&wanted);
        let month_at = text.find('-')? + 1;
        let date_end = month_at + "01-01".len();
        let mut spaced = Self {
            year: Number::at(text, 0, month_at - 1)?,
            month: Number::at(text, month_at, month_at + 2)?,
            day: Number::at(text, month_at + 3, date_end)?,
            time: None,
            fraction: "",
            zone: Written::Nothing,
            before_christ: text.ends_with(ERA),
            length: text.len(),
        };
        let date_only = text.len() <= date_end + spaced.era_length();
        if !byte_is(month_at + 2, b'-') {
            return None;
        }
        if date_only {
            return Some(spaced);
        }
        let hour_at = date_end + 1;
        if !(byte_is(date_end, b' ') && byte_is(hour_at + 2, b':') && byte_is(hour_at + 5, b':')) {
            return None;
        }
        let part = |at: usize| Number::at(text, at, at + 2);
        spaced.time = Some([part(hour_at)?, part(hour_at + 3)?, part(hour_at + 6)?]);
        spaced.parse_rest(text.get(hour_at + "00:00:00".len()..)?)?;
        Some(spaced)
    }

    /// Fraction, zone and era: three optional parts in this order, and nothing after them.
    fn parse_rest(&mut self, text: &'a str) -> Option<()> {
        let mut rest = text;
        if let Some(after_point) = rest.strip_prefix('.') {
            let end = after_point
                .find(['-', '+', 'Z', ' '])
                .unwrap_or(after_point.len());
            let (digits, tail) = after_point.split_at(end);
            Number::at(digits, 0, digits.len())?;
            (self.fraction, rest) = (digits, tail);
        }
        if let Some(tail) = rest.strip_prefix('Z') {
            (self.zone, rest) = (Written::Zulu, tail);
        } else if let Some(offset) = rest.strip_prefix(['+', '-']) {
            let mut parts = [Number::at(offset, 0, 2)?, Number::ABSENT, Number::ABSENT];
            let mut tail = offset.get(2..)?;
            for part in &mut parts[1..] {
                if let Some(after_colon) = tail.strip_prefix(':') {
                    *part = Number::at(after_colon, 0, 2)?;
                    tail = after_colon.get(2..)?;
                }
            }
            let west = rest.starts_with('-');
            (self.zone, rest) = (Written::Offset { west, parts }, tail);
        }
        let era = if self.before_christ { ERA } else { "" };
        (rest == era).then_some(())
    }

    fn era_length(&self) -> usize {
        if self.before_christ { ERA.len() } else { 0 }
    }

    /// Whether the text names a zone.
    pub(super) fn names_zone(&self) -> bool {
        self.zone != Written::Nothing
    }

    /// The year with 1 BC as 0.
    pub(super) fn astronomical_year(&self) -> i64 {
        if self.before_christ {
            1_i64.saturating_sub(self.year.value)
        } else {
            self.year.value
        }
    }

    /// Microseconds since the Unix epoch as Go normalises the parts, rounded down from its nanoseconds.
    pub(super) fn admission_micros(&self) -> i128 {
        (self.seconds() * 1_000_000_000 + i128::from(self.go_nanos())).div_euclid(1000)
    }

    /// The same as PostgreSQL has it, which reads every digit of the fraction and rounds to microseconds.
    pub(super) fn postgres_micros(&self) -> i128 {
        self.seconds() * 1_000_000 + i128::from(self.postgres_fraction())
    }

    /// The fraction in microseconds, 0 to 1000000 (`ParseFractionalSecond` in PostgreSQL's datetime.c).
    pub(super) fn postgres_fraction(&self) -> i64 {
        let fraction: f64 = format!("0.{}", self.fraction).parse().unwrap_or(0.0);
        (fraction * 1e6).round_ties_even() as i64
    }

    /// lib/pq multiplies the digits by a power of ten that is zero beyond nine digits.
    fn go_nanos(&self) -> i64 {
        let digits: i64 = self.fraction.parse().unwrap_or(0);
        u32::try_from(self.fraction.len())
            .ok()
            .and_then(|count| 9_u32.checked_sub(count))
            .map_or(0, |zeros| digits * 10_i64.pow(zeros))
    }

    fn seconds(&self) -> i128 {
        let day = days_since_epoch(self.astronomical_year(), self.month.value, self.day.value);
        let clock = self.time.map_or(0, |parts| seconds_of(&parts));
        let offset = match &self.zone {
            Written::Nothing | Written::Zulu => 0,
            Written::Offset { west: false, parts } => seconds_of(parts),
            Written::Offset { west: true, parts } => -seconds_of(parts),
        };
        day * 86_400 + clock - offset
    }
}

/// The mark for years before Christ; only this spelling, at the end.
const ERA: &str = " BC";

fn seconds_of(parts: &[Number<'_>; 3]) -> i128 {
    parts
        .iter()
        .fold(0, |sum, part| sum * 60 + i128::from(part.value))
}
