//! Why a schedule is refused.

use std::fmt;

/// A field of a schedule, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Seconds, 0 to 59.
    Second,
    /// Minutes, 0 to 59.
    Minute,
    /// Hours, 0 to 23.
    Hour,
    /// Days of the month, 1 to 31.
    DayOfMonth,
    /// Months, 1 to 12 or `jan` to `dec`.
    Month,
    /// Days of the week, 0 (Sunday) to 6 or `sun` to `sat`.
    DayOfWeek,
}

impl Field {
    /// The name used in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        }
    }

    /// Smallest value (`bounds` in spec.go).
    pub(super) fn min(self) -> u8 {
        match self {
            Self::DayOfMonth | Self::Month => 1,
            Self::Second | Self::Minute | Self::Hour | Self::DayOfWeek => 0,
        }
    }

    /// Largest value (`bounds` in spec.go).
    pub(super) fn max(self) -> u8 {
        match self {
            Self::Second | Self::Minute => 59,
            Self::Hour => 23,
            Self::DayOfMonth => 31,
            Self::Month => 12,
            Self::DayOfWeek => 6,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong with one part of a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// Neither a number nor a name of this field.
    #[error("`{0}` is not a number{hint}", hint = names_hint(.0))]
    NotANumber(String),
    /// A negative number.
    #[error("negative numbers are not allowed")]
    Negative,
    /// More than one hyphen.
    #[error("a range has one hyphen")]
    TooManyHyphens,
    /// More than one slash.
    #[error("a step has one slash")]
    TooManySlashes,
    /// The range starts before the smallest value.
    #[error("{value} is below {min}, the smallest value")]
    BelowMinimum {
        /// The value written.
        value: u64,
        /// The smallest value of the field.
        min: u8,
    },
    /// The range ends after the largest value.
    #[error("{value} is above {max}, the largest value{hint}", hint = maximum_hint(*.value, *.max))]
    AboveMaximum {
        /// The value written.
        value: u64,
        /// The largest value of the field.
        max: u8,
    },
    /// The range ends before it starts; ranges do not wrap around.
    #[error("the range ends before it starts, and ranges do not wrap around")]
    Backwards,
    /// A step of zero.
    #[error("a step must be at least 1")]
    ZeroStep,
}

/// Says so when a letter of other cron dialects was used.
fn names_hint(text: &str) -> &'static str {
    if text.is_empty() {
        " (nothing is written there)"
    } else if text.contains(['L', 'W', '#']) {
        " (L, W and # are not supported)"
    } else {
        ""
    }
}

fn maximum_hint(value: u64, max: u8) -> &'static str {
    if value == 7 && max == 6 {
        " (Sunday is 0)"
    } else {
        ""
    }
}

/// Why robfig/cron v1.2.0 refuses a schedule. The texts are ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// An empty text.
    #[error("the schedule is empty")]
    Empty,
    /// Neither five nor six fields.
    #[error(
        "expected 6 fields (second, minute, hour, day of month, month, day of week), found {found}"
    )]
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// A word that starts with `@` and is not known; descriptors are lower case, without a blank around them.
    #[error(
        "`{0}` is not a known descriptor: use @yearly, @monthly, @weekly, @daily, @hourly or `@every` with a duration, in lower case"
    )]
    UnknownDescriptor(String),
    /// The duration after `@every` is not one of Go.
    #[error("`{0}` is not a duration: write numbers with units h, m or s, such as 1h30m")]
    Duration(String),
    /// One part of a field is wrong.
    #[error("{field} `{part}`: {problem}")]
    Field {
        /// The field.
        field: Field,
        /// The part between commas.
        part: String,
        /// What is wrong with it.
        problem: FieldProblem,
    },
}
