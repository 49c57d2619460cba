//! What the file decides is what the archive decides.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use walbound::barman::{Catalog, ObjectStore, TargetTimeline};
use walbound::facts::inventory::{Fingerprints, Grain, Material, Noted, build};
use walbound::facts::{Depth, Evidence, Goal, Known, Live, Target, TargetVerdict, Verdict};
use walbound::io::DirectoryStore;
use walbound::model::instant::Instant;
use walbound::wal::{Lsn, SegmentNumber, StreamDecoder, TimelineId, Xid};

use super::{CASES, Dice, ask, bucket, copy, live, segments};
use crate::workspace::Workspace;

/// The archive as an index of some grain tells it.
fn known(live: &Live<DirectoryStore>, grain: Grain) -> Known {
    let mut prints = Fingerprints::default();
    let path = live.catalog.path.clone();
    let catalog = Catalog::read_with(&live.store, path, &mut |name, object| {
        prints.add(name, object)
    });
    let catalog = catalog.unwrap();
    let index = build(&Material {
        store: &live.store,
        catalog: &catalog,
        prints: &prints,
        earlier: None,
        progress: &|_| {},
        grain,
    });
    Known {
        catalog,
        noted: Noted {
            systems: BTreeMap::new(),
            index: Some(index),
        },
        depth: Depth::Records,
        taken_at: Instant::from_seconds(0),
    }
}

/// Fine as it is written, and as coarse as that of an archive with a million segments.
const GRAINS: [Grain; 3] = [
    Grain {
        listed: 8,
        buckets: 512,
    },
    Grain {
        listed: 0,
        buckets: 512,
    },
    Grain {
        listed: 0,
        buckets: 2,
    },
];

/// Times and transactions around every one in the archive, and positions all over it.
struct Targets {
    times: Vec<i64>,
    xids: Vec<u32>,
    positions: Vec<u64>,
    names: Vec<String>,
}

impl walbound::wal::Visitor for Targets {
    fn record(&mut self, span: walbound::wal::Span) {
        self.positions.push(span.start.0);
    }

    fn event(&mut self, located: walbound::wal::Located) {
        match located.event {
            walbound::wal::Event::XactEnd { xid, time, .. } => {
                self.times.push(time.to_unix_micros());
                self.xids.push(xid.0);
            }
            walbound::wal::Event::RestorePoint { name, .. } => self.names.push(name),
            _ => {}
        }
    }
}

fn targets(live: &Live<DirectoryStore>) -> Vec<Target> {
    let mut found = Targets {
        times: Vec::new(),
        xids: Vec::new(),
        positions: Vec::new(),
        names: vec!["nowhere".to_owned()],
    };
    let catalog = &live.catalog;
    for (timeline, files) in &catalog.timelines {
        for run in &files.runs {
            for number in run.first.0..=run.last.0 {
                let name = walbound::wal::SegmentName {
                    timeline: *timeline,
                    number: SegmentNumber(number),
                };
                let (key, compression) = catalog.segment_key(name).unwrap();
                let mut bytes = Vec::new();
                let read = walbound::barman::compression::decode_segment(
                    live.store.read(&key).unwrap(),
                    compression,
                    catalog.segment_size,
                    &mut bytes,
                );
                let mut decoder = StreamDecoder::new(catalog.segment_size);
                if read.is_ok() {
                    let _ = decoder.feed(SegmentNumber(number), &bytes, &mut found);
                }
            }
        }
    }
    found.times.sort_unstable();
    found.times.dedup();
    found.xids.sort_unstable();
    found.xids.dedup();
    found.positions.sort_unstable();
    found.positions.dedup();
    let times = found.times.iter();
    let times = times.flat_map(|time| [time - 1, *time, time + 1]);
    let mut goals: Vec<Goal> = times
        .map(|time| Goal::Time {
            choice: Instant::from_micros(time),
            replay: Instant::from_micros(time),
        })
        .collect();
    let long_ago = Instant::from_seconds(0);
    goals.push(Goal::Time {
        choice: long_ago,
        replay: long_ago,
    });
    let xids = found.xids.iter().chain(&[3, 4_000_000_000]);
    goals.extend(xids.map(|xid| Goal::Xid(Xid(*xid))));
    let every = found.positions.len().div_ceil(60).max(1);
    let positions = found.positions.iter().step_by(every);
    let last = found.positions.last();
    let positions = positions.chain(last);
    goals.extend(positions.flat_map(|at| [Goal::Lsn(Lsn(*at)), Goal::Lsn(Lsn(at + 1))]));
    goals.extend(found.names.into_iter().map(Goal::Name));
    goals.extend([Goal::Latest, Goal::Immediate]);
    let both = goals.into_iter().flat_map(|goal| {
        [true, false].map(|inclusive| Target {
            goal: goal.clone(),
            inclusive,
        })
    });
    both.collect()
}

