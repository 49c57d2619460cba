//! Any bytes as an object of each compression.

#![no_main]

use libfuzzer_sys::fuzz_target;
use walbound::barman::compression::{Compression, decode_segment, decode_up_to};
use walbound::wal::SegmentSize;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, object)) = bytes.split_first() else {
        return;
    };
    let kind = Compression::ALL[usize::from(*kind) % Compression::ALL.len()];
    let size = SegmentSize::new(1 << 20).expect("a power of two");
    let mut content = Vec::new();
    let whole = decode_segment(Box::new(object), kind, size, &mut content);
    assert!(content.len() <= (1 << 20) + 1);
    assert!(whole.is_err() || content.len() == 1 << 20);
    if let Ok(content) = decode_up_to(Box::new(object), kind, 5000) {
        assert!(content.len() <= 5000);
    }
});
