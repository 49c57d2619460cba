//! An archive of any length that exists only while it is read.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};

use walbound::barman::{Object, ObjectStore, StoreError};
use walbound::model::instant::Instant;

/// The size of the segments: 1 MiB.
pub(crate) const SIZE: u64 = 1 << 20;

/// The segment of the base backup.
pub(crate) const BACKUP: u64 = 16;

/// 2026-01-01 00:00:00 UTC in microseconds since 1970.
pub(crate) const EPOCH: i64 = 1_767_225_600_000_000;

const PAGE: usize = 8192;
const SYSTEM: u64 = 7_650_550_815_038_537_755;

/// Segments 16 to `last`, written as a server writes them, each with two transactions and a switch. The first one holds
/// a whole base backup.
pub(crate) struct Endless {
    pub(crate) last: u64,
    /// When the first transaction of a segment ended, in microseconds since 1970; `None` in idle segments.
    pub(crate) time: fn(u64) -> Option<i64>,
    /// When a segment was uploaded, in microseconds since 1970.
    pub(crate) uploaded: fn(u64) -> i64,
    /// Segments of timeline 1 that are not there.
    pub(crate) missing: BTreeSet<u64>,
    /// The first segment of timeline 2, which begins with it.
    pub(crate) fork: Option<u64>,
    /// Segments of timeline 2 that are not there.
    pub(crate) missing_on_two: BTreeSet<u64>,
    /// A segment with a wrong bit in its first record.
    pub(crate) damaged: Option<u64>,
    /// How many objects were read.
    pub(crate) reads: AtomicU32,
}

impl Endless {
    pub(crate) fn new(last: u64) -> Self {
        Self {
            last,
            time: every_five_minutes,
            uploaded: |number| every_five_minutes(number + 1).unwrap_or_default() + 10_000_000,
            missing: BTreeSet::new(),
            fork: None,
            missing_on_two: BTreeSet::new(),
            damaged: None,
            reads: AtomicU32::new(0),
        }
    }

    /// The transaction that ends first in a segment.
    pub(crate) fn first_xid(number: u64) -> u32 {
        (1000 + 2 * number) as u32
    }

    fn key(timeline: u32, number: u64) -> String {
        let (log, within) = (number / 4096, number % 4096);
        format!("db/wals/{timeline:08X}{log:08X}/{timeline:08X}{log:08X}{within:08X}")
    }

    /// Timeline and number of a segment.
    fn parse(key: &str) -> Option<(u32, u64)> {
        let name = key.rsplit('/').next()?;
        let part = |at: usize| u64::from_str_radix(name.get(at..at + 8)?, 16).ok();
        Some((part(0)? as u32, part(8)? * 4096 + part(16)?))
    }

