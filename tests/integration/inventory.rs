//! Inventories against the archives they were made of: what the file decides is what the archive decides.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use md5::Digest;
use serde_json::Value;
use walbound::barman::{Catalog, ObjectStore, ServerPath, TargetTimeline};
use walbound::facts::inventory::{Fingerprints, Grain, Heading, Lineage, Material, Noted, build};
use walbound::facts::{
    Ask, Depth, Evidence, Goal, Inventory, Known, Live, Target, TargetVerdict, Verdict,
};
use walbound::io::DirectoryStore;
use walbound::model::instant::Instant;
use walbound::wal::{Lsn, SegmentNumber, StreamDecoder, TimelineId, Xid};

use crate::endless::{BACKUP, Endless, every_five_minutes};
use crate::workspace::Workspace;

/// Archives of real servers, each with one lineage, `db`.
const CASES: [&str; 4] = ["forked", "gap", "mixed", "truncated"];

fn bucket(case: &str) -> PathBuf {
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive");
    archives.join(case).join("bucket")
}

fn live(bucket: &Path, server: &str) -> Live<DirectoryStore> {
    let store = DirectoryStore::open(bucket).unwrap();
    let catalog = Catalog::read(&store, ServerPath::new("", server)).unwrap();
    Live { store, catalog }
}

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

