//! Input that is broken, absurd or meant to do harm: a clear word, the right exit code, little time and memory, and
//! the rest of the repository is still checked.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace::{Answer, Workspace};

/// A debug build on a busy machine; a release build needs a fraction of it.
const LONGEST: Duration = Duration::from_secs(60);

/// Address space of the program, in KiB: the limit of the shell, where it has one.
const LARGEST: &str = "1500000";

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: oak
  namespace: db
";

/// A schedule that fires every hour: what a run must still find beside hostile files.
const FAULT: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: gitea
  namespace: db
spec:
  instances: 3
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: gitea
  namespace: db
spec:
  cluster:
    name: gitea
  method: volumeSnapshot
  schedule: \"0 3 * * *\"
";

/// Runs the program with a limit on memory, and ends it when it takes too long.
fn bounded(workspace: &Workspace, arguments: &[&str]) -> Answer {
    let program = workspace.command(arguments);
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!(
            "ulimit -v {LARGEST} 2>/dev/null; exec \"$0\" \"$@\""
        ))
        .arg(program.get_program())
        .args(program.get_args())
        .env("LC_ALL", "C.UTF-8");
    if let Some(directory) = program.get_current_dir() {
        shell.current_dir(directory);
    }
    let started = Instant::now();
    let mut child = shell
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = thread::spawn(move || std::io::read_to_string(out).unwrap());
    let err = thread::spawn(move || std::io::read_to_string(err).unwrap());
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("process {id} ran for more than {LONGEST:?}: {arguments:?}");
        }
        thread::sleep(Duration::from_millis(10));
    };
    Answer {
        code: status.code(),
        out: out.join().unwrap(),
        err: err.join().unwrap(),
    }
}

/// A repository with the fault and these files, and what a concise run says of it.
fn beside_fault(files: &[(&str, &str)]) -> Answer {
    let workspace = Workspace::repository(&[("db/gitea.yaml", FAULT)]);
    for (name, text) in files {
        workspace.put(name, text);
    }
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    answer
}

#[track_caller]
fn assert_fault_found(answer: &Answer) {
    assert_eq!(answer.code, Some(1), "{}\n{}", cut(&answer.out), answer.err);
    assert!(
        answer
            .out
            .contains("db/gitea.yaml:18:13: error[cron-five-fields]"),
        "{}\n{}",
        cut(&answer.out),
        answer.err
    );
}

fn cut(text: &str) -> &str {
    text.char_indices()
        .nth(3000)
        .map_or(text, |(end, _)| &text[..end])
}

#[track_caller]
fn assert_says(answer: &Answer, words: &str) {
    assert!(
        answer.out.contains(words),
        "no {words:?} in\n{}\n{}",
        cut(&answer.out),
        answer.err
    );
}

/// Ten levels of ten aliases each: ten thousand million items.
fn alias_bomb() -> String {
    let mut text = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n".to_owned();
    for level in 1..10 {
        let below = vec![format!("*x{}", level - 1); 10].join(", ");
        writeln!(text, "x{level}: &x{level} [{below}]").unwrap();
    }
    text
}

#[test]
fn alias_bombs_are_refused() {
    let bomb = alias_bomb();
    let manifest = format!("{CLUSTER}{bomb}");
    let merged = format!("{CLUSTER}a: &a {{b: c}}\nspec:\n  <<: [*a, *a]\n  <<: *a\n{bomb}");
    let kustomization = format!("resources: []\n{bomb}");
    let answer = beside_fault(&[
        ("bomb.yaml", &manifest),
        ("merged.yaml", &merged),
        ("config.yaml", &bomb),
        ("k/kustomization.yaml", &kustomization),
    ]);
    assert_says(&answer, "bomb.yaml:");
    assert_says(&answer, "error[invalid-yaml]");
    assert_says(&answer, "k/kustomization.yaml:");
}

#[test]
fn nesting_of_ten_thousand_levels_is_refused() {
    let levels = 10_000;
    let mut block = format!("{CLUSTER}spec:\n");
    for depth in 1..levels / 10 {
        writeln!(block, "{}a:", "  ".repeat(depth)).unwrap();
    }
    let lists = format!("{CLUSTER}spec: {}1\n", "- ".repeat(levels));
    let dashes = format!("{CLUSTER}spec:\n  {}1\n", "- ".repeat(levels));
    let flow = format!(
        "{CLUSTER}spec: {}{}\n",
        "[".repeat(levels),
        "]".repeat(levels)
    );
    let maps = format!(
        "{CLUSTER}spec: {}1{}\n",
        "{a: ".repeat(levels),
        "}".repeat(levels)
    );
    let open = format!("{CLUSTER}spec: {}", "{a: [".repeat(levels));
    let questions = format!("{CLUSTER}spec:\n  {}1\n", "? ".repeat(levels));
    let files = [
        ("block.yaml", block.as_str()),
        ("lists.yaml", &lists),
        ("dashes.yaml", &dashes),
        ("flow.yaml", &flow),
        ("maps.yaml", &maps),
        ("open.yaml", &open),
        ("questions.yaml", &questions),
    ];
    let answer = beside_fault(&files);
    for (name, _) in files {
        assert_says(&answer, &format!("{name}:"));
    }
    assert_says(&answer, "nested deeper than");
}