    /// The timelines with the segments they have behind one.
    fn numbers(&self, after: (u32, u64)) -> Vec<(u32, Box<dyn Iterator<Item = u64> + '_>)> {
        let first = |timeline, first: u64| match after {
            (found, number) if found == timeline => first.max(number + 1),
            (found, _) if found > timeline => self.last + 1,
            _ => first,
        };
        let one = (first(1, BACKUP)..=self.last).filter(|number| !self.missing.contains(number));
        let mut all: Vec<(u32, Box<dyn Iterator<Item = u64> + '_>)> = vec![(1, Box::new(one))];
        if let Some(fork) = self.fork {
            let two =
                (first(2, fork)..=self.last).filter(|number| !self.missing_on_two.contains(number));
            all.push((2, Box::new(two)));
        }
        all
    }

    /// What a segment holds: manager, info, transaction and body of each record.
    fn records(&self, timeline: u32, number: u64) -> Vec<(u8, u8, u32, Vec<u8>)> {
        let commit = |xid: u32, time: i64| {
            let since_2000 = time - 946_684_800_000_000;
            (
                1,
                0,
                xid,
                [&[255, 8][..], &since_2000.to_le_bytes()].concat(),
            )
        };
        let mut records = Vec::new();
        if number == BACKUP {
            let redo = BACKUP * SIZE + 40;
            let mut checkpoint = redo.to_le_bytes().to_vec();
            checkpoint.extend(1_u32.to_le_bytes());
            checkpoint.extend(1_u32.to_le_bytes());
            checkpoint.resize(88, 0);
            records.push((8, 0x10, 0, vec![255, 2, 0, 0]));
            records.push((0, 0x10, 0, [&[255, 88][..], &checkpoint].concat()));
            records.push((0, 0x50, 0, [&[255, 8][..], &redo.to_le_bytes()].concat()));
        }
        if timeline == 2 && self.fork == Some(number) {
            records.push((8, 0, 0, vec![255, 2, 0, 0]));
        }
        match (self.time)(number) {
            Some(time) => {
                let xid = Self::first_xid(number);
                records.push(commit(xid, time));
                records.push(commit(xid + 1, time + 60_000_000));
            }
            None => records.push((8, 0x10, 0, [&[255, 100][..], &[0; 100]].concat())),
        }
        records.push((0, 0x40, 0, Vec::new()));
        records
    }

    /// Where the last record of a segment, its switch, begins.
    fn switch(&self, timeline: u32, number: u64) -> u64 {
        let records = self.records(timeline, number);
        let before = records.iter().take(records.len() - 1);
        let bytes = before.map(|(_, _, _, body)| (24 + body.len() as u64).next_multiple_of(8));
        number * SIZE + 40 + bytes.sum::<u64>()
    }

    fn segment(&self, timeline: u32, number: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE as usize);
        bytes.extend(0xD110_u16.to_le_bytes());
        bytes.extend(2_u16.to_le_bytes());
        bytes.extend(timeline.to_le_bytes());
        bytes.extend((number * SIZE).to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(SYSTEM.to_le_bytes());
        bytes.extend((SIZE as u32).to_le_bytes());
        bytes.extend((PAGE as u32).to_le_bytes());
        let before = match self.fork {
            Some(fork) if timeline == 2 && number > fork => 2,
            _ => 1,
        };
        let mut previous = self.switch(before, number - 1);
        for (manager, info, xid, body) in self.records(timeline, number) {
            let start = number * SIZE + bytes.len() as u64;
            let mut record = ((24 + body.len()) as u32).to_le_bytes().to_vec();
            record.extend(xid.to_le_bytes());
            record.extend(previous.to_le_bytes());
            record.extend([info, manager, 0, 0]);
            let checksum = crc32c::crc32c_append(crc32c::crc32c(&body), &record);
            bytes.extend(record);
            bytes.extend(checksum.to_le_bytes());
            bytes.extend(body);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            previous = start;
        }
        if self.damaged == Some(number) {
            bytes[45] ^= 1;
        }
        bytes.resize(SIZE as usize, 0);
        bytes
    }

    fn info(&self) -> String {
        let redo = BACKUP * SIZE + 40;
        let end = redo + 32 + 120 + 40;
        let lsn = |at: u64| format!("{:X}/{:X}", at >> 32, at & 0xFFFF_FFFF);
        let label = format!(
            "START WAL LOCATION: {} (file 000000010000000000000010)\\nCHECKPOINT LOCATION: {}\\nBACKUP METHOD: streamed\\nBACKUP FROM: primary\\nSTART TIME: 2026-01-01 00:00:00 UTC\\nLABEL: x\\nSTART TIMELINE: 1\\n",
            lsn(redo),
            lsn(redo + 32)
        );
        format!(
            "backup_label='{label}'\nbegin_time=2026-01-01 00:00:00+00:00\nbegin_wal=000000010000000000000010\nbegin_offset=40\nbegin_xlog={}\ncluster_size=23000000\nend_offset={}\nend_time=2026-01-01 00:00:01+00:00\nend_wal=000000010000000000000010\nend_xlog={}\nserver_name=cloud\nstatus=DONE\nsystemid={SYSTEM}\ntimeline=1\nversion=150018\nxlog_segment_size={SIZE}\n",
            lsn(redo),
            end % SIZE,
            lsn(end)
        )
    }

    fn content(&self, key: &str) -> Option<Vec<u8>> {
        if key.ends_with("backup.info") {
            return Some(self.info().into_bytes());
        }
        if key.ends_with(".history") {
            let at = self.fork? * SIZE;
            return Some(
                format!(
                    "1\t{:X}/{:X}\tno recovery target specified\n",
                    at >> 32,
                    at & 0xFFFF_FFFF
                )
                .into_bytes(),
            );
        }
        let (timeline, number) = Self::parse(key)?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        Some(self.segment(timeline, number))
    }
}

/// Segment 16 begins at the epoch.
pub(crate) fn every_five_minutes(number: u64) -> Option<i64> {
    Some(EPOCH + 2_000_000 + (number as i64 - BACKUP as i64) * 300_000_000)
}

impl ObjectStore for Endless {
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let object = |key: String, size, uploaded| Object {
            key,
            size,
            last_modified: Instant::from_micros(uploaded),
        };
        if prefix == "db/base/" {
            for name in ["backup.info", "data.tar"] {
                let _ = visit(object(format!("{prefix}20260101T000000/{name}"), 9, EPOCH));
            }
            return Ok(());
        }
        let after = start_after.unwrap_or_default();
        let from = Self::parse(after).unwrap_or_default();
        for (timeline, numbers) in self.numbers(from) {
            if timeline == 2 && after < "db/wals/00000002.history" {
                let _ = visit(object("db/wals/00000002.history".to_owned(), 40, EPOCH));
            }
            for number in numbers {
                let key = Self::key(timeline, number);
                if visit(object(key, SIZE, (self.uploaded)(number))).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn directories(&self, _prefix: &str) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        match self.content(key) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes))),
            None => Err(StoreError::Missing {
                what: key.to_owned(),
            }),
        }
    }
}
