//! Whether one lineage was written by a cluster that was recovered from another one.
//!
//! A recovered cluster keeps the system identifier and starts a new timeline, whose history names the timeline it left
//! and the position. If that position lies in the source, the data came from there.

use std::collections::BTreeSet;

use super::archives::AtHand;
use crate::barman::{BackupInfo, Catalog};
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
    let history = write.histories.get(&timeline).map(|file| &file.content);
    let left = match history {
        Some(Ok(history)) => history.ancestors().last(),
        Some(Err(problem)) => {
            return Descent::Unknown(format!("the history of timeline {timeline}: {problem}"));
        }
        None => None,
    };
    let Some(left) = left else {
        return Descent::Unknown(format!(
            "`{}` has no history of timeline {timeline}",
            write.path.server()
        ));
    };
    let (parent, at) = (left.timeline, left.switch);
    match reach(source, parent, at) {
        Reach::Holds => Descent::Recovered {
            timeline,
            parent,
            at,
        },
        Reach::EndsBefore => Descent::Elsewhere(format!(
            "it left timeline {parent} at {at}, up to which `{}` does not reach",
            source.path.server()
        )),
        Reach::NotKept => Descent::Unknown(format!(
            "it left timeline {parent} at {at}, and `{}` does not hold that WAL any more",
            source.path.server()
        )),
    }
}

/// Whether a lineage holds a position.
enum Reach {
    /// The segment before the position is there.
    Holds,
    /// Its WAL ends before.
    EndsBefore,
    /// Its WAL of that timeline begins behind, or is gone.
    NotKept,
}

fn reach(source: &Catalog, timeline: TimelineId, at: Lsn) -> Reach {
    let before = Lsn(at.0.saturating_sub(1));
    let number = SegmentNumber::holding(before, source.segment_size);
    let Some(files) = source.timelines.get(&timeline) else {
        // Without a single file of it, the source never came so far, unless later timelines are all that is kept.
        let newest = source.timelines.keys().next_back();
        return match newest {
            Some(newest) if *newest > timeline => Reach::NotKept,
            _ => Reach::EndsBefore,
        };
    };
    if files.run_holding(number).is_some() || files.partials.contains_key(&number) {
        return Reach::Holds;
    }
    let last = files.last().max(files.partials.keys().next_back().copied());
    match last {
        Some(last) if last < number => Reach::EndsBefore,
        _ => Reach::NotKept,
    }
}
