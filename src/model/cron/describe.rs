//! A schedule in plain words.

use std::time::Duration;

use super::field::FieldSet;
use super::{Calendar, Kind, Schedule};

impl Schedule {
    /// When the schedule fires, in words: `every hour at minute 2, second 0`. `never` when it does not.
    pub fn describe(&self) -> String {
        match &self.0 {
            _ if self.never_fires() => "never".to_owned(),
            Kind::Every(delay) => format!("every {}", duration(*delay)),
            Kind::Calendar(calendar) => calendar.describe(),
        }
    }
}

/// The time part of a description.
enum Clock {
    /// Times of a day, to be joined to the days.
    At(String),
    /// A frequency that stands for itself, such as `every 5 seconds`.
    Often(String),
}

impl Calendar {
    fn describe(&self) -> String {
        match self.clock() {
            Clock::At(times) => {
                let days = self.days_in_words("every");
                format!("{} at {times}", days.as_deref().unwrap_or("every day"))
            }
            Clock::Often(frequency) => match self.days_in_words("on") {
                Some(days) => format!("{frequency}, but only {days}"),
                None => match self.months_in_words() {
                    Some(months) => format!("{frequency}, but only in {months}"),
                    None => frequency,
                },
            },
        }
    }

    /// The days, `None` when every day of every month fires. `lead` is the word before a weekday.
    fn days_in_words(&self, lead: &str) -> Option<String> {
        let months = self.months_in_words();
        let of_month = months.as_deref().unwrap_or("every month");
        let weekdays = list(&self.day_of_week.values(), |day| name(&WEEKDAYS, day));
        let in_month = months
            .as_deref()
            .map(|months| format!(" in {months}"))
            .unwrap_or_default();
        let dates = self.day_of_month.values();
        let date = format!(
            "{} {} of {of_month}",
            plural("day", dates.len()),
            numbers(&dates)
        );
        let both = self.day_of_month.has_star() || self.day_of_week.has_star();
        match (self.day_of_month.is_full(), self.day_of_week.is_full()) {
            (true, true) => {
                (lead == "every" && months.is_some()).then(|| format!("every day{in_month}"))
            }
            // Without a star a full field makes the other one idle.
            (true, false) | (false, true) if !both => {
                (lead == "every").then(|| format!("every day{in_month}"))
            }
            (true, false) => Some(format!("{lead} {weekdays}{in_month}")),
            (false, true) => Some(format!("on {date}")),
            (false, false) if both => Some(format!(
                "on {date} where that is a {}",
                weekdays.replace(" and ", " or ")
            )),
            (false, false) if dates.is_empty() => Some(format!("{lead} {weekdays}{in_month}")),
            (false, false) if self.day_of_week.values().is_empty() => Some(format!("on {date}")),
            (false, false) => Some(format!("on {date} and {lead} {weekdays}{in_month}")),
        }
    }

    /// The months, `None` for all.
    fn months_in_words(&self) -> Option<String> {
        (!self.month.is_full()).then(|| {
            list(&self.month.values(), |month| {
                name(&MONTHS, month.saturating_sub(1))
            })
        })
    }

    fn clock(&self) -> Clock {
        if self.hour.is_full() {
            return Clock::Often(self.within_an_hour());
        }
        let hours = self.hour.values();
        match (single(self.minute), single(self.second)) {
            (Some(minute), Some(second)) => match even_step(&hours, 24) {
                Some(step) if hours.len() > MOST_TIMES => Clock::Often(format!(
                    "every {step} hours at minute {minute}, second {second}"
                )),
                _ if hours.len() > MOST_TIMES => Clock::At(format!(
                    "minute {minute}, second {second} of hours {}",
                    numbers(&hours)
                )),
                _ => Clock::At(list(&hours, |hour| {
                    format!("{hour:02}:{minute:02}:{second:02}")
                })),
            },
            _ => Clock::Often(format!(
                "{}, during {} {}",
                self.within_an_hour(),
                plural("hour", hours.len()),
                numbers(&hours)
            )),
        }
    }

    /// The frequency that minutes and seconds give when the hour does not matter.
    fn within_an_hour(&self) -> String {
        let minutes = self.minute.values();
        let minute_word = plural("minute", minutes.len());
        match (self.minute.is_full(), single(self.second)) {
            (true, Some(second)) => format!("every minute at second {second}"),
            (true, None) => self.seconds_in_words("every minute"),
            (false, Some(second)) => match even_step(&minutes, 60) {
                Some(step) if second == 0 => format!("every {step} minutes"),
                Some(step) => format!("every {step} minutes, at second {second}"),
                None => format!(
                    "every hour at {minute_word} {}, second {second}",
                    numbers(&minutes)
                ),
            },
            (false, None) => {
                let seconds = self.seconds_in_words("");
                format!(
                    "{seconds} of {minute_word} {} of every hour",
                    numbers(&minutes)
                )
            }
        }
    }

    /// Several seconds; `of` says of which minute where the words do not.
    fn seconds_in_words(&self, of: &str) -> String {
        let seconds = self.second.values();
        if self.second.is_full() {
            return "every second".to_owned();
        }
        match even_step(&seconds, 60) {
            Some(step) => format!("every {step} seconds"),
            None if of.is_empty() => format!("seconds {}", numbers(&seconds)),
            None => format!("{of} at seconds {}", numbers(&seconds)),
        }
    }
}

/// More times of day than this are not listed one by one.
const MOST_TIMES: usize = 6;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

fn name(names: &[&str], index: u8) -> String {
    names
        .get(usize::from(index))
        .copied()
        .unwrap_or_default()
        .to_owned()
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}

fn single(set: FieldSet) -> Option<u8> {
    match set.values().as_slice() {
        [value] => Some(*value),
        _ => None,
    }
}

/// The step between the values when they start at zero and go round the cycle evenly.
fn even_step(values: &[u8], cycle: u8) -> Option<u8> {
    let step = match values {
        [0, second, ..] => *second,
        _ => return None,
    };
    let even = cycle.is_multiple_of(step)
        && values.len() == usize::from(cycle / step)
        && values.windows(2).all(|pair| pair[1] - pair[0] == step);
    even.then_some(step)
}

fn numbers(values: &[u8]) -> String {
    list(values, |value| value.to_string())
}

/// `1, 3 and 5`; three or more in a row become `1 to 3`, five or more evenly apart `1 to 9 in steps of 2`.
fn list(values: &[u8], word: impl Fn(u8) -> String) -> String {
    if let [first, second, _, _, .., last] = values {
        let step = second - first;
        if step > 1 && values.windows(2).all(|pair| pair[1] - pair[0] == step) {
            return format!("{} to {} in steps of {step}", word(*first), word(*last));
        }
    }
    let mut parts: Vec<String> = Vec::new();
    for run in values.chunk_by(|before, after| *after == before + 1) {
        match run {
            [first, _, .., last] if run.len() > 2 => {
                parts.push(format!("{} to {}", word(*first), word(*last)));
            }
            _ => parts.extend(run.iter().map(|value| word(*value))),
        }
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}

/// `1 hour 30 minutes`; the largest unit is the hour, as in the spelling of `@every`.
fn duration(delay: Duration) -> String {
    let seconds = delay.as_secs();
    let parts = [
        (seconds / 3600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| {
            let word = plural(word, usize::try_from(*count).unwrap_or(usize::MAX));
            format!("{count} {word}")
        })
        .collect();
    match words.as_slice() {
        // `every hour`, not `every 1 hour`.
        [one] => one.strip_prefix("1 ").unwrap_or(one).to_owned(),
        _ => words.join(" "),
    }
}