fn ask<'a>(target: &'a Target, timeline: TargetTimeline, backup: Option<&'a str>) -> Ask<'a> {
    Ask {
        target,
        timeline,
        backup_id: backup,
        depth: Depth::Records,
    }
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

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The segments of an archive, as files.
fn segments(bucket: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs::read_dir(bucket.join("db/wals")).unwrap() {
        let folder = folder.unwrap().path();
        if folder.is_dir() {
            let files = fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path());
            found.extend(files.filter(|file| !file.to_str().unwrap().contains(".backup")));
        }
    }
    found.sort();
    found
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

fn heading(redact: bool) -> Heading {
    Heading {
        taken_at: Instant::from_seconds(1_800_000_000),
        url: "file:///bucket".to_owned(),
        endpoint_url: None,
        depth: Depth::Records,
        redact,
        whole: false,
    }
}

fn read(bucket: &Path, earlier: Option<&Noted>) -> (Lineage, u64) {
    let store = DirectoryStore::open(bucket).unwrap();
    let count = std::cell::Cell::new(0);
    let path = ServerPath::new("", "db");
    let lineage = Lineage::read(&store, path, Depth::Records, earlier, &|read| {
        count.set(count.get() + read);
    });
    (lineage.unwrap(), count.get())
}

fn text(lineage: Lineage) -> String {
    Inventory::new(&heading(false), &[lineage])
        .render()
        .unwrap()
}

#[test]
fn the_file_tells_the_archive_and_the_same_archive_gives_the_same_file() {
    for case in CASES {
        let text_of_it = text(read(&bucket(case), None).0);
        assert_eq!(text(read(&bucket(case), None).0), text_of_it);
        let inventory = Inventory::parse(&text_of_it).unwrap();
        assert_eq!(inventory.render().unwrap(), text_of_it);
        let known = inventory.known().unwrap().remove(0);
        let live = live(&bucket(case), "db");
        assert_eq!(known.catalog.backups, live.catalog.backups);
        assert_eq!(known.catalog.timelines, live.catalog.timelines);
        assert_eq!(known.catalog.histories, live.catalog.histories);
        let again = Lineage {
            catalog: known.catalog,
            noted: known.noted,
        };
        assert_eq!(text(again), text_of_it);
        let redacted = Inventory::new(&heading(true), &[read(&bucket(case), None).0]);
        assert!(!redacted.render().unwrap().contains("file:///bucket"));
    }
}

#[test]
fn an_update_gives_what_a_new_inventory_would_and_reads_only_what_is_new() {
    for case in ["gap", "forked"] {
        let whole = bucket(case);
        let (fresh, all) = read(&whole, None);
        let fresh = text(fresh);
        let number = segments(&whole).len();
        for kept in [0, number / 2, number - 1, number] {
            let workspace = Workspace::plain(&[]);
            let place = workspace.path().join("bucket");
            copy(&whole, &place);
            // Times are copied too, as the objects of a bucket keep theirs.
            for (file, original) in segments(&place).iter().zip(segments(&whole)) {
                let time = fs::metadata(original).unwrap().modified().unwrap();
                fs::File::options()
                    .append(true)
                    .open(file)
                    .unwrap()
                    .set_modified(time)
                    .unwrap();
            }
            let mut away = Vec::new();
            for file in segments(&place).into_iter().skip(kept) {
                let hidden = workspace.path().join(file.file_name().unwrap());
                fs::rename(&file, &hidden).unwrap();
                away.push((hidden, file));
            }
            let (before, _) = read(&place, None);
            for (hidden, file) in away {
                fs::rename(hidden, file).unwrap();
            }
            let (after, again) = read(&place, Some(&before.noted));
            assert_eq!(
                after.noted.index,
                read(&place, None).0.noted.index,
                "{case} {kept}"
            );
            assert!(again <= all, "{again} of {all}");
            if kept == number {
                assert_eq!(again, 0, "{case}");
            }
            let lines = |text: &str| text.lines().filter(|l| !l.contains("upload")).count();
            assert_eq!(lines(&text(after)), lines(&fresh), "{case} {kept}");
        }
    }
}

#[test]
fn whatever_is_written_into_an_inventory_it_is_refused_or_judged_without_harm() {
    let text = text(read(&bucket("forked"), None).0);
    let mut dice = Dice(3);
    let (mut refused, mut judged) = (0, 0);
    for _ in 0..300 {
        let changed = mutate(&text, &mut dice);
        let known = Inventory::parse(&changed).and_then(|inventory| inventory.known());
        let Ok(known) = known else {
            refused += 1;
            continue;
        };
        for known in known {
            for goal in [
                Goal::Latest,
                Goal::Immediate,
                Goal::Xid(Xid(735)),
                Goal::Lsn(Lsn(9 << 24)),
            ] {
                let inclusive = dice.roll(2) == 0;
                let target = Target { goal, inclusive };
                for depth in [Depth::Listing, Depth::Records] {
                    let asked = ask(&target, TargetTimeline::Latest, None);
                    let verdict = known.judge(&Ask { depth, ..asked });
                    judged += usize::from(verdict.verdict != Verdict::Undecided);
                }
            }
        }
    }
    assert!(
        refused > 50 && judged > 50,
        "{refused} refused, {judged} judged"
    );
}

/// Puts another value in the place of one, or cuts something out.
fn mutate(text: &str, dice: &mut Dice) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    let mut at = &mut document;
    loop {
        let size = match at {
            Value::Array(items) => items.len(),
            Value::Object(items) => items.len(),
            _ => 0,
        };
        if size == 0 {
            break;
        }
        let chosen = dice.roll(size);
        if dice.roll(24) == 0 {
            match at {
                Value::Array(items) => drop(items.remove(chosen)),
                Value::Object(items) => {
                    drop(items.remove(&items.keys().nth(chosen).unwrap().clone()))
                }
                _ => {}
            }
            return document.to_string();
        }
        at = match at {
            Value::Array(items) => &mut items[chosen],
            Value::Object(items) => items.values_mut().nth(chosen).unwrap(),
            _ => unreachable!(),
        };
    }
    let other = [
        Value::from(u64::MAX),
        Value::from(0),
        Value::from(-1),
        Value::Null,
        Value::from(true),
        Value::from("FFFFFFFF/FFFFFFFF"),
        Value::from("00000001FFFFFFFF000000FF"),
        Value::from("x".repeat(1000)),
        Value::Array(vec![]),
    ];
    *at = other[dice.roll(other.len())].clone();
    document.to_string()
}

