//! The five-field trap.

use super::{CronError, Schedule};

/// A schedule written with five fields: what it means here, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiveFields {
    /// What the operator makes of it: the first field is the second, and the day of week is free.
    pub written: Result<Schedule, CronError>,
    /// The six-field text to propose, `None` when neither repair is a schedule.
    pub fix: Option<SixFields>,
}

/// A repaired schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SixFields {
    /// The text to write.
    pub text: String,
    /// What it means.
    pub schedule: Schedule,
    /// Whether the meaning changes. It does when `0 ` goes in front, the reading of a classic crontab line. It does
    /// not when ` *` goes behind, for a line that makes no sense as a classic one.
    pub changes_meaning: bool,
}

impl FiveFields {
    /// Looks at a schedule; `None` unless it has exactly five fields.
    pub fn of(text: &str) -> Option<Self> {
        if text.starts_with('@') || text.split_whitespace().count() != 5 {
            return None;
        }
        Some(Self {
            written: Schedule::parse(text),
            fix: SixFields::of(text.trim()),
        })
    }
}

impl SixFields {
    fn of(five: &str) -> Option<Self> {
        let repairs = [(format!("0 {five}"), true), (format!("{five} *"), false)];
        repairs.into_iter().find_map(|(text, changes_meaning)| {
            let schedule = Schedule::parse(&text).ok()?;
            Some(Self {
                text,
                schedule,
                changes_meaning,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{FiveFields, Schedule};

    #[test]
    fn a_classic_line_gets_a_seconds_field() {
        let five = FiveFields::of("0 2 * * *").unwrap();
        assert_eq!(
            five.written.unwrap().describe(),
            "every hour at minute 2, second 0"
        );
        let fix = five.fix.unwrap();
        assert_eq!(fix.text, "0 0 2 * * *");
        assert_eq!(fix.schedule.describe(), "every day at 02:00:00");
        assert!(fix.changes_meaning);
    }

    #[test]
    fn a_classic_weekly_line_is_an_error_with_a_repair() {
        let five = FiveFields::of("0 0 * * 0").unwrap();
        assert_eq!(
            five.written.unwrap_err().to_string(),
            "month `0`: 0 is below 1, the smallest value"
        );
        let fix = five.fix.unwrap();
        assert_eq!(fix.text, "0 0 0 * * 0");
        assert_eq!(fix.schedule.describe(), "every Sunday at 00:00:00");
    }

    #[test]
    fn a_line_that_is_no_classic_one_keeps_its_meaning() {
        let five = FiveFields::of("0 0 0 * *").unwrap();
        let fix = five.fix.unwrap();
        assert_eq!(fix.text, "0 0 0 * * *");
        assert_eq!(five.written, Schedule::parse("0 0 0 * * *"));
        assert!(!fix.changes_meaning);
    }

    #[test]
    fn a_hopeless_line_gets_no_repair() {
        let five = FiveFields::of("a b c d e").unwrap();
        assert!(five.written.is_err());
        assert_eq!(five.fix, None);
    }

    #[test]
    fn only_five_fields_are_looked_at() {
        for text in ["", "0 0 2 * * *", "0 0 * *", "@daily", "@every 1h 2 3 4 5"] {
            assert_eq!(FiveFields::of(text), None, "{text:?}");
        }
    }
}
