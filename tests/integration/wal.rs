//! WAL of real servers, read record for record, against what the servers and pg_waldump say (`fixtures/wal`).

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use walbound::wal::{
    Event, Located, Lsn, SegmentEnd, SegmentHeader, SegmentName, SegmentNumber, Span,
    StreamDecoder, SystemId, TimelineHistory, TimelineId, Visitor, XactEndKind,
};

/// What a stream told.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) records: Vec<Span>,
    pub(crate) events: Vec<Located>,
}

impl Visitor for Told {
    fn record(&mut self, span: Span) {
        self.records.push(span);
    }

    fn event(&mut self, event: Located) {
        self.events.push(event);
    }
}

/// The segments of a folder, by the names they have without `.gz`.
pub(crate) fn segments(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut segments = BTreeMap::new();
    for entry in fs::read_dir(fixtures(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut bytes = Vec::new();
            let file = fs::File::open(&path).unwrap();
            GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            segments.insert(name, bytes);
        }
    }
    assert!(segments.len() >= 4, "{folder}: {}", segments.len());
    segments
}

/// The number of a segment of 1 MiB.
pub(crate) fn number(name: &str, bytes: &[u8]) -> SegmentNumber {
    let size = SegmentHeader::parse(bytes).unwrap().segment_size;
    SegmentName::parse(&name[..24], size).unwrap().number
}

/// Reads segments as one stream.
fn told<'a>(segments: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>) -> (Told, SegmentEnd) {
    let mut segments = segments.into_iter().peekable();
    let (_, first) = segments.peek().unwrap();
    let mut decoder = StreamDecoder::new(SegmentHeader::parse(first).unwrap().segment_size);
    let mut told = Told::default();
    let mut end = SegmentEnd::Complete { open: None };
    for (name, bytes) in segments {
        end = decoder.feed(number(name, bytes), bytes, &mut told).unwrap();
    }
    (told, end)
}

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/wal")
        .join(folder)
}

const MAJORS: [u8; 7] = [12, 13, 14, 15, 16, 17, 18];

#[test]
fn every_major_says_what_its_server_said() {
    for major in MAJORS {
        let folder = format!("pg{major}");
        let facts = Facts::read(&fixtures(&folder).join("server.txt"));
        let segments = segments(&folder);
        for bytes in segments.values() {
            let header = SegmentHeader::parse(bytes).unwrap();
            assert_eq!(header.major.number(), major);
            assert_eq!(
                header.system,
                SystemId(facts.one("system")[0].parse().unwrap())
            );
            assert_eq!(header.timeline, TimelineId(1));
        }
        let (told, end) = told(&segments);
        let last = told.records.last().unwrap().end;
        assert_eq!(end, SegmentEnd::Unwritten { at: last }, "{folder}");
        // The server may have written on before the segment was copied.
        let session_end: Lsn = facts.one("end")[0].parse().unwrap();
        let mut ends = told.records.iter().map(|span| span.end);
        assert!(ends.any(|end| end == session_end), "{folder}");
        assert_eq!(
            facts.ends(),
            ends_of_transactions(&told, &facts),
            "{folder}"
        );
        facts.compare_the_rest(&told);
    }
}

#[test]
fn every_record_is_where_pg_waldump_finds_it() {
    let segments = segments("pg15");
    let (told, _) = told(&segments);
    agree(&told, &fixtures("pg15").join("pg_waldump.txt"));
}

#[test]
fn both_timelines_of_a_promotion_are_read_as_pg_waldump_reads_them() {
    let segments = segments("pg15-promoted");
    let old = [
        "000000010000000000000008",
        "000000010000000000000009.partial",
    ];
    let (told_old, end) = told(
        segments
            .iter()
            .filter(|(name, _)| old.contains(&name.as_str())),
    );
    agree(
        &told_old,
        &fixtures("pg15-promoted").join("timeline-1.pg_waldump.txt"),
    );
    let history = fs::read(fixtures("pg15-promoted").join("00000002.history")).unwrap();
    let history = TimelineHistory::parse(TimelineId(2), &history).unwrap();
    let switch = history.switch_from(TimelineId(1)).unwrap();
    assert_eq!(end, SegmentEnd::Unwritten { at: switch });

    let (told_new, end) = told(segments.iter().filter(|(name, _)| name.as_str() != old[1]));
    agree(
        &told_new,
        &fixtures("pg15-promoted").join("timeline-2.pg_waldump.txt"),
    );
    assert!(matches!(end, SegmentEnd::Switched { .. }), "{end:?}");
    let recovery = told_new.events.iter().find(|located| {
        matches!(
            located.event,
            Event::EndOfRecovery {
                timeline: TimelineId(2),
                previous_timeline: TimelineId(1),
                ..
            }
        )
    });
    assert_eq!(recovery.unwrap().start, switch);
}

