//! `walbound new`: a directory that lints clean and renders as kustomize renders it.

use std::fs;
use std::path::Path;

use crate::workspace::Workspace;

/// The fixtures: a folder for each set of options.
fn cases() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/new");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(arguments) = fs::read_to_string(path.join("args")) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            cases.push((name, words(&arguments)));
        }
    }
    cases.sort();
    assert_eq!(cases.len(), 2, "{cases:?}");
    cases
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn new(workspace: &Workspace, arguments: &[String]) -> (Option<i32>, String) {
    let mut all = words("new gitea");
    all.extend_from_slice(arguments);
    let answer = workspace.run(&all);
    assert_eq!(answer.out, "");
    (answer.code, answer.err)
}

#[test]
fn both_overlays_render_as_kustomize_renders_them() {
    for (name, arguments) in cases() {
        let workspace = Workspace::repository(&[]);
        assert_eq!(new(&workspace, &arguments).0, Some(0));
        for overlay in ["initdb", "recovery"] {
            let rendered = workspace.run(&["render", &format!("db/gitea/overlays/{overlay}")]);
            let expected = format!("fixtures/new/{name}/{overlay}.yaml");
            let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join(expected);
            assert_eq!(
                rendered.out,
                fs::read_to_string(expected).unwrap(),
                "{name} {overlay}"
            );
        }
        let root = workspace.run(&["render", "db/gitea"]).out;
        let initdb = workspace.run(&["render", "db/gitea/overlays/initdb"]).out;
        assert_eq!(root, initdb, "{name}");
    }
}

#[test]
fn a_new_database_lints_clean() {
    for (name, arguments) in cases() {
        let workspace = Workspace::repository(&[]);
        new(&workspace, &arguments);
        // That in-tree archives are on their way out is true of a new one too.
        let ignore = ["--ignore", "deprecated-in-tree-barman"];
        let mut lint = vec!["lint", "--fail-on", "note", "--format", "concise"];
        if name == "in-tree" {
            lint.extend(ignore);
        }
        let answer = workspace.run(&lint);
        assert_eq!(
            (answer.code, answer.err.as_str()),
            (Some(0), ""),
            "{}",
            answer.out
        );
        assert!(answer.out.contains("1 cluster"), "{}", answer.out);
    }
}

#[test]
fn running_twice_changes_nothing_and_other_content_is_refused() {
    let workspace = Workspace::repository(&[]);
    let (_, arguments) = cases().remove(0);
    assert_eq!(new(&workspace, &arguments).0, Some(0));
    let (code, text) = new(&workspace, &arguments);
    assert_eq!(
        (code, text.as_str()),
        (Some(0), "db/gitea holds this database already\n")
    );
    workspace.put("db/gitea/base/cluster.yaml", "mine: true\n");
    let (code, text) = new(&workspace, &arguments);
    assert_eq!(code, Some(2));
    assert!(
        text.contains("db/gitea exists and holds something else"),
        "{text}"
    );
    assert_eq!(workspace.read("db/gitea/base/cluster.yaml"), "mine: true\n");
}

#[test]
fn a_dry_run_prints_every_file_and_writes_none() {
    let workspace = Workspace::repository(&[]);
    let answer = workspace.run(&words("new gitea --destination s3://backups --dry-run"));
    assert_eq!(answer.code, Some(1));
    assert_eq!(
        answer.out.matches("+++ b/gitea/").count(),
        9,
        "{}",
        answer.out
    );
    assert!(!workspace.path().join("gitea").exists());
}

#[test]
fn names_and_values_that_would_be_refused_later_are_refused_now() {
    let refused = |arguments: &str| {
        let workspace = Workspace::repository(&[]);
        let answer = workspace.run(&words(&format!("new {arguments}")));
        assert_eq!(answer.code, Some(2), "{arguments}");
        assert!(!workspace.path().join("gitea").exists());
        answer.err
    };
    let s3 = "--destination s3://backups";
    assert!(refused("gitea --destination backups").contains("has to begin with `s3://`"));
    assert!(refused(&format!("Gitea {s3}")).contains("cluster name `Gitea`"));
    assert!(refused(&format!("../gitea {s3}")).contains("cluster name `../gitea`"));
    assert!(refused(&format!("{} {s3}", "g".repeat(51))).contains("at most 50"));
    assert!(refused(&format!("gitea {s3} --owner postgres")).contains("reserved"));
    assert!(refused(&format!("gitea {s3} --database pg_gitea")).contains("reserved"));
    assert!(refused(&format!("gitea {s3} --image postgresql")).contains("image `postgresql`"));
    assert!(refused(&format!("gitea {s3} --storage ten")).contains("storage `ten`"));
    assert!(refused(&format!("gitea {s3} --instances 0")).contains("instances `0`"));
    let secret = "https://user:secret@s3.example.org";
    let text = refused(&format!("gitea {s3} --endpoint-url {secret}"));
    assert!(
        text.contains("password") && !text.contains("secret@"),
        "{text}"
    );
}

