//! Damaged WAL: what was never written, what is damaged and what is whole are told apart, and a record that is not as
//! the server wrote it is never told.

use proptest::prelude::*;
use walbound::wal::page::PageError;
use walbound::wal::record::RecordError;
use walbound::wal::{
    Damage, Expectations, Lsn, SegmentEnd, SegmentName, SegmentNumber, SegmentSize, StreamDecoder,
    StreamError, SystemId, TimelineId,
};

use crate::wal::{Told, number, segments};

const PAGE: usize = 8192;

/// A segment of a real server that ends with a switch on its fifty-third page.
struct Subject {
    number: SegmentNumber,
    size: SegmentSize,
    bytes: Vec<u8>,
    told: Told,
    end: SegmentEnd,
}

impl Subject {
    /// The first segment of a folder, which is written up to its last byte.
    fn of(folder: &str) -> Self {
        let segments = segments(folder);
        let (name, bytes) = segments.iter().next().unwrap();
        let size = SegmentSize::new(1 << 20).unwrap();
        let mut subject = Self {
            number: number(name, bytes),
            size,
            bytes: bytes.clone(),
            told: Told::default(),
            end: SegmentEnd::Complete { open: None },
        };
        (subject.told, subject.end) = subject.read(&subject.bytes);
        assert!(matches!(
            subject.end,
            SegmentEnd::Complete { open: Some(_) }
        ));
        assert!(subject.told.events.len() > 5);
        subject
    }

    /// Reads changed bytes in the place of the segment, from its first record on.
    fn read(&self, bytes: &[u8]) -> (Told, SegmentEnd) {
        let mut decoder = StreamDecoder::new(self.size).starting_at(self.number.start(self.size));
        let mut told = Told::default();
        let end = decoder.feed(self.number, bytes, &mut told).unwrap();
        (told, end)
    }

    /// Reads with the bytes at `offset` replaced.
    fn changed(&self, offset: usize, new: &[u8]) -> (Told, SegmentEnd) {
        let mut bytes = self.bytes.clone();
        bytes[offset..offset + new.len()].copy_from_slice(new);
        self.read(&bytes)
    }

    /// The offset of a position in the segment.
    fn offset(&self, position: Lsn) -> usize {
        usize::try_from(position.0 - self.number.start(self.size).0).unwrap()
    }

    /// A record on the third page that does not cross pages, not the first one there.
    fn record(&self) -> usize {
        let inside = |offset: usize| (2 * PAGE + 200..3 * PAGE - 200).contains(&offset);
        let mut spans = self.told.records.iter();
        let span =
            spans.find(|span| inside(self.offset(span.start)) && inside(self.offset(span.end)));
        self.offset(span.unwrap().start)
    }

    fn position(&self, offset: usize) -> Lsn {
        Lsn(self.number.start(self.size).0 + offset as u64)
    }
}

