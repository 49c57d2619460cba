//! Exit codes, streams and options, as a shell sees them.

use std::io::Read;
use std::process::Stdio;
use std::sync::LazyLock;

use crate::workspace::{Answer, STORE, Workspace, plugin_schedule};

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: gitea
  namespace: db
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.6
  storage:
    size: 10Gi
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: gitea
        serverName: gitea-v1
";

/// A cluster whose schedule has five fields: CloudNativePG reads the first one as seconds.
static SCHEDULE: LazyLock<String> =
    LazyLock::new(|| format!("{CLUSTER}{STORE}{}", plugin_schedule("0 3 * * *")));

fn faulty() -> Workspace {
    Workspace::repository(&[("db/gitea.yaml", &SCHEDULE)])
}

fn clean() -> Workspace {
    let good = SCHEDULE.replace("\"0 3 * * *\"", "\"0 0 3 * * *\"");
    Workspace::repository(&[("db/gitea.yaml", &good)])
}

/// Hides the run time, the only thing that may differ between two runs.
fn without_time(text: &str) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        let line = match line.rsplit_once(", ") {
            Some((before, time)) if time.ends_with(" ms") => before,
            _ if line.contains("\"elapsed_ms\"") => "",
            _ => line,
        };
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

#[test]
fn a_finding_fails_the_run_and_a_clean_repository_does_not() {
    let answer = faulty().run(&["lint"]);
    assert_eq!(answer.code, Some(1), "{}{}", answer.out, answer.err);
    assert!(
        answer.out.contains("error[cron-five-fields]"),
        "{}",
        answer.out
    );
    assert!(
        answer.out.contains("[db/gitea.yaml:39:13]"),
        "{}",
        answer.out
    );
    let answer = clean().run(&["lint"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.out, answer.err);
    let closing = "no problems found; skipped 6 rules (no base revision, `--since` names one), \
                   2 rules (no Git repository), 17 rules (no inventory for gitea); \
                   1 cluster in 1 file, ";
    assert!(answer.out.starts_with(closing), "{}", answer.out);
    assert_eq!(answer.err, "");
}

#[test]
fn a_flux_repository_may_be_looked_at_from_anywhere() {
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: db}\nspec: {path: ./app}\n";
    let cluster = "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1, storage: {size: 1Gi}}\n";
    let repository = Workspace::plain(&[
        ("ks.yaml", flux),
        (
            "app/kustomization.yaml",
            "resources: [../shared/cluster.yaml]\n",
        ),
        ("shared/cluster.yaml", cluster),
    ]);
    let elsewhere = Workspace::plain(&[]);
    let path = repository.path().to_str().unwrap();
    for workspace in [&repository, &elsewhere] {
        let answer = workspace.run(&["lint", path]);
        assert_eq!(answer.code, Some(0), "{}{}", answer.out, answer.err);
        assert!(
            answer.out.contains("1 cluster in 3 files"),
            "{}",
            answer.out
        );
    }
}

#[test]
fn fail_on_decides_which_findings_count() {
    let workspace = faulty();
    for (severity, code) in [("error", 1), ("warning", 1), ("note", 1), ("never", 0)] {
        let answer = workspace.run(&["lint", "--fail-on", severity]);
        assert_eq!(answer.code, Some(code), "{severity}");
    }
    workspace.put(".walbound.yaml", "rules:\n  cron-five-fields: warning\n");
    assert_eq!(workspace.run(&["lint"]).code, Some(0));
    workspace.put(
        ".walbound.yaml",
        "failOn: warning\nrules:\n  cron-five-fields: warning\n",
    );
    assert_eq!(workspace.run(&["lint"]).code, Some(1));
    assert_eq!(workspace.run(&["lint", "--fail-on", "error"]).code, Some(0));
    let answer = workspace.run(&["lint", "--no-config"]);
    assert!(answer.out.contains("error[cron-five-fields]"));
}

#[test]
fn rules_can_be_chosen_and_left_out() {
    let workspace = faulty();
    let chosen = workspace.run(&["lint", "--select", "cron-invalid"]);
    assert_eq!(chosen.code, Some(0), "{}", chosen.out);
    let left_out = workspace.run(&["lint", "--ignore", "cron-five-fields"]);
    assert_eq!(left_out.code, Some(0), "{}", left_out.out);
    let misspelt = workspace.run(&["lint", "--select", "cron-five-field"]);
    assert_eq!(misspelt.code, Some(2));
    assert!(misspelt.err.contains("did you mean `cron-five-fields`?"));
}

