//! What the words beside a schedule say is what was meant.

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::backup::ClusterUser;
use crate::model::cron::{FiveFields, Schedule};
use crate::text::Span;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "cron-contradicts-comment",
    summary: "schedule that fires at other times than its comment or name says",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/cron-contradicts-comment/README.md"),
    check: Check::Schedule(check),
};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A word, and the seconds between two firings that fit it. Months have 28 to 31 days, and clocks may change.
struct Promise {
    words: &'static [&'static str],
    least: u64,
    most: u64,
}

const PROMISES: [Promise; 4] = [
    Promise {
        words: &["hourly"],
        least: HOUR,
        most: HOUR,
    },
    Promise {
        words: &["daily", "nightly"],
        least: 23 * HOUR,
        most: 25 * HOUR,
    },
    Promise {
        words: &["weekly"],
        least: 6 * DAY,
        most: 8 * DAY,
    },
    Promise {
        words: &["monthly"],
        least: 27 * DAY,
        most: 32 * DAY,
    },
];

/// Words that turn a sentence about a schedule into one about something else.
const DOUBTS: [&str; 16] = [
    "before",
    "except",
    "formerly",
    "instead",
    "keep",
    "kept",
    "no",
    "not",
    "retention",
    "than",
    "times",
    "twice",
    "until",
    "was",
    "were",
    "when",
];

fn check(schedule: &ClusterUser, context: &Context<'_>) -> Vec<Diagnostic> {
    let object = &schedule.object;
    let path = ["spec", "schedule"];
    let Some(text) = object.value(&path) else {
        return Vec::new();
    };
    // Five fields, which shift one place, are another rule's finding.
    if FiveFields::of(&text.value).is_some() {
        return Vec::new();
    }
    let Some(parsed) = Schedule::parse(&text.value).ok() else {
        return Vec::new();
    };
    let Some(gap) = parsed.shortest_gap() else {
        return Vec::new();
    };
    let said = comments_at(context.source(text.span), text.span).into_iter();
    let said = said.map(|(span, words)| (span, words, "the comment"));
    let named = name_of(schedule).map(|name| (object.name.span, name, "the name"));
    let broken = said.chain(named).find_map(|(span, words, whose)| {
        let (word, promise) = promised(&words)?;
        (!promise.fits(gap)).then_some((span, word, whose))
    });
    let Some((span, word, whose)) = broken else {
        return Vec::new();
    };
    let message = format!(
        "schedule `{}` fires {}, and {whose} says {word}",
        text.value,
        parsed.describe()
    );
    vec![
        RULE.found(object, object.place(&path), message)
            .related(span, format!("says {word}"))
            .help("make both say the same; the fields are second, minute, hour, day of month, month, day of week"),
    ]
}

impl Promise {
    fn fits(&self, gap: Duration) -> bool {
        (self.least..=self.most).contains(&gap.as_secs())
    }
}

/// The one promise that a text makes, and its word. `None` where it makes none, several, or one with a doubt.
fn promised(text: &str) -> Option<(&'static str, &'static Promise)> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    if words.iter().any(|word| DOUBTS.contains(word)) {
        return None;
    }
    let mut made = PROMISES.iter().filter_map(|promise| {
        let word = promise.words.iter().find(|word| words.contains(word))?;
        Some((*word, promise))
    });
    let first = made.next()?;
    made.next().is_none().then_some(first)
}

/// The name of the ScheduledBackup, without the words that it shares with its Cluster.
fn name_of(schedule: &ClusterUser) -> Option<String> {
    let cluster = schedule.cluster.as_ref()?;
    let shared: Vec<&str> = cluster.value.split(['-', '.']).collect();
    let own = schedule.object.name.value.split(['-', '.']);
    let words: Vec<&str> = own.filter(|word| !shared.contains(word)).collect();
    Some(words.join(" "))
}

/// The comment behind a value, and the comment lines right above it. One that holds a schedule is a value that was
/// switched off.
fn comments_at(source: &str, value: Span) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    let line_end = |at: usize| source[at..].find('\n').map_or(source.len(), |end| at + end);
    let own = value.range();
    let end = line_end(own.end);
    if let Some(hash) = source[own.end..end].find('#') {
        found.push(comment(source, value, own.end + hash, end));
    }
    let mut start = source[..own.start].rfind('\n').map_or(0, |at| at + 1);
    while start > 0 {
        let above = source[..start - 1].rfind('\n').map_or(0, |at| at + 1);
        let line = &source[above..start - 1];
        if !line.trim_start().starts_with('#') {
            break;
        }
        let hash = above + line.len() - line.trim_start().len();
        found.push(comment(source, value, hash, start - 1));
        start = above;
    }
    found.retain(|(_, text)| !text.contains("schedule:") && !text.contains("walbound:"));
    found
}

fn comment(source: &str, value: Span, start: usize, end: usize) -> (Span, String) {
    let text = source[start..end].trim_end();
    (
        Span::new(value.file, start, start + text.len()),
        text.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    #[test]
    fn only_one_clear_promise_counts() {
        for (text, word) in [
            ("# Daily at two", Some("daily")),
            ("# nightly", Some("nightly")),
            ("# weekly, on Sunday", Some("weekly")),
            ("# twice daily", None),
            ("# daily and weekly", None),
            ("# was hourly", None),
            ("# dailyish", None),
            ("", None),
        ] {
            assert_eq!(promised(text).map(|(word, _)| word), word, "{text}");
        }
    }

    #[test]
    fn comments_behind_and_right_above_belong_to_a_value() {
        let source =
            "# far\na: b\n# near\n  # schedule: x # weekly\n  schedule: v # behind\nc: d # other";
        let at = source.find("v #").unwrap();
        let found = comments_at(source, Span::new(FileId(0), at, at + 1));
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["# behind", "# near"]);
        assert_eq!(&source[found[1].0.range()], "# near");
    }
}
