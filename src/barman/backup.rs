//! A base backup: what `backup.info` says about it and which objects are there.

use std::collections::BTreeMap;

use thiserror::Error;

use super::backup_info::{BackupInfo, BackupInfoError, BackupStatus};
use super::compression::Compression;
use super::layout::{BackupId, TarContent};
use super::store::StoreError;

/// One directory below `base/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The name of the directory.
    pub id: BackupId,
    /// `backup.info`, or why there is none to work with.
    pub state: BackupState,
    /// The tar files by what they hold.
    pub tars: BTreeMap<TarContent, Vec<TarPart>>,
    /// Whether `backup_label` lies beside them.
    pub label: bool,
    /// Whether an annotation keeps the backup from being deleted.
    pub keep: bool,
    /// Objects that are none of these.
    pub unknown: u64,
}

/// What is known of a `backup.info`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupState {
    /// It was read.
    Read(Box<BackupInfo>),
    /// There is none: the directory is left over, or the backup runs under an older release of Barman.
    Missing,
    /// It is not what it should be.
    Invalid(BackupInfoError),
    /// The store did not hand it out.
    Unreadable(StoreError),
}

/// One object of a tar file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TarPart {
    /// 0 for the first, then 1, 2 … without a hole.
    pub part: u32,
    /// By its suffix.
    pub compression: Compression,
    /// Bytes as stored.
    pub size: u64,
}

/// Why a backup cannot be restored, whatever the operator thinks of it.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum BackupProblem {
    /// No `backup.info`.
    #[error("there is no backup.info")]
    InfoMissing,
    /// `backup.info` cannot be understood.
    #[error("backup.info: {0}")]
    InfoInvalid(BackupInfoError),
    /// `backup.info` cannot be fetched.
    #[error("backup.info: {0}")]
    InfoUnreadable(StoreError),
    /// The status is another than DONE or WAITING_FOR_WALS.
    #[error("the backup is {status}{}", .error.as_deref().map(|error| format!(": {error}")).unwrap_or_default())]
    NotDone {
        /// The status.
        status: BackupStatus,
        /// The reason that Barman noted.
        error: Option<String>,
    },
    /// A field that a finished backup has is not set.
    #[error("backup.info does not say `{field}`")]
    FieldMissing {
        /// The key in the file.
        field: &'static str,
    },
    /// The data is in disk snapshots, not in the archive.
    #[error("the data is in disk snapshots, not in this archive")]
    Snapshots,
    /// No tar file of this content.
    #[error("{content}.tar is missing")]
    TarMissing {
        /// What the tar would hold.
        content: TarContent,
    },
    /// A part between others, or the first, is missing.
    #[error("part {part} of {content}.tar is missing")]
    TarPartMissing {
        /// What the tar holds.
        content: TarContent,
        /// The missing part.
        part: u32,
    },
    /// An object of a tar file has no bytes.
    #[error("part {part} of {content}.tar is empty")]
    TarEmpty {
        /// What the tar holds.
        content: TarContent,
        /// The empty part.
        part: u32,
    },
}

impl Backup {
    /// `backup.info`, where it was read.
    pub fn info(&self) -> Option<&BackupInfo> {
        match &self.state {
            BackupState::Read(info) => Some(info),
            _ => None,
        }
    }

    /// Whether the operator would restore it: begin and end time are set. It looks at neither status nor data.
    /// Source: barman-cloud `pkg/catalog/catalog.go`.
    pub fn usable_for_operator(&self) -> bool {
        self.info().is_some_and(BackupInfo::finished_for_operator)
    }

    /// Why it cannot be restored; empty for a good backup. The WAL it needs is not looked at here.
    pub fn problems(&self) -> Vec<BackupProblem> {
        let info = match &self.state {
            BackupState::Read(info) => info,
            BackupState::Missing => return vec![BackupProblem::InfoMissing],
            BackupState::Invalid(error) => return vec![BackupProblem::InfoInvalid(error.clone())],
            BackupState::Unreadable(error) => {
                return vec![BackupProblem::InfoUnreadable(error.clone())];
            }
        };
        let mut problems = not_done(info);
        problems.extend(missing_field(info));
        if info.snapshots {
            problems.push(BackupProblem::Snapshots);
            return problems;
        }
        let oids = info.tablespaces.iter().map(|space| space.oid);
        let expected = oids.map(TarContent::Tablespace);
        for content in std::iter::once(TarContent::Data).chain(expected) {
            problems.extend(self.tar_problem(content));
        }
        problems
    }

    /// Whether its objects are all there and its `backup.info` says that it is finished.
    pub fn restorable(&self) -> bool {
        self.problems().is_empty()
    }

    /// Bytes of all tar files as stored.
    pub fn stored_bytes(&self) -> u64 {
        let parts = self.tars.values().flatten();
        parts.fold(0, |sum, part| sum.saturating_add(part.size))
    }

    /// The first thing wrong with one tar file.
    fn tar_problem(&self, content: TarContent) -> Option<BackupProblem> {
        let Some(parts) = self.tars.get(&content) else {
            return Some(BackupProblem::TarMissing { content });
        };
        let mut parts: Vec<&TarPart> = parts.iter().collect();
        parts.sort();
        parts.dedup_by_key(|part| part.part);
        for (part, found) in (0..).zip(parts) {
            if found.part != part {
                return Some(BackupProblem::TarPartMissing { content, part });
            }
            if found.size == 0 {
                return Some(BackupProblem::TarEmpty { content, part });
            }
        }
        None
    }
}

fn not_done(info: &BackupInfo) -> Vec<BackupProblem> {
    match info.status {
        None => vec![BackupProblem::FieldMissing { field: "status" }],
        Some(BackupStatus::Done | BackupStatus::WaitingForWals) => vec![],
        Some(status) => vec![BackupProblem::NotDone {
            status,
            error: info.error.clone(),
        }],
    }
}

/// The first field without which a recovery cannot be judged. A backup that is not done has few of them.
fn missing_field(info: &BackupInfo) -> Option<BackupProblem> {
    let fields = [
        ("begin_time", info.begin_time.is_some()),
        ("end_time", info.end_time.is_some()),
        ("begin_xlog", info.begin_lsn.is_some()),
        ("end_xlog", info.end_lsn.is_some()),
        ("begin_wal", info.begin_wal.is_some()),
        ("end_wal", info.end_wal.is_some()),
        ("timeline", info.timeline.is_some()),
    ];
    let (field, _) = fields.into_iter().find(|(_, present)| !present)?;
    Some(BackupProblem::FieldMissing { field })
}
