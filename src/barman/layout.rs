//! Object keys of an archive and what they name.
//!
//! Source: barman `cloud.py` (`CloudBackupUploader`, `CloudWalUploader`), barman-cloud `pkg/command`.

use std::fmt;

use super::compression::Compression;
use crate::wal::segment::SegmentNameError;
use crate::wal::{SegmentName, SegmentSize, TimelineId};

/// The name of a base backup: `YYYYMMDDTHHMMSS`, the local time of the host that took it.
///
/// It is not the backup's begin time. The order of the texts is about that of the backups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupId(String);

impl BackupId {
    /// Takes a text of that shape, else `None`. Source: barman `cloud.py`, pattern of `list_backups`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 15
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                8 => *byte == b'T',
                _ => byte.is_ascii_digit(),
            });
        shaped.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The three numbers in a segment's file name; the place in the stream follows from them and the segment size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentDigits {
    /// The first eight digits.
    pub timeline: TimelineId,
    /// The middle eight.
    pub log: u32,
    /// The last eight.
    pub within: u32,
}

impl SegmentDigits {
    /// Reads 24 upper-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 24).then_some(())?;
        let part = |at: usize| text.get(at..at + 8).and_then(digits);
        Some(Self {
            timeline: TimelineId(part(0)?),
            log: part(8)?,
            within: part(16)?,
        })
    }

    /// The name in an archive with segments of this size.
    ///
    /// # Errors
    /// When the last number is too high for the size.
    pub fn name(self, size: SegmentSize) -> Result<SegmentName, SegmentNameError> {
        SegmentName::parse(&self.to_string(), size)
    }
}

/// The file name.
impl fmt::Display for SegmentDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:08X}{:08X}{:08X}",
            self.timeline.0, self.log, self.within
        )
    }
}

/// Eight upper-case hexadecimal digits.
fn digits(text: &str) -> Option<u32> {
    let upper = |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let shaped = text.len() == 8 && text.bytes().all(upper);
    shaped.then(|| u32::from_str_radix(text, 16).ok()).flatten()
}

/// What an object below `wals/` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalKey {
    /// What it names.
    pub file: WalFile,
    /// How it is compressed, by its suffix.
    pub compression: Compression,
    /// Whether it lies where barman looks for it: histories directly below `wals/`, the others in the directory named
    /// by their first 16 digits.
    pub in_place: bool,
}

/// A file that PostgreSQL hands to its archive command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalFile {
    /// A whole segment.
    Segment(SegmentDigits),
    /// The last segment of a timeline as the server had it that left the timeline.
    Partial(SegmentDigits),
    /// The text that says where a base backup began and ended.
    BackupHistory {
        /// The segment in which the backup began.
        segment: SegmentDigits,
        /// The byte inside it.
        offset: u32,
    },
    /// The ancestors of a timeline.
    History(TimelineId),
}

impl WalKey {
    /// Reads what follows `wals/` in a key; `None` for names that no barman command looks at.
    pub fn parse(rest: &str) -> Option<Self> {
        let (directory, name) = match rest.rsplit_once('/') {
            Some((directory, name)) => (Some(directory), name),
            None => (None, rest),
        };
        let (stem, compression) = Compression::split(name);
        let file = WalFile::parse(stem)?;
        let in_place = match file.segment() {
            Some(_) => directory == stem.get(..16),
            None => directory.is_none(),
        };
        Some(Self {
            file,
            compression,
            in_place,
        })
    }
}

impl WalFile {
    /// Reads a file name without the suffix of its compression.
    pub fn parse(stem: &str) -> Option<Self> {
        let Some((first, rest)) = stem.split_once('.') else {
            return SegmentDigits::parse(stem).map(Self::Segment);
        };
        if rest == "history" {
            return digits(first).map(|number| Self::History(TimelineId(number)));
        }
        let segment = SegmentDigits::parse(first)?;
        if rest == "partial" {
            return Some(Self::Partial(segment));
        }
        let offset = digits(rest.strip_suffix(".backup")?)?;
        Some(Self::BackupHistory { segment, offset })
    }

    /// The segment that the name begins with; none for histories.
    fn segment(self) -> Option<SegmentDigits> {
        match self {
            Self::Segment(segment) | Self::Partial(segment) => Some(segment),
            Self::BackupHistory { segment, .. } => Some(segment),
            Self::History(_) => None,
        }
    }
}

/// What an object below `base/<id>/` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupFile {
    /// `backup.info`.
    Info,
    /// Part of a tar file.
    Tar {
        /// What the tar holds.
        content: TarContent,
        /// 0 for the file itself, then 1, 2 … for `_0001`, `_0002` …, which go on where it ends.
        part: u32,
        /// How it is compressed, by its suffix.
        compression: Compression,
    },
    /// `backup_label`, written for snapshot backups only.
    Label,
    /// `annotations/keep`.
    Keep,
}

/// What the tar files of one name hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TarContent {
    /// The data directory.
    Data,
    /// A tablespace, by its object identifier.
    Tablespace(u32),
}

