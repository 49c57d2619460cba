//! `lint --archive` from outside.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::workspace::{Answer, Workspace};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The destination with the lineages of one database.
fn destination() -> String {
    let path = fixtures().join("archive/lineages/bucket");
    path.to_str().unwrap().to_owned()
}

/// A Cluster that recovers from `source` into `write`, from the fixture of a rule.
fn repository(write: &str, source: &str) -> Workspace {
    let path = fixtures().join("rules/source-lineage-stale/bad/one-behind.yaml");
    let text = fs::read_to_string(path).unwrap();
    let text = text
        .replace("orders-v9", write)
        .replace("orders-v1", source);
    Workspace::repository(&[("orders.yaml", &text)])
}

fn lint(workspace: &Workspace, arguments: &[&str]) -> (Value, Answer) {
    let mut all = vec!["lint", "--format", "json"];
    all.extend(arguments);
    let answer = workspace.run(&all);
    let document = serde_json::from_str(&answer.out);
    (document.unwrap_or(Value::Null), answer)
}

/// Rule and evidence of each finding.
fn found(document: &Value) -> Vec<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (text(finding, "rule"), text(finding, "evidence")))
        .collect()
}

fn pair(rule: &str, evidence: &str) -> (String, String) {
    (rule.to_owned(), evidence.to_owned())
}

/// What was skipped, but for the rules that need Git: these workspaces are no repositories.
fn without_archive(document: &Value) -> Vec<&Value> {
    let skipped = document["skipped"].as_array().unwrap().iter();
    let needs_git = |skip: &Value| {
        let reason = skip["reason"].as_str().unwrap();
        reason == "no Git repository" || reason.starts_with("no base revision")
    };
    skipped.filter(|skip| !needs_git(skip)).collect()
}

#[test]
fn without_an_archive_its_rules_are_skipped_by_name_and_in_one_line() {
    let workspace = repository("orders-v9", "orders-v1");
    let (document, answer) = lint(&workspace, &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(found(&document).is_empty(), "{document:#}");
    let skipped = without_archive(&document);
    assert_eq!(skipped.len(), 17);
    let expected = serde_json::json!({
        "rule": "target-unreachable", "reason": "no inventory for orders", "count": 1
    });
    assert!(skipped.contains(&&expected), "{document:#}");
    let shown = workspace.run(&["lint"]).out;
    assert!(
        shown.contains("17 rules (no inventory for orders)"),
        "{shown}"
    );
    assert_eq!(shown.trim_end().lines().count(), 1, "{shown}");
}

#[test]
fn a_copy_may_be_the_destination_the_bucket_or_the_folder_of_a_server() {
    let workspace = repository("orders-v9", "orders-v1");
    let expected = [pair("source-lineage-stale", "records")];
    let copy = |from: &Path, to: &Path| {
        fn all(from: &Path, to: &Path) {
            fs::create_dir_all(to).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let entry = entry.unwrap();
                let to = to.join(entry.file_name());
                match entry.path().is_dir() {
                    true => all(&entry.path(), &to),
                    false => drop(fs::copy(entry.path(), to).unwrap()),
                }
            }
        }
        all(from, to);
    };
    copy(
        Path::new(&destination()),
        &workspace.path().join("copy/cnpg"),
    );
    for location in [
        destination(),
        destination() + "/orders-v1",
        "copy".to_owned(),
        "copy/cnpg/".to_owned(),
        format!("file://{}", destination()),
    ] {
        let option = format!("--archive={location}");
        let (document, answer) = lint(&workspace, &[&option, "orders.yaml"]);
        assert_eq!(answer.code, Some(0), "{location}: {}", answer.err);
        assert_eq!(found(&document), expected, "{location}");
        assert!(without_archive(&document).is_empty(), "{location}");
    }
}

#[test]
fn a_place_without_the_archives_of_the_manifests_is_wrong_use() {
    let workspace = repository("invoices-v9", "invoices-v1");
    workspace.put("empty/notes.txt", "");
    for (option, words) in [
        (
            "--archive=empty",
            "none of the archives that the manifests name is here",
        ),
        ("--archive=nowhere", "nowhere"),
        (
            "--archive=gs://bucket/cnpg",
            "neither a directory nor a URL",
        ),
    ] {
        let (_, answer) = lint(&workspace, &[option]);
        assert_eq!(answer.code, Some(2), "{option}: {}", answer.out);
        assert!(answer.err.contains(words), "{option}: {}", answer.err);
    }
}