#[test]
fn the_schema_describes_what_is_written() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/inventory.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    for case in CASES {
        let document: Value = serde_json::from_str(&text(read(&bucket(case), None).0)).unwrap();
        fits(&document, &schema, &schema, case).unwrap();
        let mut other = document.clone();
        other["lineages"][0]["archive"]["more"] = Value::Null;
        assert!(fits(&other, &schema, &schema, case).is_err());
        assert!(Inventory::parse(&other.to_string()).is_err());
    }
}

/// The part of JSON Schema that the schema uses.
fn fits(value: &Value, schema: &Value, root: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return fits(value, &root["$defs"][name], root, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices
            .iter()
            .filter(|choice| fits(value, choice, root, at).is_ok());
        return match fitting.count() {
            1 => Ok(()),
            count => Err(format!("{at}: {count} choices fit {value}")),
        };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => true,
    };
    let listed = schema["enum"]
        .as_array()
        .is_none_or(|all| all.contains(value));
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    if !(allowed && listed && constant) {
        return Err(format!("{at}: {value} is not of {schema}"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        let own = schema["prefixItems"].get(index).unwrap_or(&schema["items"]);
        fits(item, own, root, &format!("{at}[{index}]"))?;
    }
    if let Some(fields) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{at}: no {name}"));
            }
        }
        for (name, field) in fields {
            let Some(own) = schema["properties"].get(name) else {
                return Err(format!("{at}: {name} is not described"));
            };
            fits(field, own, root, &format!("{at}.{name}"))?;
        }
    }
    Ok(())
}

