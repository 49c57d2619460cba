//! Any bytes as the beginning of a segment. They hardly ever fit a checksum; `records` makes those that do.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::wal::{
    Located, SegmentHeader, SegmentNumber, SegmentSize, Span, StreamDecoder, Visitor,
};

struct Ordered(u64);

impl Visitor for Ordered {
    fn record(&mut self, span: Span) {
        assert!(span.start.0 >= self.0 && span.end > span.start);
        self.0 = span.end.0;
    }

    fn event(&mut self, _event: Located) {}
}

fuzz_target!(|bytes: &[u8]| {
    let _ = SegmentHeader::parse(bytes);
    let size = SegmentSize::new(1 << 20).expect("a power of two");
    let mut segment = bytes.to_vec();
    segment.resize(1 << 20, 0);
    let number = SegmentHeader::parse(bytes).map_or(1, |header| header.address.0 >> 20);
    for start in [None, Some(40), Some(8192 + 24)] {
        let mut decoder = StreamDecoder::new(size);
        if let Some(offset) = start {
            let begin = SegmentNumber(number).start(size).0;
            let Some(position) = begin.checked_add(offset) else {
                continue;
            };
            decoder = decoder.starting_at(walbound::wal::Lsn(position));
        }
        let mut told = Ordered(0);
        if decoder.feed(SegmentNumber(number), &segment, &mut told).is_ok() {
            let _ = decoder.feed(SegmentNumber(number.saturating_add(1)), &segment, &mut told);
        }
    }
});
