//! Names, numbers and sizes of WAL segments.

use std::fmt;

use thiserror::Error;

use super::lsn::{Lsn, TimelineId};

/// The size of every segment of one database system, in bytes: a power of two from 1 MiB to 1 GiB.
///
/// A property of the system (`initdb --wal-segsize`), never a constant: it stands in `backup.info` and in the first
/// page of every segment.
/// Source: `IsValidWalSegSize`, PostgreSQL `src/include/access/xlog_internal.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentSize(u32);

impl SegmentSize {
    /// What `initdb` takes when it is not told otherwise: 16 MiB.
    pub const DEFAULT: Self = Self(16 << 20);

    /// From a number of bytes.
    ///
    /// # Errors
    /// [`SegmentSizeError`] unless it is a power of two from 1 MiB to 1 GiB.
    pub fn new(bytes: u64) -> Result<Self, SegmentSizeError> {
        let error = SegmentSizeError { bytes };
        let valid = bytes.is_power_of_two() && (1 << 20..=1 << 30).contains(&bytes);
        match u32::try_from(bytes) {
            Ok(bytes) if valid => Ok(Self(bytes)),
            _ => Err(error),
        }
    }

    /// The size in bytes.
    pub fn bytes(self) -> u64 {
        self.0.into()
    }

    /// How many segments share one log number, the middle eight digits of a name: 256 at 16 MiB.
    pub fn segments_per_log(self) -> u64 {
        (1 << 32) / self.bytes()
    }
}

impl Default for SegmentSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a number of bytes is no segment size.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
#[error("{bytes} bytes is no WAL segment size: a power of two from 1 MiB to 1 GiB is")]
pub struct SegmentSizeError {
    /// The number that was given.
    pub bytes: u64,
}

/// The place of a segment in the WAL stream: its first byte divided by the segment size. Timelines share numbers.
/// Source: `XLogSegNo`, PostgreSQL `src/include/access/xlogdefs.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(pub u64);

impl SegmentNumber {
    /// The segment that holds the byte at `position`.
    /// Source: `XLByteToSeg`, PostgreSQL `src/include/access/xlog_internal.h`.
    pub fn holding(position: Lsn, size: SegmentSize) -> Self {
        Self(position.0 / size.bytes())
    }

    /// The position of the segment's first byte; the end of all positions for numbers beyond them.
    pub fn start(self, size: SegmentSize) -> Lsn {
        Lsn(self.0.saturating_mul(size.bytes()))
    }

    /// The segment that follows.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A segment of one timeline, as its file name tells.
///
/// The order is by timeline, then by number, as that of the file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// The timeline whose server wrote or copied this file. Its pages may carry an older one.
    pub timeline: TimelineId,
    /// The place in the stream.
    pub number: SegmentNumber,
}

impl SegmentName {
    /// Reads a file name of 24 upper-case hexadecimal digits: timeline, log, segment within the log.
    /// Source: `XLogFromFileName` and `IsXLogFileName`, PostgreSQL `src/include/access/xlog_internal.h`.
    ///
    /// # Errors
    /// [`SegmentNameError::Shape`] for any other text; [`SegmentNameError::BeyondLog`] when the last part is higher
    /// than `size` allows, which means that the name belongs to a system with smaller segments.
    pub fn parse(name: &str, size: SegmentSize) -> Result<Self, SegmentNameError> {
        let shape = || SegmentNameError::Shape {
            name: name.to_owned(),
        };
        let digits = name
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
        if name.len() != 24 || !digits {
            return Err(shape());
        }
        let part = |at: usize| {
            let text = name.get(at..at + 8).unwrap_or_default();
            u32::from_str_radix(text, 16).map_err(|_| shape())
        };
        let (timeline, log, within) = (part(0)?, part(8)?, part(16)?);
        if u64::from(within) >= size.segments_per_log() {
            return Err(SegmentNameError::BeyondLog {
                name: name.to_owned(),
                size: size.bytes(),
            });
        }
        Ok(Self {
            timeline: TimelineId(timeline),
            number: SegmentNumber(u64::from(log) * size.segments_per_log() + u64::from(within)),
        })
    }