#[test]
fn a_database_whose_archive_is_not_in_the_copy_is_skipped_by_its_name() {
    let workspace = repository("orders-v9", "orders-v1");
    let other = workspace.read("orders.yaml");
    let other = other
        .replace("ame: orders", "ame: wiki")
        .replace("orders-v", "wiki-v")
        .replace("s3://backups/cnpg", "s3://elsewhere/wiki");
    workspace.put("wiki.yaml", &other);
    let option = format!("--archive={}", destination());
    let (document, answer) = lint(&workspace, &[&option]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert_eq!(found(&document), [pair("source-lineage-stale", "records")]);
    let skipped = without_archive(&document);
    assert_eq!(skipped.len(), 17, "{document:#}");
    for skip in skipped {
        assert_eq!(skip["reason"], "no inventory for wiki");
        assert_eq!(skip["count"], 1);
    }
}

#[test]
fn a_name_that_no_lineage_has_is_told_from_one_that_was_not_looked_for() {
    let workspace = repository("orders-v9", "orders-v12");
    let option = format!("--archive={}", destination());
    let (document, answer) = lint(&workspace, &[&option]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert_eq!(found(&document), [pair("source-lineage-empty", "records")]);
    let help = document["findings"][0]["help"].as_str().unwrap();
    assert!(help.contains("`orders-v2`"), "{help}");
}

#[test]
fn the_depth_limits_what_is_said_and_is_told_with_it() {
    let workspace = repository("orders-v9", "orders-v2");
    let option = format!("--archive={}", destination());
    let (document, _) = lint(&workspace, &[&option]);
    assert!(found(&document).is_empty(), "{document:#}");
    let (document, answer) = lint(&workspace, &[&option, "--depth", "listing"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert_eq!(found(&document), [pair("target-undecided", "listing")]);
}

#[test]
fn findings_can_be_accepted_like_any_other() {
    let workspace = repository("orders-v4", "orders-v2");
    let option = format!("--archive={}", destination());
    let (document, answer) = lint(&workspace, &[&option]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let rules = ["lineage-not-descended", "write-lineage-not-empty"];
    assert_eq!(found(&document), rules.map(|rule| pair(rule, "records")));
    let allow = "# walbound: allow-file(lineage-not-descended) on purpose\n";
    let text = workspace.read("orders.yaml");
    workspace.put("orders.yaml", &format!("{allow}{text}"));
    workspace.put(
        ".walbound.yaml",
        "ignore:\n  - rule: write-lineage-not-empty\n    object: Cluster/shop/orders\n    reason: on purpose\n",
    );
    let (document, answer) = lint(&workspace, &[&option]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert_eq!(document["summary"]["suppressed"], 2);
}

/// The inventory of the destination, or of one server in it.
fn inventory(workspace: &Workspace, server: Option<&str>) {
    let destination = destination();
    let mut arguments = vec!["inventory", &destination, "-q", "-o", "orders.json"];
    arguments.extend(server.iter().flat_map(|server| ["--server", server]));
    let answer = workspace.run(&arguments);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
}

#[test]
fn an_inventory_says_what_the_archive_says() {
    for (write, source) in [("orders-v4", "orders-v2"), ("orders-v2", "orders-v12")] {
        let workspace = repository(write, source);
        inventory(&workspace, None);
        let option = format!("--archive={}", destination());
        let (live, _) = lint(&workspace, &[&option]);
        let (known, answer) = lint(&workspace, &["--inventory", "orders.json"]);
        assert_eq!(answer.code, Some(1), "{}", answer.err);
        assert_eq!(found(&known), found(&live));
        assert_eq!(known["skipped"], live["skipped"]);
    }
}

#[test]
fn an_inventory_of_one_lineage_says_nothing_of_others() {
    let workspace = repository("orders-v9", "orders-v2");
    inventory(&workspace, Some("orders-v2"));
    let (document, answer) = lint(&workspace, &["--inventory", "orders.json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let skipped = document["skipped"].as_array().unwrap().iter();
    let rules: Vec<&str> = skipped.map(|skip| skip["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"write-lineage-not-empty"), "{rules:?}");
    assert!(!rules.contains(&"target-unreachable"), "{rules:?}");
}

#[test]
fn the_configuration_names_inventories_and_one_not_made_yet_is_none() {
    let workspace = repository("orders-v9", "orders-v1");
    workspace.put(
        ".walbound.yaml",
        "databases:\n  - name: orders\n    path: .\n    inventory: orders.json\n",
    );
    let (document, answer) = lint(&workspace, &[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert_eq!(without_archive(&document).len(), 17);
    inventory(&workspace, None);
    let (document, _) = lint(&workspace, &[]);
    let rules: Vec<String> = found(&document).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["source-lineage-stale"]);
}

#[test]
fn what_is_no_inventory_is_refused() {
    let workspace = repository("orders-v9", "orders-v1");
    workspace.put("notes.json", "{}");
    for file in ["notes.json", "nowhere.json"] {
        let (_, answer) = lint(&workspace, &["--inventory", file]);
        assert_eq!(answer.code, Some(2), "{}", answer.out);
        assert!(answer.err.contains(file), "{}", answer.err);
    }
}