fn why(end: SegmentEnd) -> Damage {
    match end {
        SegmentEnd::Damaged { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_field_of_a_record_is_guarded() {
    let subject = Subject::of("pg15");
    let at = subject.record();
    let position = subject.position(at);
    let told_before = |told: &Told| told.records.iter().all(|span| span.start < position);
    for (offset, new, expected) in [
        (0, &[1, 0, 0, 0][..], "cannot have 1 bytes"),
        (0, &[0, 0, 0, 0], "cannot have 0 bytes"),
        (0, &[0xFF, 0xFF, 0xFF, 0xFF], "cannot have 4294967295 bytes"),
        (4, &[0xFF], "checksum"),
        (8, &[0xFF], "says it follows"),
        (16, &[0xFF], "checksum"),
        (17, &[0xC8], "checksum"),
        (18, &[0xFF], "checksum"),
        (20, &[0, 0, 0, 0], "checksum"),
        (25, &[0x5A], "checksum"),
    ] {
        let (told, end) = subject.changed(at + offset, new);
        let SegmentEnd::Damaged { at, why } = end else {
            panic!("{offset}: {end:?}");
        };
        assert_eq!(at, position, "{offset}");
        assert!(why.to_string().contains(expected), "{offset}: {why}");
        assert!(told_before(&told), "{offset}");
    }
}

#[test]
fn each_field_of_a_page_header_is_guarded() {
    let subject = Subject::of("pg16");
    let second = PAGE;
    let continued = |offset| subject.changed(second + offset, &[0x77]).1;
    assert!(matches!(
        why(continued(0)),
        Damage::Page(PageError::UnknownVersion { magic: 0xD177 })
    ));
    assert!(matches!(
        why(continued(3)),
        Damage::Page(PageError::UnknownFlags { .. })
    ));
    assert!(matches!(
        why(continued(9)),
        Damage::Page(PageError::Misplaced { .. })
    ));
    assert!(matches!(
        why(subject.changed(second, &0xD110_u16.to_le_bytes()).1),
        Damage::Page(PageError::OtherVersion { .. })
    ));
    assert!(matches!(
        why(subject.changed(second + 4, &[0]).1),
        Damage::Page(PageError::TimelineStepsBack { .. })
    ));
    // The page continues a record.
    assert!(matches!(
        why(continued(16)),
        Damage::Record(RecordError::ContinuationLength { .. })
    ));
    assert!(matches!(
        why(subject.changed(second + 2, &[0]).1),
        Damage::Record(RecordError::ContinuationMissing)
    ));
    let first = |offset, new: &[u8]| why(subject.changed(offset, new).1);
    assert!(matches!(first(2, &[0]), Damage::Page(PageError::NotLong)));
    assert!(matches!(
        first(2, &[3]),
        Damage::Record(RecordError::UnexpectedContinuation)
    ));
    assert!(matches!(
        first(32, &[0, 0, 0, 1]),
        Damage::Page(PageError::OtherSegmentSize { .. })
    ));
    assert!(matches!(
        first(32, &[1]),
        Damage::Page(PageError::SegmentSize(_))
    ));
    assert!(matches!(
        first(36, &[1]),
        Damage::Page(PageError::PageSize { .. })
    ));
}

#[test]
fn what_the_stream_must_be_is_compared_with_what_it_is() {
    let subject = Subject::of("pg14");
    let read = |expected: Expectations| {
        let mut decoder = StreamDecoder::expecting(subject.size, expected);
        let mut told = Told::default();
        let end = decoder
            .feed(subject.number, &subject.bytes, &mut told)
            .unwrap();
        (told, end)
    };
    let other_system = Expectations {
        system: Some(SystemId(1)),
        ..Expectations::default()
    };
    let (told, end) = read(other_system);
    assert!(told.records.is_empty());
    assert!(matches!(
        why(end),
        Damage::Page(PageError::OtherSystem {
            expected: SystemId(1),
            ..
        })
    ));
    let other_timelines = Expectations {
        timelines: Some(vec![TimelineId(2), TimelineId(3)]),
        ..Expectations::default()
    };
    let unexpected = PageError::UnexpectedTimeline {
        found: TimelineId(1),
    };
    assert_eq!(why(read(other_timelines).1), Damage::Page(unexpected));
    let right = Expectations {
        timelines: Some(vec![TimelineId(1), TimelineId(3)]),
        ..Expectations::default()
    };
    assert_eq!(read(right).1, subject.end);
}

#[test]
fn a_segment_of_another_place_is_refused() {
    let subject = Subject::of("pg15");
    let mut decoder = StreamDecoder::new(subject.size);
    let end = decoder.feed(SegmentNumber(99), &subject.bytes, &mut Told::default());
    assert!(matches!(
        why(end.unwrap()),
        Damage::Page(PageError::Misplaced { .. })
    ));
}

#[test]
fn never_written_and_damaged_are_told_apart() {
    let subject = Subject::of("pg15");
    let pages = subject.bytes.len() / PAGE;
    for page in [0, 1, 7, pages - 1] {
        // Nothing from here on.
        let mut bytes = subject.bytes.clone();
        bytes[page * PAGE..].fill(0);
        let (told, end) = subject.read(&bytes);
        let SegmentEnd::Unwritten { at } = end else {
            panic!("{page}: {end:?}");
        };
        assert!(
            at <= subject.position(page * PAGE) && told.records.iter().all(|span| span.end <= at)
        );
        // One page missing within.
        if page + 1 < pages {
            let (_, end) = subject.changed(page * PAGE, &[0; PAGE]);
            let next = subject.position((page + 1) * PAGE);
            assert_eq!(why(end), Damage::Hole { next });
        }
    }
    // The same inside a page, behind a record.
    let at = subject.record();
    let mut bytes = subject.bytes.clone();
    bytes[at..].fill(0);
    let position = subject.position(at);
    assert_eq!(
        subject.read(&bytes).1,
        SegmentEnd::Unwritten { at: position }
    );
}

#[test]
fn files_of_another_size_are_refused_as_a_whole() {
    let subject = Subject::of("pg15");
    for found in [0, 1, 40, PAGE, PAGE + 5, (1 << 20) - 1] {
        let (_, end) = subject.read(&subject.bytes[..found]);
        let (found, expected) = (found as u64, 1 << 20);
        assert_eq!(why(end), Damage::TooShort { found, expected });
    }
    let mut longer = subject.bytes.clone();
    longer.push(0);
    assert_eq!(
        why(subject.read(&longer).1),
        Damage::TooLong { expected: 1 << 20 }
    );
    // An endless source is left behind the end of the segment.
    let mut decoder = StreamDecoder::new(subject.size);
    let endless = std::io::repeat(0);
    let end = decoder
        .read(subject.number, endless, &mut Told::default())
        .unwrap();
    assert_eq!(why(end), Damage::TooLong { expected: 1 << 20 });
}

#[test]
fn a_stream_goes_on_with_the_next_segment_only_and_ends_once() {
    let subject = Subject::of("pg15");
    let mut decoder = StreamDecoder::new(subject.size);
    let mut told = Told::default();
    decoder
        .feed(subject.number, &subject.bytes, &mut told)
        .unwrap();
    let again = decoder.feed(subject.number, &subject.bytes, &mut told);
    assert!(matches!(again, Err(StreamError::NotNext { .. })));
    let zeros = vec![0; 1 << 20];
    let end = decoder
        .feed(subject.number.next(), &zeros, &mut told)
        .unwrap();
    // The record that the first segment leaves open will never be whole.
    let SegmentEnd::Complete { open: Some(open) } = &subject.end else {
        panic!("{:?}", subject.end);
    };
    assert_eq!(
        end,
        SegmentEnd::Unwritten {
            at: open.start.unwrap()
        }
    );
    let after = decoder.feed(subject.number.next().next(), &zeros, &mut told);
    assert!(matches!(after, Err(StreamError::Ended)));
    assert_eq!(told, subject.told);
}

#[test]
fn reading_can_start_at_any_record() {
    let subject = Subject::of("pg17");
    for (index, span) in subject.told.records.iter().enumerate().step_by(101) {
        let mut decoder = StreamDecoder::new(subject.size).starting_at(span.start);
        let mut told = Told::default();
        // What lies before is not looked at, except for the header of the segment.
        let mut bytes = subject.bytes.clone();
        let before = subject.offset(span.start) / PAGE * PAGE;
        bytes[40..before.max(40)].fill(0xEE);
        let end = decoder.feed(subject.number, &bytes, &mut told).unwrap();
        assert_eq!(end, subject.end);
        assert_eq!(told.records, subject.told.records[index..]);
    }
    let inside = subject.told.records[3].start.0 + 8;
    let mut decoder = StreamDecoder::new(subject.size).starting_at(Lsn(inside));
    let end = decoder.feed(subject.number, &subject.bytes, &mut Told::default());
    assert!(matches!(why(end.unwrap()), Damage::Record(_)));
}

/// Something that can happen to a file.
#[derive(Debug, Clone)]
enum Mutation {
    Set(usize, u8),
    Zero(usize, usize),
    Copy(usize, usize, usize),
    SwapPages(usize, usize),
    Cut(usize),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        match *self {
            Self::Set(at, value) => bytes[at % length] = value,
            Self::Zero(at, count) => {
                let at = at % length;
                bytes[at..length.min(at + count)].fill(0);
            }
            Self::Copy(from, to, count) => {
                let (from, to) = (from % length, to % length);
                let count = count.min(length - from).min(length - to);
                bytes.copy_within(from..from + count, to);
            }
            Self::SwapPages(one, other) => {
                let pages = length / PAGE;
                let (one, other) = (one % pages * PAGE, other % pages * PAGE);
                let copy = bytes[one..one + PAGE].to_vec();
                bytes.copy_within(other..other + PAGE, one);
                bytes[other..other + PAGE].copy_from_slice(&copy);
            }
            Self::Cut(at) => bytes.truncate(at.max(PAGE)),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    const SIZE: usize = 1 << 20;
    // Headers are hit more often than chance would.
    let header = (0..SIZE / PAGE, 0..40_usize).prop_map(|(page, offset)| page * PAGE + offset);
    let place = prop_oneof![0..SIZE, 0..4 * PAGE, header];
    prop_oneof![
        4 => (place.clone(), any::<u8>()).prop_map(|(at, value)| Mutation::Set(at, value)),
        1 => (place.clone(), 1..20_000_usize).prop_map(|(at, count)| Mutation::Zero(at, count)),
        1 => (place.clone(), place, 1..20_000_usize)
            .prop_map(|(from, to, count)| Mutation::Copy(from, to, count)),
        1 => (0..128_usize, 0..128_usize).prop_map(|(one, other)| Mutation::SwapPages(one, other)),
        1 => (0..SIZE).prop_map(Mutation::Cut),
    ]
}

#[test]
fn whatever_happens_to_a_file_no_record_is_told_that_was_not_there() {
    let subject = Subject::of("pg13");
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    };
    proptest!(config, |(mutations in prop::collection::vec(mutation(), 1..4))| {
        let mut bytes = subject.bytes.clone();
        for mutation in &mutations {
            mutation.apply(&mut bytes);
        }
        let (told, end) = subject.read(&bytes);
        prop_assert!(subject.told.records.starts_with(&told.records));
        prop_assert!(subject.told.events.starts_with(&told.events));
        if told.records.len() < subject.told.records.len() {
            let complete = matches!(end, SegmentEnd::Complete { .. });
            prop_assert!(!complete);
        }
    });
}

#[test]
fn the_last_segment_of_all_positions_can_be_read() {
    let size = SegmentSize::DEFAULT;
    let name = SegmentName::parse("FFFFFFFFFFFFFFFF000000FF", size).unwrap();
    let bytes = vec![0; 16 << 20];
    let end = StreamDecoder::new(size).feed(name.number, &bytes, &mut Told::default());
    assert!(matches!(end, Ok(SegmentEnd::Unwritten { .. })));
    let end = StreamDecoder::new(size).feed(SegmentNumber(u64::MAX), &bytes, &mut Told::default());
    assert!(end.is_ok());
}
