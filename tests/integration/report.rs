//! The JSON report against its published schema and against the files it speaks of.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::workspace::Workspace;

pub(crate) const MANIFEST: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: gitea, namespace: db } # ünïcode
spec:
  instances: 1
  storage: { size: 1Gi }
  bootstrap:
    recovery:
      source: origin
      recoveryTarget: { targetTime: \"2026-06-19 12:00:00\" }
  externalClusters:
    - name: origin
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters: { barmanObjectName: gitea, serverName: gitea-v1 }
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters: { barmanObjectName: gitea, serverName: gitea-v1 }
";

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/lint.schema.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The keywords that the schema uses; an unknown one fails the test rather than pass unread.
pub(crate) fn check(schema: &Value, root: &Value, value: &Value, at: &str) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                check(root.pointer(pointer).unwrap(), root, value, at);
            }
            "type" => assert!(has_type(wanted, value), "{at}: {value} is no {wanted}"),
            "const" => assert_eq!(value, wanted, "{at}"),
            "enum" => assert!(wanted.as_array().unwrap().contains(value), "{at}: {value}"),
            "minimum" => assert!(value.as_u64() >= wanted.as_u64(), "{at}: {value}"),
            "pattern" => {
                let text = value.as_str().unwrap();
                let pattern = regex::Regex::new(wanted.as_str().unwrap()).unwrap();
                assert!(pattern.is_match(text), "{at}: {text} is no {wanted}");
            }
            "maxLength" => {
                let length = value.as_str().unwrap().chars().count();
                assert!(Some(length as u64) <= wanted.as_u64(), "{at}: {length}");
            }
            "minItems" | "maxItems" => {
                let length = value.as_array().unwrap().len() as u64;
                let limit = wanted.as_u64().unwrap();
                let fits = match keyword.as_str() {
                    "minItems" => length >= limit,
                    _ => length <= limit,
                };
                assert!(fits, "{at}: {length} items");
            }
            "anyOf" => {
                let null = serde_json::json!({ "type": "null" });
                let other = wanted.as_array().unwrap().iter().find(|one| **one != null);
                if !value.is_null() {
                    check(other.unwrap(), root, value, at);
                }
            }
            "items" => {
                for (number, item) in value.as_array().unwrap().iter().enumerate() {
                    check(wanted, root, item, &format!("{at}/{number}"));
                }
            }
            "required" => {
                for key in wanted.as_array().unwrap() {
                    assert!(value.get(key.as_str().unwrap()).is_some(), "{at}: no {key}");
                }
            }
            "properties" => {
                for (key, inner) in value.as_object().unwrap() {
                    let known = wanted.get(key).unwrap_or_else(|| panic!("{at}: {key}"));
                    check(known, root, inner, &format!("{at}/{key}"));
                }
            }
            "additionalProperties" => assert_eq!(wanted, false),
            other => panic!("keyword {other} is not checked"),
        }
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    if let Some(several) = wanted.as_array() {
        return several.iter().any(|one| has_type(one, value));
    }
    match wanted.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other} is not checked"),
    }
}

/// The text of a region, counted anew from the file on disk.
fn region(workspace: &Workspace, location: &Value) -> String {
    let text = workspace.read(location["path"].as_str().unwrap());
    let number = |key: &str| usize::try_from(location[key].as_u64().unwrap()).unwrap();
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let mut region = String::new();
    for line in number("line")..=number("end_line") {
        let own = lines.get(line - 1).cloned().unwrap_or_default();
        let first = if line == number("line") {
            number("column") - 1
        } else {
            0
        };
        let last = if line == number("end_line") {
            number("end_column") - 1
        } else {
            own.len()
        };
        region.extend(&own[first..last]);
    }
    region
}

#[test]
fn the_document_fits_its_schema_and_every_region_its_file() {
    let workspace = Workspace::repository(&[("db/gitea.yaml", MANIFEST)]);
    let answer = workspace.run(&["lint", "db", "--format", "json"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let document: Value = serde_json::from_str(&answer.out).unwrap();
    let schema = schema();
    check(&schema, &schema, &document, "");
    let findings = document["findings"].as_array().unwrap();
    let of_rule = |rule: &str| findings.iter().find(|found| found["rule"] == rule).unwrap();
    let lineage = of_rule("write-lineage-is-source");
    assert_eq!(region(&workspace, &lineage["location"]), "gitea-v1");
    assert_eq!(lineage["location"]["line"], 19);
    assert_eq!(lineage["related"][0]["line"], 15);
    assert_eq!(region(&workspace, &lineage["related"][0]), "gitea-v1");
    assert_eq!(lineage["object"]["name"], "gitea");
    let time = of_rule("target-time-without-zone");
    assert!(region(&workspace, &time["location"]).contains("2026-06-19 12:00:00"));
    let errors = findings.iter().filter(|found| found["severity"] == "error");
    assert_eq!(document["summary"]["errors"], errors.count());
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let workspace = Workspace::repository(&[("db/gitea.yaml", MANIFEST)]);
    let fingerprints = || -> Vec<String> {
        let answer = workspace.run(&["lint", "--format", "json"]);
        let document: Value = serde_json::from_str(&answer.out).unwrap();
        let findings = document["findings"].as_array().unwrap().iter();
        findings
            .map(|found| found["fingerprint"].to_string())
            .collect()
    };
    let before = fingerprints();
    workspace.put("db/gitea.yaml", &format!("# one\n# two\n{MANIFEST}"));
    assert_eq!(fingerprints(), before);
    let mut distinct = before.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), before.len(), "{before:?}");
}