/// How often both said the same, and how often the inventory left open what the archive decides.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Agreement {
    same: u64,
    open: u64,
}

/// Asks the archive and indexes of every grain the same: up to `most` targets, each of three backups and two timelines.
fn compare(live: &Live<DirectoryStore>, most: usize, about: &str) -> [Agreement; 3] {
    let mut agreements = [Agreement::default(); 3];
    let known = GRAINS.map(|grain| known(live, grain));
    let ids: Vec<&str> = live.catalog.backups.iter().map(|b| b.id.as_str()).collect();
    let backups = || ids.iter().copied().map(Some).chain([None]);
    let timelines = [
        TargetTimeline::Latest,
        TargetTimeline::Exactly(TimelineId(1)),
    ];
    let all = targets(live);
    let every = all.len().div_ceil(most).max(1);
    let last = all.len().saturating_sub(4);
    let chosen = all
        .iter()
        .enumerate()
        .filter(|(at, _)| at % every == 0 || *at >= last);
    for (_, target) in chosen {
        for timeline in timelines {
            for backup in backups() {
                let ask = ask(target, timeline, backup);
                let expected = live.judge(&ask);
                for (known, agreement) in known.iter().zip(&mut agreements) {
                    let at = format!("{about} {backup:?} {timeline:?} {target:?}");
                    agree(&expected, &known.judge(&ask), &at, agreement);
                }
            }
        }
    }
    agreements
}

fn agree(expected: &TargetVerdict, found: &TargetVerdict, at: &str, agreement: &mut Agreement) {
    if found.verdict == Verdict::Undecided && expected.verdict != Verdict::Undecided {
        assert!(!found.reasons.is_empty(), "{at}");
        agreement.open += 1;
        return;
    }
    assert_eq!(
        found.verdict, expected.verdict,
        "{at}\n{found:#?}\n{expected:#?}"
    );
    let code = |verdict: &TargetVerdict| verdict.reasons.first().map(|reason| reason.code);
    assert_eq!(
        code(found),
        code(expected),
        "{at}\n{found:#?}\n{expected:#?}"
    );
    if let (Some(found), Some(expected)) = (found.stops_at, expected.stops_at) {
        assert_eq!(found.position, expected.position, "{at}");
        // The last transaction before the backup is looked up in the archive only.
        if found.kept.is_some() {
            assert_eq!(found.kept, expected.kept, "{at}");
        }
    }
    // Sums may tell less of the times before a bad end, never more.
    if let Some(latest) = found.window.latest {
        let expected = expected.window;
        assert_eq!(found.window.earliest, expected.earliest, "{at}");
        assert!(expected.latest.is_none_or(|most| latest <= most), "{at}");
    }
    if expected.last_commit.is_some() {
        assert_eq!(found.last_commit, expected.last_commit, "{at}");
    }
    agreement.same += 1;
}

