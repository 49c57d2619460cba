//! `walbound inventory`, an archive of a million segments, and reports of S3 Inventory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use md5::Digest;
use serde_json::Value;
use walbound::barman::{Catalog, ServerPath, TargetTimeline};
use walbound::facts::inventory::{Fingerprints, Grain, Lineage, Material, Noted, build};
use walbound::facts::{Evidence, Goal, Inventory, Known, Target, Verdict};
use walbound::model::instant::Instant;

use super::{ask, bucket, segments, text};
use crate::endless::{BACKUP, Endless, every_five_minutes};
use crate::workspace::Workspace;

#[test]
fn a_user_makes_an_inventory_and_asks_it() {
    let workspace = Workspace::repository(&[]);
    let archive = bucket("gap");
    let archive = archive.to_str().unwrap();
    let made = workspace.run(&["inventory", archive, "-o", "db.json"]);
    assert_eq!(made.code, Some(0), "{}", made.err);
    assert_eq!(made.err, "db: 2 base backups, 9 segments of WAL\n");
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
