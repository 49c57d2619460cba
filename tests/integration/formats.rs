//! The formats for programs: read by parsers that are not ours, and compared with the files they speak of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use xmlparser::{Token, Tokenizer};

use crate::report::{MANIFEST, check};
use crate::workspace::{Answer, Workspace};

const ALL: [&str; 8] = [
    "full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit",
];

/// Findings of every kind: with and without related places, with a fix, accepted in the file and in the configuration.
fn workspace() -> Workspace {
    let schedule = "\
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata: { name: gitea, namespace: db }
spec:
  cluster: { name: gitea }
  method: plugin
  pluginConfiguration: { name: barman-cloud.cloudnative-pg.io }
  schedule: '0 3 * * *' # ünïcode
";
    let accepted = schedule
        .replace("name: gitea, n", "name: hourly, n")
        .replace(
            "  schedule",
            "  # walbound: allow(cron-five-fields) hourly is fine\n  schedule",
        );
    let config = "ignore:\n  - rule: target-time-without-zone\n    path: db/**\n    reason: the server runs in UTC\n";
    Workspace::repository(&[
        ("db/gitea.yaml", MANIFEST),
        (
            "db/back up.yaml",
            &format!("\u{feff}{}", schedule.replace('\n', "\r\n")),
        ),
        ("db/accepted.yaml", &accepted),
        (".walbound.yaml", config),
    ])
}

fn document(answer: &Answer) -> Value {
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    serde_json::from_str(&answer.out).unwrap()
}

fn checked(schema: &str, value: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas")
        .join(schema);
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    check(&schema, &schema, value, "");
}

/// The text of a region on one line, counted anew from the file on disk.
fn region(workspace: &Workspace, place: &Value) -> String {
    let uri = place["artifactLocation"]["uri"].as_str().unwrap();
    let text = workspace.read(&uri.replace("%20", " "));
    let number = |key: &str| usize::try_from(place["region"][key].as_u64().unwrap()).unwrap();
    assert_eq!(number("startLine"), number("endLine"), "{place}");
    let line = text.lines().nth(number("startLine") - 1).unwrap();
    let characters: Vec<char> = line.trim_start_matches('\u{feff}').chars().collect();
    characters[number("startColumn") - 1..number("endColumn") - 1]
        .iter()
        .collect()
}

#[test]
fn sarif_fits_its_schema_and_every_region_its_file() {
    let workspace = workspace();
    let log = document(&workspace.run(&["lint", "--format", "sarif"]));
    checked("sarif.schema.json", &log);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let of = |rule: &str| -> Vec<&Value> {
        let own = results.iter().filter(|result| result["ruleId"] == rule);
        own.collect()
    };
    let source = of("write-lineage-is-source")[0];
    let place = &source["locations"][0]["physicalLocation"];
    assert_eq!(region(&workspace, place), "gitea-v1");
    let other = &source["relatedLocations"][0]["physicalLocation"];
    assert_eq!(region(&workspace, other), "gitea-v1");
    assert_ne!(place["region"], other["region"]);
    let schedules = of("cron-five-fields");
    assert_eq!(schedules.len(), 2);
    let (accepted, open): (Vec<&&Value>, Vec<&&Value>) = schedules
        .iter()
        .partition(|result| result.get("suppressions").is_some());
    assert_eq!(
        accepted[0]["suppressions"][0]["justification"],
        "hourly is fine"
    );
    let change = &open[0]["fixes"][0]["artifactChanges"][0];
    let replaced = serde_json::json!({
        "artifactLocation": change["artifactLocation"],
        "region": change["replacements"][0]["deletedRegion"],
    });
    assert_eq!(region(&workspace, &replaced), "'0 3 * * *'");
    assert_eq!(
        change["replacements"][0]["insertedContent"]["text"],
        "'0 0 3 * * *'"
    );
    let zone = of("target-time-without-zone")[0];
    assert_eq!(zone["suppressions"][0]["kind"], "external");
    let prints: BTreeSet<String> = results
        .iter()
        .map(|result| result["partialFingerprints"].to_string())
        .collect();
    assert_eq!(prints.len(), results.len());
}

#[test]
fn sarif_for_code_scanning_has_no_accepted_findings() {
    let workspace = workspace();
    let mut command = workspace.command(&["lint", "--format", "sarif"]);
    let answer = Answer::of(command.env("GITHUB_ACTIONS", "true"));
    let log = document(&answer);
    checked("sarif.schema.json", &log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty());
    assert!(
        results
            .iter()
            .all(|result| result.get("suppressions").is_none())
    );
}

