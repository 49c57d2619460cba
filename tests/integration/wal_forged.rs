//! WAL that servers write too seldom to have it at hand, put together byte by byte.

use walbound::wal::page::PageError;
use walbound::wal::record::RecordError;
use walbound::wal::{
    Damage, Event, Lsn, SegmentEnd, SegmentNumber, SegmentSize, StreamDecoder, Timestamp,
    XactEndKind, Xid,
};

use crate::wal::Told;

const SIZE: usize = 1 << 20;
const PAGE: usize = 8192;
const FIRST: SegmentNumber = SegmentNumber(5);

/// Writes records behind one another as a server does, into as many segments as they need.
struct Log {
    bytes: Vec<u8>,
    previous: u64,
    timeline: u32,
    magic: u16,
}

impl Log {
    fn new() -> Self {
        Self {
            bytes: Vec::new(),
            previous: 8,
            timeline: 1,
            magic: 0xD110,
        }
    }

    fn position(&self) -> u64 {
        FIRST.0 * SIZE as u64 + self.bytes.len() as u64
    }

    /// Begins a page whose first `remaining` bytes belong to a record.
    fn page(&mut self, flags: u16, remaining: u32) {
        let address = self.position();
        let long = self.bytes.len().is_multiple_of(SIZE);
        let flags = flags | u16::from(remaining > 0) | if long { 2 } else { 0 };
        self.bytes.extend(self.magic.to_le_bytes());
        self.bytes.extend(flags.to_le_bytes());
        self.bytes.extend(self.timeline.to_le_bytes());
        self.bytes.extend(address.to_le_bytes());
        self.bytes.extend(remaining.to_le_bytes());
        self.bytes.extend([0; 4]);
        if long {
            self.bytes.extend(77_u64.to_le_bytes());
            self.bytes.extend((SIZE as u32).to_le_bytes());
            self.bytes.extend((PAGE as u32).to_le_bytes());
        }
    }

    /// Adds a record and returns where it begins.
    fn record(&mut self, manager: u8, info: u8, xid: u32, body: &[u8]) -> Lsn {
        if self.bytes.len().is_multiple_of(PAGE) {
            self.page(0, 0);
        }
        let start = self.position();
        let total = u32::try_from(24 + body.len()).unwrap();
        let mut record = Vec::new();
        record.extend(total.to_le_bytes());
        record.extend(xid.to_le_bytes());
        record.extend(self.previous.to_le_bytes());
        record.extend([info, manager, 0, 0]);
        let checksum = crc32c::crc32c_append(crc32c::crc32c(body), &record);
        record.extend(checksum.to_le_bytes());
        record.extend(body);
        for (index, byte) in record.iter().enumerate() {
            if self.bytes.len().is_multiple_of(PAGE) {
                self.page(0, total - index as u32);
            }
            self.bytes.push(*byte);
        }
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.previous = start;
        Lsn(start)
    }

    /// A record with a short main part.
    fn short(&mut self, manager: u8, info: u8, xid: u32, main: &[u8]) -> Lsn {
        let length = u8::try_from(main.len()).unwrap();
        self.record(manager, info, xid, &[&[255, length], main].concat())
    }

    /// Fills the page with one record so that `room` bytes are left.
    fn fill(&mut self, room: usize) {
        if self.bytes.len().is_multiple_of(PAGE) {
            self.page(0, 0);
        }
        let left = PAGE - self.bytes.len() % PAGE;
        self.record(10, 0, 0, &vec![7; left - room - 24]);
        assert_eq!((PAGE - self.bytes.len() % PAGE) % PAGE, room);
    }

    fn read(&self) -> (Told, SegmentEnd) {
        let mut decoder = StreamDecoder::new(SegmentSize::new(SIZE as u64).unwrap());
        let mut bytes = self.bytes.clone();
        bytes.resize(bytes.len().next_multiple_of(SIZE), 0);
        let mut told = Told::default();
        let mut end = SegmentEnd::Complete { open: None };
        for (index, segment) in bytes.chunks(SIZE).enumerate() {
            let number = SegmentNumber(FIRST.0 + index as u64);
            end = decoder.feed(number, segment, &mut told).unwrap();
        }
        (told, end)
    }
}

fn starts(told: &Told) -> Vec<Lsn> {
    told.records.iter().map(|span| span.start).collect()
}

