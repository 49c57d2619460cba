//! Whether one lineage was written by a cluster that was recovered from another one.
//!
//! A recovered cluster keeps the system identifier and starts a new timeline, whose history names the timeline it left
//! and the position. If that position lies in the source, the data came from there.

use std::collections::BTreeSet;

use super::archives::AtHand;
use crate::barman::{BackupInfo, Catalog};
use crate::wal::history::Ancestor;
use crate::wal::{Lsn, SegmentNumber, SystemId, TimelineId};

/// How a lineage relates to the one it may have been recovered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Descent {
    /// Nothing was ever written: no WAL and no base backup.
    Empty,
    /// It goes on where the source was left.
    Recovered {
        /// Its newest timeline.
        timeline: TimelineId,
        /// The timeline of the source that it left.
        parent: TimelineId,
        /// Where it left it.
        at: Lsn,
    },
    /// Another database system wrote it.
    OtherSystem {
        /// The system that wrote it last.
        found: SystemId,
        /// Those of the source.
        expected: BTreeSet<SystemId>,
    },
    /// The same system wrote it, but not after a recovery from the source: why, in one sentence.
    Elsewhere(String),
    /// What is at hand does not tell: why, in one sentence.
    Unknown(String),
}

/// The database systems of a lineage: those of its backups, and those of the segments that were opened.
pub fn systems(archive: AtHand<'_>) -> BTreeSet<SystemId> {
    let opened = archive.opened();
    let segments = opened
        .iter()
        .filter_map(|opened| opened.system.clone().ok());
    let backups = infos(archive.catalog()).filter_map(|info| info.system_identifier);
    segments.chain(backups).collect()
}

/// Looks whether `write` was recovered from `source`.
pub fn descent(source: AtHand<'_>, write: AtHand<'_>) -> Descent {
    if write.catalog().is_empty() {
        return Descent::Empty;
    }
    let expected = systems(source);
    let Some(found) = last_system(write) else {
        return Descent::Unknown(format!(
            "which database system wrote `{}` is not known",
            write.server_name()
        ));
    };
    if expected.is_empty() {
        return Descent::Unknown(format!(
            "which database system wrote `{}` is not known",
            source.server_name()
        ));
    }
    if !expected.contains(&found) {
        return Descent::OtherSystem { found, expected };
    }
    by_timeline(source.catalog(), write.catalog())
}

fn infos(catalog: &Catalog) -> impl Iterator<Item = &BackupInfo> {
    catalog.backups.iter().filter_map(|backup| backup.info())
}

/// The system of the newest backup, else of the newest segment that was opened.
fn last_system(archive: AtHand<'_>) -> Option<SystemId> {
    let newest = infos(archive.catalog())
        .filter(|info| info.system_identifier.is_some())
        .max_by_key(|info| info.begin_time.map(|time| time.instant));
    newest.and_then(|info| info.system_identifier).or_else(|| {
        let opened = archive.opened();
        let mut newest = opened.iter().rev();
        newest.find_map(|opened| opened.system.clone().ok())
    })
}

/// The systems agree: the newest timeline tells the rest.
fn by_timeline(source: &Catalog, write: &Catalog) -> Descent {
    let of_files = write.timelines.keys().chain(write.histories.keys());
    let Some(timeline) = of_files.max().copied() else {
        return Descent::Unknown(format!("`{}` holds no WAL", write.path.server()));
    };
    if timeline == TimelineId(1) {
        return Descent::Elsewhere(
            "it holds timeline 1 only, on which every database begins, while a recovery starts a new one".to_owned(),
        );
    }
    let history = match write.histories.get(&timeline).map(|file| &file.content) {
        Some(Ok(history)) => history,
        Some(Err(problem)) => {
            return Descent::Unknown(format!("the history of timeline {timeline}: {problem}"));
        }
        None => {
            let name = write.path.server();
            return Descent::Unknown(format!("`{name}` has no history of timeline {timeline}"));
        }
    };
    // A recovered cluster that failed over has timelines of its own behind the one that left the source.
    let forks = history.ancestors().iter().rev();
    let forks: Vec<(Reach, &Ancestor)> = forks
        .map(|left| (reach(source, left.timeline, left.switch), left))
        .collect();
    let stretches = history.stretches();
    let next = |parent: TimelineId| {
        let own = stretches.iter().position(|part| part.timeline == parent);
        own.and_then(|at| stretches.get(at + 1))
            .map(|part| part.timeline)
    };
    let name = source.path.server();
    if let Some((_, left)) = forks.iter().find(|(reach, _)| *reach == Reach::Holds) {
        return Descent::Recovered {
            timeline: next(left.timeline).unwrap_or(timeline),
            parent: left.timeline,
            at: left.switch,
        };
    }
    let Some((_, first)) = forks.last() else {
        return Descent::Unknown(format!("the history of timeline {timeline} names no other"));
    };
    let (parent, at) = (first.timeline, first.switch);
    match forks.iter().any(|(reach, _)| *reach == Reach::NotTold) {
        true => Descent::Unknown(format!(
            "it left timeline {parent} at {at}, of which `{name}` holds nothing any more"
        )),
        false => Descent::Elsewhere(format!(
            "it left timeline {parent} at {at}, up to which `{name}` does not reach"
        )),
    }
}

