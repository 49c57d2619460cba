use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::*;

/// Content that repeats and content that does not, longer than the blocks of every format.
fn content(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let bytes = (0..length).map(|at| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if at % 4096 < 512 {
            (state >> 24) as u8
        } else {
            0
        }
    });
    bytes.collect()
}

fn compress(kind: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match kind {
        Compression::None => out.extend(bytes),
        Compression::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap();
        }
        Compression::Bzip2 => {
            let mut writer = bzip2::write::BzEncoder::new(&mut out, bzip2::Compression::fast());
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap();
        }
        Compression::Snappy => {
            let mut writer = snap::write::FrameEncoder::new(&mut out);
            writer.write_all(bytes).unwrap();
            writer.flush().unwrap();
        }
        Compression::Xz => {
            let options = lzma_rust2::XzOptions::with_preset(0);
            let mut writer = lzma_rust2::XzWriter::new(&mut out, options).unwrap();
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap();
        }
        Compression::Zstd => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            ruzstd::encoding::compress(bytes, &mut out, level);
        }
        Compression::Lz4 => {
            let mut writer = lz4_flex::frame::FrameEncoder::new(&mut out);
            writer.write_all(bytes).unwrap();
            writer.finish().unwrap();
        }
    }
    out
}

fn decode(kind: Compression, bytes: &[u8], limit: u64) -> Result<Vec<u8>, DecodeError> {
    decode_up_to(Box::new(Cursor::new(bytes)), kind, limit)
}

const MIB: usize = 1 << 20;

#[test]
fn every_format_gives_back_what_was_stored() {
    let bytes = content(MIB);
    let size = SegmentSize::new(MIB as u64).unwrap();
    let mut segment = vec![9; 3];
    for kind in Compression::ALL {
        let stored = compress(kind, &bytes);
        let source = Box::new(Cursor::new(&stored));
        assert_eq!(
            decode_segment(source, kind, size, &mut segment),
            Ok(()),
            "{kind}"
        );
        assert!(segment == bytes, "{kind}");
    }
}

#[test]
fn streams_behind_one_another_are_one_content() {
    let (left, right) = (content(100_000), content(70_001));
    let both = [left.clone(), right.clone()].concat();
    for kind in Compression::ALL {
        let stored = [compress(kind, &left), compress(kind, &right)].concat();
        assert!(decode(kind, &stored, MIB as u64).unwrap() == both, "{kind}");
    }
}

#[test]
fn a_segment_of_another_length_is_told() {
    let size = SegmentSize::new(MIB as u64).unwrap();
    let mut segment = Vec::new();
    for kind in Compression::ALL {
        let mut decode = |length| {
            let stored = compress(kind, &content(length));
            decode_segment(Box::new(Cursor::new(stored)), kind, size, &mut segment)
        };
        let short = DecodeError::TooShort {
            expected: MIB as u64,
            found: MIB as u64 - 1,
        };
        assert_eq!(decode(MIB - 1), Err(short), "{kind}");
        let long = DecodeError::TooLong { limit: MIB as u64 };
        assert_eq!(decode(MIB + 1), Err(long), "{kind}");
    }
}

#[test]
fn a_bomb_ends_one_byte_behind_the_limit() {
    let zeros = vec![0; 16 * MIB];
    for kind in Compression::ALL {
        let stored = compress(kind, &zeros);
        let mut bytes = Vec::new();
        let mut decoder = Decoder::new(Box::new(Cursor::new(&stored)), kind, 1000);
        decoder.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 1001, "{kind}");
    }
}

#[test]
fn an_xz_stream_that_asks_for_much_memory_is_refused() {
    let mut options = lzma_rust2::XzOptions::with_preset(0);
    options.lzma_options.dict_size = 128 << 20;
    let mut stored = Vec::new();
    let mut writer = lzma_rust2::XzWriter::new(&mut stored, options).unwrap();
    writer.write_all(b"small").unwrap();
    writer.finish().unwrap();
    let decoded = decode(Compression::Xz, &stored, 1000);
    assert!(
        matches!(decoded, Err(DecodeError::Damaged { .. })),
        "{decoded:?}"
    );
}

