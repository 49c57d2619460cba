//! Page headers of WAL segments.

use std::fmt;

use thiserror::Error;

use super::lsn::{Lsn, TimelineId};
use super::record::Bytes;
use super::segment::{SegmentSize, SegmentSizeError};

/// The bytes of one page. The server can be built with others, which no distribution does.
/// Source: `XLOG_BLCKSZ`, PostgreSQL `configure --with-wal-blocksize`.
pub const PAGE_SIZE: usize = 8192;

/// The bytes of the header of a segment's first page.
/// Source: `SizeOfXLogLongPHD`, PostgreSQL `src/include/access/xlog_internal.h`.
pub const LONG_HEADER: usize = 40;

/// The bytes of the header of every other page.
/// Source: `SizeOfXLogShortPHD`, PostgreSQL `src/include/access/xlog_internal.h`.
pub const SHORT_HEADER: usize = 24;

/// The page begins with the rest of a record.
const FIRST_IS_CONTINUATION: u16 = 0x1;
/// The header is a long one.
const LONG: u16 = 0x2;
/// The record that the page before leaves open was given up; a new one begins here. All minor releases since 2021.
const FIRST_IS_OVERWRITE: u16 = 0x8;
/// Every flag that any version sets (0x4: full-page images are removable).
const ALL_FLAGS: u16 = 0xF;

/// A major version of PostgreSQL whose WAL this build reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Major(u8);

impl Major {
    /// The version that writes pages with this magic number. `None` for versions this build does not know.
    /// Source: `XLOG_PAGE_MAGIC`, PostgreSQL `src/include/access/xlog_internal.h` of each branch.
    pub fn from_magic(magic: u16) -> Option<Self> {
        let number = match magic {
            0xD101 => 12,
            0xD106 => 13,
            0xD10D => 14,
            0xD110 => 15,
            0xD113 => 16,
            0xD116 => 17,
            0xD118 => 18,
            _ => return None,
        };
        Some(Self(number))
    }

    /// The version of that number. `None` for versions this build does not know.
    pub fn from_number(number: u8) -> Option<Self> {
        (12..=18).contains(&number).then_some(Self(number))
    }

    /// The number, 12 to 18.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Major {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number `initdb` gives a database system; its backups and all its segments carry it.
/// Source: `system_identifier`, PostgreSQL `src/include/catalog/pg_control.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SystemId(pub u64);

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The header of any page.
///
/// Source: `XLogPageHeaderData`, PostgreSQL `src/include/access/xlog_internal.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageHeader {
    /// The version that wrote the page.
    pub major: Major,
    /// The timeline that wrote the page; older than that of the file on pages copied at a switch.
    pub timeline: TimelineId,
    /// The position of the page's first byte.
    pub address: Lsn,
    /// Bytes of a record begun earlier that still come, those on this page included. `None` if a record begins here.
    pub continuation: Option<u32>,
    /// Whether the record that the page before leaves open was given up.
    pub overwrites: bool,
    /// What only a segment's first page has.
    pub long: Option<LongPart>,
}

/// The part of a long header that a short one lacks, not yet judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongPart {
    /// The database system that wrote the segment.
    pub system: SystemId,
    /// The segment size in bytes, as it stands there.
    pub segment_size: u32,
    /// The page size in bytes, as it stands there.
    pub page_size: u32,
}

impl PageHeader {
    /// Reads the header at the start of `page`. Only what the header says about itself is checked.
    ///
    /// # Errors
    /// [`PageError::Short`], [`PageError::UnknownVersion`] and [`PageError::UnknownFlags`].
    pub fn parse(page: &[u8]) -> Result<Self, PageError> {
        let magic = page.u16_at(0).ok_or(PageError::Short)?;
        let major = Major::from_magic(magic).ok_or(PageError::UnknownVersion { magic })?;
        let flags = page.u16_at(2).ok_or(PageError::Short)?;
        if flags & !ALL_FLAGS != 0 {
            return Err(PageError::UnknownFlags { flags });
        }
        let short = || {
            let remaining = page.u32_at(16)?;
            Some(Self {
                major,
                timeline: TimelineId(page.u32_at(4)?),
                address: Lsn(page.u64_at(8)?),
                continuation: (flags & FIRST_IS_CONTINUATION != 0).then_some(remaining),
                overwrites: flags & FIRST_IS_OVERWRITE != 0,
                long: None,
            })
        };
        let long = || {
            Some(LongPart {
                system: SystemId(page.u64_at(24)?),
                segment_size: page.u32_at(32)?,
                page_size: page.u32_at(36)?,
            })
        };
        let mut header = short().ok_or(PageError::Short)?;
        if flags & LONG != 0 {
            header.long = Some(long().ok_or(PageError::Short)?);
        }
        Ok(header)
    }

