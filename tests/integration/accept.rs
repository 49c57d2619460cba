//! What people accept: the baseline and the configuration; and the recovery that stands in comments.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::report::{MANIFEST, check};
use crate::workspace::Workspace;

fn schema(name: &str) -> Value {
    let workspace = Workspace::plain(&[]);
    let answer = workspace.run(&["schema", name]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    serde_json::from_str(&answer.out).unwrap()
}

#[test]
fn a_baseline_accepts_what_was_there_wherever_it_moves_and_nothing_else() {
    let workspace = Workspace::repository(&[("db/gitea.yaml", MANIFEST)]);
    let lint = |more: &[&str]| {
        let mut arguments = vec!["lint", "--baseline", "known.json", "--format", "concise"];
        arguments.extend(more);
        workspace.run(&arguments)
    };
    let missing = lint(&[]);
    assert_eq!(missing.code, Some(2), "{}", missing.out);
    assert!(missing.err.contains("--update-baseline"), "{}", missing.err);
    let made = lint(&["--update-baseline"]);
    assert_eq!(made.code, Some(0), "{}{}", made.out, made.err);
    assert!(made.err.starts_with("wrote known.json: "), "{}", made.err);
    let baseline = workspace.read("known.json");
    let schema = schema("baseline");
    check(
        &schema,
        &schema,
        &serde_json::from_str(&baseline).unwrap(),
        "",
    );

    workspace.put("db/gitea.yaml", &format!("# one\n\n# two\n{MANIFEST}"));
    let moved = lint(&[]);
    assert_eq!(moved.code, Some(0), "{}{}", moved.out, moved.err);
    assert!(moved.out.contains(" accepted; "), "{}", moved.out);
    assert_eq!(moved.err, "");

    workspace.put("db/gitea.yaml", &MANIFEST.replace("12:00:00", "99:00:00"));
    let changed = lint(&[]);
    assert_eq!(changed.code, Some(1), "{}", changed.out);
    assert!(
        changed.out.contains("[target-time-invalid]"),
        "{}",
        changed.out
    );
    assert!(
        !changed.out.contains("[write-lineage-is-source]"),
        "{}",
        changed.out
    );
    assert!(
        changed
            .err
            .contains("1 finding of known.json can no longer"),
        "{}",
        changed.err
    );
    assert_eq!(workspace.read("known.json"), baseline);
}

#[test]
fn a_bad_baseline_and_a_partial_update_are_wrong_use() {
    let workspace = Workspace::repository(&[("db/gitea.yaml", MANIFEST), ("bad.json", "{}")]);
    let bad = workspace.run(&["lint", "--baseline", "bad.json"]);
    assert_eq!(bad.code, Some(2), "{}", bad.out);
    assert!(
        bad.err.contains("bad.json: not a baseline: "),
        "{}",
        bad.err
    );
    for more in [
        &["--select", "wal-gap"][..],
        &["--since", "HEAD"],
        &["--diff"],
    ] {
        let mut arguments = vec!["lint", "--baseline", "new.json", "--update-baseline"];
        arguments.extend(more);
        assert_eq!(workspace.run(&arguments).code, Some(2), "{more:?}");
        assert!(!workspace.path().join("new.json").exists());
    }
    assert_eq!(workspace.run(&["lint", "--update-baseline"]).code, Some(2));
}

#[test]
fn an_entry_that_is_over_accepts_nothing_and_is_reported_in_its_file() {
    let entry = |until: &str| {
        format!(
            "ignore:\n  - rule: write-lineage-is-source\n    path: db/**\n    reason: old\n    until: {until}\n"
        )
    };
    let workspace = Workspace::repository(&[("db/gitea.yaml", MANIFEST)]);
    let lint = || workspace.run(&["lint", "--format", "concise"]);
    workspace.put(".walbound.yaml", &entry("2999-12-31"));
    let held = lint();
    assert!(
        !held.out.contains("[write-lineage-is-source]"),
        "{}",
        held.out
    );
    workspace.put(".walbound.yaml", &entry("2001-01-01"));
    let over = lint();
    assert!(
        over.out.contains("[write-lineage-is-source]"),
        "{}",
        over.out
    );
    let line = ".walbound.yaml:5:12: warning[ignore-expired] ignored `write-lineage-is-source`: \
                the last day was 2001-01-01\n";
    assert!(over.out.contains(line), "{}", over.out);
}

#[test]
fn the_schema_of_the_configuration_knows_its_keys_and_rules() {
    let schema = schema("config");
    let ids = walbound::rules::names();
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let mut rules = keys(&schema["properties"]["rules"]["properties"]);
    let mut known = ids.clone();
    known.sort_unstable();
    rules.sort();
    assert_eq!(rules, known);
    // serde tells which keys it knows.
    let known_keys = |text: &str| -> Vec<String> {
        let error = walbound::config::Config::parse(text, &ids).unwrap_err();
        let mut words = error.message.split('`').skip(1).step_by(2);
        assert_eq!(words.next(), Some("nonsense"), "{error}");
        let mut keys: Vec<String> = words.map(str::to_owned).collect();
        keys.sort();
        keys
    };
    let properties = &schema["properties"];
    let of_item = |name: &str| keys(&properties[name]["items"]["properties"]);
    assert_eq!(keys(properties), known_keys("nonsense: 1\n"));
    assert_eq!(
        keys(&properties["lineage"]["properties"]),
        known_keys("lineage:\n  nonsense: 1\n")
    );
    assert_eq!(
        of_item("databases"),
        known_keys("databases:\n  - nonsense: 1\n")
    );
    assert_eq!(of_item("ignore"), known_keys("ignore:\n  - nonsense: 1\n"));
}

#[test]
fn a_recovery_in_comments_is_checked_where_that_is_asked_for() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/recover/bootstrap-in-comments/before/db");
    let workspace = Workspace::repository(&[]);
    for name in ["cluster.yaml", "kustomization.yaml", "object-store.yaml"] {
        let text = fs::read_to_string(fixture.join(name)).unwrap();
        workspace.put(&format!("db/{name}"), &text);
    }
    let lint = |more: &[&str]| {
        let mut arguments = vec!["lint", "--format", "json", "--fail-on", "never"];
        arguments.extend(more);
        let answer = workspace.run(&arguments);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let document: Value = serde_json::from_str(&answer.out).unwrap();
        document["findings"].as_array().unwrap().clone()
    };
    let before = workspace.read("db/cluster.yaml");
    let plain = lint(&[]);
    assert!(
        plain
            .iter()
            .all(|found| found["rule"] != "lineage-in-place")
    );
    let dormant = lint(&["--dormant"]);
    assert_eq!(&dormant[..plain.len()], plain);
    let found = dormant
        .iter()
        .find(|found| found["rule"] == "lineage-in-place")
        .unwrap_or_else(|| panic!("{dormant:?}"));
    assert_eq!(found["location"]["path"], "db/cluster.yaml");
    assert_eq!(found["fix"], Value::Null);
    let help = found["help"].as_str().unwrap();
    assert!(help.contains("stands in comments were on"), "{help}");
    assert_eq!(workspace.read("db/cluster.yaml"), before);
}

#[test]
fn every_schema_is_printed() {
    for name in [
        "baseline",
        "check",
        "config",
        "gitlab",
        "inventory",
        "lint",
        "sarif",
        "status",
    ] {
        let schema = schema(name);
        assert!(
            schema["$id"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/{name}.schema.json"))
        );
    }
}
