//! Timeline history files: which timelines a timeline descends from, and where they part.

use thiserror::Error;

use super::lsn::{Lsn, TimelineId};

/// A timeline with its ancestors, as `<timeline>.history` lists them.
///
/// Source: `readTimeLineHistory`, PostgreSQL `src/backend/access/transam/timeline.c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineHistory {
    timeline: TimelineId,
    entries: Vec<Ancestor>,
}

/// One line of a history file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// The ancestor.
    pub timeline: TimelineId,
    /// The first position that is no longer on it but on the next line's timeline.
    pub switch: Lsn,
    /// Why the server left it, for people: `no recovery target specified`, `before 2026-11-21 …`. Bytes that are not
    /// UTF-8 are replaced by U+FFFD.
    pub reason: String,
}

/// The part of the stream that one timeline of a history contributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The timeline.
    pub timeline: TimelineId,
    /// The first position on it.
    pub begin: Lsn,
    /// The first position behind it; `None` for the youngest, which is open.
    pub end: Option<Lsn>,
}

impl TimelineHistory {
    /// A timeline without ancestors. Only timeline 1 needs no history file.
    pub fn without_ancestors(timeline: TimelineId) -> Self {
        Self {
            timeline,
            entries: Vec::new(),
        }
    }

    /// Reads the history file of `timeline`. Blank lines and lines that begin with `#` are skipped, as the server does.
    ///
    /// # Errors
    /// [`HistoryError`], in the cases in which the server refuses the file.
    pub fn parse(timeline: TimelineId, bytes: &[u8]) -> Result<Self, HistoryError> {
        let mut entries: Vec<Ancestor> = Vec::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let text = String::from_utf8_lossy(line);
            let text = text.trim_ascii();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let line = index + 1;
            let entry = ancestor(text, line)?;
            if let Some(last) = entries.last()
                && last.timeline >= entry.timeline
            {
                return Err(HistoryError::Order { line });
            }
            entries.push(entry);
        }
        match entries.last() {
            Some(last) if last.timeline >= timeline => Err(HistoryError::NotBelowChild {
                child: timeline,
                found: last.timeline,
            }),
            _ => Ok(Self { timeline, entries }),
        }
    }

    /// The timeline whose history this is.
    pub fn timeline(&self) -> TimelineId {
        self.timeline
    }

    /// The ancestors, oldest first.
    pub fn ancestors(&self) -> &[Ancestor] {
        &self.entries
    }

    /// Whether `timeline` is this one or an ancestor.
    pub fn contains(&self, timeline: TimelineId) -> bool {
        self.timeline == timeline || self.switch_from(timeline).is_some()
    }

    /// Where the history leaves `timeline`. `None` for this timeline itself and for those that are no ancestors.
    pub fn switch_from(&self, timeline: TimelineId) -> Option<Lsn> {
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| entry.timeline == timeline)?;
        Some(entry.switch)
    }

    /// The stretches of the stream, oldest first; the last one is this timeline's own.
    ///
    /// A stretch can be empty: a server can leave a timeline where it began.
    pub fn stretches(&self) -> Vec<Stretch> {
        let mut begin = Lsn(0);
        let mut stretches = Vec::with_capacity(self.entries.len() + 1);
        for Ancestor {
            timeline, switch, ..
        } in &self.entries
        {
            stretches.push(Stretch {
                timeline: *timeline,
                begin,
                end: Some(*switch),
            });
            begin = *switch;
        }
        stretches.push(Stretch {
            timeline: self.timeline,
            begin,
            end: None,
        });
        stretches
    }

    /// The timeline that `position` lies on.
    /// Source: `tliOfPointInHistory`, PostgreSQL `src/backend/access/transam/timeline.c`.
    pub fn timeline_at(&self, position: Lsn) -> TimelineId {
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| position < entry.switch);
        entry.map_or(self.timeline, |entry| entry.timeline)
    }
}

/// Why a history file cannot be read. Line numbers count from 1.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum HistoryError {
    /// A line does not begin with a timeline number.
    #[error("line {line}: expected the number of a timeline")]
    Timeline {
        /// The line.
        line: usize,
    },
    /// No position follows the timeline number.
    #[error("line {line}: expected a WAL position behind the timeline")]
    Switch {
        /// The line.
        line: usize,
    },
    /// The timelines do not grow from line to line.
    #[error("line {line}: the timelines do not grow from line to line")]
    Order {
        /// The line.
        line: usize,
    },
    /// The file lists a timeline that is not older than its own.
    #[error("timeline {found} cannot be an ancestor of timeline {child}")]
    NotBelowChild {
        /// The timeline whose file this is.
        child: TimelineId,
        /// The youngest timeline listed.
        found: TimelineId,
    },
}

