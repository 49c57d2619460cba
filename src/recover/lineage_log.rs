//! The log of lineages that people keep in comments above the server name, continued by one line.
//!
//! Such a line names the counter of a lineage, a day and what happened: `#   v5  2026-06-19  recovered from v4`; where
//! columns set it apart from prose, the day may be missing: `#   v1  first installation`. Only a log whose last line is
//! about the lineage in use is continued, in its own layout; whatever else stands there stays.

use std::ops::Range;

use jiff::civil::Date;

use crate::text::{Edit, Span};

use super::Refusal;
use super::first_backup::counter;
use super::workbench::Workbench;

/// What happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'a> {
    /// The lineage that was written so far.
    pub(super) before: &'a str,
    /// The lineage that is read.
    pub(super) source: &'a str,
    /// The lineage that is written from now on.
    pub(super) write: &'a str,
    /// The day.
    pub(super) day: Date,
}

/// Writes the event into the log above the write lineage of the rendering, where there is one.
pub(super) fn note(bench: &mut Workbench<'_, '_>, event: &Event<'_>) -> Result<(), Refusal> {
    bench.step(|database, cluster| {
        let project = database.project;
        let archive = cluster.archives_to(&project.stores);
        let name = archive.map(|archive| archive.server_name);
        let Some(name) = name.filter(|name| name.explicit) else {
            return Ok(Vec::new());
        };
        let file = name.place.span.file;
        let text = &project.sources.file(file).text;
        let line = line(text, name.place.span.range().start, event);
        let edit = |(at, line): (usize, String)| Edit::new(Span::new(file, at, at), line);
        Ok(line.map(edit).into_iter().collect())
    })?;
    Ok(())
}

/// The new line with the line break before it, and where it goes.
fn line(text: &str, value: usize, event: &Event<'_>) -> Option<(usize, String)> {
    let above = comments_above(text, value);
    let entries: Vec<Option<Entry<'_>>> = above
        .iter()
        .map(|range| Entry::read(&text[range.clone()]))
        .collect();
    let last = entries.iter().rposition(Option::is_some)?;
    let entry = entries[last].as_ref()?;
    let (old, new) = (counter(event.before)?, counter(event.write)?);
    if entry.counter != old {
        return None;
    }
    let deeper = |range: &&Range<usize>| {
        let words = text[(*range).clone()].trim_start_matches([' ', '\t', '#']);
        let column = range.len() - words.len();
        !words.is_empty() && column > entry.front.len()
    };
    let continued = above[last + 1..].iter().take_while(deeper).count();
    let end = above[last + continued].end;
    let stem = |name: &str, counter: &str| name.strip_suffix(counter).map(str::to_owned);
    let read =
        counter(event.source).filter(|read| stem(event.source, read) == stem(event.before, old));
    let narrower = entry
        .gap
        .len()
        .saturating_sub(new.len().saturating_sub(old.len()))
        .max(1);
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let added = format!(
        "{line_break}{}{new}{:narrower$}{}{}recovered from {}",
        entry.front,
        "",
        event.day,
        entry.second_gap,
        read.unwrap_or(event.source)
    );
    Some((end, added))
}

/// The lines of comments right above the line of a place, without their line breaks, from the top.
fn comments_above(text: &str, place: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = text[..place].rfind('\n').map_or(0, |at| at + 1);
    while start > 0 {
        let end = start - 1;
        let begin = text[..end].rfind('\n').map_or(0, |at| at + 1);
        let line = text[begin..end].trim_end_matches('\r');
        if !line.trim_start().starts_with('#') {
            break;
        }
        lines.push(begin..begin + line.len());
        start = begin;
    }
    lines.reverse();
    lines
}

/// One line of a log.
struct Entry<'t> {
    /// What stands before the counter.
    front: &'t str,
    counter: &'t str,
    gap: &'t str,
    second_gap: &'t str,
}

