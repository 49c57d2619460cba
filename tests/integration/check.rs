//! `walbound check` against archives of a real server, with what that server did when it was recovered.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::workspace::{Answer, Workspace};

const SECOND_BACKUP: &str = "20260101T000002";

fn archives() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive")
}

fn bucket(case: &str) -> String {
    let path = archives().join(case).join("bucket");
    path.to_str().unwrap().to_owned()
}

fn run(arguments: &[&str]) -> Answer {
    Workspace::plain(&[]).run(arguments)
}

fn check(case: &str, arguments: &[&str]) -> Answer {
    let bucket = bucket(case);
    let mut all = vec!["check", &bucket];
    all.extend(arguments);
    run(&all)
}

fn json(case: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let mut all = vec!["--format", "json"];
    all.extend(arguments);
    let answer = check(case, &all);
    let document = serde_json::from_str(&answer.out);
    let document = document.unwrap_or_else(|error| panic!("{error}: {}", answer.err));
    (document, answer.code)
}

fn codes(document: &Value, list: &str) -> Vec<String> {
    let notes = document[list].as_array().unwrap().iter();
    notes
        .map(|note| note["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Archives whose targets were really recovered.
const RECOVERED: [&str; 8] = [
    "endings",
    "forked",
    "gap",
    "mixed",
    "prepared",
    "prepared-at-begin",
    "read-ahead",
    "truncated",
];

fn observed(case: &str) -> Vec<Value> {
    let text = fs::read_to_string(archives().join(case).join("observed.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn arguments(observation: &Value) -> Vec<&str> {
    let arguments = observation["arguments"].as_array().unwrap().iter();
    arguments.map(|text| text.as_str().unwrap()).collect()
}

/// The codes that one of PostgreSQL's messages can have.
fn codes_for(message: &str) -> &'static [&'static str] {
    match message {
        "recovery ended before configured recovery target was reached" => &[
            "wal-damaged",
            "no-commit-after-target",
            "lsn-beyond-end",
            "xid-not-found",
            "restore-point-not-found",
        ],
        "requested recovery stop point is before consistent recovery point" => {
            &["target-before-consistency"]
        }
        text if text.contains("has wrong size") => &["wal-damaged"],
        text if text.contains("has already been removed") => &["timeline-not-reachable"],
        text if text.contains("does not exist") => &["timeline-not-reachable"],
        text => panic!("no code for `{text}`"),
    }
}

#[test]
fn every_answer_is_what_postgres_did() {
    let mut judged = 0;
    for case in RECOVERED {
        for observation in observed(case) {
            let arguments = arguments(&observation);
            let (document, code) = json(case, &arguments);
            let at = format!("{case} {arguments:?}: {document:#}");
            if observation["outcome"] == "PROMOTED" {
                assert_eq!(document["verdict"], "reachable", "{at}");
                assert_eq!(code, Some(0), "{at}");
                let kept = &document["stops_at"]["xid"];
                let expected = match observation.get("in_backup") {
                    Some(_) => &Value::Null,
                    None => &observation["last_transaction"],
                };
                assert_eq!(kept, expected, "{at}");
            } else {
                assert_eq!(document["verdict"], "unreachable", "{at}");
                assert_eq!(
                    (code, &document["stops_at"]),
                    (Some(1), &Value::Null),
                    "{at}"
                );
                let expected = codes_for(observation["message"].as_str().unwrap());
                let first = codes(&document, "reasons").remove(0);
                assert!(expected.contains(&first.as_str()), "{at}");
            }
            judged += 1;
        }
    }
    assert_eq!(judged, 130);
}

#[test]
fn no_answer_of_an_inventory_is_other_than_what_postgres_did() {
    let workspace = Workspace::plain(&[]);
    let (mut decided, mut open) = (0, 0);
    for case in RECOVERED {
        let file = format!("{case}.json");
        let made = workspace.run(&["inventory", &bucket(case), "-o", &file]);
        assert_eq!(made.code, Some(0), "{case}: {}", made.err);
        for observation in observed(case) {
            let mut asked = vec!["check", &file, "--format", "json"];
            asked.extend(arguments(&observation));
            let document: Value = serde_json::from_str(&workspace.run(&asked).out).unwrap();
            let came = match observation["outcome"].as_str() {
                Some("PROMOTED") => "reachable",
                _ => "unreachable",
            };
            if document["verdict"] == "undecided" {
                open += 1;
            } else {
                assert_eq!(document["verdict"], came, "{case} {asked:?}: {document:#}");
                decided += 1;
            }
        }
    }
    // What became of transactions that were prepared where the timeline changes is left open.
    assert_eq!((decided, open), (98, 32));
}

#[test]
fn the_document_has_the_keys_of_the_manual() {
    let target = "2026-11-21 13:00:00+00";
    let arguments = ["--backup-id", SECOND_BACKUP, "--target-time", target];
    let (document, _) = json("gap", &arguments);
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/check.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let required = schema["required"].as_array().unwrap();
    assert_eq!(keys.len(), required.len());
    assert!(
        required
            .iter()
            .all(|key| document.get(key.as_str().unwrap()).is_some())
    );
    assert_eq!(document["schema"], "walbound.check/1");
    assert_eq!(document["archive"]["server_name"], "db");
    assert_eq!(document["target"]["value"], "2026-11-21T13:00:00.000000Z");
    assert_eq!(document["base_backup"]["id"], SECOND_BACKUP);
    assert_eq!(document["last_commit"]["xid"], 735);
    assert_eq!(
        document["window"]["latest"],
        document["last_commit"]["time"]
    );
    assert_eq!(
        codes(&document, "reasons"),
        ["no-commit-after-target", "wal-gap"]
    );
}

#[test]
fn a_name_that_the_server_would_not_start_with_is_answered() {
    for name in ["n".repeat(64), "a\nb".to_owned()] {
        let arguments = ["--backup-id", SECOND_BACKUP, "--target-name", &name];
        let (document, code) = json("forked", &arguments);
        assert_eq!(code, Some(1));
        assert_eq!(codes(&document, "reasons"), ["invalid-target"]);
    }
    assert_eq!(check("forked", &["--target-name", ""]).code, Some(2));
}

/// The window of a recovery without a target, and whether it is reachable at a time.
fn window(case: &str, backup: &str) -> (Value, impl Fn(jiff::Timestamp) -> bool) {
    let (document, _) = json(case, &["--backup-id", backup, "--latest"]);
    let verdict = move |time: jiff::Timestamp| {
        let time = format!("{time:.6}");
        let (document, _) = json(case, &["--backup-id", backup, "--target-time", &time]);
        document["verdict"] == "reachable"
    };
    (document["window"].clone(), verdict)
}

#[test]
fn a_window_holds_reachable_times_only() {
    const MICRO: jiff::SignedDuration = jiff::SignedDuration::from_micros(1);
    for (case, backup) in [
        ("endings", SECOND_BACKUP),
        ("forked", "20260101T000001"),
        ("gap", SECOND_BACKUP),
        ("mixed", SECOND_BACKUP),
        ("read-ahead", "20260101T000001"),
    ] {
        let (window, is_reachable) = window(case, backup);
        let time =
            |key: &str| -> jiff::Timestamp { window[key].as_str().unwrap().parse().unwrap() };
        let (earliest, latest) = (time("earliest"), time("latest"));
        assert!(earliest < latest, "{case}");
        assert!(is_reachable(earliest), "{case} {earliest}");
        assert!(is_reachable(latest - MICRO), "{case} {latest}");
        assert!(!is_reachable(latest), "{case} {latest}");
    }
}

#[test]
fn a_segment_that_defeats_what_lies_before_leaves_no_window() {
    let (window, is_reachable) = window("truncated", SECOND_BACKUP);
    let nothing = serde_json::json!({"earliest": null, "latest": null});
    assert_eq!(window, nothing);
    // PostgreSQL was seen to fail at the last transaction before the segment.
    assert!(!is_reachable(
        "2026-11-21T12:35:08.047431Z".parse().unwrap()
    ));
}

#[test]
fn a_listing_never_says_reachable() {
    for (target, value) in [
        ("--target-time", "2026-11-21 12:35:07+00"),
        ("--target-name", "before-fork"),
        ("--target-lsn", "0/A00070"),
    ] {
        for depth in ["listing", "headers"] {
            let arguments = [
                target,
                value,
                "--depth",
                depth,
                "--backup-id",
                SECOND_BACKUP,
            ];
            let (document, code) = json("forked", &arguments);
            assert_eq!(document["verdict"], "undecided", "{document:#}");
            assert_eq!((code, &document["evidence"]), (Some(3), &depth.into()));
            assert_eq!(codes(&document, "warnings"), ["listing-only"]);
        }
    }
    let beyond = [
        "--target-lsn",
        "0/C00000",
        "--depth",
        "listing",
        "--backup-id",
        SECOND_BACKUP,
    ];
    let (document, code) = json("gap", &beyond);
    assert_eq!(codes(&document, "reasons"), ["lsn-beyond-end"]);
    assert_eq!(code, Some(1));
}

#[test]
fn the_backup_is_the_one_that_the_operator_would_choose() {
    let (document, code) = json("forked", &["--target-time", "2026-11-21 12:35:05+00"]);
    assert_eq!(document["base_backup"]["id"], "20260101T000001");
    assert_eq!(code, Some(0));
    let (document, code) = json("forked", &["--target-time", "2026-11-21 12:00:00+00"]);
    assert_eq!(document["base_backup"], Value::Null);
    assert_eq!(
        codes(&document, "reasons"),
        ["no-base-backup-before-target"]
    );
    assert_eq!(code, Some(1));
    let (document, _) = json("forked", &["--latest", "--backup-id", "20260101T000009"]);
    assert_eq!(codes(&document, "reasons"), ["backup-not-found"]);
}

#[test]
fn the_answer_for_people_says_what_it_rests_on() {
    let arguments = ["--backup-id", SECOND_BACKUP, "--target-name", "before-fork"];
    let answer = check("gap", &arguments);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer
            .out
            .starts_with("unreachable: restore point `before-fork`")
    );
    for part in [
        "20260101T000002, ended 2026-11-21",
        "00000001000000000000000A to 00000001000000000000000B, 2 segments",
        "transaction 735 at 0/B00070",
        "segment 00000001000000000000000C is missing",
        "[wal-gap]",
    ] {
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    }
}

#[test]
fn a_timeline_that_is_left_while_it_goes_on_is_mentioned() {
    let latest = ["--latest", "--backup-id", SECOND_BACKUP];
    let answer = check("forked", &latest);
    assert!(
        answer.out.contains("leaves timeline 1 at 0/C0"),
        "{}",
        answer.out
    );
    let followed = check("forked", &[&latest[..], &["--target-tli", "1"]].concat());
    assert!(
        !followed.out.contains("leaves timeline"),
        "{}",
        followed.out
    );
}

#[test]
fn what_a_recovery_leaves_behind_is_a_reason_beside_reachable() {
    let at = "2026-11-21 12:35:05.363369+00";
    let arguments = ["--target-time", at, "--backup-id", SECOND_BACKUP];
    let (document, code) = json("forked", &arguments);
    assert_eq!((code, &document["verdict"]), (Some(0), &"reachable".into()));
    assert_eq!(codes(&document, "reasons"), ["timeline-not-reachable"]);
    let message = document["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("--target-tli 1"), "{message}");
}

#[test]
fn a_foreign_timeline_ends_replay_before_its_place_and_nobody_knows_where() {
    let (document, code) = json("read-ahead", &["--latest"]);
    assert_eq!((code, &document["verdict"]), (Some(3), &"undecided".into()));
    assert_eq!(codes(&document, "reasons"), ["wal-damaged"]);
}

#[test]
fn everything_before_a_gap_is_reachable_and_the_gap_is_told() {
    let arguments = ["--latest", "--backup-id", SECOND_BACKUP];
    let (document, code) = json("gap", &arguments);
    assert_eq!((code, &document["verdict"]), (Some(0), &"reachable".into()));
    assert_eq!(codes(&document, "reasons"), ["wal-gap"]);
    let message = document["reasons"][0]["message"].as_str().unwrap();
    assert!(message.contains("00000001000000000000000C"), "{message}");
    assert_eq!(document["stops_at"]["xid"], 735);
}

#[test]
fn a_subtransaction_that_was_rolled_back_is_a_target_and_a_released_one_is_not() {
    let (document, _) = json("endings", &["--target-xid", "729"]);
    assert_eq!(document["stops_at"]["xid"], 727);
    let (document, _) = json("endings", &["--target-xid", "732"]);
    assert_eq!(codes(&document, "reasons"), ["xid-not-found"]);
}

/// Archives of backups alone: the `backup.info` of `forked`, changed for each.
fn with_backups(changes: &[(&str, &[(&str, &str)])]) -> Workspace {
    let source = archives().join("forked/bucket/db");
    let info = source.join("base").join(SECOND_BACKUP).join("backup.info");
    let info = fs::read_to_string(info).unwrap();
    let mut files = Vec::new();
    for (id, replaced) in changes {
        let text = replaced.iter().fold(info.clone(), |text, (key, value)| {
            let lines = text.lines().map(|line| match line.split_once('=') {
                Some((found, _)) if found == *key => format!(
                    "{key}={value}
"
                ),
                _ => format!(
                    "{line}
"
                ),
            });
            lines.collect()
        });
        files.push((format!("archive/db/base/{id}/backup.info"), text));
        files.push((format!("archive/db/base/{id}/data.tar"), "x".to_owned()));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    Workspace::plain(&files)
}

fn warnings(workspace: &Workspace) -> Vec<String> {
    let arguments = [
        "check", "archive", "--latest", "--format", "json", "--depth", "listing",
    ];
    let answer = workspace.run(&arguments);
    let document = serde_json::from_str(&answer.out).unwrap();
    let mut warnings = codes(&document, "warnings");
    warnings.retain(|code| code != "listing-only");
    warnings
}

#[test]
fn a_newest_backup_of_another_system_is_a_warning() {
    let own = [("end_time", "2026-11-20 01:00:00+00:00")];
    let foreign = [
        ("systemid", "7710602296381582746"),
        ("end_time", "2026-11-21 01:00:00+00:00"),
    ];
    let workspace = with_backups(&[("20261120T010000", &own), ("20261121T010000", &foreign)]);
    assert_eq!(
        warnings(&workspace),
        ["other-system-in-lineage", "latest-is-other-system"]
    );
    let before = [foreign[0], ("end_time", "2026-11-19 01:00:00+00:00")];
    let workspace = with_backups(&[("20261119T010000", &before), ("20261120T010000", &own)]);
    assert_eq!(
        warnings(&workspace),
        ["other-system-in-lineage", "latest-is-other-system"]
    );
    let workspace = with_backups(&[("20261120T010000", &own), ("20261121T010000", &own)]);
    assert!(warnings(&workspace).is_empty());
}

#[test]
fn a_newest_backup_far_below_the_trend_is_a_warning() {
    let sized = |sizes: &[&str]| {
        let times: Vec<String> = (0..sizes.len())
            .map(|day| format!("2026-11-{:02} 01:00:00+00:00", day + 1))
            .collect();
        let ids: Vec<String> = (0..sizes.len())
            .map(|day| format!("202611{:02}T010000", day + 1))
            .collect();
        let fields: Vec<[(&str, &str); 2]> = sizes
            .iter()
            .zip(&times)
            .map(|(size, time)| [("cluster_size", *size), ("end_time", time.as_str())])
            .collect();
        let backups: Vec<(&str, &[(&str, &str)])> = ids
            .iter()
            .zip(&fields)
            .map(|(id, fields)| (id.as_str(), &fields[..]))
            .collect();
        warnings(&with_backups(&backups))
    };
    assert_eq!(sized(&["4000", "999"]), ["backup-size-collapse"]);
    assert!(sized(&["4000", "1000"]).is_empty());
    assert_eq!(
        sized(&["4000", "4100", "50", "4200", "900"]),
        ["backup-size-collapse"]
    );
    // One that was small once says nothing, and neither does the growth after it.
    assert!(sized(&["4000", "4100", "50", "4200"]).is_empty());
    assert!(sized(&["50", "4000"]).is_empty());
    assert!(sized(&["4000"]).is_empty());
}

#[test]
fn another_system_met_on_the_way_is_a_warning() {
    let (document, _) = json("mixed", &["--latest", "--backup-id", SECOND_BACKUP]);
    assert_eq!(codes(&document, "warnings"), ["other-system-in-lineage"]);
    assert_eq!(codes(&document, "reasons"), ["system-identifier-mismatch"]);
}

#[test]
fn wrong_use_is_told_apart_from_an_answer() {
    for arguments in [
        &["--target-time", "2026-11-21 12:35:05"][..],
        &["--target-time", "2026-02-30 12:35:05+00"],
        &["--target-lsn", "12"],
        &["--target-tli", "0", "--latest"],
        &["--latest", "--target-immediate"],
        &[],
    ] {
        let answer = check("gap", arguments);
        assert_eq!(
            (answer.code, answer.out.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
    }
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_build_without_s3_says_so() {
    let answer = run(&["check", "s3://backups/cnpg", "--latest"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("was built without S3"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("the feature `s3`"), "{}", answer.err);
}

#[test]
fn a_destination_with_several_servers_asks_for_one() {
    let info = "status=DONE\n";
    let workspace = Workspace::plain(&[
        ("two/gitea-v1/base/20260101T000001/backup.info", info),
        ("two/gitea-v2/base/20260101T000001/backup.info", info),
        ("two/other/file", "x"),
    ]);
    let answer = workspace.run(&["check", "two", "--latest"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("--server`: gitea-v1, gitea-v2\n"),
        "{}",
        answer.err
    );
    let answer = workspace.run(&["check", "two", "--server", "gitea-v1", "--latest"]);
    assert_eq!(answer.code, Some(1), "{}", answer.out);
    assert!(
        answer.out.contains("[backup-not-finished]"),
        "{}",
        answer.out
    );
    let answer = workspace.run(&["check", "two", "--server", "gitea-v3", "--latest"]);
    assert_eq!(answer.code, Some(1));
    assert!(answer.out.contains("[lineage-empty]"), "{}", answer.out);
    assert!(answer.out.contains("gitea-v2"), "{}", answer.out);
    let answer = workspace.run(&["check", "two/other", "--latest"]);
    assert_eq!(answer.code, Some(2));
}

#[test]
fn the_directory_of_one_server_is_an_archive_too() {
    let own = format!("{}/db", bucket("gap"));
    let answer = run(&["check", &own, "--target-immediate"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.out.contains("server db\n"), "{}", answer.out);
}