/// Reads one line: a decimal number, a position, and whatever follows as the reason, with blanks between.
fn ancestor(text: &str, line: usize) -> Result<Ancestor, HistoryError> {
    let (number, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let timeline = number
        .parse()
        .map_err(|_| HistoryError::Timeline { line })?;
    let rest = rest.trim_ascii_start();
    let end = rest.find(|c: char| c.is_ascii_whitespace());
    let (position, reason) = rest.split_at(end.unwrap_or(rest.len()));
    let switch = position
        .parse()
        .map_err(|_| HistoryError::Switch { line })?;
    Ok(Ancestor {
        timeline: TimelineId(timeline),
        switch,
        reason: reason.trim_ascii().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Ancestor, HistoryError, Stretch, TimelineHistory};
    use crate::wal::lsn::{Lsn, TimelineId};

    fn parse(timeline: u32, text: &str) -> Result<TimelineHistory, HistoryError> {
        TimelineHistory::parse(TimelineId(timeline), text.as_bytes())
    }

    const TWO_ANCESTORS: &str =
        "1\t0/8000508\tbefore 2026-11-21 06:06:33.5+00\n\n\n2\t0/A000000\tat restore point \"x\"\n";

    #[test]
    fn a_history_lists_its_ancestors_oldest_first() {
        let history = parse(4, TWO_ANCESTORS).unwrap();
        assert_eq!(history.timeline(), TimelineId(4));
        assert_eq!(
            history.ancestors(),
            [
                Ancestor {
                    timeline: TimelineId(1),
                    switch: Lsn(0x800_0508),
                    reason: "before 2026-11-21 06:06:33.5+00".to_owned(),
                },
                Ancestor {
                    timeline: TimelineId(2),
                    switch: Lsn(0xA00_0000),
                    reason: "at restore point \"x\"".to_owned(),
                },
            ]
        );
        assert!(history.contains(TimelineId(4)) && history.contains(TimelineId(1)));
        assert!(!history.contains(TimelineId(3)));
    }

    #[test]
    fn every_position_lies_on_one_timeline() {
        let history = parse(4, TWO_ANCESTORS).unwrap();
        for (position, timeline) in [
            (0, 1),
            (0x800_0507, 1),
            (0x800_0508, 2),
            (0x9FF_FFFF, 2),
            (0xA00_0000, 4),
        ] {
            assert_eq!(history.timeline_at(Lsn(position)), TimelineId(timeline));
        }
        let stretch = |timeline, begin, end: Option<u64>| Stretch {
            timeline: TimelineId(timeline),
            begin: Lsn(begin),
            end: end.map(Lsn),
        };
        assert_eq!(
            history.stretches(),
            [
                stretch(1, 0, Some(0x800_0508)),
                stretch(2, 0x800_0508, Some(0xA00_0000)),
                stretch(4, 0xA00_0000, None),
            ]
        );
        assert_eq!(
            TimelineHistory::without_ancestors(TimelineId(1)).timeline_at(Lsn(u64::MAX)),
            TimelineId(1)
        );
    }

    #[test]
    fn comments_and_foreign_bytes_do_no_harm() {
        let bytes = b"# by hand\r\n  1\t0/3000000\trestore point \xE9\r\n";
        let history = TimelineHistory::parse(TimelineId(2), bytes).unwrap();
        assert_eq!(history.ancestors()[0].reason, "restore point \u{FFFD}");
        assert!(parse(2, "").unwrap().ancestors().is_empty());
        assert_eq!(parse(2, "1\t0/3").unwrap().ancestors()[0].reason, "");
    }

    #[test]
    fn what_the_server_refuses_is_refused_with_its_line() {
        for (text, error) in [
            ("\nx\t0/1\tr", HistoryError::Timeline { line: 2 }),
            ("99999999999\t0/1", HistoryError::Timeline { line: 1 }),
            ("1", HistoryError::Switch { line: 1 }),
            ("1\tno position", HistoryError::Switch { line: 1 }),
            ("2\t0/1\tr\n1\t0/2\tr", HistoryError::Order { line: 2 }),
            ("1\t0/1\tr\n1\t0/2\tr", HistoryError::Order { line: 2 }),
            (
                "3\t0/1\tr",
                HistoryError::NotBelowChild {
                    child: TimelineId(3),
                    found: TimelineId(3),
                },
            ),
        ] {
            assert_eq!(parse(3, text), Err(error), "{text}");
        }
    }
}