#[test]
fn a_record_may_have_its_header_on_two_pages() {
    let mut log = Log::new();
    for room in [8, 16, 24, 32] {
        log.fill(room);
        log.short(1, 0, 42, &5_i64.to_le_bytes());
    }
    let (told, end) = log.read();
    assert_eq!(
        end,
        SegmentEnd::Unwritten {
            at: Lsn(log.position())
        }
    );
    assert_eq!(told.records.len(), 8);
    assert_eq!(told.events.len(), 4);
    assert!(told.events.iter().all(|located| {
        located.event
            == Event::XactEnd {
                kind: XactEndKind::Commit,
                xid: Xid(42),
                time: Timestamp::from_micros(5),
            }
    }));
}

#[test]
fn a_record_that_ends_with_its_page_ends_at_the_next_one() {
    let mut log = Log::new();
    log.fill(0);
    let next = log.position();
    let second = log.record(10, 0, 0, &[]);
    let (told, _) = log.read();
    assert_eq!(told.records[0].end, Lsn(next));
    assert_eq!(second, Lsn(next + 24));
    assert_eq!(starts(&told)[1], second);
}

#[test]
fn managers_of_extensions_are_read_like_others() {
    let mut log = Log::new();
    log.short(200, 0xF0, 1, b"of an extension");
    log.short(128, 0, 1, b"of another");
    assert_eq!(log.read().0.records.len(), 2);
}

#[test]
fn a_record_given_up_at_a_crash_is_passed_over() {
    let mut log = Log::new();
    log.fill(64);
    let previous = log.previous;
    let given_up = log.record(10, 0, 0, &[9; 9000]);
    // The server found the next page missing, and began there anew with a note about it.
    log.bytes.truncate(PAGE);
    log.previous = previous;
    log.page(8, 0);
    let note = log.short(0, 0xD0, 0, &[0; 16]);
    let commit = log.short(1, 0, 3, &1_i64.to_le_bytes());
    let (told, end) = log.read();
    assert_eq!(
        end,
        SegmentEnd::Unwritten {
            at: Lsn(log.position())
        }
    );
    let starts = starts(&told);
    assert_eq!(starts[1..], [note, commit]);
    assert!(!starts.contains(&given_up));
}

#[test]
fn a_segment_of_another_branch_does_not_link() {
    let mut log = Log::new();
    log.record(0, 0x40, 0, &[]);
    log.bytes.resize(SIZE, 0);
    let last = log.previous;
    // The branch wrote more into the segment before.
    log.previous = last + 0x100;
    log.timeline = 2;
    let start = log.short(1, 0, 3, &1_i64.to_le_bytes());
    let (told, end) = log.read();
    assert_eq!(told.records.len(), 1);
    let why = Damage::Record(RecordError::Link {
        expected: Lsn(last),
        found: Lsn(last + 0x100),
    });
    assert_eq!(end, SegmentEnd::Damaged { at: start, why });
}

#[test]
fn pages_left_over_from_an_earlier_use_end_the_stream() {
    for (distance, recycled) in [(SIZE, true), (3 * SIZE, true), (PAGE, false)] {
        let mut log = Log::new();
        log.fill(0);
        log.fill(0);
        log.fill(0);
        let at = FIRST.0 * SIZE as u64 + 2 * PAGE as u64;
        let old = at - distance as u64;
        log.bytes[2 * PAGE + 8..2 * PAGE + 16].copy_from_slice(&old.to_le_bytes());
        let (told, end) = log.read();
        assert_eq!(told.records.len(), 2);
        let at = Lsn(at);
        if recycled {
            assert_eq!(end, SegmentEnd::Unwritten { at });
        } else {
            let why = Damage::Page(PageError::Misplaced {
                expected: at,
                found: Lsn(old),
            });
            assert_eq!(end, SegmentEnd::Damaged { at, why });
        }
    }
    // Written WAL behind such a page: it was lost, not unwritten.
    let mut log = Log::new();
    (0..4).for_each(|_| log.fill(0));
    let old = (FIRST.0 - 1) * SIZE as u64 + 2 * PAGE as u64;
    log.bytes[2 * PAGE + 8..2 * PAGE + 16].copy_from_slice(&old.to_le_bytes());
    let next = Lsn(FIRST.0 * SIZE as u64 + 3 * PAGE as u64);
    let (_, end) = log.read();
    assert!(
        matches!(end, SegmentEnd::Damaged { why: Damage::Hole { next: found }, .. } if found == next)
    );
}