/// The name of the tar, without part and suffixes.
impl fmt::Display for TarContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data => f.write_str("data"),
            Self::Tablespace(oid) => oid.fmt(f),
        }
    }
}

impl BackupFile {
    /// Reads what follows `base/<id>/` in a key; `None` for names that no barman command looks at.
    pub fn parse(rest: &str) -> Option<Self> {
        match rest {
            "backup.info" => return Some(Self::Info),
            "backup_label" => return Some(Self::Label),
            "annotations/keep" => return Some(Self::Keep),
            _ => {}
        }
        let (stem, compression) = Compression::split(rest);
        let stem = stem.strip_suffix(".tar")?;
        let (name, part) = match stem.split_once('_') {
            Some((name, part)) => (name, decimal(part).filter(|part| *part > 0)?),
            None => (stem, 0),
        };
        let content = match name {
            "data" => TarContent::Data,
            oid => TarContent::Tablespace(decimal(oid)?),
        };
        Some(Self::Tar {
            content,
            part,
            compression,
        })
    }
}

/// Decimal digits only: the parser of the standard library would take a sign.
fn decimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(rest: &str) -> WalKey {
        WalKey::parse(rest).unwrap_or_else(|| panic!("{rest}"))
    }

    #[test]
    fn every_file_of_the_wal_archive_is_told_by_its_name() {
        let segment = SegmentDigits {
            timeline: TimelineId(2),
            log: 1,
            within: 0xFF,
        };
        let name = "0000000200000001/0000000200000001000000FF";
        for (suffix, compression) in [
            ("", Compression::None),
            (".gz", Compression::Gzip),
            (".bz2", Compression::Bzip2),
            (".snappy", Compression::Snappy),
            (".xz", Compression::Xz),
            (".zst", Compression::Zstd),
            (".lz4", Compression::Lz4),
        ] {
            for (middle, file) in [
                ("", WalFile::Segment(segment)),
                (".partial", WalFile::Partial(segment)),
                (
                    ".00000028.backup",
                    WalFile::BackupHistory {
                        segment,
                        offset: 0x28,
                    },
                ),
            ] {
                let expected = WalKey {
                    file,
                    compression,
                    in_place: true,
                };
                assert_eq!(key(&format!("{name}{middle}{suffix}")), expected);
            }
            let history = key(&format!("0000000A.history{suffix}"));
            assert_eq!(history.file, WalFile::History(TimelineId(10)));
            assert!(history.in_place && history.compression == compression);
        }
    }

    #[test]
    fn files_in_a_directory_where_nobody_looks_are_out_of_place() {
        for rest in [
            "0000000100000000/0000000200000001000000FF.gz",
            "0000000200000001000000FF",
            "x/0000000200000001/0000000200000001000000FF",
            "0000000100000000/00000002.history",
        ] {
            assert!(!key(rest).in_place, "{rest}");
        }
    }

    #[test]
    fn names_that_barman_ignores_are_not_recognised() {
        for rest in [
            "0000000200000001/0000000200000001000000FF.gz.tmp",
            "0000000200000001/0000000200000001000000ff",
            "0000000200000001/0000000200000001000000FF.gz.gz",
            "0000000200000001/0000000200000001000000FF.28.backup",
            "0000000200000001/",
            "00000002.history.foo",
            "2.history",
            "",
        ] {
            assert_eq!(WalKey::parse(rest), None, "{rest}");
        }
    }

    #[test]
    fn every_file_of_a_base_backup_is_told_by_its_name() {
        let tar = |content, part, compression| {
            Some(BackupFile::Tar {
                content,
                part,
                compression,
            })
        };
        for (rest, file) in [
            ("backup.info", Some(BackupFile::Info)),
            ("backup_label", Some(BackupFile::Label)),
            ("annotations/keep", Some(BackupFile::Keep)),
            ("data.tar", tar(TarContent::Data, 0, Compression::None)),
            ("data.tar.gz", tar(TarContent::Data, 0, Compression::Gzip)),
            (
                "data_0001.tar.lz4",
                tar(TarContent::Data, 1, Compression::Lz4),
            ),
            (
                "16385_0012.tar.snappy",
                tar(TarContent::Tablespace(16385), 12, Compression::Snappy),
            ),
            (
                "16385.tar",
                tar(TarContent::Tablespace(16385), 0, Compression::None),
            ),
            ("data_0000.tar", None),
            ("data_.tar", None),
            ("+5.tar", None),
            ("data", None),
            ("data.tar.gz.tmp", None),
            ("backup.info.gz", None),
        ] {
            assert_eq!(BackupFile::parse(rest), file, "{rest}");
        }
    }

    #[test]
    fn a_backup_id_has_one_shape() {
        assert!(BackupId::parse("20261121T060454").is_some());
        for text in ["20261121T06045", "20261121-060454", "2026112１T0604", "x"] {
            assert!(BackupId::parse(text).is_none(), "{text}");
        }
    }
}