    /// The bytes of the header itself: [`LONG_HEADER`] or [`SHORT_HEADER`].
    pub fn size(&self) -> usize {
        if self.long.is_some() {
            LONG_HEADER
        } else {
            SHORT_HEADER
        }
    }
}

/// What the first page of a segment tells about the whole; its first [`LONG_HEADER`] bytes are enough.
///
/// Source: `XLogLongPageHeaderData`, PostgreSQL `src/include/access/xlog_internal.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The version that wrote the segment.
    pub major: Major,
    /// The timeline that wrote the first page; older than that of the name when the page was copied at a switch.
    pub timeline: TimelineId,
    /// The position of the segment's first byte.
    pub address: Lsn,
    /// The database system.
    pub system: SystemId,
    /// The size of every segment of that system.
    pub segment_size: SegmentSize,
}

impl SegmentHeader {
    /// Reads the header from the first bytes of a segment.
    ///
    /// # Errors
    /// Those of [`PageHeader::parse`], [`PageError::NotLong`], [`PageError::PageSize`] and
    /// [`PageError::SegmentSize`].
    pub fn parse(start: &[u8]) -> Result<Self, PageError> {
        let page = PageHeader::parse(start)?;
        let long = page.long.ok_or(PageError::NotLong)?;
        if long.page_size as usize != PAGE_SIZE {
            return Err(PageError::PageSize {
                found: long.page_size,
            });
        }
        Ok(Self {
            major: page.major,
            timeline: page.timeline,
            address: page.address,
            system: long.system,
            segment_size: SegmentSize::new(long.segment_size.into())?,
        })
    }
}

/// Why a page of a WAL segment cannot be read: damage, or a file of something else.
///
/// Source: `XLogReaderValidatePageHeader`, PostgreSQL `src/backend/access/transam/xlogreader.c`.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum PageError {
    /// Fewer bytes than the header has.
    #[error("the page ends inside its header")]
    Short,
    /// The magic number is of no known version; 0 where the page is empty.
    #[error("page magic {magic:#06x} is of no PostgreSQL version that is known here")]
    UnknownVersion {
        /// The number found.
        magic: u16,
    },
    /// Another version wrote this page than those before it.
    #[error("the page is of PostgreSQL {found}, not {expected}")]
    OtherVersion {
        /// The version of the pages before.
        expected: Major,
        /// The version of this page.
        found: Major,
    },
    /// Flags that no version sets.
    #[error("page flags {flags:#06x} are of no PostgreSQL version that is known here")]
    UnknownFlags {
        /// The flags found.
        flags: u16,
    },
    /// A segment begins with a page that has no long header.
    #[error("the first page of the segment has no segment header")]
    NotLong,
    /// The page belongs to another place, as in a file under the wrong name.
    #[error("the page says it is at {found} but stands at {expected}")]
    Misplaced {
        /// Where it stands.
        expected: Lsn,
        /// Where it says it is.
        found: Lsn,
    },
    /// The page belongs to another database system.
    #[error("the segment is of database system {found}, not {expected}")]
    OtherSystem {
        /// The system of the stream.
        expected: SystemId,
        /// The system of this segment.
        found: SystemId,
    },
    /// The system has segments of another size.
    #[error("the segment says it has {found} bytes, not {expected}")]
    OtherSegmentSize {
        /// The size of the stream's segments in bytes.
        expected: u64,
        /// The size it says, in bytes.
        found: u64,
    },
    /// A size that no segment can have.
    #[error(transparent)]
    SegmentSize(#[from] SegmentSizeError),
    /// The server was built with another page size.
    #[error("the segment has pages of {found} bytes; only 8192 are supported")]
    PageSize {
        /// The size in bytes.
        found: u32,
    },
    /// The page is of an older timeline than the page before it.
    #[error("the page is of timeline {found} but stands behind one of timeline {previous}")]
    TimelineStepsBack {
        /// The timeline of the page before.
        previous: TimelineId,
        /// The timeline of this page.
        found: TimelineId,
    },
    /// The page is of a timeline that is no part of the history asked for.
    #[error("the page is of timeline {found}, which is not in the history of the target")]
    UnexpectedTimeline {
        /// The timeline of this page.
        found: TimelineId,
    },
}
