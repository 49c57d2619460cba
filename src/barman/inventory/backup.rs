//! Base backups in the words of JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::StorePart;
use super::word::{compression, instant, parsed};
use super::{Mistake, required};
use crate::barman::backup::{Backup, BackupState, TarPart};
use crate::barman::backup_info::{
    BackupInfo, BackupInfoError, BackupLabel, BackupStatus, BackupTime, Tablespace,
};
use crate::barman::layout::{BackupId, SegmentDigits, TarContent};
use crate::wal::{Lsn, SegmentSize, SystemId, TimelineId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupPart {
    id: String,
    info: StatePart,
    tars: Vec<Tar>,
    label: bool,
    keep: bool,
    unknown: u64,
    /// For readers of the file; found out anew from the rest.
    problems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum StatePart {
    Read(Box<InfoPart>),
    Missing,
    Invalid(String),
    Unreadable(StorePart),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InfoPart {
    #[serde(deserialize_with = "required")]
    status: Option<String>,
    #[serde(deserialize_with = "required")]
    backup_name: Option<String>,
    #[serde(deserialize_with = "required")]
    begin_time: Option<TimePart>,
    #[serde(deserialize_with = "required")]
    end_time: Option<TimePart>,
    #[serde(deserialize_with = "required")]
    begin_lsn: Option<String>,
    #[serde(deserialize_with = "required")]
    end_lsn: Option<String>,
    #[serde(deserialize_with = "required")]
    begin_wal: Option<String>,
    #[serde(deserialize_with = "required")]
    end_wal: Option<String>,
    #[serde(deserialize_with = "required")]
    begin_offset: Option<u64>,
    #[serde(deserialize_with = "required")]
    end_offset: Option<u64>,
    #[serde(deserialize_with = "required")]
    timeline: Option<u32>,
    #[serde(deserialize_with = "required")]
    segment_size: Option<u64>,
    #[serde(deserialize_with = "required")]
    system_identifier: Option<String>,
    #[serde(deserialize_with = "required")]
    server_version: Option<u32>,
    #[serde(deserialize_with = "required")]
    backup_label: Option<String>,
    tablespaces: Vec<SpacePart>,
    snapshots: bool,
    #[serde(deserialize_with = "required")]
    error: Option<String>,
    #[serde(deserialize_with = "required")]
    cluster_size: Option<u64>,
    unknown_keys: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimePart {
    time: String,
    zoned: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpacePart {
    name: String,
    oid: u32,
    location: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tar {
    /// `data`, or the object identifier of a tablespace.
    content: String,
    parts: Vec<TarPartPart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TarPartPart {
    part: u32,
    compression: String,
    size: u64,
}

/// Every status, to find one by its word.
const STATUSES: [BackupStatus; 6] = [
    BackupStatus::Empty,
    BackupStatus::Started,
    BackupStatus::WaitingForWals,
    BackupStatus::Done,
    BackupStatus::Syncing,
    BackupStatus::Failed,
];

impl BackupPart {
    pub(super) fn of(backup: &Backup) -> Self {
        let tars = backup.tars.iter().map(|(content, parts)| Tar {
            content: content.to_string(),
            parts: parts.iter().map(TarPartPart::of).collect(),
        });
        Self {
            id: backup.id.as_str().to_owned(),
            info: StatePart::of(&backup.state),
            tars: tars.collect(),
            label: backup.label,
            keep: backup.keep,
            unknown: backup.unknown,
            problems: backup.problems().iter().map(ToString::to_string).collect(),
        }
    }

    pub(super) fn backup(&self) -> Result<Backup, Mistake> {
        let id = BackupId::parse(&self.id)
            .ok_or_else(|| Mistake::at("id", format!("`{}` is no name of a backup", self.id)))?;
        let mut tars = BTreeMap::new();
        for (at, tar) in self.tars.iter().enumerate() {
            let content = tar.content().map_err(|m| m.in_item("tars", at))?;
            let parts = tar.parts.iter().map(TarPartPart::part);
            let parts: Result<Vec<TarPart>, Mistake> = parts.collect();
            let parts = parts.map_err(|m| m.in_item("tars", at))?;
            if tars.insert(content, parts).is_some() {
                let mistake = Mistake::at("content", "it is listed twice");
                return Err(mistake.in_item("tars", at));
            }
        }
        Ok(Backup {
            id,
            state: self.info.state().map_err(|m| m.inside("info"))?,
            tars,
            label: self.label,
            keep: self.keep,
            unknown: self.unknown,
        })
    }
}

impl Tar {
    fn content(&self) -> Result<TarContent, Mistake> {
        if self.content == "data" {
            return Ok(TarContent::Data);
        }
        let oid = self.content.parse().ok().map(TarContent::Tablespace);
        oid.ok_or_else(|| Mistake::at("content", "neither `data` nor a number"))
    }
}

impl TarPartPart {
    fn of(part: &TarPart) -> Self {
        Self {
            part: part.part,
            compression: part.compression.to_string(),
            size: part.size,
        }
    }

    fn part(&self) -> Result<TarPart, Mistake> {
        Ok(TarPart {
            part: self.part,
            compression: compression("parts.compression", &self.compression)?,
            size: self.size,
        })
    }
}

impl StatePart {
    fn of(state: &BackupState) -> Self {
        match state {
            BackupState::Read(info) => Self::Read(Box::new(InfoPart::of(info))),
            BackupState::Missing => Self::Missing,
            BackupState::Invalid(error) => Self::Invalid(error.to_string()),
            BackupState::Unreadable(error) => Self::Unreadable(StorePart::of(error)),
        }
    }

    fn state(&self) -> Result<BackupState, Mistake> {
        Ok(match self {
            Self::Read(info) => {
                BackupState::Read(Box::new(info.info().map_err(|m| m.inside("read"))?))
            }
            Self::Missing => BackupState::Missing,
            Self::Invalid(text) => {
                BackupState::Invalid(BackupInfoError::Noted { text: text.clone() })
            }
            Self::Unreadable(part) => BackupState::Unreadable(part.error()),
        })
    }
}

impl TimePart {
    fn of(time: BackupTime) -> Self {
        Self {
            time: time.instant.rfc3339(),
            zoned: time.zoned,
        }
    }

    fn time(field: &str, part: Option<&Self>) -> Result<Option<BackupTime>, Mistake> {
        let time = part.map(|part| {
            Ok(BackupTime {
                instant: instant(field, &part.time)?,
                zoned: part.zoned,
            })
        });
        time.transpose()
    }
}

impl InfoPart {
    fn of(info: &BackupInfo) -> Self {
        let spaces = info.tablespaces.iter().map(|space| SpacePart {
            name: space.name.clone(),
            oid: space.oid,
            location: space.location.clone(),
        });
        Self {
            status: info.status.map(|status| status.to_string()),
            backup_name: info.backup_name.clone(),
            begin_time: info.begin_time.map(TimePart::of),
            end_time: info.end_time.map(TimePart::of),
            begin_lsn: info.begin_lsn.map(|lsn| lsn.to_string()),
            end_lsn: info.end_lsn.map(|lsn| lsn.to_string()),
            begin_wal: info.begin_wal.map(|wal| wal.to_string()),
            end_wal: info.end_wal.map(|wal| wal.to_string()),
            begin_offset: info.begin_offset,
            end_offset: info.end_offset,
            timeline: info.timeline.map(|timeline| timeline.0),
            segment_size: info.segment_size.map(SegmentSize::bytes),
            system_identifier: info.system_identifier.map(|system| system.to_string()),
            server_version: info.server_version,
            backup_label: info.backup_label.as_ref().map(|label| label.text.clone()),
            tablespaces: spaces.collect(),
            snapshots: info.snapshots,
            error: info.error.clone(),
            cluster_size: info.cluster_size,
            unknown_keys: info.unknown_keys.clone(),
        }
    }

    fn info(&self) -> Result<BackupInfo, Mistake> {
        let lsn = |field, text: &Option<String>| parsed::<Lsn>(field, text.as_ref());
        let spaces = self.tablespaces.iter().map(|space| Tablespace {
            name: space.name.clone(),
            oid: space.oid,
            location: space.location.clone(),
        });
        let system: Option<u64> = parsed("system_identifier", self.system_identifier.as_ref())?;
        Ok(BackupInfo {
            status: status(self.status.as_ref())?,
            backup_name: self.backup_name.clone(),
            begin_time: TimePart::time("begin_time", self.begin_time.as_ref())?,
            end_time: TimePart::time("end_time", self.end_time.as_ref())?,
            begin_lsn: lsn("begin_lsn", &self.begin_lsn)?,
            end_lsn: lsn("end_lsn", &self.end_lsn)?,
            begin_wal: digits("begin_wal", self.begin_wal.as_ref())?,
            end_wal: digits("end_wal", self.end_wal.as_ref())?,
            begin_offset: self.begin_offset,
            end_offset: self.end_offset,
            timeline: self.timeline.map(TimelineId),
            segment_size: segment_size(self.segment_size)?,
            system_identifier: system.map(SystemId),
            server_version: self.server_version,
            backup_label: self.backup_label.clone().map(BackupLabel::read),
            tablespaces: spaces.collect(),
            snapshots: self.snapshots,
            error: self.error.clone(),
            cluster_size: self.cluster_size,
            unknown_keys: self.unknown_keys.clone(),
        })
    }
}

fn status(word: Option<&String>) -> Result<Option<BackupStatus>, Mistake> {
    let find = |word: &String| {
        let mut all = STATUSES.into_iter();
        let found = all.find(|status| status.to_string() == *word);
        found.ok_or_else(|| Mistake::at("status", format!("`{word}` is no status of Barman")))
    };
    word.map(find).transpose()
}

fn digits(field: &str, text: Option<&String>) -> Result<Option<SegmentDigits>, Mistake> {
    let parse = |text: &String| {
        let digits = SegmentDigits::parse(text);
        digits.ok_or_else(|| Mistake::at(field, format!("`{text}` is no name of a segment")))
    };
    text.map(parse).transpose()
}

fn segment_size(bytes: Option<u64>) -> Result<Option<SegmentSize>, Mistake> {
    let size = bytes.map(|bytes| {
        SegmentSize::new(bytes).map_err(|error| Mistake::at("segment_size", error.to_string()))
    });
    size.transpose()
}
