//! What else is in an archive: other database systems, shrunken backups, objects without meaning.

use std::collections::BTreeSet;
use std::io::Read;

use super::evidence::Opened;
use super::recovery::Question;
use super::verdict::{Depth, Warning, WarningCode};
use crate::barman::compression::{Compression, Decoder};
use crate::barman::{Backup, BackupInfo, BackupStatus, Catalog, ObjectStore, Run};
use crate::text::bytes;
use crate::wal::page::PAGE_SIZE;
use crate::wal::{SegmentHeader, SegmentName, SegmentNumber, SystemId};

/// How many segments are opened to see whose they are.
const MOST_LOOKS: usize = 256;

/// The same where a search over a long stretch saves reads.
const FEW_LOOKS: usize = 6;

/// The bytes of an object that surely yield the first page of its segment; more are read where they do not, as of
/// bzip2.
const START: u64 = 64 << 10;

/// A backup of less than this part of the usual size is suspicious.
const COLLAPSED_TO: u64 = 4;

/// The usual size is the middle one of so many backups before.
const TREND: usize = 7;

/// Adds what a careful person would want to know about the archive. `depth` is how closely the verdict looked.
pub(super) fn warn(question: &Question<'_>, depth: Depth, warnings: &mut Vec<Warning>) {
    let finished = finished(question);
    // The walk may have met one already.
    let is_told = |warning: &Warning| warning.code == WarningCode::OtherSystemInLineage;
    if !warnings.iter().any(is_told) {
        warnings.extend(other_systems(question, &finished, depth));
    }
    warnings.extend(latest_is_other(&finished));
    warnings.extend(size_collapse(&finished));
    warnings.extend(unknown_objects(question));
}

/// The system that an object's WAL is of. `None` where it cannot be read.
pub(super) fn of_object(question: &Question<'_>, key: &str) -> Option<SystemId> {
    match question.noted {
        Some(noted) => noted.system(key),
        None => header(question.store, question.catalog, key).ok(),
    }
}

/// The system that an object's WAL is of, or why it cannot be told.
pub(super) fn header(
    store: &dyn ObjectStore,
    catalog: &Catalog,
    key: &str,
) -> Result<SystemId, String> {
    first_page(store, catalog, key, START).or_else(|_| first_page(store, catalog, key, u64::MAX))
}

/// The same from the first bytes of the object.
fn first_page(
    store: &dyn ObjectStore,
    catalog: &Catalog,
    key: &str,
    length: u64,
) -> Result<SystemId, String> {
    let (_, compression) = Compression::split(key);
    let source = match length {
        u64::MAX => store.read(key),
        length => store.read_range(key, 0, length),
    };
    let source = source.map_err(|error| error.to_string())?;
    let size = catalog.segment_size.bytes();
    let mut page = Vec::with_capacity(PAGE_SIZE);
    let mut start = Decoder::new(source, compression, size).take(PAGE_SIZE as u64);
    let read = start.read_to_end(&mut page);
    read.map_err(|error| error.to_string())?;
    let header = SegmentHeader::parse(&page).map_err(|error| error.to_string())?;
    Ok(header.system)
}

/// Looks into the segments at both ends of every run and into those that the backups need first and last.
pub(super) fn open(store: &dyn ObjectStore, catalog: &Catalog) -> Vec<Opened> {
    let opened = telling(catalog).take(MOST_LOOKS).map(|(name, key)| Opened {
        system: header(store, catalog, &key),
        name,
        key,
    });
    opened.collect()
}

/// The segments at both ends of every run and those that the backups need first and last, with their keys.
///
/// A system that took over a server name overwrites segments from the first one on, so that both ends of a run count.
pub(super) fn telling(catalog: &Catalog) -> impl Iterator<Item = (SegmentName, String)> {
    let infos = catalog.backups.iter().filter_map(Backup::info);
    let needed = infos.flat_map(|info| [info.begin_wal, info.end_wal]);
    let needed = needed.filter_map(|digits| digits?.name(catalog.segment_size).ok());
    let ends = of_runs(catalog, |run| [run.first, run.last]);
    let names: BTreeSet<SegmentName> = ends.chain(needed).collect();
    names
        .into_iter()
        .filter_map(|name| Some((name, catalog.segment_key(name)?.0)))
}

fn of_runs<const N: usize>(
    catalog: &Catalog,
    chosen: fn(&Run) -> [SegmentNumber; N],
) -> impl Iterator<Item = SegmentName> {
    catalog.timelines.iter().flat_map(move |(timeline, files)| {
        let numbers = files.runs.iter().flat_map(chosen);
        numbers.map(|number| SegmentName {
            timeline: *timeline,
            number,
        })
    })
}