/// Whether a lineage went through a position of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It did, even if retention has deleted that WAL since.
    Holds,
    /// It ended, or left the timeline, before.
    EndsBefore,
    /// Nothing of the timeline is left that would tell.
    NotTold,
}

fn reach(source: &Catalog, timeline: TimelineId, at: Lsn) -> Reach {
    let before = Lsn(at.0.saturating_sub(1));
    let number = SegmentNumber::holding(before, source.segment_size);
    let went_through = |yes| if yes { Reach::Holds } else { Reach::EndsBefore };
    if let Some(files) = source.timelines.get(&timeline) {
        let last = files.last().max(files.partials.keys().next_back().copied());
        return went_through(last >= Some(number));
    }
    let histories = source.histories.values().rev();
    let mut left = histories.filter_map(|file| file.content.as_ref().ok()?.switch_from(timeline));
    if let Some(left) = left.next() {
        return went_through(left >= at);
    }
    match source.timelines.keys().next_back() {
        Some(newest) if *newest > timeline => Reach::NotTold,
        _ => Reach::EndsBefore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::barman::ServerPath;
    use crate::barman::memory::MemoryStore;

    /// An archive of 16 MiB segments with these files below `wals`.
    fn archive(files: &[(&str, &str)]) -> Catalog {
        let mut store = MemoryStore::default();
        for (name, text) in files {
            let folder = if name.contains('.') { "" } else { &name[..16] };
            store.put(
                &format!("db/wals/{folder}/{name}").replace("//", "/"),
                0,
                text.as_bytes(),
            );
        }
        Catalog::read(&store, ServerPath::new("", "db")).unwrap()
    }

    const RECOVERED: [(&str, &str); 2] = [
        ("00000002.history", "1\t0/5000100\tr\n"),
        ("000000020000000000000005", ""),
    ];

    fn left_one_at_5000100() -> Descent {
        Descent::Recovered {
            timeline: TimelineId(2),
            parent: TimelineId(1),
            at: Lsn(0x500_0100),
        }
    }

    #[test]
    fn a_timeline_that_left_the_source_where_it_has_wal_came_from_it() {
        let source = archive(&[("000000010000000000000005", "")]);
        assert_eq!(
            by_timeline(&source, &archive(&RECOVERED)),
            left_one_at_5000100()
        );
        let kept = archive(&[("000000010000000000000009", "")]);
        assert_eq!(
            by_timeline(&kept, &archive(&RECOVERED)),
            left_one_at_5000100()
        );
    }

    #[test]
    fn a_failover_after_the_recovery_changes_nothing() {
        let source = archive(&[("000000010000000000000005", "")]);
        let history = "1\t0/5000100\tr\n2\t0/9000000\tno recovery target specified\n";
        let write = archive(&[
            RECOVERED[0],
            RECOVERED[1],
            ("00000003.history", history),
            ("000000030000000000000009", ""),
        ]);
        assert_eq!(by_timeline(&source, &write), left_one_at_5000100());
    }

    #[test]
    fn a_source_that_ends_before_or_left_before_is_another_branch() {
        let elsewhere = |source: &Catalog| {
            matches!(
                by_timeline(source, &archive(&RECOVERED)),
                Descent::Elsewhere(_)
            )
        };
        assert!(elsewhere(&archive(&[("000000010000000000000004", "")])));
        assert!(elsewhere(&archive(&[
            ("00000003.history", "1\t0/4000000\tr\n"),
            ("000000030000000000000009", ""),
        ])));
        let first = archive(&[("000000010000000000000005", "")]);
        assert!(matches!(by_timeline(&first, &first), Descent::Elsewhere(_)));
    }

    #[test]
    fn without_histories_nothing_is_claimed() {
        let source = archive(&[("000000010000000000000005", "")]);
        let bare = archive(&[RECOVERED[1]]);
        assert!(matches!(by_timeline(&source, &bare), Descent::Unknown(_)));
        let later = archive(&[("000000030000000000000009", "")]);
        let unknown = by_timeline(&later, &archive(&RECOVERED));
        assert!(matches!(unknown, Descent::Unknown(_)), "{unknown:?}");
        let damaged = archive(&[("00000002.history", "x"), RECOVERED[1]]);
        assert!(matches!(
            by_timeline(&source, &damaged),
            Descent::Unknown(_)
        ));
    }
}