#[test]
fn a_record_may_fill_whole_segments() {
    let mut log = Log::new();
    let long = log.record(10, 0, 0, &vec![1; 3 * SIZE]);
    let commit = log.short(1, 0, 3, &1_i64.to_le_bytes());
    let (told, _) = log.read();
    assert_eq!(starts(&told), [long, commit]);
    // The third segment has no record start; the fourth can be read without the others.
    let size = SegmentSize::new(SIZE as u64).unwrap();
    let segment = |index: usize| {
        let mut bytes = log.bytes[index * SIZE..log.bytes.len().min((index + 1) * SIZE)].to_vec();
        bytes.resize(SIZE, 0);
        let mut told = Told::default();
        let number = SegmentNumber(FIRST.0 + index as u64);
        let end = StreamDecoder::new(size)
            .feed(number, &bytes, &mut told)
            .unwrap();
        (told, end)
    };
    let (told, end) = segment(2);
    assert!(told.records.is_empty());
    assert!(
        matches!(end, SegmentEnd::Complete { open: Some(open) } if open.start.is_none() && open.missing > 0)
    );
    assert_eq!(starts(&segment(3).0), [commit]);
}

/// The main part of the end of a prepared transaction with every list in it.
fn prepared(statistics: usize, commit: bool) -> Vec<u8> {
    let mut main = 6_i64.to_le_bytes().to_vec();
    let present: u32 = 0x1 | 0x2 | 0x4 | 0x100 | 0x10 | 0x80 | 0x20 | if commit { 0x8 } else { 0 };
    main.extend(present.to_le_bytes());
    main.extend([0xAA; 8]);
    for (count, width) in [(3, 4), (2, 12), (1, statistics)] {
        main.extend(u32::to_le_bytes(count));
        main.extend(vec![0xBB; count as usize * width]);
    }
    if commit {
        main.extend(2_u32.to_le_bytes());
        main.extend([0xCC; 32]);
    }
    main.extend(4711_u32.to_le_bytes());
    main.extend(b"name\0");
    main.extend([0xDD; 16]);
    main
}

#[test]
fn the_number_of_a_prepared_transaction_stands_behind_lists() {
    for (magic, statistics) in [(0xD110, 12), (0xD116, 12), (0xD118, 16)] {
        for (operation, kind) in [
            (0x30, XactEndKind::CommitPrepared),
            (0x40, XactEndKind::AbortPrepared),
        ] {
            let main = prepared(statistics, operation == 0x30);
            let mut log = Log::new();
            log.magic = magic;
            let length = u32::try_from(main.len()).unwrap().to_le_bytes();
            // A replication origin and a long main part.
            let body = [&[253, 1, 0, 254], &length[..], &main].concat();
            log.fill(40);
            log.record(1, operation | 0x80, 0, &body);
            let xid = Xid(4711);
            let time = Timestamp::from_micros(6);
            let (told, _) = log.read();
            assert_eq!(told.events[0].event, Event::XactEnd { kind, xid, time });
        }
    }
}

#[test]
fn a_known_record_built_in_an_unknown_way_ends_the_stream() {
    let mut log = Log::new();
    log.short(1, 0x80 | 0x30, 0, &[0; 14]);
    let why = Damage::Record(RecordError::Malformed {
        manager: 1,
        info: 0xB0,
    });
    let (told, end) = log.read();
    assert!(told.records.is_empty());
    assert!(matches!(end, SegmentEnd::Damaged { why: found, .. } if found == why));
}

#[test]
fn a_switch_ends_at_the_end_of_its_segment() {
    let mut log = Log::new();
    let switch = log.record(0, 0x40, 0, &[]);
    let (told, end) = log.read();
    assert_eq!(end, SegmentEnd::Switched { at: switch });
    assert_eq!(told.records[0].end, Lsn((FIRST.0 + 1) * SIZE as u64));
    // Its header may lie on two pages.
    let mut log = Log::new();
    log.fill(16);
    let switch = log.record(0, 0x40, 0, &[]);
    let (told, end) = log.read();
    assert_eq!(end, SegmentEnd::Switched { at: switch });
    assert_eq!(told.records[1].end, Lsn((FIRST.0 + 1) * SIZE as u64));
}