#[test]
fn a_user_makes_an_inventory_and_asks_it() {
    let workspace = Workspace::repository(&[]);
    let archive = bucket("gap");
    let archive = archive.to_str().unwrap();
    let made = workspace.run(&["inventory", archive, "-o", "db.json"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert_eq!(made.err, "db: 2 base backups, 9 segments\n");
    let target = [
        "--target-time",
        "2026-11-21 12:35:07+00",
        "--format",
        "json",
    ];
    let answer = |location: &[&str]| {
        let arguments: Vec<&str> = ["check"]
            .iter()
            .chain(location)
            .chain(&target)
            .copied()
            .collect();
        let answer = workspace.run(&arguments);
        let document: Value = serde_json::from_str(&answer.out).unwrap();
        (answer.code, document)
    };
    let (code, of_archive) = answer(&[archive]);
    workspace.put(
        ".walbound.yaml",
        "databases:\n  - name: shop\n    path: db\n    inventory: db.json\n",
    );
    for location in [
        &["db.json"][..],
        &["nowhere", "--inventory", "db.json"],
        &["shop"],
    ] {
        let (other, of_file) = answer(location);
        assert_eq!((other, &of_file["verdict"]), (code, &of_archive["verdict"]));
        assert_eq!(of_file["stops_at"], of_archive["stops_at"]);
    }
    let before = workspace.read("db.json");
    let again = workspace.run(&["inventory", archive, "-o", "db.json", "--update"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    let without_time = |text: &str| {
        let lines = text.lines().filter(|line| !line.contains("taken_at"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        without_time(&workspace.read("db.json")),
        without_time(&before)
    );
    workspace.put(
        "db.json",
        &before.replace("\"depth\": \"records\"", "\"depth\": \"deep\""),
    );
    let refused = workspace.run(&["check", "db.json", "--latest"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("not an inventory") && refused.err.contains("help:"),
        "{}",
        refused.err
    );
}

/// The index of a thousand segments, told of a million: as many buckets as there can be, all of them sums.
fn of_a_million() -> (String, Endless) {
    const SHORT: u64 = 1039;
    let store = Endless::new(SHORT);
    let path = || ServerPath::new("", "db");
    let mut prints = Fingerprints::default();
    let catalog = Catalog::read_with(&store, path(), &mut |name, object| prints.add(name, object));
    let index = build(&Material {
        store: &store,
        catalog: &catalog.unwrap(),
        prints: &prints,
        earlier: None,
        progress: &|_| {},
        grain: Grain {
            listed: 0,
            buckets: 512,
        },
    });
    let store = Endless::new(1_000_000);
    let catalog = Catalog::read(&store, path()).unwrap();
    let noted = Noted {
        systems: BTreeMap::new(),
        index: Some(index),
    };
    let text = text(Lineage { catalog, noted });
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let buckets = &mut document["lineages"][0]["index"]["streams"][0]["buckets"];
    let buckets = buckets.as_array_mut().unwrap();
    assert!((400..=520).contains(&buckets.len()), "{}", buckets.len());
    let count = buckets.len() as u64;
    for (at, bucket) in (1..).zip(buckets.iter_mut().skip(1)) {
        bucket["last"] = Value::from(BACKUP + (1_000_000 - BACKUP) * at / (count - 1));
    }
    let inventory = Inventory::parse(&document.to_string()).unwrap();
    (inventory.render().unwrap(), store)
}

#[test]
fn a_million_segments_fit_into_a_few_hundred_kilobytes_and_are_judged_at_once() {
    let (text, _) = of_a_million();
    assert!(text.len() < 400_000, "{}", text.len());
    let start = std::time::Instant::now();
    let known = Inventory::parse(&text).unwrap().known().unwrap().remove(0);
    let instant = Instant::from_micros(every_five_minutes(900).unwrap());
    let goal = Goal::Time {
        choice: instant,
        replay: instant,
    };
    let target = Target {
        goal,
        inclusive: true,
    };
    let verdict = known.judge(&ask(&target, TargetTimeline::Latest, None));
    println!("{} bytes, {:?}", text.len(), start.elapsed());
    assert_eq!(verdict.verdict, Verdict::Reachable, "{:?}", verdict.reasons);
    assert!(start.elapsed().as_millis() < 2_000);
}

#[test]
fn a_report_of_s3_takes_the_place_of_the_listing() {
    let archive = bucket("gap");
    let workspace = Workspace::plain(&[]);
    let files = segments(&archive);
    let (listed, _) = files.split_at(files.len() - 2);
    let mut lines = String::new();
    for file in listed {
        let key = file.strip_prefix(&archive).unwrap().to_str().unwrap();
        let size = fs::metadata(file).unwrap().len();
        lines += &format!("\"b\",\"{key}\",\"{size}\",\"2026-11-21T06:04:54.000Z\"\n");
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(lines.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let sum: String = md5::Md5::digest(&packed)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let manifest = |format: &str| {
        format!(
            r#"{{"sourceBucket":"b","destinationBucket":"arn:aws:s3:::r","fileFormat":"{format}",
            "fileSchema":"Bucket, Key, Size, LastModifiedDate",
            "files":[{{"key":"b/daily/data/1.csv.gz","size":{},"MD5checksum":"{sum}"}}]}}"#,
            packed.len()
        )
    };
    workspace.put("daily/2026/manifest.json", &manifest("CSV"));
    workspace.put("daily/data/.keep", "");
    fs::write(workspace.path().join("daily/data/1.csv.gz"), &packed).unwrap();
    let run = |output: &str, more: &[&str]| {
        let mut arguments = vec!["inventory", archive.to_str().unwrap(), "-o", output];
        arguments.extend(more);
        workspace.run(&arguments)
    };
    let report = ["--s3-inventory", "daily/2026/manifest.json"];
    assert_eq!(run("plain.json", &[]).code, Some(0));
    let made = run("report.json", &report);
    assert_eq!(made.code, Some(0), "{}", made.err);
    let told = |name: &str| {
        Inventory::parse(&workspace.read(name))
            .unwrap()
            .known()
            .unwrap()
            .remove(0)
    };
    let runs = |known: &Known| -> Vec<_> {
        let files = known.catalog.timelines.values();
        files
            .flat_map(|files| files.runs.iter().map(|run| (run.first, run.last)))
            .collect()
    };
    assert_eq!(runs(&told("report.json")), runs(&told("plain.json")));
    workspace.put("daily/2026/manifest.json", &manifest("Parquet"));
    let refused = run("never.json", &report);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.err.contains("Parquet") && refused.err.contains("CSV"),
        "{}",
        refused.err
    );
    assert!(!workspace.path().join("never.json").exists());
}
