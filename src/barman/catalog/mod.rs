//! Everything an archive holds below one server name.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;

use crate::barman::backup::{Backup, BackupState, TarPart};
use crate::barman::backup_info::{BackupInfo, LARGEST_BACKUP_INFO};
use crate::barman::compression::{self, Compression, DecodeError};
use crate::barman::layout::{BackupFile, BackupId, WalFile, WalKey};
use crate::barman::near_misses;
use crate::barman::path::ServerPath;
use crate::barman::store::{Object, ObjectStore, StoreError};
use crate::barman::wal_files::{Gathering, Run, TimelineFiles, Variant};
use crate::model::instant::Instant;
use crate::wal::history::HistoryError;
use crate::wal::{SegmentName, SegmentSize, TimelineHistory, TimelineId};

/// The largest history file that is read, in bytes (1 MiB): some ten thousand timelines.
pub const LARGEST_HISTORY: u64 = 1 << 20;

/// One archive, as its listing, its `backup.info` files and its timeline histories show it.
///
/// Plain data: it can be built without a store. Segments are held as runs, never one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Where the archive lies.
    pub path: ServerPath,
    /// The size of every segment.
    pub segment_size: SegmentSize,
    /// Whether a `backup.info` tells that size. Otherwise it is the server's default.
    pub segment_size_known: bool,
    /// The base backups, in the order of their names.
    pub backups: Vec<Backup>,
    /// The WAL files by timeline. A timeline of which only the history is there has no entry.
    pub timelines: BTreeMap<TimelineId, TimelineFiles>,
    /// The timeline histories. Timeline 1 has none.
    pub histories: BTreeMap<TimelineId, HistoryFile>,
    /// Files of WAL where no restore looks for them.
    pub misplaced: Oddities,
    /// Segment names that cannot be right with this segment size.
    pub foreign_size: Oddities,
    /// Objects whose names Barman ignores.
    pub unknown: Oddities,
    /// For an archive without any backup or WAL: prefixes nearby that look like archives, each with a `/` at its end.
    pub near_misses: Vec<String>,
}

/// A timeline history in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryFile {
    /// By its suffix.
    pub compression: Compression,
    /// When it was uploaded.
    pub last_modified: Instant,
    /// The file, or why it cannot be used.
    pub content: Result<TimelineHistory, HistoryProblem>,
}

/// Why a history cannot be used.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum HistoryProblem {
    /// The store did not hand it out.
    #[error(transparent)]
    Store(StoreError),
    /// Its compression cannot be undone.
    #[error(transparent)]
    Decode(DecodeError),
    /// The server would refuse it.
    #[error(transparent)]
    Invalid(HistoryError),
    /// As an inventory tells it.
    #[error("{0}")]
    Noted(String),
}

/// Objects that are only counted, with the first few of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Oddities {
    /// How many there are.
    pub count: u64,
    /// The keys of the first ones, at most [`Oddities::MOST_EXAMPLES`].
    pub examples: Vec<String>,
}

impl Oddities {
    /// How many keys are kept.
    pub const MOST_EXAMPLES: usize = 8;

    fn add(&mut self, key: String) {
        self.count += 1;
        if self.examples.len() < Self::MOST_EXAMPLES {
            self.examples.push(key);
        }
    }
}

impl Catalog {
    /// Reads an archive: two listings, one request for each backup and each history.
    ///
    /// A backup or history that cannot be read is noted in its place.
    ///
    /// # Errors
    /// When a listing fails, or does not come in the order of keys.
    pub fn read(store: &dyn ObjectStore, path: ServerPath) -> Result<Self, StoreError> {
        Self::read_with(store, path, &mut |_, _| {})
    }

