//! Record headers, checksums, and the main data of a record.

use thiserror::Error;

use super::event::Xid;
use super::lsn::Lsn;

/// The bytes of a record header.
/// Source: `SizeOfXLogRecord`, PostgreSQL `src/include/access/xlogrecord.h`.
pub const RECORD_HEADER: usize = 24;

/// The longest record the server can read, in bytes.
/// Source: `MaxAllocSize`, PostgreSQL `src/include/utils/memutils.h`.
pub const LONGEST_RECORD: u32 = 0x3FFF_FFFF;

/// The header of a record.
///
/// Source: `XLogRecord`, PostgreSQL `src/include/access/xlogrecord.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// The bytes of the whole record, headers included.
    pub total: u32,
    /// The transaction that wrote it; 0 for none.
    pub xid: Xid,
    /// Where the record before it begins.
    pub previous: Lsn,
    /// What the resource manager did; the lower four bits are not its own.
    pub info: u8,
    /// The resource manager.
    pub manager: u8,
    /// CRC-32C over the body and then the header up to this field.
    pub checksum: u32,
}

impl RecordHeader {
    /// Reads the header at the start of `record`. `None` if there are fewer than [`RECORD_HEADER`] bytes.
    pub fn parse(record: &[u8]) -> Option<Self> {
        let header: &[u8; RECORD_HEADER] = record.first_chunk()?;
        Some(Self {
            total: header.u32_at(0)?,
            xid: Xid(header.u32_at(4)?),
            previous: Lsn(header.u64_at(8)?),
            info: header[16],
            manager: header[17],
            checksum: header.u32_at(20)?,
        })
    }
}

/// The checksum of a record grown piece by piece: first the body, the header last.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Checksum(u32);

impl Checksum {
    /// Adds the next bytes of the body.
    pub(super) fn add(&mut self, body: &[u8]) {
        self.0 = crc32c::crc32c_append(self.0, body);
    }

    /// The checksum of the body so far with the header at the start of `record`.
    pub(super) fn finish(self, record: &[u8]) -> u32 {
        let covered = record.get(..RECORD_HEADER - size_of::<u32>());
        crc32c::crc32c_append(self.0, covered.unwrap_or_default())
    }
}

/// Why a record cannot be read.
///
/// Source: `XLogReadRecord` and `ValidXLogRecord`, PostgreSQL `src/backend/access/transam/xlogreader.c`.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum RecordError {
    /// The length is shorter than a header or longer than any record, or 0 in front of written bytes.
    #[error("a record cannot have {found} bytes")]
    Length {
        /// The length found.
        found: u32,
    },
    /// The record does not follow the one before it; typical when a segment of another timeline comes next.
    #[error("the record says it follows the one at {found}, not the one at {expected}")]
    Link {
        /// Where the record before it begins; for the first record read, its own start.
        expected: Lsn,
        /// Where it says that the record before it begins.
        found: Lsn,
    },
    /// The bytes are not those that were written.
    #[error("the record's checksum is {computed:08X}, not {stored:08X}")]
    Checksum {
        /// The checksum in the record.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// The next page does not carry on the record.
    #[error("the next page does not continue the record")]
    ContinuationMissing,
    /// The next page carries on a record of another length.
    #[error("the next page continues a record with {found} bytes to come, not {expected}")]
    ContinuationLength {
        /// Bytes still to come of the record.
        expected: u32,
        /// Bytes still to come, as the page says.
        found: u32,
    },
    /// A record should begin on the page, which carries on another one.
    #[error("the page continues a record although none is open")]
    UnexpectedContinuation,
    /// The position asked for lies inside a page header.
    #[error("no record can begin inside a page header")]
    InsidePageHeader,
    /// The checksum fits, but the record of a known kind is built in an unknown way.
    #[error("the record of manager {manager} with info {info:#04x} is built in an unknown way")]
    Malformed {
        /// The resource manager.
        manager: u8,
        /// Its operation.
        info: u8,
    },
}

/// The main data of a record without block references, which those that make events never have. `record` may be cut
/// short behind its fragment headers. `None` if it is built otherwise.
///
/// Source: `DecodeXLogRecord`, PostgreSQL `src/backend/access/transam/xlogreader.c`.
pub(super) fn main_data(record: &[u8], total: u32) -> Option<&[u8]> {
    const SHORT: u8 = 255;
    const LONG: u8 = 254;
    const ORIGIN: u8 = 253;
    const TOP_LEVEL_XID: u8 = 252;
    let mut at = RECORD_HEADER;
    let (begin, length) = loop {
        match *record.get(at)? {
            SHORT => break (at + 2, u32::from(*record.get(at + 1)?)),
            LONG => break (at + 5, record.u32_at(at + 1)?),
            ORIGIN => at += 3,
            TOP_LEVEL_XID => at += 5,
            _ => return None,
        }
    };
    // Main data is what a record ends with.
    let fits = u32::try_from(begin).ok()?.checked_add(length)? == total;
    fits.then(|| record.get(begin..)).flatten()
}

/// Little-endian numbers at offsets; `None` beyond the end.
pub(super) trait Bytes {
    /// The two bytes at `offset`.
    fn u16_at(&self, offset: usize) -> Option<u16>;
    /// The four bytes at `offset`.
    fn u32_at(&self, offset: usize) -> Option<u32>;
    /// The eight bytes at `offset`.
    fn u64_at(&self, offset: usize) -> Option<u64>;
    /// The eight bytes at `offset`, signed.
    fn i64_at(&self, offset: usize) -> Option<i64>;
}

impl Bytes for [u8] {
    fn u16_at(&self, offset: usize) -> Option<u16> {
        chunk(self, offset).map(u16::from_le_bytes)
    }

    fn u32_at(&self, offset: usize) -> Option<u32> {
        chunk(self, offset).map(u32::from_le_bytes)
    }

    fn u64_at(&self, offset: usize) -> Option<u64> {
        chunk(self, offset).map(u64::from_le_bytes)
    }

    fn i64_at(&self, offset: usize) -> Option<i64> {
        chunk(self, offset).map(i64::from_le_bytes)
    }
}

fn chunk<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}