#[test]
fn wrong_use_is_two_and_help_is_zero() {
    let workspace = clean();
    assert_eq!(workspace.run(&["--help"]).code, Some(0));
    assert_eq!(workspace.run(&["--version"]).code, Some(0));
    assert_eq!(workspace.run::<&str>(&[]).code, Some(2));
    let misspelt = workspace.run(&["lint", "--formt", "json"]);
    assert_eq!(misspelt.code, Some(2));
    assert!(misspelt.err.contains("--format"), "{}", misspelt.err);
    let missing = workspace.run(&["lint", "nowhere"]);
    assert_eq!(missing.code, Some(2));
    assert!(
        missing
            .err
            .starts_with("error: nowhere: no such file or directory")
    );
    assert_eq!(missing.out, "");
}

#[test]
fn nothing_to_check_is_never_green() {
    let empty = Workspace::plain(&[("notes.txt", "none")]);
    let answer = empty.run(&["lint"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("no YAML file in ."), "{}", answer.err);
    let other = Workspace::plain(&[("values.yaml", "replicas: 1\n")]);
    let answer = other.run(&["lint"]);
    assert_eq!(answer.code, Some(2), "{}", answer.out);
    assert!(
        answer.err.contains("no Kubernetes manifest"),
        "{}",
        answer.err
    );
}

#[test]
fn a_bad_configuration_stops_the_run_and_names_its_line() {
    let workspace = clean();
    workspace.put(".walbound.yaml", "failOn: error\nexcluded: []\n");
    let answer = workspace.run(&["lint", "db"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer
            .err
            .contains(".walbound.yaml:2:1: unknown field `excluded`")
    );
    assert!(answer.err.contains("did you mean `exclude`?"));
    assert_eq!(workspace.run(&["lint", "--no-config"]).code, Some(0));
    let answer = workspace.run(&["lint", "--config", "missing.yaml"]);
    assert_eq!(answer.code, Some(2));
}

#[test]
fn excluded_files_are_not_read() {
    let workspace = faulty();
    workspace.put(".walbound.yaml", "exclude: ['db/gitea.yaml']\n");
    let answer = workspace.run(&["lint"]);
    assert_eq!(answer.code, Some(2), "{}", answer.out);
    assert!(answer.err.contains("nothing to check"));
}

#[test]
fn rendered_manifests_are_read_from_standard_input() {
    let workspace = Workspace::plain(&[]);
    let answer = workspace.run_with_input(&["lint", "-", "--format", "concise"], &SCHEDULE);
    assert_eq!(answer.code, Some(1), "{}{}", answer.out, answer.err);
    assert!(
        answer.out.contains(":39:13: error[cron-five-fields]"),
        "{}",
        answer.out
    );
    let fix = workspace.run_with_input(&["lint", "-", "--fix"], &SCHEDULE);
    assert_eq!(fix.code, Some(2));
    let mixed = workspace.run_with_input(&["lint", "-", "db"], &SCHEDULE);
    assert_eq!(mixed.code, Some(2));
}

#[test]
fn a_diff_shows_the_fix_and_writes_nothing() {
    let workspace = faulty();
    let answer = workspace.run(&["lint", "--diff"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(
        answer
            .out
            .starts_with("--- a/db/gitea.yaml\n+++ b/db/gitea.yaml\n@@ ")
    );
    assert!(
        answer
            .out
            .contains("-  schedule: \"0 3 * * *\"\n+  schedule: \"0 0 3 * * *\"\n")
    );
    assert_eq!(workspace.read("db/gitea.yaml"), *SCHEDULE);
    let answer = clean().run(&["lint", "--diff"]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(0), ""));
}

#[test]
fn a_safe_fix_is_written_and_the_rest_reported() {
    let workspace = faulty();
    let answer = workspace.run(&["lint", "--fix"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.out, answer.err);
    assert_eq!(answer.err, "fixed 1 file\n");
    let expected = SCHEDULE.replace("\"0 3 * * *\"", "\"0 0 3 * * *\"");
    assert_eq!(workspace.read("db/gitea.yaml"), expected);
    let again = workspace.run(&["lint", "--fix"]);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
}

#[test]
fn two_runs_print_the_same_bytes() {
    let workspace = faulty();
    workspace.put(
        "other/gitea.yaml",
        &SCHEDULE.replace("namespace: db", "namespace: web"),
    );
    for format in ["full", "concise", "json"] {
        let run = || without_time(&workspace.run(&["lint", "--format", format]).out);
        assert_eq!(run(), run(), "{format}");
    }
}

#[test]
fn colour_follows_the_option_and_the_environment() {
    let workspace = faulty();
    let escape = |answer: &Answer| answer.out.contains('\u{1b}');
    assert!(!escape(&workspace.run(&["lint"])));
    assert!(escape(&workspace.run(&["lint", "--color", "always"])));
    let mut forced = workspace.command(&["lint"]);
    assert!(escape(&Answer::of(forced.env("CLICOLOR_FORCE", "1"))));
    assert!(!escape(&Answer::of(forced.env("NO_COLOR", "1"))));
    let mut never = workspace.command(&["lint", "--color", "never"]);
    assert!(!escape(&Answer::of(never.env("CLICOLOR_FORCE", "1"))));
}

#[test]
fn plain_characters_are_used_where_the_locale_knows_no_others() {
    let workspace = faulty();
    let answer = Answer::of(workspace.command(&["lint"]).env("LC_ALL", "C"));
    assert!(answer.out.is_ascii(), "{}", answer.out);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let workspace = Workspace::repository(&[]);
    for number in 0..300 {
        let text = SCHEDULE.replace("name: gitea", &format!("name: gitea-{number}"));
        workspace.put(&format!("db/{number}.yaml"), &text);
    }
    for arguments in [["lint", "--format=full"], ["lint", "--format=json"]] {
        let mut child = workspace
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut first).unwrap();
        drop(output);
        let answer = Answer::from(child.wait_with_output().unwrap());
        assert_eq!((answer.code, answer.err.as_str()), (Some(1), ""));
    }
}

#[test]
fn quiet_leaves_the_closing_line_out_and_verbose_says_where_the_run_stood() {
    let workspace = clean();
    let quiet = workspace.run(&["lint", "-q"]);
    assert_eq!((quiet.code, quiet.out.as_str()), (Some(0), ""));
    let verbose = workspace.run(&["lint", "-v"]);
    assert!(
        verbose.err.contains("configuration: none"),
        "{}",
        verbose.err
    );
}

#[test]
fn rules_are_listed_and_explained() {
    let workspace = Workspace::plain(&[]);
    let text = workspace.run(&["rules"]);
    assert_eq!(text.code, Some(0));
    assert!(text.out.contains("write-lineage-is-source"));
    let json = workspace.run(&["rules", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), text.out.lines().count());
    for rule in listed {
        let id = rule["id"].as_str().unwrap();
        let page = workspace.run(&["explain", id]);
        assert_eq!(page.code, Some(0), "{id}");
        assert!(page.out.contains("What it finds"), "{id}: {}", page.out);
    }
    let unknown = workspace.run(&["explain", "write-lineage-source"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("did you mean"), "{}", unknown.err);
}

#[test]
fn render_prints_the_build_or_one_clear_error() {
    let workspace = Workspace::plain(&[
        (
            "app/kustomization.yaml",
            "resources:\n  - a.yaml\nnamePrefix: x-\n",
        ),
        (
            "app/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
        ),
        ("bad/kustomization.yaml", "resources:\n  - missing.yaml\n"),
    ]);
    let built = workspace.run(&["render", "app"]);
    assert_eq!(built.code, Some(0), "{}", built.err);
    let expected = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-a\n";
    assert_eq!(built.out, expected);
    let written = workspace.run(&["render", "app", "-o", "out.yaml"]);
    assert_eq!((written.code, written.out.as_str()), (Some(0), ""));
    assert_eq!(workspace.read("out.yaml"), expected);
    let failed = workspace.run(&["render", "bad"]);
    assert_eq!((failed.code, failed.out.as_str()), (Some(2), ""));
    assert!(
        failed.err.contains("bad/kustomization.yaml:2"),
        "{}",
        failed.err
    );
    assert!(failed.err.contains("missing.yaml"), "{}", failed.err);
    assert_eq!(workspace.run(&["render", "nowhere"]).code, Some(2));
}
