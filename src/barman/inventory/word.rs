//! Single values in the words of JSON.

use serde::{Deserialize, Deserializer};

use super::Mistake;
use crate::barman::compression::Compression;
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SegmentSize, TimelineId};

/// A value or null that has to be there.
///
/// # Errors
/// Those of the value.
pub fn required<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(from)
}

pub(super) fn compression(field: &str, word: &str) -> Result<Compression, Mistake> {
    let mut kinds = Compression::ALL.into_iter();
    kinds
        .find(|kind| kind.to_string() == word)
        .ok_or_else(|| Mistake::at(field, format!("`{word}` is no compression of Barman")))
}

pub(super) fn instant(field: &str, text: &str) -> Result<Instant, Mistake> {
    Instant::from_rfc3339(text).ok_or_else(|| {
        Mistake::at(
            field,
            format!("`{text}` is no time such as 2026-08-21T15:30:00.000000Z"),
        )
    })
}

/// The name of a segment that belongs to `timeline`.
pub(super) fn segment(
    field: &str,
    text: &str,
    timeline: TimelineId,
    size: SegmentSize,
) -> Result<SegmentName, Mistake> {
    let name =
        SegmentName::parse(text, size).map_err(|error| Mistake::at(field, error.to_string()))?;
    if name.timeline != timeline {
        let problem = format!("`{text}` is not of timeline {timeline}");
        return Err(Mistake::at(field, problem));
    }
    Ok(name)
}

/// The text that [`FromStr`](std::str::FromStr) reads.
pub(super) fn parsed<T>(field: &str, text: Option<&String>) -> Result<Option<T>, Mistake>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let parsed = text.map(|text| {
        text.parse()
            .map_err(|error: T::Err| Mistake::at(field, error.to_string()))
    });
    parsed.transpose()
}