#[test]
fn an_inventory_decides_what_the_archive_decides() {
    for case in CASES {
        let live = live(&bucket(case), "db");
        let agreements = compare(&live, 40, case);
        println!("{case} {agreements:?}");
        assert!(agreements.iter().all(|agreement| agreement.same > 60));
        // Where few transactions end, every one is listed.
        assert_eq!(agreements[0].open, 0, "{case}: {agreements:?}");
    }
}

fn unpacked(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed = fs::File::open(file).unwrap();
    flate2::read::GzDecoder::new(packed)
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn pack(file: &Path, bytes: &[u8]) {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    fs::write(file, packed.finish().unwrap()).unwrap();
}

/// Does one thing to an archive that can happen to archives.
fn damage(bucket: &Path, dice: &mut Dice) -> String {
    let files = segments(bucket);
    let file = &files[dice.roll(files.len())];
    let other = &files[dice.roll(files.len())];
    let kind = dice.roll(8);
    match kind {
        0 => fs::remove_file(file).unwrap(),
        1 => fs::write(file, b"").unwrap(),
        2 => {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        }
        3 => {
            let mut bytes = unpacked(file);
            bytes.truncate(bytes.len() / 2);
            pack(file, &bytes);
        }
        4 => {
            // Somewhere in what is written.
            let mut bytes = unpacked(file);
            let written = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
            let at = dice.roll(written);
            bytes[at] ^= 0x20;
            pack(file, &bytes);
        }
        5 => {
            let mut bytes = unpacked(file);
            let from = dice.roll(bytes.len() / 8192) * 8192;
            bytes[from..].fill(0);
            pack(file, &bytes);
        }
        6 => {
            fs::copy(other, file).unwrap();
        }
        _ => {
            let name = file.to_str().unwrap().replace(".gz", ".partial.gz");
            fs::rename(file, name).unwrap();
        }
    }
    format!("{kind} {} {}", file.display(), other.display())
}

#[test]
fn an_inventory_leaves_open_what_became_of_a_prepared_transaction_at_a_switch() {
    let live = live(&bucket("prepared"), "db");
    let agreements = compare(&live, 40, "prepared");
    println!("{agreements:?}");
    assert!(agreements.iter().all(|agreement| agreement.same > 20));
    assert!(agreements[0].open > 0, "{agreements:?}");
}

#[test]
fn a_third_object_of_a_segment_leaves_open_what_a_restore_gets() {
    let workspace = Workspace::plain(&[]);
    let place = workspace.path().join("bucket");
    copy(&bucket("gap"), &place);
    let target = Target {
        goal: Goal::Latest,
        inclusive: true,
    };
    let verdict = || {
        let asked = ask(&target, TargetTimeline::Latest, None);
        live(&place, "db").judge(&asked).verdict
    };
    assert_eq!(verdict(), Verdict::Reachable);
    for file in segments(&place) {
        let name = file.to_str().unwrap();
        let mut bytes = unpacked(&file);
        fs::write(name.strip_suffix(".gz").unwrap(), &bytes).unwrap();
        fs::copy(&file, name.replace(".gz", ".partial.gz")).unwrap();
        bytes[24..].fill(0);
        pack(&file, &bytes);
    }
    assert_eq!(verdict(), Verdict::Undecided);
}

#[test]
fn no_damage_makes_an_inventory_promise_what_the_archive_does_not_hold() {
    let mut dice = Dice(7);
    let mut sum = [Agreement::default(); 3];
    for round in 0..10 {
        let case = CASES[round % 3];
        let workspace = Workspace::plain(&[]);
        let place = workspace.path().join("bucket");
        copy(&bucket(case), &place);
        let done: Vec<String> = (0..=dice.roll(2))
            .map(|_| damage(&place, &mut dice))
            .collect();
        let live = live(&place, "db");
        let agreements = compare(&live, 8, &format!("{case} {done:?}"));
        for (sum, one) in sum.iter_mut().zip(agreements) {
            sum.same += one.same;
            sum.open += one.open;
        }
    }
    println!("{sum:?}");
    assert!(sum[0].same > 10 * sum[0].open, "{sum:?}");
}
