//! Values that no field should have.

use super::{CLUSTER, assert_says, beside_fault, bounded, cut, faulty};
use crate::workspace::Workspace;

/// Characters that move the cursor, change colours, or turn the direction of the text.
const EVIL: &str = "\u{1b}[31m\u{7}\u{8}\u{202e}\u{2066}\u{9b}2J\r";

#[track_caller]
fn assert_harmless(text: &str) {
    let evil = text.chars().find(|c| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(evil, None, "{text:?}");
}

#[cfg(unix)]
#[test]
fn names_cannot_write_to_the_terminal() {
    let workspace = faulty();
    let name = r"\e[31m\a\b\u202E\u2066\x9B2J\r\n../../etc/passwd";
    let manifest = format!(
        "# {EVIL}\napiVersion: postgresql.cnpg.io/v1\nkind: ScheduledBackup\nmetadata:\n  name: \"{name}\"\n  \
         namespace: \"{name}\"\nspec:\n  schedule: \"{name} 3 * * *\" # {EVIL}\n  cluster:\n    name: \"{name}\"\n"
    );
    workspace.put(
        "evil.yaml",
        &manifest.replace(
            "# \u{1b}[31m\u{7}\u{8}\u{202e}\u{2066}\u{9b}2J\r\n",
            "# x\n",
        ),
    );
    workspace.put(
        "raw.yaml",
        &format!("{CLUSTER}spec: {{bootstrap: {{recovery: {{source: x}}}}}} # {EVIL} {EVIL}\n"),
    );
    let path = format!("dir{EVIL}\n../x");
    workspace.put(
        &format!("{}/bad.yaml", path.replace('/', ":")),
        "apiVersion: postgresql.cnpg.io/v1\nkind: [\n",
    );
    workspace.put(
        "k/kustomization.yaml",
        &format!("resources: [\"{name}\"]\nnamePrefix: \"{name}\"\n\"{name}\": 1\n"),
    );
    for format in ["full", "concise", "json"] {
        let answer = bounded(&workspace, &["lint", "--format", format, "-v"]);
        assert_eq!(answer.code, Some(1), "{}", answer.err);
        assert_harmless(&answer.out);
        assert_harmless(&answer.err);
    }
    let rendered = bounded(&workspace, &["render", "k"]);
    assert_eq!(rendered.code, Some(2));
    assert_harmless(&rendered.err);
    let missing = bounded(&workspace, &["lint", EVIL]);
    assert_eq!(missing.code, Some(2));
    assert_harmless(&missing.err);
}

#[test]
fn documents_that_are_no_objects_are_told() {
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}",
        CLUSTER
            .lines()
            .enumerate()
            .map(|(at, line)| format!("{} {line}\n", if at == 0 { "-" } else { " " }))
            .collect::<String>()
    );
    let answer = beside_fault(&[
        (
            "list.yaml",
            "- apiVersion: postgresql.cnpg.io/v1\n  kind: Cluster\n",
        ),
        (
            "scalar.yaml",
            "just a text\n---\n42\n---\n[]\n---\n{}\n---\nnull\n",
        ),
        (
            "nameless.yaml",
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nspec:\n  instances: 1\n",
        ),
        ("of-clusters.yaml", &list),
        (
            "other.yaml",
            "apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: capi}\nspec:\n  bootstrap: {recovery: {source: x}}\n",
        ),
    ]);
    assert_says(&answer, "nameless.yaml:2:7: error[invalid-yaml]");
    assert_says(&answer, "2 clusters");
    assert!(!answer.out.contains("other.yaml"), "{}", answer.out);
    assert!(!answer.out.contains("scalar.yaml"), "{}", answer.out);
}

