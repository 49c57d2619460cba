//! `walbound status`: the databases of a repository.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::report::check;
use crate::timeline::{Stored, archive};
use crate::workspace::Workspace;

fn example(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("fixtures/examples").join(name);
    path.to_str().unwrap().to_owned()
}

fn document(workspace: &Workspace, path: &str) -> Value {
    let answer = workspace.run(&["status", path, "--format", "json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let document: Value = serde_json::from_str(&answer.out).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/status.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    check(&schema, &schema, &document, "");
    document
}

fn database<'d>(document: &'d Value, cluster: &str) -> &'d Value {
    let all = document["databases"].as_array().unwrap();
    let found = all.iter().find(|entry| entry["cluster"] == cluster);
    found.unwrap_or_else(|| panic!("no {cluster}: {document:#}"))
}

#[test]
fn the_overlay_in_use_tells_the_mode_and_the_other_one_where_a_recovery_would_read() {
    let workspace = Workspace::plain(&[]);
    let document = document(&workspace, &example("overlay-switch"));
    assert_eq!(document["databases"].as_array().unwrap().len(), 2);
    let bookshelf = database(&document, "bookshelf-database");
    assert_eq!(bookshelf["mode"], "initdb");
    assert_eq!(
        bookshelf["write_lineage"]["server_name"],
        "bookshelf-database-v5"
    );
    assert_eq!(
        bookshelf["source_lineage"]["server_name"],
        "bookshelf-database-v5"
    );
    assert_eq!(bookshelf["source_lineage"]["in_use"], false);
    assert_eq!(bookshelf["last_backup"], Value::Null);
    let reason = "no inventory and no archive at hand";
    assert_eq!(
        bookshelf["unknown"],
        json!([{"what": "last_backup", "reason": reason}, {"what": "window", "reason": reason}])
    );
}

/// Every finding is counted once, whatever database it belongs to.
#[test]
fn findings_are_those_of_lint() {
    let workspace = Workspace::plain(&[]);
    for name in ["overlay-switch", "versioned-flux", "component-in-place"] {
        let path = example(name);
        let document = document(&workspace, &path);
        let linted = workspace.run(&["lint", &path, "--format", "json"]);
        let linted: Value = serde_json::from_str(&linted.out).unwrap();
        for (key, total) in [
            ("errors", "errors"),
            ("warnings", "warnings"),
            ("notes", "notes"),
        ] {
            let rows = document["databases"].as_array().unwrap().iter();
            let own: u64 = rows.map(|row| row["findings"][key].as_u64().unwrap()).sum();
            let others = document["other_findings"][key].as_u64().unwrap();
            assert_eq!(
                json!(own + others),
                linted["summary"][total],
                "{name} {key}"
            );
        }
    }
}

const RECOVERING: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: gitea, namespace: db }
spec:
  bootstrap: { recovery: { source: origin } }
  externalClusters:
    - name: origin
      barmanObjectStore: { destinationPath: 's3://backups/cnpg', serverName: gitea-v1 }
  backup:
    barmanObjectStore: { destinationPath: 's3://backups/cnpg', endpointURL: 'https://s3.example', serverName: gitea-v2 }
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: standby, namespace: db }
spec:
  replica: { enabled: true, source: origin }
  bootstrap: { recovery: { source: origin } }
  externalClusters:
    - name: origin
      barmanObjectStore: { destinationPath: 's3://backups/cnpg', serverName: gitea-v2 }
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: scratch, namespace: db }
spec: { instances: 1 }
";

#[test]
fn recovery_replica_and_a_database_without_archive_are_told_apart() {
    let workspace = Workspace::repository(&[
        ("db/all.yaml", RECOVERING),
        (
            ".walbound.yaml",
            "databases:\n  - { name: git, path: db }\n",
        ),
    ]);
    let document = document(&workspace, "db");
    let gitea = database(&document, "gitea");
    assert_eq!(
        (&gitea["mode"], &gitea["name"]),
        (&json!("recovery"), &json!("git"))
    );
    assert_eq!(
        gitea["write_lineage"],
        json!({"server_name": "gitea-v2", "destination": "s3://backups/cnpg", "endpoint": "https://s3.example"})
    );
    assert_eq!(
        gitea["source_lineage"],
        json!({"server_name": "gitea-v1", "destination": "s3://backups/cnpg", "endpoint": null, "in_use": true})
    );
    let standby = database(&document, "standby");
    assert_eq!(standby["mode"], "replica");
    assert_eq!(standby["write_lineage"], Value::Null);
    let scratch = database(&document, "scratch");
    assert_eq!(
        (&scratch["mode"], &scratch["source_lineage"]),
        (&json!("initdb"), &Value::Null)
    );
    assert_eq!(scratch["unknown"][0]["reason"], "it archives nowhere");
}

#[test]
fn the_text_has_one_line_for_each_database_and_says_what_is_unknown() {
    let workspace = Workspace::plain(&[]);
    let answer = workspace.run(&["status", &example("overlay-switch")]);
    assert_eq!(answer.code, Some(0));
    let lines: Vec<&str> = answer.out.lines().collect();
    assert!(lines[0].starts_with("DATABASE"), "{}", answer.out);
    assert!(
        lines[1].contains("initdb") && lines[1].contains("(bookshelf-database-v5)"),
        "{}",
        answer.out
    );
    let unknown = "  unknown      last backup and times that can be reached: no inventory and no archive at hand\n";
    assert!(answer.out.contains(unknown), "{}", answer.out);
    for columns in ["70", "80", "120"] {
        let mut command = workspace.command(&["status", &example("overlay-switch")]);
        let out = crate::workspace::Answer::of(command.env("COLUMNS", columns)).out;
        let widest = out.lines().map(|line| line.chars().count()).max();
        let room: usize = columns.parse().unwrap();
        assert!(widest <= Some(room), "{out}");
    }
}

#[test]
fn an_archive_at_hand_tells_the_last_backup_and_what_can_be_reached() {
    let workspace = archive("forked", Stored::AsWritten);
    workspace.put(
        "db/all.yaml",
        &RECOVERING
            .replace("gitea-v2", "db")
            .replace("s3://backups/cnpg", "s3://bucket/"),
    );
    let arguments = ["status", "db", "--archive=bucket", "--format", "json"];
    let answer = workspace.run(&arguments);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let document: Value = serde_json::from_str(&answer.out).unwrap();
    let gitea = database(&document, "gitea");
    assert_eq!(gitea["last_backup"]["id"], "20260101T000002", "{gitea:#}");
    assert_eq!(gitea["window"]["latest"], "2026-11-21T12:35:09.200503Z");
    assert_eq!(gitea["unknown"], json!([]));
    let text = workspace.run(&["status", "db", "--archive=bucket"]).out;
    let line = text
        .lines()
        .find(|line| line.starts_with("db/gitea"))
        .unwrap();
    assert!(
        line.contains("2026-11-21 12:35  2026-11-21 12:35"),
        "{text}"
    );
}

#[test]
fn nothing_to_show_is_wrong_use() {
    let workspace = Workspace::plain(&[("db/a.yaml", "a: 1\n")]);
    for path in ["db", "none"] {
        let answer = workspace.run(&["status", path]);
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
        assert!(answer.err.contains(path), "{}", answer.err);
    }
}