#[test]
fn files_that_are_no_text_are_left_out() {
    let workspace = Workspace::repository(&[("db/gitea.yaml", FAULT)]);
    let root = workspace.path();
    File::create(root.join("huge.yaml"))
        .unwrap()
        .set_len(100 << 20)
        .unwrap();
    fs::write(
        root.join("latin1.yaml"),
        [CLUSTER.as_bytes(), b"# caf\xe9\n"].concat(),
    )
    .unwrap();
    workspace.put("nul.yaml", &format!("{CLUSTER}spec:\0\n"));
    workspace.put("empty.yaml", "");
    workspace.put("bom.yaml", "\u{feff}");
    fs::create_dir(root.join("directory.yaml")).unwrap();
    fs::create_dir(root.join("kustomization.yaml")).unwrap();
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    assert_says(&answer, "nul.yaml:6:6: error[invalid-yaml]");
    let told = bounded(&workspace, &["lint", "--format", "concise", "-v"]);
    for words in [
        "huge.yaml: larger than 16 MiB",
        "latin1.yaml: not UTF-8 text",
    ] {
        assert!(told.err.contains(words), "no {words:?} in\n{}", told.err);
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::repository(&[
        ("db/gitea.yaml", FAULT),
        ("secret.yaml", CLUSTER),
        ("closed/x.yaml", CLUSTER),
    ]);
    for (name, usual) in [("secret.yaml", 0o600), ("closed", 0o700)] {
        let path = workspace.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let is_root = File::open(&path).is_ok();
        if is_root {
            fs::set_permissions(&path, fs::Permissions::from_mode(usual)).unwrap();
            return;
        }
    }
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    fs::set_permissions(
        workspace.path().join("closed"),
        fs::Permissions::from_mode(0o700),
    )
    .unwrap();
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert_says(&answer, "cron-five-fields");
    for name in [
        "secret.yaml: permission denied",
        "closed: permission denied",
    ] {
        assert!(answer.err.contains(name), "{}", answer.err);
    }
}

#[cfg(unix)]
#[test]
fn circles_of_symbolic_links_end() {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::repository(&[
        ("db/gitea.yaml", FAULT),
        (
            "k/kustomization.yaml",
            "resources: [self.yaml, up/db/gitea.yaml]\n",
        ),
    ]);
    let root = workspace.path();
    symlink("self.yaml", root.join("k/self.yaml")).unwrap();
    symlink("..", root.join("k/up")).unwrap();
    symlink("a.yaml", root.join("b.yaml")).unwrap();
    symlink("b.yaml", root.join("a.yaml")).unwrap();
    symlink("/etc/passwd", root.join("k/passwd.yaml")).unwrap();
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    assert_says(
        &answer,
        "k/kustomization.yaml:1:13: error[kustomize-broken]",
    );
}

#[test]
fn kustomizations_that_include_each_other_are_refused() {
    let workspace = Workspace::repository(&[
        ("db/gitea.yaml", FAULT),
        ("own/kustomization.yaml", "resources: [.]\n"),
        ("parent/kustomization.yaml", "resources: [child]\n"),
        ("parent/child/kustomization.yaml", "resources: [..]\n"),
        (
            "outside/kustomization.yaml",
            "resources: [../../../../../../../etc/passwd, /etc/passwd]\nkind: Kustomization\n",
        ),
        (
            "component/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncomponents: [../component]\n",
        ),
    ]);
    for level in 0..5_000 {
        let next = format!("resources: [../{}]\n", level + 1);
        workspace.put(&format!("chain/{level}/kustomization.yaml"), &next);
    }
    workspace.put(
        "chain/5000/kustomization.yaml",
        "namePrefix: x-\nresources: []\n",
    );
    let answer = bounded(&workspace, &["lint", "--format", "concise"]);
    assert_fault_found(&answer);
    for place in [
        "own/kustomization.yaml",
        "parent/",
        "component/kustomization.yaml",
        "outside/kustomization.yaml",
        "chain/",
    ] {
        assert_says(&answer, place);
    }
    assert_eq!(
        answer.out.matches("levels deep").count(),
        1,
        "{}",
        cut(&answer.out)
    );
    assert!(!answer.out.contains("root:"), "{}", cut(&answer.out));
    let rendered = bounded(&workspace, &["render", "chain/0"]);
    assert_eq!(rendered.code, Some(2), "{}", rendered.err);
    assert_eq!(rendered.out, "");
}

#[test]
fn many_documents_and_long_lines_are_read() {
    let documents = "---\n".repeat(100_000);
    let objects = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n".repeat(20_000);
    let line = format!("{CLUSTER}spec:\n  description: {}\n", "x ".repeat(500_000));
    let quoted = format!(
        "{CLUSTER}spec:\n  description: \"{}\"\n",
        "é".repeat(500_000)
    );
    let flow = format!("{CLUSTER}spec: {{a: [{}]}}\n", "{b: 'é'}, ".repeat(100_000));
    let answer = beside_fault(&[
        ("documents.yaml", &documents),
        ("objects.yaml", &objects),
        ("line.yaml", &line),
        ("quoted.yaml", &quoted),
        ("flow.yaml", &flow),
    ]);
    assert_says(&answer, "4 clusters");
}

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
    let workspace = Workspace::repository(&[("db/gitea.yaml", FAULT)]);
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
    let workspace = Workspace::repository(&[("db/gitea.yaml", FAULT)]);
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
    let all = Workspace::repository(&[("db/gitea.yaml", FAULT)]);
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