impl<'t> Entry<'t> {
    fn read(line: &'t str) -> Option<Self> {
        let counted = line.trim_start_matches([' ', '\t', '#']);
        let (front, _) = line.split_at(line.len() - counted.len());
        let (counter, rest) = counted.split_at(counted.find(' ')?);
        let digits = counter.strip_prefix('v')?;
        let dated = rest.trim_start_matches(' ');
        let (gap, _) = rest.split_at(rest.len() - dated.len());
        let is_counter = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let (day, rest) = dated.split_at(dated.find(' ').unwrap_or(dated.len()));
        let words = rest.trim_start_matches(' ');
        let is_day = day.len() == 10 && day.parse::<Date>().is_ok();
        let second_gap = match is_day {
            true => &rest[..rest.len() - words.len()],
            // Columns tell a log from prose.
            false if gap.len() > 1 && !day.starts_with(|c: char| c.is_ascii_digit()) => gap,
            false => return None,
        };
        (is_counter && !words.is_empty()).then_some(Self {
            front,
            counter,
            gap,
            second_gap,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Event, line};

    const EVENT: Event<'static> = Event {
        before: "shop-v9",
        source: "shop-v9",
        write: "shop-v10",
        day: date(2026, 7, 1),
    };

    fn continued(text: &str, event: &Event<'_>) -> Option<String> {
        let place = text.find("serverName").unwrap();
        let (at, added) = line(text, place, event)?;
        Some(format!("{}{added}{}", &text[..at], &text[at..]))
    }

    #[test]
    fn a_line_follows_the_last_one_in_its_layout() {
        let text = "a: 1\n  # Lineages:\n  #   v8  2026-01-20  initdb\n  #   v9  2026-06-19  recovered from v8, bad\n  #                   migration\n  #\n  # Ask first.\n  serverName: shop-v9\n";
        let expected = text.replace(
            "migration\n",
            "migration\n  #   v10 2026-07-01  recovered from v9\n",
        );
        assert_eq!(continued(text, &EVENT), Some(expected));
    }

    #[test]
    fn line_ends_and_sources_of_other_names_are_kept() {
        let event = Event {
            source: "old-v9",
            ..EVENT
        };
        let text = "# v9 2026-06-19 first\r\nserverName: shop-v9\r\n";
        let expected = "# v9 2026-06-19 first\r\n# v10 2026-07-01 recovered from old-v9\r\nserverName: shop-v9\r\n";
        assert_eq!(continued(text, &event).as_deref(), Some(expected));
    }

    #[test]
    fn a_first_line_without_a_day_is_continued_with_one() {
        let event = Event {
            before: "shop-v1",
            source: "shop-v1",
            write: "shop-v2",
            ..EVENT
        };
        let text = "# Ask first.\n#\n#   v1  first installation (initdb)\nserverName: shop-v1\n";
        let expected = text.replace(
            "(initdb)\n",
            "(initdb)\n#   v2  2026-07-01  recovered from v1\n",
        );
        assert_eq!(continued(text, &event), Some(expected));
    }

    #[test]
    fn what_is_no_log_of_the_lineage_in_use_is_left_alone() {
        for text in [
            "# v8 2026-06-19 not the one in use\nserverName: shop-v9\n",
            "# v9 was made in June\nserverName: shop-v9\n",
            "# v9 2026-13-19 no day\nserverName: shop-v9\n",
            "# v9 2026-06-19\nserverName: shop-v9\n",
            "# v9 2026-06-19 apart\n\nserverName: shop-v9\n",
            "serverName: shop-v9 # v9 2026-06-19 beside\n",
        ] {
            assert_eq!(continued(text, &EVENT), None, "{text}");
        }
        let dated = Event {
            before: "shop-20260619",
            write: "shop-20260701",
            ..EVENT
        };
        let text = "# v9 2026-06-19 first\nserverName: shop-20260619\n";
        assert_eq!(continued(text, &dated), None);
    }
}