    /// The same; every segment object in its place is shown to `each`, in the order of keys.
    ///
    /// # Errors
    /// Those of [`Catalog::read`].
    pub fn read_with(
        store: &dyn ObjectStore,
        path: ServerPath,
        each: &mut dyn FnMut(SegmentName, &Variant),
    ) -> Result<Self, StoreError> {
        let mut unknown = Oddities::default();
        let backups = read_backups(store, &path, &mut unknown)?;
        let told = backups.iter().rev().find_map(|b| b.info()?.segment_size);
        let mut catalog = Self {
            path,
            segment_size: told.unwrap_or_default(),
            segment_size_known: told.is_some(),
            backups,
            timelines: BTreeMap::new(),
            histories: BTreeMap::new(),
            misplaced: Oddities::default(),
            foreign_size: Oddities::default(),
            unknown,
            near_misses: Vec::new(),
        };
        catalog.read_wals(store, each)?;
        if catalog.is_empty() {
            catalog.near_misses = near_misses::find(store, &catalog.path);
        }
        Ok(catalog)
    }

    /// Whether there is neither a backup nor WAL.
    pub fn is_empty(&self) -> bool {
        self.backups.is_empty() && self.timelines.is_empty() && self.histories.is_empty()
    }

    /// The backup of that name.
    pub fn backup(&self, id: &str) -> Option<&Backup> {
        self.backups.iter().find(|backup| backup.id.as_str() == id)
    }

    /// The run that holds a whole segment; `None` when the segment is not in the archive, or only as `.partial`.
    pub fn run_holding(&self, name: SegmentName) -> Option<&Run> {
        self.timelines.get(&name.timeline)?.run_holding(name.number)
    }

    /// The key and the compression of a whole segment.
    pub fn segment_key(&self, name: SegmentName) -> Option<(String, Compression)> {
        let compression = self.run_holding(name)?.compression;
        let key = self.path.segment(name, self.segment_size, compression);
        Some((key, compression))
    }

    /// The key and the compression of the `.partial` of a segment, which a restore gets where the segment is missing.
    pub fn partial_key(&self, name: SegmentName) -> Option<(String, Compression)> {
        let files = self.timelines.get(&name.timeline)?;
        let compression = files.partials.get(&name.number)?.first()?.compression;
        let key = self.path.partial(name, self.segment_size, compression);
        Some((key, compression))
    }

    fn read_wals(
        &mut self,
        store: &dyn ObjectStore,
        each: &mut dyn FnMut(SegmentName, &Variant),
    ) -> Result<(), StoreError> {
        let prefix = self.path.wals();
        let mut gathering = Gathering::default();
        let mut histories = BTreeMap::new();
        list_in_order(store, &prefix, &mut |rest, object| {
            let Some(key) = WalKey::parse(rest) else {
                return self.unknown.add(object.key);
            };
            if !key.in_place {
                return self.misplaced.add(object.key);
            }
            let digits = match key.file {
                WalFile::History(timeline) => {
                    histories
                        .entry(timeline)
                        .or_insert((key.compression, object));
                    return;
                }
                WalFile::BackupHistory { segment, .. } => {
                    return gathering.add_backup_history(segment.timeline);
                }
                WalFile::Segment(digits) | WalFile::Partial(digits) => digits,
            };
            let Ok(name) = digits.name(self.segment_size) else {
                return self.foreign_size.add(object.key);
            };
            let variant = Variant {
                partial: matches!(key.file, WalFile::Partial(_)),
                compression: key.compression,
                size: object.size,
                last_modified: object.last_modified,
            };
            each(name, &variant);
            gathering.add(name, variant);
        })?;
        self.timelines = gathering.finish();
        let read = histories
            .into_iter()
            .map(|(timeline, (compression, object))| {
                (
                    timeline,
                    read_history(store, timeline, compression, &object),
                )
            });
        self.histories = read.collect();
        Ok(())
    }
}

