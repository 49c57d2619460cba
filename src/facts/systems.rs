//! What else is in an archive: other database systems, shrunken backups, objects without meaning.

use std::collections::BTreeSet;
use std::io::Read;

use super::recovery::Question;
use super::verdict::{Depth, Warning, WarningCode};
use crate::barman::compression::{Compression, Decoder};
use crate::barman::{Backup, BackupInfo, ObjectStore};
use crate::wal::page::PAGE_SIZE;
use crate::wal::{SegmentHeader, SegmentName, SegmentSize, SystemId};

/// How many first segments of runs are opened to see whose they are.
const MOST_LOOKS: usize = 256;

/// A backup of less than this part of the one before is suspicious.
const COLLAPSED_TO: u64 = 4;

/// Adds what a careful person would want to know about the archive.
pub(super) fn warn(question: &Question<'_>, warnings: &mut Vec<Warning>) {
    let finished = finished(question);
    // The walk may have met one already.
    let is_told = |warning: &Warning| warning.code == WarningCode::OtherSystemInLineage;
    if !warnings.iter().any(is_told) {
        warnings.extend(other_systems(question, &finished));
    }
    warnings.extend(latest_is_other(&finished));
    warnings.extend(size_collapse(&finished));
    warnings.extend(unknown_objects(question));
}

/// The system that an object's WAL is of. `None` where it cannot be read.
pub(super) fn of_object(question: &Question<'_>, key: &str) -> Option<SystemId> {
    match question.noted {
        Some(noted) => noted.system(key),
        None => read_object(question.store, question.catalog.segment_size, key),
    }
}

/// The same, from the archive itself.
pub(super) fn read_object(
    store: &dyn ObjectStore,
    size: SegmentSize,
    key: &str,
) -> Option<SystemId> {
    let (_, compression) = Compression::split(key);
    let source = store.read(key).ok()?;
    let mut page = Vec::with_capacity(PAGE_SIZE);
    let mut start = Decoder::new(source, compression, size.bytes()).take(PAGE_SIZE as u64);
    start.read_to_end(&mut page).ok()?;
    Some(SegmentHeader::parse(&page).ok()?.system)
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

fn other_systems(question: &Question<'_>, finished: &[(&Backup, &BackupInfo)]) -> Option<Warning> {
    let told = finished
        .iter()
        .filter_map(|(_, info)| info.system_identifier);
    let mut systems: BTreeSet<SystemId> = told.collect();
    if question.depth >= Depth::Headers {
        systems.extend(systems_of_runs(question));
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

/// The systems of the first segment of every run of segments.
fn systems_of_runs(question: &Question<'_>) -> BTreeSet<SystemId> {
    let catalog = question.catalog;
    let timelines = catalog.timelines.iter();
    let firsts = timelines.flat_map(|(timeline, files)| {
        files.runs.iter().map(|run| SegmentName {
            timeline: *timeline,
            number: run.first,
        })
    });
    let keys = firsts.filter_map(|name| catalog.segment_key(name));
    keys.take(MOST_LOOKS)
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

fn size_collapse(finished: &[(&Backup, &BackupInfo)]) -> Option<Warning> {
    let mut pairs = finished.iter().zip(finished.iter().skip(1));
    let (large, small) = pairs.rfind(|((_, before), (_, after))| {
        match (before.cluster_size, after.cluster_size) {
            (Some(before), Some(after)) => after < before / COLLAPSED_TO,
            _ => false,
        }
    })?;
    let message = format!(
        "base backup {} is of {} bytes of data, {} before it was of {}",
        small.0.id,
        small.1.cluster_size.unwrap_or_default(),
        large.0.id,
        large.1.cluster_size.unwrap_or_default()
    );
    Some(Warning::new(WarningCode::BackupSizeCollapse, message))
}

fn unknown_objects(question: &Question<'_>) -> Option<Warning> {
    let catalog = question.catalog;
    let oddities = [&catalog.unknown, &catalog.misplaced, &catalog.foreign_size];
    let count: u64 = oddities.iter().map(|some| some.count).sum();
    let example = oddities.iter().find_map(|some| some.examples.first())?;
    let message = format!("{count} objects mean nothing to Barman, such as `{example}`");
    Some(Warning::new(WarningCode::UnknownObject, message))
}
