//! How fast WAL is read, beside `pg_waldump`, and what a listing of a million segments costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use walbound::barman::{Catalog, ServerPath};
use walbound::wal::{Event, Located, SegmentName, SegmentSize, StreamDecoder, Timestamp, Visitor};

use crate::endless::Endless;
use crate::measure::Measured;

/// How many segments are listed.
const MILLION: u64 = 1_000_000;

/// The word by which the benchmark calls itself to measure one listing.
pub(crate) const LIST: &str = "--list-a-million-segments";

/// How often each program reads all segments.
const RUNS: usize = 5;

/// The ends of transactions, as a search for a target time needs them.
#[derive(Default)]
struct Index {
    times: Vec<(Timestamp, u64)>,
}

impl Visitor for Index {
    fn event(&mut self, located: Located) {
        if let Event::XactEnd { time, .. } = located.event {
            self.times.push((time, located.start.0));
        }
    }
}

/// Reads dense segments of a real server with walbound and with `pg_waldump`.
pub(crate) fn decode(scratch: &Path) {
    let Some(segments) = dense(scratch) else {
        return println!("\nwal: left out, it needs PostgreSQL and Python");
    };
    let bytes: u64 = segments
        .iter()
        .map(|path| path.metadata().unwrap().len())
        .sum();
    let own: Vec<(Duration, usize)> = (0..=RUNS).map(|_| index(&segments)).collect();
    let transactions = own[0].1;
    let own = median(own.into_iter().skip(1).map(|(time, _)| time).collect());
    println!(
        "\nwal: {} dense segments, {:.0} MiB, {transactions} transaction ends; one thread, checksums checked",
        segments.len(),
        bytes as f64 / (1 << 20) as f64,
    );
    let rate = |time: Duration| bytes as f64 / f64::from(1 << 20) / time.as_secs_f64();
    println!(
        "{:<34} {:>8.0} MiB/s",
        "walbound, to the commit index",
        rate(own)
    );
    for arguments in [&["-r", "Transaction"][..], &["-q"]] {
        let times = (0..=RUNS).map(|_| waldump(arguments, &segments));
        let peer = median(times.skip(1).collect());
        println!(
            "{:<34} {:>8.0} MiB/s   walbound is {:.1} times as fast",
            format!("pg_waldump {}", arguments.join(" ")),
            rate(peer),
            peer.as_secs_f64() / own.as_secs_f64()
        );
    }
}

fn index(segments: &[PathBuf]) -> (Duration, usize) {
    let begin = Instant::now();
    let size = SegmentSize::DEFAULT;
    let mut decoder = StreamDecoder::new(size);
    let mut index = Index::default();
    let mut bytes = Vec::new();
    for path in segments {
        let name = path.file_name().unwrap().to_str().unwrap();
        let name = SegmentName::parse(name, size).unwrap();
        bytes.clear();
        std::io::Read::read_to_end(&mut fs::File::open(path).unwrap(), &mut bytes).unwrap();
        decoder.feed(name.number, &bytes, &mut index).unwrap();
    }
    (begin.elapsed(), index.times.len())
}

fn waldump(arguments: &[&str], segments: &[PathBuf]) -> Duration {
    let begin = Instant::now();
    let status = Command::new(bindir().unwrap().join("pg_waldump"))
        .args(arguments)
        .arg(&segments[0])
        .arg(segments.last().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // It complains about the end of what is there, but has read all.
    let _ = status.unwrap();
    begin.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The directory of Debian's newest PostgreSQL.
fn bindir() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let versions = versions.filter_map(|entry| {
        let path = entry.ok()?.path();
        let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Some((version, path.join("bin")))
    });
    let (_, newest) = versions.max()?;
    newest.join("pg_waldump").exists().then_some(newest)
}

/// Segments of a server under pgbench, written once.
fn dense(scratch: &Path) -> Option<Vec<PathBuf>> {
    bindir()?;
    let directory = scratch.join("dense");
    let list = || -> Vec<PathBuf> {
        let entries = fs::read_dir(&directory).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    if list().is_empty() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/harness/dense.py");
        let done = Command::new("python3").arg(script).arg(&directory).status();
        done.ok().filter(std::process::ExitStatus::success)?;
    }
    Some(list()).filter(|paths| !paths.is_empty())
}

/// Lists a million segments in a process of its own, so that its memory is known.
pub(crate) fn listing(scratch: &Path) -> Measured {
    fs::create_dir_all(scratch).unwrap();
    let mut own = Command::new(std::env::current_exe().unwrap());
    Measured::of(own.arg(LIST), 3, &scratch.join("listing.out"))
}

/// What [`listing`] measures.
pub(crate) fn list_a_million() {
    let store = Endless::new(MILLION);
    let catalog = Catalog::read(&store, ServerPath::new("", "db")).unwrap();
    let count: u64 = catalog.timelines.values().map(|files| files.count()).sum();
    println!("{count} segments");
}