#[test]
fn a_record_counts_only_when_its_last_segment_is_fed() {
    let segments = segments("pg15");
    let all: Vec<_> = segments.iter().collect();
    let (first, end) = told(all[..1].iter().copied());
    let SegmentEnd::Complete { open: Some(open) } = end else {
        panic!("{end:?}");
    };
    let start = open.start.unwrap();
    assert!(first.records.iter().all(|span| span.start < start));
    let (two, _) = told(all[..2].iter().copied());
    let continued = two.records.iter().find(|span| span.start == start).unwrap();
    assert!(
        number(all[1].0, all[1].1).start(SegmentHeader::parse(all[1].1).unwrap().segment_size)
            < continued.end
    );
}

#[test]
fn a_lone_segment_is_read_from_its_first_record_on() {
    let segments = segments("pg15");
    let (whole, _) = told(&segments);
    for (name, bytes) in &segments {
        let (lone, _) = told([(name, bytes)]);
        let size = SegmentHeader::parse(bytes).unwrap().segment_size;
        let begin = number(name, bytes).start(size);
        let end = Lsn(begin.0 + size.bytes());
        let inside = |start: Lsn, stop: Lsn| begin <= start && stop <= end;
        let spans = whole.records.iter().copied();
        let spans: Vec<_> = spans.filter(|span| inside(span.start, span.end)).collect();
        assert_eq!(lone.records, spans, "{name}");
        let events = whole
            .events
            .iter()
            .filter(|event| inside(event.start, event.end));
        assert_eq!(lone.events, events.cloned().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn a_stream_of_bytes_tells_the_same_as_memory() {
    for folder in ["pg12", "pg18"] {
        let segments = segments(folder);
        let (memory, _) = told(&segments);
        let mut streamed = Told::default();
        let first = segments.values().next().unwrap();
        let mut decoder = StreamDecoder::new(SegmentHeader::parse(first).unwrap().segment_size);
        for (name, bytes) in &segments {
            let source = Crumbs(bytes, 0);
            let end = decoder.read(number(name, bytes), source, &mut streamed);
            assert!(!matches!(end.unwrap(), SegmentEnd::Damaged { .. }));
        }
        assert_eq!(streamed, memory);
    }
}

/// Gives bytes in pieces of changing size, as decompressors do.
struct Crumbs<'a>(&'a [u8], usize);

impl Read for Crumbs<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = (self.1 * 31 + 7) % 9973;
        let most = buffer.len().min(self.1 + 1);
        self.0.read(&mut buffer[..most])
    }
}

/// Compares starts, lengths, and the ends of transactions with their times.
fn agree(told: &Told, waldump: &Path) {
    let text = fs::read_to_string(waldump).unwrap();
    let lines: Vec<_> = text.lines().map(Line::parse).collect();
    let starts: Vec<_> = told.records.iter().map(|span| span.start).collect();
    assert_eq!(
        starts,
        lines.iter().map(|line| line.start).collect::<Vec<_>>()
    );
    for (span, line) in told.records.iter().zip(&lines) {
        if !line.text.starts_with("SWITCH") {
            let headers: u64 = (span.start.0..span.end.0)
                .filter(|at| at % 8192 == 0)
                .map(|at| if at % (1 << 20) == 0 { 40 } else { 24 })
                .sum();
            let length = span.end.0 - span.start.0 - headers;
            assert_eq!(length, line.total.next_multiple_of(8), "{}", span.start);
        }
    }
    let mut events = told.events.iter();
    for line in lines.iter().filter(|line| line.manager == "Transaction") {
        if line.text.starts_with("PREPARE") {
            continue;
        }
        let (kind, xid, time, event_start) = loop {
            let located = events.next().unwrap();
            if let Event::XactEnd { kind, xid, time } = located.event {
                break (kind, xid, time, located.start);
            }
        };
        let time = jiff::Timestamp::from_microsecond(time.to_unix_micros()).unwrap();
        let time = time.strftime("%Y-%m-%d %H:%M:%S.%6f UTC").to_string();
        let verb = verb(kind).to_uppercase();
        let prepared = matches!(
            kind,
            XactEndKind::CommitPrepared | XactEndKind::AbortPrepared
        );
        let expected = match prepared {
            true => format!("{verb} {xid}: {time}"),
            false => format!("{verb} {time}"),
        };
        assert_eq!(event_start, line.start);
        assert!(
            line.text.starts_with(&expected),
            "{expected}\n{}",
            line.text
        );
        assert!(prepared || line.xid == xid.0);
    }
}