#[test]
fn code_quality_fits_its_schema_and_names_the_lines() {
    let workspace = workspace();
    let answer = workspace.run(&["lint", "--format", "gitlab"]);
    let issues = document(&answer);
    checked("gitlab.schema.json", &issues);
    let issues = issues.as_array().unwrap();
    let schedule = issues
        .iter()
        .find(|issue| issue["check_name"] == "cron-five-fields")
        .unwrap();
    assert_eq!(schedule["location"]["path"], "db/back up.yaml");
    let line = usize::try_from(schedule["location"]["lines"]["begin"].as_u64().unwrap()).unwrap();
    let text = workspace.read("db/back up.yaml");
    assert!(text.lines().nth(line - 1).unwrap().contains("'0 3 * * *'"));
    let prints: BTreeSet<String> = issues
        .iter()
        .map(|issue| issue["fingerprint"].to_string())
        .collect();
    assert_eq!(prints.len(), issues.len());
    assert!(answer.err.contains("skipped"), "{}", answer.err);
}

#[test]
fn junit_is_xml_and_its_counts_are_right() {
    let answer = workspace().run(&["lint", "--format", "junit"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let (mut cases, mut failures, mut skipped) = (0, 0, 0);
    let mut counts = Vec::new();
    for token in Tokenizer::from(answer.out.as_str()) {
        match token.unwrap() {
            Token::ElementStart { local, .. } => match local.as_str() {
                "testcase" => cases += 1,
                "failure" => failures += 1,
                "skipped" => skipped += 1,
                _ => {}
            },
            Token::Attribute { local, value, .. }
                if ["tests", "failures", "skipped"].contains(&local.as_str()) =>
            {
                counts.push(value.parse::<usize>().unwrap());
            }
            _ => {}
        }
    }
    assert!(failures >= 2 && skipped > 0 && cases > failures + skipped);
    assert_eq!(counts, [cases, failures, skipped, cases, failures, skipped]);
}

#[test]
fn on_github_findings_are_annotations_and_a_table_in_the_summary() {
    let workspace = workspace();
    workspace.put("summary.md", "before\n");
    let run = |arguments: &[&str]| {
        let mut command = workspace.command(arguments);
        command.env("GITHUB_ACTIONS", "true");
        command.env("GITHUB_STEP_SUMMARY", workspace.path().join("summary.md"));
        Answer::of(&mut command)
    };
    let answer = run(&["lint"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let line = "::error file=db/back up.yaml,line=8,col=13,endLine=8,endColumn=24,title=cron-five-fields::";
    assert!(answer.out.contains(line), "{}", answer.out);
    let summary = workspace.read("summary.md");
    assert!(summary.starts_with("before\n### walbound\n"), "{summary}");
    assert!(
        summary.contains("| error | [cron-five-fields](https://"),
        "{summary}"
    );
    // A format that was asked for wins, and leaves the summary alone.
    let answer = run(&["lint", "--format", "concise"]);
    assert!(answer.out.starts_with("db/"), "{}", answer.out);
    assert_eq!(workspace.read("summary.md"), summary);
}

#[test]
fn all_outputs_are_written_or_none() {
    let workspace = workspace();
    let outputs: Vec<String> = ALL
        .iter()
        .map(|name| format!("{name}:out.{name}"))
        .collect();
    let mut arguments = vec!["lint", "--format", "concise"];
    for output in &outputs {
        arguments.extend(["--output", output]);
    }
    let answer = workspace.run(&arguments);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert_eq!(workspace.read("out.concise"), answer.out);
    assert!(!workspace.read("out.full").contains('\u{1b}'));
    for name in ["json", "sarif", "gitlab"] {
        serde_json::from_str::<Value>(&workspace.read(&format!("out.{name}"))).unwrap();
    }
    let refused = workspace.run(&[
        "lint",
        "--output",
        "json:new.json",
        "--output",
        "sarif:no/such/dir.sarif",
    ]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(
        refused.err.contains("no report was written"),
        "{}",
        refused.err
    );
    assert!(!workspace.path().join("new.json").exists());
    for (output, told) in [
        ("sarf:a", "did you mean `sarif`?"),
        ("json:-", "--format json"),
    ] {
        let refused = workspace.run(&["lint", "--output", output]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.err.contains(told), "{}", refused.err);
    }
}

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    let faulty = workspace();
    let clean = Workspace::repository(&[(
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n",
    )]);
    let empty = Workspace::repository(&[("a.txt", "")]);
    for format in ALL {
        for (workspace, code) in [(&faulty, 1), (&clean, 0), (&empty, 2)] {
            let answer = workspace.run(&["lint", "--format", format]);
            assert_eq!(answer.code, Some(code), "{format}: {}", answer.err);
        }
    }
}
