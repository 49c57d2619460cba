//! One field of a schedule as a set of values.

use super::error::{CronError, Field, FieldProblem};

/// The values of one field: bit n stands for the value n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldSet {
    field: Field,
    bits: u64,
    star: bool,
}

impl FieldSet {
    /// Every value of the field, as written by a star.
    pub(super) fn all(field: Field) -> Self {
        let mut set = Self::none(field);
        set.insert_range(u64::from(field.min()), u64::from(field.max()), 1);
        set.star = true;
        set
    }

    /// The smallest value only, as the descriptors have it: no star.
    pub(super) fn first(field: Field) -> Self {
        let mut set = Self::none(field);
        set.insert_range(u64::from(field.min()), u64::from(field.min()), 1);
        set
    }

    /// Reads a comma-separated list of ranges (`getField` in parser.go). Empty parts are skipped, so a lone comma is
    /// an empty set and no error.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub(super) fn parse(field: Field, text: &str) -> Result<Self, CronError> {
        let mut set = Self::none(field);
        for part in text.split(',').filter(|part| !part.is_empty()) {
            set.insert_part(part).map_err(|problem| CronError::Field {
                field,
                part: part.to_owned(),
                problem,
            })?;
        }
        Ok(set)
    }

    /// Whether `value` is in the set.
    pub(super) fn contains(self, value: u8) -> bool {
        value < u64::BITS as u8 && (self.bits >> value) & 1 == 1
    }

    /// Whether a part was written with `*` or `?`.
    pub(super) fn has_star(self) -> bool {
        self.star
    }

    /// Whether the set has every value of its field.
    pub(super) fn is_full(self) -> bool {
        self.bits == Self::all(self.field).bits
    }

    /// The values from `from` on, ascending.
    pub(super) fn values_from(self, from: u8) -> impl Iterator<Item = u8> {
        (from..=self.field.max()).filter(move |value| self.contains(*value))
    }

    /// All values, ascending.
    pub(super) fn values(self) -> Vec<u8> {
        self.values_from(self.field.min()).collect()
    }

    fn none(field: Field) -> Self {
        Self {
            field,
            bits: 0,
            star: false,
        }
    }

    /// Adds one part: `*`, `n`, `a-b`, each with an optional `/step` (`getRange` in parser.go).
    fn insert_part(&mut self, part: &str) -> Result<(), FieldProblem> {
        let mut pieces = part.split('/');
        let range = pieces.next().unwrap_or_default();
        let step = pieces.next();
        let (start, end) = self.range(range)?;
        let step = step.map_or(Ok(1), number)?;
        if pieces.next().is_some() {
            return Err(FieldProblem::TooManySlashes);
        }
        // A single value with a step runs to the end of the field.
        let single = !range.contains('-');
        let end = if single && part.contains('/') {
            u64::from(self.field.max())
        } else {
            end
        };
        self.check(start, end, step)?;
        self.insert_range(start, end, step);
        Ok(())
    }

    /// The ends of a range without its step. What follows the hyphen of a star is never looked at.
    fn range(&mut self, text: &str) -> Result<(u64, u64), FieldProblem> {
        let mut ends = text.split('-');
        let low = ends.next().unwrap_or_default();
        if low == "*" || low == "?" {
            self.star = true;
            return Ok((self.field.min().into(), self.field.max().into()));
        }
        let start = self.value(low)?;
        let end = ends.next().map_or(Ok(start), |high| self.value(high));
        if ends.next().is_some() {
            return Err(FieldProblem::TooManyHyphens);
        }
        Ok((start, end?))
    }

    fn check(&self, start: u64, end: u64, step: u64) -> Result<(), FieldProblem> {
        let (min, max) = (self.field.min(), self.field.max());
        if start < min.into() {
            Err(FieldProblem::BelowMinimum { value: start, min })
        } else if end > max.into() {
            Err(FieldProblem::AboveMaximum { value: end, max })
        } else if start > max.into() {
            Err(FieldProblem::AboveMaximum { value: start, max })
        } else if start > end {
            Err(FieldProblem::Backwards)
        } else if step == 0 {
            Err(FieldProblem::ZeroStep)
        } else {
            Ok(())
        }
    }

    fn insert_range(&mut self, start: u64, end: u64, step: u64) {
        let mut value = start;
        while value <= end {
            self.bits |= 1 << value;
            value = value.saturating_add(step);
        }
    }

    /// A number or, for months and weekdays, a name in any case.
    fn value(&self, text: &str) -> Result<u64, FieldProblem> {
        let names: &[&str] = match self.field {
            Field::Month => &MONTHS,
            Field::DayOfWeek => &WEEKDAYS,
            Field::Second | Field::Minute | Field::Hour | Field::DayOfMonth => &[],
        };
        let known = names
            .iter()
            .position(|name| text.eq_ignore_ascii_case(name));
        match known.and_then(|index| u64::try_from(index).ok()) {
            Some(index) => Ok(index + u64::from(self.field.min())),
            None => number(text),
        }
    }
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A decimal number with an optional sign, as Go's `strconv.Atoi` reads it.
fn number(text: &str) -> Result<u64, FieldProblem> {
    let number: i64 = text
        .parse()
        .map_err(|_| FieldProblem::NotANumber(text.to_owned()))?;
    u64::try_from(number).map_err(|_| FieldProblem::Negative)
}