/// One line of pg_waldump.
struct Line<'a> {
    manager: &'a str,
    total: u64,
    xid: u32,
    start: Lsn,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let after = |mark: &str| line.split_once(mark).unwrap().1.trim_start();
        let word = |mark: &str| after(mark).split([' ', ',']).next().unwrap();
        let total = after("len (rec/tot):").split_once('/').unwrap().1;
        Self {
            manager: word("rmgr: "),
            total: total.split_once(',').unwrap().0.trim().parse().unwrap(),
            xid: word("tx:").parse().unwrap(),
            start: word("lsn: ").parse().unwrap(),
            text: after("desc: "),
        }
    }
}

fn verb(kind: XactEndKind) -> &'static str {
    match kind {
        XactEndKind::Commit => "commit",
        XactEndKind::Abort => "abort",
        XactEndKind::CommitPrepared => "commit_prepared",
        XactEndKind::AbortPrepared => "abort_prepared",
    }
}

/// The lines of a `server.txt`, split into fields.
struct Facts(Vec<Vec<String>>);

impl Facts {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let fields = |line: &str| line.split('|').map(str::to_owned).collect();
        Self(text.lines().map(fields).collect())
    }

    fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a [String]> {
        let lines = self.0.iter().filter(move |line| line[0] == key);
        lines.map(|line| &line[1..])
    }

    fn one<'a>(&'a self, key: &'a str) -> &'a [String] {
        self.all(key).next().unwrap()
    }

    fn time(&self, xid: &str) -> Option<i64> {
        let mut times = self.all("time");
        let line = times.find(|line| line[0] == xid)?;
        Some(line[1].parse().unwrap())
    }

    /// The ends of top-level transactions in order: verb, number, time where the server keeps it.
    fn ends(&self) -> Vec<(String, String, Option<i64>)> {
        let verbs = ["commit", "abort", "commit_prepared", "abort_prepared"];
        let lines = self
            .0
            .iter()
            .filter(|line| verbs.contains(&line[0].as_str()));
        let end = |line: &Vec<String>| (line[0].clone(), line[1].clone(), self.time(&line[1]));
        lines.map(end).collect()
    }

    fn compare_the_rest(&self, told: &Told) {
        let position = |text: &str| text.parse::<Lsn>().unwrap();
        let find = |wanted: &dyn Fn(&Located) -> bool| told.events.iter().any(wanted);
        let points: Vec<_> = self.all("restore_point").collect();
        assert_eq!(points.len(), 2);
        for point in points {
            assert!(find(&|located| located.end == position(&point[0])
                && matches!(&located.event, Event::RestorePoint { name, .. } if *name == point[1])));
        }
        let [from, to] = self.one("backup") else {
            panic!("backup");
        };
        assert!(find(&|located| located.end == position(to)
            && located.event
                == Event::BackupEnd {
                    start_point: position(from)
                }));
        // The record has 24 bytes on one page; its end is that of the segment.
        let switch = Lsn(position(&self.one("switch")[0]).0 - 24);
        assert!(find(&|located| located.start == switch
            && located.event == Event::Switch
            && located.end.0 % (1 << 20) == 0));
        let line = self.one("checkpoint");
        assert!(find(&|located| {
            let Event::Checkpoint {
                redo,
                timeline,
                time,
                shutdown,
                ..
            } = &located.event
            else {
                return false;
            };
            located.start == position(&line[0])
                && *redo == position(&line[1])
                && timeline.to_string() == line[2]
                && (time.to_unix_micros() / 1_000_000).to_string() == line[3]
                && !shutdown
        }));
    }
}

/// The same of a stream. Aborts of subtransactions, which the session does not speak of, are left out.
fn ends_of_transactions(told: &Told, facts: &Facts) -> Vec<(String, String, Option<i64>)> {
    let aborted: Vec<_> = facts.all("abort").map(|line| line[0].clone()).collect();
    let mut ends = Vec::new();
    for located in &told.events {
        if let Event::XactEnd { kind, xid, time } = located.event {
            let xid = xid.to_string();
            if kind == XactEndKind::Abort && !aborted.contains(&xid) {
                continue;
            }
            let kept = matches!(kind, XactEndKind::Commit | XactEndKind::CommitPrepared);
            ends.push((
                verb(kind).to_owned(),
                xid,
                kept.then(|| time.to_unix_micros()),
            ));
        }
    }
    ends
}
