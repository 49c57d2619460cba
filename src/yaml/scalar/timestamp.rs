//! Dates and times as go-yaml recognises them in plain scalars.

/// The RFC 3339 form kustomize gives a plain timestamp, or `None` when the text is not one.
///
/// Three shapes: a date, a date with `T` or `t`, a time and a zone, a date with blanks and a time in UTC.
/// Month, day, hour, minute and second may have one digit. An offset of 24 hours, which kustomize cannot
/// print and fails on, is no timestamp here.
/// Source: `parseTimestamp`, go-yaml v3 `resolve.go`.
pub(super) fn rfc3339(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || !bytes.get(..4)?.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut rest = Cursor(&bytes[5..]);
    let year = number(&bytes[..4]);
    let month = rest.one_or_two(1..=12)?;
    rest.exactly(b'-')?;
    let day = rest.one_or_two(1..=days_in(month, year))?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    let zoned = match rest.0.first() {
        None => return Some(format!("{date}T00:00:00Z")),
        Some(b'T' | b't') => true,
        Some(b' ') => false,
        Some(_) => return None,
    };
    rest.skip_separator(zoned);
    let time = rest.time()?;
    let zone = if zoned { rest.zone()? } else { "Z".into() };
    rest.0.is_empty().then(|| format!("{date}T{time}{zone}"))
}

fn days_in(month: u32, year: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

/// The part of the text that is not read yet.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn digits(&mut self, most: usize) -> &'a [u8] {
        let count = self
            .0
            .iter()
            .take(most)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits
    }

    fn one_or_two(&mut self, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let digits = self.digits(2);
        (!digits.is_empty())
            .then(|| number(digits))
            .filter(|value| range.contains(value))
    }

    fn exactly(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        (*first == byte).then(|| self.0 = rest)
    }

    /// One `T`, or as many blanks as there are.
    fn skip_separator(&mut self, zoned: bool) {
        let count = if zoned {
            1
        } else {
            self.0.iter().take_while(|b| **b == b' ').count()
        };
        self.0 = &self.0[count..];
    }

    /// `h:m:s` with an optional fraction, of which nine digits count and trailing zeros are dropped.
    fn time(&mut self) -> Option<String> {
        let hour = self.one_or_two(0..=23)?;
        self.exactly(b':')?;
        let minute = self.one_or_two(0..=59)?;
        self.exactly(b':')?;
        let second = self.one_or_two(0..=59)?;
        let mut time = format!("{hour:02}:{minute:02}:{second:02}");
        if matches!(self.0, [b'.' | b',', b'0'..=b'9', ..]) {
            self.0 = &self.0[1..];
            let fraction = self.digits(usize::MAX);
            let counted = &fraction[..fraction.len().min(9)];
            let kept = counted.len() - counted.iter().rev().take_while(|b| **b == b'0').count();
            if kept > 0 {
                time.push('.');
                time.extend(counted[..kept].iter().map(|digit| char::from(*digit)));
            }
        }
        Some(time)
    }

    /// `Z` or `±hh:mm`; Go lets 60 minutes pass and carries them over.
    fn zone(&mut self) -> Option<String> {
        if self.exactly(b'Z').is_some() {
            return Some("Z".into());
        }
        let (zone, rest) = self.0.split_at_checked(6)?;
        let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = zone else {
            return None;
        };
        let digits = [*h1, *h2, *m1, *m2];
        if !digits.iter().all(u8::is_ascii_digit) || number(&digits[2..]) > 60 {
            return None;
        }
        let minutes = number(&digits[..2]) * 60 + number(&digits[2..]);
        self.0 = rest;
        match minutes {
            0 => Some("Z".into()),
            1440.. => None,
            _ => Some(format!(
                "{}{:02}:{:02}",
                char::from(*sign),
                minutes / 60,
                minutes % 60
            )),
        }
    }
}