    /// The file name, 24 upper-case hexadecimal digits.
    pub fn file_name(self, size: SegmentSize) -> impl fmt::Display {
        FileName { name: self, size }
    }

    /// The position of the segment's first byte.
    pub fn start(self, size: SegmentSize) -> Lsn {
        self.number.start(size)
    }
}

/// Why a text is not the file name of a segment.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum SegmentNameError {
    /// Not 24 upper-case hexadecimal digits.
    #[error("`{name}` is not the name of a WAL segment: 24 upper-case hexadecimal digits are")]
    Shape {
        /// The text, as it was.
        name: String,
    },
    /// The last eight digits are too high for the segment size.
    #[error("`{name}` cannot be the name of a WAL segment of {size} bytes")]
    BeyondLog {
        /// The name, as it was.
        name: String,
        /// The segment size in bytes.
        size: u64,
    },
}

/// Prints a name; the digits depend on the segment size.
struct FileName {
    name: SegmentName,
    size: SegmentSize,
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_log = self.size.segments_per_log();
        let SegmentName { timeline, number } = self.name;
        let (log, within) = (number.0 / per_log, number.0 % per_log);
        write!(f, "{:08X}{log:08X}{within:08X}", timeline.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{SegmentName, SegmentNameError, SegmentNumber, SegmentSize};
    use crate::wal::lsn::{Lsn, TimelineId};

    fn size(mib: u64) -> SegmentSize {
        SegmentSize::new(mib << 20).unwrap()
    }

    #[test]
    fn sizes_are_powers_of_two_between_one_mib_and_one_gib() {
        for good in [1 << 20, 16 << 20, 1 << 30] {
            assert_eq!(SegmentSize::new(good).unwrap().bytes(), good);
        }
        for bad in [0, 1, 1 << 19, (1 << 20) + 1, 3 << 20, 1 << 31, 1 << 32] {
            assert!(SegmentSize::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_is_read_with_its_segment_size_and_printed_back() {
        for (text, mib, timeline, number) in [
            ("000000010000000000000001", 16, 1, 1),
            ("0000000200000001000000FF", 16, 2, 511),
            ("00000001000000020000003F", 64, 1, 191),
            ("000000010000000200000003", 1024, 1, 11),
            ("000000010000000100000FFF", 1, 1, 8191),
            ("FFFFFFFFFFFFFFFF000000FF", 16, u32::MAX, (1 << 40) - 1),
        ] {
            let name = SegmentName::parse(text, size(mib)).unwrap();
            assert_eq!(name.timeline, TimelineId(timeline));
            assert_eq!(name.number, SegmentNumber(number));
            assert_eq!(name.file_name(size(mib)).to_string(), text);
        }
    }

    #[test]
    fn names_of_other_files_and_of_smaller_segments_are_told_apart() {
        for text in [
            "",
            "00000001000000000000001",
            "0000000100000000000000010",
            "00000001000000000000000a",
            "00000001.history",
            "+00000010000000000000001",
        ] {
            let read = SegmentName::parse(text, size(16));
            assert!(
                matches!(read, Err(SegmentNameError::Shape { .. })),
                "{text}"
            );
        }
        let read = SegmentName::parse("000000010000000000000040", size(64));
        assert!(matches!(
            read,
            Err(SegmentNameError::BeyondLog {
                size: 0x400_0000,
                ..
            })
        ));
    }

    #[test]
    fn positions_and_numbers_agree() {
        let number = SegmentNumber::holding(Lsn(0x1_4455_EB60), size(16));
        assert_eq!(number, SegmentNumber(0x144));
        assert_eq!(number.start(size(16)), Lsn(0x1_4400_0000));
        assert_eq!(number.next().start(size(16)), Lsn(0x1_4500_0000));
        assert_eq!(SegmentNumber(u64::MAX).start(size(16)), Lsn(u64::MAX));
    }
}