#[test]
fn the_suffix_has_to_agree_with_the_first_bytes() {
    let bytes = content(1000);
    for suffix in Compression::ALL {
        for stored in Compression::ALL {
            let decoded = decode(suffix, &compress(stored, &bytes), 1 << 20);
            if suffix == stored {
                assert_eq!(decoded.as_deref(), Ok(&bytes[..]), "{suffix}");
            } else if suffix != Compression::None {
                let error = DecodeError::WrongFormat { expected: suffix };
                assert_eq!(decoded, Err(error), "{stored} as {suffix}");
            }
        }
        if suffix != Compression::None {
            let error = DecodeError::WrongFormat { expected: suffix };
            assert_eq!(
                decode(suffix, b"", 10),
                Err(error),
                "an empty object as {suffix}"
            );
        }
    }
}

#[test]
fn a_cut_or_changed_stream_is_never_taken_for_whole() {
    let bytes = content(200_000);
    for kind in Compression::ALL {
        let stored = compress(kind, &bytes);
        if kind == Compression::None {
            continue;
        }
        for cut in [stored.len() / 2, stored.len() - 5] {
            let decoded = decode(kind, &stored[..cut], MIB as u64);
            assert!(
                decoded.is_err() || decoded.is_ok_and(|found| found.len() < bytes.len()),
                "{kind} cut"
            );
        }
        let mut changed = stored.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 0x10;
        let decoded = decode(kind, &changed, MIB as u64);
        // ruzstd writes no checksum of what it compresses, and lz4 frames have one only on request.
        if !matches!(kind, Compression::Zstd | Compression::Lz4) {
            assert!(
                matches!(decoded, Err(DecodeError::Damaged { .. })),
                "{kind} changed"
            );
        }
    }
}

#[test]
fn skippable_frames_of_zstd_are_skipped() {
    let bytes = content(1000);
    let skippable = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, b'a', b'b', b'c'];
    let frame = compress(Compression::Zstd, &bytes);
    let stored = [frame.clone(), skippable.to_vec(), frame].concat();
    let decoded = decode(Compression::Zstd, &stored, MIB as u64).unwrap();
    assert_eq!(decoded, [bytes.clone(), bytes].concat());
}

/// Gives some bytes, then fails.
struct Broken<'b>(&'b [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("connection reset")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_store_that_breaks_off_is_no_damage() {
    for kind in Compression::ALL {
        for kept in [2, 4000] {
            let stored = compress(kind, &content(MIB));
            let kept = kept.min(stored.len() - 1);
            let decoded = decode_up_to(Box::new(Broken(&stored[..kept])), kind, 1 << 20);
            let reason = "connection reset".to_owned();
            assert_eq!(decoded, Err(DecodeError::Store { reason }), "{kind} {kept}");
        }
    }
}

#[test]
fn after_an_error_nothing_is_read_any_more() {
    for kind in Compression::ALL {
        let mut stored = compress(kind, &content(100_000));
        stored.truncate(stored.len() / 2);
        let mut decoder = Decoder::new(Box::new(Broken(&stored)), kind, 1 << 20);
        assert!(decoder.read_to_end(&mut Vec::new()).is_err(), "{kind}");
        assert!(decoder.read(&mut [0; 10]).is_err(), "{kind}");
    }
}

#[test]
fn a_suffix_is_parted_from_the_name_once() {
    assert_eq!(Compression::split("a.gz"), ("a", Compression::Gzip));
    assert_eq!(Compression::split("a.gz.lz4"), ("a.gz", Compression::Lz4));
    assert_eq!(Compression::split("a.tmp"), ("a.tmp", Compression::None));
}

proptest! {
    #[test]
    fn hostile_streams_never_panic_and_never_exceed_the_limit(
        kind in 0_usize..7,
        length in 0_usize..5000,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let kind = Compression::ALL[kind];
        let mut stored = compress(kind, &content(length));
        for (at, byte) in changes {
            if !stored.is_empty() {
                let at = at.index(stored.len());
                stored[at] = byte;
            }
        }
        if let Ok(bytes) = decode(kind, &stored, 4000) {
            prop_assert!(bytes.len() <= 4000);
        }
    }
}