/// Lists a prefix and hands out what follows it in each key.
///
/// Runs and duplicates are right only in the order of keys. Stores promise it; one that breaks the promise is refused.
fn list_in_order(
    store: &dyn ObjectStore,
    prefix: &str,
    visit: &mut dyn FnMut(&str, Object),
) -> Result<(), StoreError> {
    let mut before: Option<String> = None;
    let mut disorder = false;
    store.list(prefix, None, &mut |object| {
        let Some(rest) = object.key.strip_prefix(prefix).map(str::to_owned) else {
            disorder = true;
            return ControlFlow::Break(());
        };
        if before.as_ref().is_some_and(|before| *before >= rest) {
            disorder = true;
            return ControlFlow::Break(());
        }
        visit(&rest, object);
        before = Some(rest);
        ControlFlow::Continue(())
    })?;
    if disorder {
        return Err(StoreError::Other {
            what: prefix.to_owned(),
            reason: "the store lists its keys out of order".to_owned(),
        });
    }
    Ok(())
}

fn read_backups(
    store: &dyn ObjectStore,
    path: &ServerPath,
    unknown: &mut Oddities,
) -> Result<Vec<Backup>, StoreError> {
    let mut found: BTreeMap<BackupId, (Backup, bool)> = BTreeMap::new();
    list_in_order(store, &path.base(), &mut |rest, object| {
        // Some tools put an empty object where a folder begins.
        if rest.is_empty() {
            return;
        }
        let parted = rest.split_once('/');
        let Some((id, name)) = parted.and_then(|(id, name)| Some((BackupId::parse(id)?, name)))
        else {
            return unknown.add(object.key);
        };
        let (backup, has_info) = found
            .entry(id.clone())
            .or_insert_with(|| (empty_backup(id), false));
        match BackupFile::parse(name) {
            Some(BackupFile::Info) => *has_info = true,
            Some(BackupFile::Label) => backup.label = true,
            Some(BackupFile::Keep) => backup.keep = true,
            Some(BackupFile::Tar {
                content,
                part,
                compression,
            }) => {
                let part = TarPart {
                    part,
                    compression,
                    size: object.size,
                };
                backup.tars.entry(content).or_default().push(part);
            }
            None => backup.unknown += 1,
        }
    })?;
    let backups = found.into_values().map(|(mut backup, has_info)| {
        if has_info {
            backup.state = read_info(store, &(path.backup(&backup.id) + "backup.info"));
        }
        backup
    });
    Ok(backups.collect())
}

fn empty_backup(id: BackupId) -> Backup {
    Backup {
        id,
        state: BackupState::Missing,
        tars: BTreeMap::new(),
        label: false,
        keep: false,
        unknown: 0,
    }
}

fn read_info(store: &dyn ObjectStore, key: &str) -> BackupState {
    let bytes = match read_whole(store, key, LARGEST_BACKUP_INFO) {
        Ok(bytes) => bytes,
        // It was deleted between the listing and now.
        Err(StoreError::Missing { .. }) => return BackupState::Missing,
        Err(error) => return BackupState::Unreadable(error),
    };
    match BackupInfo::parse(&bytes) {
        Ok(info) => BackupState::Read(Box::new(info)),
        Err(error) => BackupState::Invalid(error),
    }
}

/// Reads an object up to one byte more than `limit`, so that the reader of the bytes sees that it is too large.
fn read_whole(store: &dyn ObjectStore, key: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let mut limited = store.read(key)?.take(limit.saturating_add(1));
    match limited.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(StoreError::Other {
            what: key.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn read_history(
    store: &dyn ObjectStore,
    timeline: TimelineId,
    compression: Compression,
    object: &Object,
) -> HistoryFile {
    let read = || {
        let source = store.read(&object.key).map_err(HistoryProblem::Store)?;
        let bytes = compression::decode_up_to(source, compression, LARGEST_HISTORY)
            .map_err(HistoryProblem::Decode)?;
        TimelineHistory::parse(timeline, &bytes).map_err(HistoryProblem::Invalid)
    };
    HistoryFile {
        compression,
        last_modified: object.last_modified,
        content: read(),
    }
}

#[cfg(test)]
mod tests;