#[test]
fn nothing_to_check_is_wrong_use() {
    let workspace = Workspace::repository(&[("empty.yaml", ""), ("notes.yaml", "a: 1\n")]);
    for (arguments, words) in [
        (&["lint", "nowhere"][..], "nowhere"),
        (&["lint", "."], "nothing to check"),
        (&["render", "nowhere"], "nowhere"),
        (&["render", "."], "kustomization"),
    ] {
        let answer = bounded(&workspace, arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {}", answer.out);
        assert!(answer.err.contains(words), "{}", answer.err);
        assert_eq!(answer.out, "");
    }
}

/// Everything a rule looks at.
const FULL: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: oak
  namespace: db
  annotations:
    cnpg.io/skipEmptyWalArchiveCheck: enabled
spec:
  instances: 3
  bootstrap:
    recovery:
      source: origin
      database: oak
      owner: oak
      recoveryTarget:
        targetTime: 2026-08-21 15:30:00
        targetLSN: 0/1
        targetTLI: latest
        backupID: 20260820T000000
      backup:
        name: b
  externalClusters:
    - name: origin
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters:
          barmanObjectName: store
          serverName: oak-v1
    - name: old
      barmanObjectStore:
        destinationPath: s3://b/c
        s3Credentials:
          inheritFromIAMRole: true
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: store
        serverName: oak-v2
  backup:
    retentionPolicy: 30d
    barmanObjectStore:
      destinationPath: s3://b/c
  replica:
    enabled: true
    source: origin
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: store
  namespace: db
spec:
  configuration:
    destinationPath: s3://b/c
    endpointURL: https://s3
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: oak
  namespace: db
spec:
  cluster:
    name: oak
  method: plugin
  pluginConfiguration:
    name: barman-cloud.cloudnative-pg.io
  schedule: 0 0 3 * * *
";

#[test]
fn values_of_wrong_types_stop_nothing() {
    let values = [
        "a text",
        "[a, {b: c}]",
        "{a: b}",
        "",
        "12",
        "-1.5e400",
        "true",
        "\"\"",
        "[[]]",
        "{}",
        "2026-08-21",
        "!!binary aGk=",
        "0x7fffffffffffffffffff",
    ];
    let workspace = faulty();
    let lines: Vec<&str> = FULL.lines().collect();
    let mut count = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some(colon) = line.find(':').filter(|_| *line != "---") else {
            continue;
        };
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let below = lines[at + 1..]
            .iter()
            .take_while(|below| below.len() - below.trim_start().len() > indent)
            .count();
        for value in values {
            let mut text: Vec<String> = lines[..at].iter().map(|&line| line.to_owned()).collect();
            text.push(format!("{}: {value}", &line[..colon]));
            text.extend(lines[at + 1 + below..].iter().map(|&line| line.to_owned()));
            workspace.put(&format!("w/{count}/all.yaml"), &text.join("\n"));
            count += 1;
        }
    }
    for format in ["full", "json"] {
        let answer = bounded(&workspace, &["lint", "--format", format]);
        assert_eq!(answer.code, Some(1), "{}", answer.err);
        assert_says(&answer, "cron-five-fields");
        assert_eq!(answer.err, "");
    }
    let answer = bounded(&workspace, &["lint", "--unsafe-fixes", "--diff"]);
    assert_eq!(answer.err, "");
}

#[test]
fn values_of_a_megabyte_are_judged_and_shortened() {
    let digits = "9".repeat(4_000_000);
    let files = [
        (
            "cron.yaml",
            FULL.replace("0 0 3 * * *", &"* ".repeat(500_000)),
        ),
        (
            "list.yaml",
            FULL.replace(
                "0 0 3 * * *",
                &format!("0 0 {} * * *", "1,".repeat(500_000)),
            ),
        ),
        (
            "every.yaml",
            FULL.replace(
                "0 0 3 * * *",
                &format!("'@every {}h'", &digits[..1_000_000]),
            ),
        ),
        (
            "target.yaml",
            FULL.replace(
                "2026-08-21 15:30:00",
                &"2026-08-21 15:30:00.".repeat(50_000),
            ),
        ),
        (
            "fraction.yaml",
            FULL.replace(
                "2026-08-21 15:30:00",
                &format!("2026-08-21 15:30:00.{}", &digits[..1_000_000]),
            ),
        ),
        (
            "year.yaml",
            FULL.replace(
                "2026-08-21 15:30:00",
                &format!("{}-08-21 15:30:00", &digits[..1_000_000]),
            ),
        ),
        (
            "lsn.yaml",
            FULL.replace("0/1", &format!("{0}/{0}", &digits[..500_000])),
        ),
        (
            "lineage.yaml",
            FULL.replace("oak-v1", &format!("oak-v{digits}"))
                .replace("oak-v2", &format!("oak-v{digits}")),
        ),
        ("name.yaml", FULL.replace("origin", &"o".repeat(1_000_000))),
        (
            "plugin.yaml",
            FULL.replace("barman-cloud.cloudnative-pg.io", &"b".repeat(1_000_000)),
        ),
        (
            "parameter.yaml",
            FULL.replace("barmanObjectName", &"b".repeat(1_000_000)),
        ),
    ];
    let all = faulty();
    for (name, text) in &files {
        all.put(&format!("{name}/{name}"), text);
        let answer = beside_fault(&[(name, text)]);
        assert!(
            answer.out.len() < 20_000,
            "{name}: {} bytes: {}",
            answer.out.len(),
            cut(&answer.out)
        );
    }
    let answer = bounded(&all, &["lint", "--format", "full"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(
        answer.out.len() < 1_000_000,
        "{} bytes: {}",
        answer.out.len(),
        cut(&answer.out)
    );
    let answer = bounded(&all, &["lint", "--format", "json"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    let answer = bounded(&all, &["lint", "--fix", "--unsafe-fixes", "--diff"]);
    assert_eq!(answer.err, "");
}
