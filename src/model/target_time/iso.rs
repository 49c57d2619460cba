//! `YYYY-MM-DDTHH:MM:SS[.f][zone]`, as Go's `time.Parse` reads it with the layouts of machinery.
//!
//! The layouts are RFC 3339 with and without six fraction digits, and the same without a zone. Go is a little more
//! lenient than RFC 3339: the hour may have one digit, the point may be a comma, offsets reach to 24:60.

use super::calendar::{days_in_month, days_since_epoch};

/// The parts; all in range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Iso {
    /// 0 to 9999.
    pub(super) year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// The fraction without what is smaller than a microsecond; both uses drop that.
    micros: i64,
    /// Minutes east of Greenwich, `None` without a zone.
    pub(super) offset_minutes: Option<i64>,
}

/// Why Go does not read a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsoProblem {
    /// It does not follow the layout.
    Layout,
    /// It does, but this part is out of range.
    Range(&'static str),
}

impl Iso {
    /// Reads the text.
    pub(super) fn parse(text: &str) -> Result<Self, IsoProblem> {
        let mut rest = Rest(text.as_bytes());
        let year = rest.digits(4)?;
        let month = rest.after(b'-')?.in_range(2, 1..=12, "month")?;
        let day = rest.after(b'-')?.digits(2)?;
        rest.after(b'T')?;
        let hour = rest.digits(2).or_else(|_| rest.digits(1))?;
        within(hour, 0..=23, "hour")?;
        let minute = rest.after(b':')?.in_range(2, 0..=59, "minute")?;
        let second = rest.after(b':')?.in_range(2, 0..=59, "second")?;
        let micros = rest.fraction_micros();
        let offset_minutes = rest.zone()?;
        within(day, 1..=days_in_month(year, month), "day")?;
        Ok(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            micros,
            offset_minutes,
        })
    }

    /// Microseconds since the Unix epoch; a missing zone is UTC.
    pub(super) fn micros(&self) -> i128 {
        let days = days_since_epoch(self.year, self.month, self.day);
        let minutes = self.hour * 60 + self.minute - self.offset_minutes.unwrap_or(0);
        let seconds = days * 86_400 + i128::from(minutes * 60 + self.second);
        seconds * 1_000_000 + i128::from(self.micros)
    }

    /// What `ConvertToPostgresFormat` writes.
    pub(super) fn postgres_text(&self) -> String {
        let offset = self.offset_minutes.unwrap_or(0);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}{}{:02}:{:02}",
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.micros,
            if offset < 0 { '-' } else { '+' },
            offset.abs() / 60,
            offset.abs() % 60
        )
    }
}

/// What is left of the text.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn after(&mut self, byte: u8) -> Result<&mut Self, IsoProblem> {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                Ok(self)
            }
            _ => Err(IsoProblem::Layout),
        }
    }

    /// A number of exactly `count` digits; nothing is taken when there are fewer.
    fn digits(&mut self, count: usize) -> Result<i64, IsoProblem> {
        let (digits, rest) = self.0.split_at_checked(count).ok_or(IsoProblem::Layout)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(IsoProblem::Layout);
        }
        self.0 = rest;
        Ok(number(digits))
    }

    fn in_range(
        &mut self,
        count: usize,
        range: std::ops::RangeInclusive<i64>,
        part: &'static str,
    ) -> Result<i64, IsoProblem> {
        within(self.digits(count)?, range, part)
    }

    /// Point or comma and at least one digit, or nothing.
    fn fraction_micros(&mut self) -> i64 {
        let [b'.' | b',', digits @ ..] = self.0 else {
            return 0;
        };
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            return 0;
        }
        self.0 = &digits[count..];
        let kept = count.min(6);
        let missing = u32::try_from(6 - kept).unwrap_or(0);
        number(&digits[..kept]) * 10_i64.pow(missing)
    }

    /// `Z`, `±hh:mm` or nothing, up to the end of the text.
    fn zone(&mut self) -> Result<Option<i64>, IsoProblem> {
        let west = match self.0 {
            [] => return Ok(None),
            b"Z" => return Ok(Some(0)),
            [sign @ (b'+' | b'-'), rest @ ..] => {
                self.0 = rest;
                *sign == b'-'
            }
            _ => return Err(IsoProblem::Layout),
        };
        let hours = self.digits(2)?;
        let minutes = self.after(b':')?.digits(2)?;
        if !self.0.is_empty() {
            return Err(IsoProblem::Layout);
        }
        within(hours, 0..=24, "zone hour")?;
        within(minutes, 0..=60, "zone minute")?;
        let offset = hours * 60 + minutes;
        Ok(Some(if west { -offset } else { offset }))
    }
}

fn within(
    value: i64,
    range: std::ops::RangeInclusive<i64>,
    part: &'static str,
) -> Result<i64, IsoProblem> {
    if range.contains(&value) {
        Ok(value)
    } else {
        Err(IsoProblem::Range(part))
    }
}

/// At most six digits.
fn number(digits: &[u8]) -> i64 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}
