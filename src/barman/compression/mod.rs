//! Compressed objects: the suffix says how, the first bytes have to agree, and no object yields more than it may.

use std::fmt;
use std::io::{self, Read};

use thiserror::Error;

use crate::wal::SegmentSize;

mod decoder;
mod zstd;

pub use decoder::Decoder;

/// How an object is compressed. The suffix of its key decides, object by object: one archive can hold several kinds.
/// Source: barman `cloud.py`, `ALLOWED_COMPRESSIONS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// As it was on the server.
    None,
    /// `.gz`.
    Gzip,
    /// `.bz2`.
    Bzip2,
    /// `.snappy`, in the framed format.
    Snappy,
    /// `.xz`.
    Xz,
    /// `.zst`.
    Zstd,
    /// `.lz4`, in the frame format.
    Lz4,
}

impl Compression {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Gzip,
        Self::Bzip2,
        Self::Snappy,
        Self::Xz,
        Self::Zstd,
        Self::Lz4,
    ];

    /// The suffix of keys, with its dot; empty for [`Compression::None`].
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Bzip2 => ".bz2",
            Self::Snappy => ".snappy",
            Self::Xz => ".xz",
            Self::Zstd => ".zst",
            Self::Lz4 => ".lz4",
        }
    }

    /// Parts a name into what it had before compression, and the compression.
    pub fn split(name: &str) -> (&str, Self) {
        let kinds = Self::ALL.into_iter().filter(|kind| *kind != Self::None);
        kinds
            .filter_map(|kind| Some((name.strip_suffix(kind.suffix())?, kind)))
            .next()
            .unwrap_or((name, Self::None))
    }
}

/// The word that CloudNativePG's manifests use, `none` where they leave it out.
impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Snappy => "snappy",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// Why the content of an object cannot be had.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum DecodeError {
    /// The first bytes are not those of the format that the suffix promises. A restore fails on such an object.
    #[error("the object is not in {expected} format as its suffix says")]
    WrongFormat {
        /// What the suffix promises.
        expected: Compression,
    },
    /// The compressed stream is damaged or ends early.
    #[error("the {compression} stream is damaged: {reason}")]
    Damaged {
        /// The format.
        compression: Compression,
        /// The decoder's words.
        reason: String,
    },
    /// The content is not as long as a segment. PostgreSQL stops with an error at a file of the wrong size.
    #[error("the segment has {found} bytes instead of {expected}")]
    TooShort {
        /// The segment size.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// The content is longer than it may be; the rest was not read.
    #[error("the content has more than {limit} bytes")]
    TooLong {
        /// The most that is accepted.
        limit: u64,
    },
    /// The store broke off.
    #[error("the object cannot be read: {reason}")]
    Store {
        /// The store's words.
        reason: String,
    },
}

/// The content of a whole segment, put into `into`, which is emptied first and can be used again and again.
///
/// At most one byte more than the segment size is ever decoded, and the stream is read to its end, so that its
/// checksums count.
///
/// # Errors
/// [`DecodeError`]; `into` then holds what was read before.
pub fn decode_segment<'r>(
    source: Box<dyn Read + 'r>,
    compression: Compression,
    size: SegmentSize,
    into: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    into.clear();
    read_all(source, compression, size.bytes(), into)?;
    let (expected, found) = (size.bytes(), into.len() as u64);
    if found < expected {
        return Err(DecodeError::TooShort { expected, found });
    }
    Ok(())
}

/// The content of an object of at most `limit` bytes.
///
/// # Errors
/// [`DecodeError`], but never [`DecodeError::TooShort`].
pub fn decode_up_to<'r>(
    source: Box<dyn Read + 'r>,
    compression: Compression,
    limit: u64,
) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    read_all(source, compression, limit, &mut bytes)?;
    Ok(bytes)
}

fn read_all<'r>(
    source: Box<dyn Read + 'r>,
    compression: Compression,
    limit: u64,
    into: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let mut decoder = Decoder::new(source, compression, limit);
    let read = decoder.read_to_end(into);
    read.map_err(|error| decoder.explain(&error))?;
    if into.len() as u64 > limit {
        return Err(DecodeError::TooLong { limit });
    }
    Ok(())
}

fn invalid(error: DecodeError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests;