#[test]
fn the_controllers_object_names_the_directory_of_the_repository() {
    for (name, file, line) in [
        ("plugin", "argocd-application.yaml", "    path: db/gitea\n"),
        ("in-tree", "flux-kustomization.yaml", "  path: ./db/gitea\n"),
    ] {
        let workspace = Workspace::repository(&[]);
        let (_, arguments) = cases().into_iter().find(|case| case.0 == name).unwrap();
        new(&workspace, &arguments);
        let text = workspace.read(&format!("db/gitea/{file}"));
        assert!(text.contains(line), "{text}");
    }
}

/// A repository with one database, `gitea`.
fn with_a_primary() -> Workspace {
    let workspace = Workspace::repository(&[]);
    let (_, arguments) = cases().remove(1);
    assert_eq!(new(&workspace, &arguments).0, Some(0));
    workspace
}

#[test]
fn a_replica_follows_its_primary_and_archives_elsewhere() {
    let workspace = with_a_primary();
    let options = "new gitea-east --replica-of gitea --destination s3://east --path east";
    assert_eq!(workspace.run(&words(options)).code, Some(0));
    let rendered = workspace.run(&["render", "east"]).out;
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/new/replica.yaml");
    assert_eq!(rendered, fs::read_to_string(expected).unwrap());
    let lint = workspace.run(&["lint", "--fail-on", "note", "--format", "concise"]);
    assert_eq!(lint.code, Some(0), "{}", lint.out);
    let runbook = workspace.read("east/REPLICA.md");
    for words in [
        "promotionToken",
        "DESTROYS",
        "server name `gitea-v1`",
        "`gitea-east-v1`",
    ] {
        assert!(runbook.contains(words), "{words}");
    }
}

#[test]
fn a_replica_that_cannot_follow_is_refused() {
    let workspace = with_a_primary();
    for (options, reason) in [
        ("new gitea --replica-of gitea", "another name"),
        ("new east --replica-of gitae", "did you mean `gitea`"),
        (
            "new east --replica-of gitea --method in-tree",
            "not in-tree",
        ),
    ] {
        let options = format!("{options} --destination s3://east --path east");
        let answer = workspace.run(&words(&options));
        assert_eq!(answer.code, Some(2), "{options}");
        assert!(answer.err.contains(reason), "{}", answer.err);
        assert!(!workspace.path().join("east").exists());
    }
}

/// A database in one file, without any switch.
const PLAIN: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: orders
spec:
  instances: 2
  imageName: ghcr.io/cloudnative-pg/postgresql:17.6
  storage:
    size: 5Gi
  bootstrap:
    initdb:
      database: orders
      owner: orders
      secret:
        name: orders-app
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: orders
        serverName: orders-v2
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: orders
spec:
  retentionPolicy: 30d
  configuration:
    destinationPath: s3://backups/orders
    s3Credentials: {inheritFromIAMRole: true}
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: orders
spec:
  schedule: \"0 0 3 * * *\"
  cluster:
    name: orders
  method: plugin
  pluginConfiguration:
    name: barman-cloud.cloudnative-pg.io
";

#[test]
fn a_database_without_a_switch_gets_one_that_flip_and_lint_understand() {
    for kustomization in [
        "namespace: shop\nresources:\n  - cluster.yaml\n",
        "resources:\n- cluster.yaml\npatches:\n- patch: |-\n    - op: replace\n      path: /spec/instances\n      value: 3\n  target:\n    kind: Cluster\n",
        "resources: [cluster.yaml] # no line break at the end",
    ] {
        let files = [
            ("db/kustomization.yaml", kustomization),
            ("db/cluster.yaml", PLAIN),
        ];
        let workspace = Workspace::repository(&files);
        let before = workspace.run(&["render", "db"]).out;
        let none = workspace.run(&words("flip orders recovery"));
        assert!(none.err.contains("--recovery-overlay"), "{}", none.err);
        let shown = workspace.run(&words("new orders --recovery-overlay --dry-run"));
        assert_eq!(shown.code, Some(1), "{}", shown.err);
        assert!(
            shown.out.contains("+++ b/db/recovery.yaml"),
            "{}",
            shown.out
        );
        let made = workspace.run(&words("new orders --recovery-overlay"));
        assert_eq!(made.code, Some(0), "{}", made.err);
        assert_eq!(workspace.run(&["render", "db"]).out, before);
        assert_eq!(
            workspace.run(&words("flip orders recovery --write")).code,
            Some(0)
        );
        let after = workspace.run(&["render", "db"]).out;
        assert!(
            after.contains("source: orders-v0") && !after.contains("initdb"),
            "{after}"
        );
        let lint = workspace.run(&["lint", "--fail-on", "note", "--format", "concise"]);
        assert_eq!(lint.code, Some(0), "{}", lint.out);
        assert_eq!(
            workspace.run(&words("flip orders initdb --write")).code,
            Some(0)
        );
        assert_eq!(workspace.run(&["render", "db"]).out, before);
        let again = workspace.run(&words("new orders --recovery-overlay"));
        assert_eq!(again.code, Some(2), "{}", again.err);
    }
}