/// The backups that the operator sees, by the time they ended.
fn finished<'q>(question: &Question<'q>) -> Vec<(&'q Backup, &'q BackupInfo)> {
    let backups = question.catalog.backups.iter();
    let mut finished: Vec<_> = backups
        .filter(|backup| backup.usable_for_operator())
        .filter_map(|backup| Some((backup, backup.info()?)))
        .collect();
    finished.sort_by_key(|(_, info)| info.end_time.map(|time| time.instant));
    finished
}

fn other_systems(
    question: &Question<'_>,
    finished: &[(&Backup, &BackupInfo)],
    depth: Depth,
) -> Option<Warning> {
    let told = finished
        .iter()
        .filter_map(|(_, info)| info.system_identifier);
    let mut systems: BTreeSet<SystemId> = told.collect();
    if question.depth >= Depth::Headers {
        let saves = question.depth == Depth::Sparing && depth < Depth::Records;
        let most = if saves { FEW_LOOKS } else { MOST_LOOKS };
        systems.extend(systems_of_segments(question, finished, most));
    }
    if systems.len() < 2 {
        return None;
    }
    let shown: Vec<String> = systems.iter().map(ToString::to_string).collect();
    let message = format!(
        "{} database systems have archived here: {}",
        shown.len(),
        shown.join(", ")
    );
    Some(Warning::new(WarningCode::OtherSystemInLineage, message))
}

/// The systems of the first segment of every run, and of those around the beginning of every backup, the newest first.
fn systems_of_segments(
    question: &Question<'_>,
    finished: &[(&Backup, &BackupInfo)],
    most: usize,
) -> BTreeSet<SystemId> {
    let catalog = question.catalog;
    let timelines = catalog.timelines.iter();
    let firsts = timelines.flat_map(|(timeline, files)| {
        files.runs.iter().map(|run| SegmentName {
            timeline: *timeline,
            number: run.first,
        })
    });
    let neighbours = finished.iter().rev().flat_map(|(_, info)| {
        let begin = info.begin_lsn.zip(info.timeline);
        let begin = begin.map(|(position, timeline)| SegmentName {
            timeline,
            number: SegmentNumber::holding(position, catalog.segment_size),
        });
        let around = |begin: SegmentName| {
            let number = move |number| SegmentName { number, ..begin };
            let before = begin.number.0.checked_sub(1).map(SegmentNumber);
            let segments = [before, Some(begin.number), Some(begin.number.next())];
            segments.into_iter().flatten().map(number)
        };
        begin.into_iter().flat_map(around)
    });
    let mut looked = BTreeSet::new();
    firsts
        .chain(neighbours)
        .filter(|name| looked.insert(*name))
        .filter_map(|name| catalog.segment_key(name))
        .take(most)
        .filter_map(|(key, _)| of_object(question, &key))
        .collect()
}

/// The backup that a recovery without a target takes may be of a database that was created by mistake.
fn latest_is_other(finished: &[(&Backup, &BackupInfo)]) -> Option<Warning> {
    let ((newest, info), before) = finished.split_last()?;
    let own = info.system_identifier?;
    let (other, _) = before
        .iter()
        .rev()
        .find(|(_, before)| before.system_identifier.is_some_and(|system| system != own))?;
    let message = format!(
        "the newest base backup, {}, is of database system {own}, another one than that of {}",
        newest.id, other.id
    );
    Some(Warning::new(WarningCode::LatestIsOtherSystem, message))
}

/// A newest backup that is far smaller than those before it usually were.
fn size_collapse(finished: &[(&Backup, &BackupInfo)]) -> Option<Warning> {
    let done = finished
        .iter()
        .filter(|(_, info)| info.status == Some(BackupStatus::Done));
    let mut sizes: Vec<(&Backup, u64)> = done
        .filter_map(|(backup, info)| Some((*backup, info.cluster_size?)))
        .collect();
    let (newest, size) = sizes.pop()?;
    let before = sizes.split_off(sizes.len().saturating_sub(TREND));
    let mut before: Vec<u64> = before.into_iter().map(|(_, size)| size).collect();
    before.sort_unstable();
    let usual = *before.get(before.len() / 2)?;
    (size < usual / COLLAPSED_TO).then(|| {
        let message = format!(
            "the newest base backup, {}, is of {} of data, those before it were of about {}",
            newest.id,
            bytes(size),
            bytes(usual)
        );
        Warning::new(WarningCode::BackupSizeCollapse, message)
    })
}

fn unknown_objects(question: &Question<'_>) -> Option<Warning> {
    let catalog = question.catalog;
    let oddities = [&catalog.unknown, &catalog.misplaced, &catalog.foreign_size];
    let count: u64 = oddities.iter().map(|some| some.count).sum();
    let example = oddities.iter().find_map(|some| some.examples.first())?;
    let message = match count {
        1 => format!("one object means nothing to Barman: `{example}`"),
        _ => format!("{count} objects mean nothing to Barman, such as `{example}`"),
    };
    Some(Warning::new(WarningCode::UnknownObject, message))
}
