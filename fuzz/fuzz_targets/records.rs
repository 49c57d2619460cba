//! Any records, with pages and checksums that fit.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::wal::{Located, SegmentNumber, SegmentSize, Span, StreamDecoder, Visitor};

const SIZE: usize = 1 << 20;
const PAGE: usize = 8192;
const MAGICS: [u16; 7] = [0xD101, 0xD106, 0xD10D, 0xD110, 0xD113, 0xD116, 0xD118];

#[derive(Default)]
struct Told {
    records: usize,
    events: usize,
}

impl Visitor for Told {
    fn record(&mut self, _span: Span) {
        self.records += 1;
    }

    fn event(&mut self, _event: Located) {
        self.events += 1;
    }
}

struct Log {
    bytes: Vec<u8>,
    previous: u64,
    magic: u16,
}

impl Log {
    fn page(&mut self, remaining: u32) {
        let long = self.bytes.len().is_multiple_of(SIZE);
        let flags = u16::from(remaining > 0) | if long { 2 } else { 0 };
        let address = (SIZE + self.bytes.len()) as u64;
        self.bytes.extend(self.magic.to_le_bytes());
        self.bytes.extend(flags.to_le_bytes());
        self.bytes.extend(1_u32.to_le_bytes());
        self.bytes.extend(address.to_le_bytes());
        self.bytes.extend(remaining.to_le_bytes());
        self.bytes.extend([0; 4]);
        if long {
            self.bytes.extend(77_u64.to_le_bytes());
            self.bytes.extend((SIZE as u32).to_le_bytes());
            self.bytes.extend((PAGE as u32).to_le_bytes());
        }
    }

    fn record(&mut self, manager: u8, info: u8, body: &[u8]) {
        if self.bytes.len().is_multiple_of(PAGE) {
            self.page(0);
        }
        let start = (SIZE + self.bytes.len()) as u64;
        let total = (24 + body.len()) as u32;
        let mut record = total.to_le_bytes().to_vec();
        record.extend(9_u32.to_le_bytes());
        record.extend(self.previous.to_le_bytes());
        record.extend([info, manager, 0, 0]);
        let checksum = crc32c::crc32c_append(crc32c::crc32c(body), &record);
        record.extend(checksum.to_le_bytes());
        record.extend(body);
        for (index, byte) in record.iter().enumerate() {
            if self.bytes.len().is_multiple_of(PAGE) {
                self.page(total - index as u32);
            }
            self.bytes.push(*byte);
        }
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.previous = start;
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, mut rest)) = bytes.split_first() else {
        return;
    };
    let mut log = Log {
        bytes: Vec::new(),
        previous: 8,
        magic: MAGICS[usize::from(*first) % MAGICS.len()],
    };
    let mut written = 0;
    // Each record: manager, info, length, body; a length of 255 stands for a record over several pages.
    while let [manager, info, length, tail @ ..] = rest {
        let (body, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        if *length == 255 {
            let mut long = body.to_vec();
            long.resize(20_000, 7);
            log.record(*manager % 4, *info, &long);
        } else {
            log.record(*manager % 4, *info, body);
        }
        written += 1;
        rest = tail;
        if log.bytes.len() > SIZE - 64 * 1024 {
            break;
        }
    }
    log.bytes.resize(SIZE, 0);
    let mut told = Told::default();
    let size = SegmentSize::new(SIZE as u64).expect("a power of two");
    let mut decoder = StreamDecoder::new(size);
    let end = decoder.feed(SegmentNumber(1), &log.bytes, &mut told);
    assert!(end.is_ok());
    assert!(told.records <= written && told.events <= told.records);
});
