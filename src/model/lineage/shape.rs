//! A server name cut at its counter.

use super::LineageStyle;
use super::dates::{DateFormat, trailing_date};

/// A name cut at its counter. `before` is everything in front of the digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    Version {
        before: &'a str,
        digits: &'a str,
    },
    Major {
        before: &'a str,
        digits: &'a str,
    },
    Counter {
        before: &'a str,
        digits: &'a str,
    },
    /// The digits after the last dot.
    Dotted {
        before: &'a str,
        digits: &'a str,
    },
    Dated {
        before: &'a str,
        date: &'a str,
        format: DateFormat,
        counter: Option<&'a str>,
    },
    Glued,
    Plain,
    Variable,
}

impl<'a> Shape<'a> {
    /// Cuts a name.
    pub(super) fn of(name: &'a str) -> Self {
        if name.contains('$') || name.contains("{{") {
            return Self::Variable;
        }
        let (before, digits) = split_trailing_digits(name);
        if digits.is_empty() {
            return Self::Plain;
        }
        if let Some(dated) = Self::dated(name, before, digits) {
            return dated;
        }
        if is_version_mark(before) {
            return Self::Version { before, digits };
        }
        if before.ends_with('.') {
            return if is_dotted_version(before) {
                Self::Dotted { before, digits }
            } else {
                Self::Glued
            };
        }
        let Some(stem) = before.strip_suffix(SEPARATORS).filter(|s| !s.is_empty()) else {
            return Self::Glued;
        };
        let (stem_before, major) = split_trailing_digits(stem);
        if !major.is_empty() && is_version_mark(stem_before) {
            Self::Major { before, digits }
        } else {
            Self::Counter { before, digits }
        }
    }

    /// A date at the end, or a date and a counter.
    fn dated(name: &'a str, before: &'a str, digits: &'a str) -> Option<Self> {
        let at_end = trailing_date(name).map(|(before, date, format)| Self::Dated {
            before,
            date,
            format,
            counter: None,
        });
        at_end.or_else(|| {
            let (before, date, format) = trailing_date(before.strip_suffix('-')?)?;
            Some(Self::Dated {
                before,
                date,
                format,
                counter: Some(digits),
            })
        })
    }

    /// The style of the name.
    pub(super) fn style(self) -> LineageStyle {
        match self {
            Self::Version { .. } => LineageStyle::VersionSuffix,
            Self::Major { .. } => LineageStyle::MajorVersion,
            Self::Counter { digits, .. } if digits.len() > 1 && digits.starts_with('0') => {
                LineageStyle::ZeroPadded {
                    width: digits.len(),
                }
            }
            Self::Counter { .. } => LineageStyle::Counter,
            Self::Dotted { .. } => LineageStyle::Dotted,
            Self::Dated { format, .. } => LineageStyle::Dated { format },
            Self::Glued => LineageStyle::Glued,
            Self::Plain => LineageStyle::Plain,
            Self::Variable => LineageStyle::Variable,
        }
    }
}

/// What stands between a name and its counter.
pub(super) const SEPARATORS: [char; 2] = ['-', '_'];

/// Whether the text ends with a `v` of its own, as in `postgres-v`.
fn is_version_mark(text: &str) -> bool {
    text.strip_suffix(['v', 'V'])
        .is_some_and(|stem| stem.is_empty() || stem.ends_with(SEPARATORS))
}

/// Whether the text ends with the front of a version with dots, as in `postgres16-v1.0.`.
fn is_dotted_version(text: &str) -> bool {
    let stem = text.trim_end_matches(|c: char| c == '.' || c.is_ascii_digit());
    let version = text.get(stem.len()..).unwrap_or_default();
    let parts_are_numbers = version
        .split('.')
        .rev()
        .skip(1)
        .all(|part| !part.is_empty());
    parts_are_numbers && (is_version_mark(stem) || stem.ends_with(SEPARATORS))
}

fn split_trailing_digits(text: &str) -> (&str, &str) {
    let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
    text.split_at(stem.len())
}
