//! Dates inside server names.

use jiff::civil::Date;

use super::shape::SEPARATORS;

/// How a date is spelled in a server name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateFormat {
    /// `20260526`.
    Compact,
    /// `2026-05-26`.
    Dashed,
    /// `20260526000000`, with a time of day.
    CompactWithTime,
}

/// Cuts a valid date off the end; it must stand after a separator.
pub(super) fn trailing_date(text: &str) -> Option<(&str, &str, DateFormat)> {
    [
        (14, DateFormat::CompactWithTime),
        (8, DateFormat::Compact),
        (10, DateFormat::Dashed),
    ]
    .into_iter()
    .find_map(|(length, format)| {
        let (before, date) = text.split_at_checked(text.len().checked_sub(length)?)?;
        (before.ends_with(SEPARATORS) && read_date(date, format).is_some())
            .then_some((before, date, format))
    })
}

/// Reads a date of the years 2000 to 2099; other years are more likely plain numbers.
pub(super) fn read_date(text: &str, format: DateFormat) -> Option<Date> {
    let compact = match format {
        DateFormat::Compact => text.to_owned(),
        DateFormat::CompactWithTime => {
            let (date, time) = text.split_at_checked(8)?;
            let in_range =
                |at: usize, end: u8| Some(time.get(at..at + 2)?.parse::<u8>().ok()? < end);
            if !(in_range(0, 24)? && in_range(2, 60)? && in_range(4, 60)?) {
                return None;
            }
            date.to_owned()
        }
        DateFormat::Dashed => {
            let mut parts = text.split('-');
            let lengths_fit = [4, 2, 2]
                .iter()
                .all(|n| parts.next().map(str::len) == Some(*n));
            if !lengths_fit {
                return None;
            }
            text.replace('-', "")
        }
    };
    if compact.len() != 8 || !compact.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: i16 = compact.get(..4)?.parse().ok()?;
    let month: i8 = compact.get(4..6)?.parse().ok()?;
    let day: i8 = compact.get(6..)?.parse().ok()?;
    (2000..2100)
        .contains(&year)
        .then(|| Date::new(year, month, day).ok())
        .flatten()
}

pub(super) fn spell_date(date: Date, format: DateFormat) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match format {
        DateFormat::Compact => format!("{year:04}{month:02}{day:02}"),
        DateFormat::Dashed => format!("{year:04}-{month:02}-{day:02}"),
        DateFormat::CompactWithTime => format!("{year:04}{month:02}{day:02}000000"),
    }
}
