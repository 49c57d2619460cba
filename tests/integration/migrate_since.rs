//! `migrate --since`: what merging a migration does to what runs, by the revision that it is merged into.

use crate::since::{commit_all, git};
use crate::workspace::{Answer, Workspace, schedule};

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: gitea
  namespace: db
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.6
  storage: {size: 1Gi}
  backup:
    barmanObjectStore:
      destinationPath: s3://backups/cnpg
      serverName: gitea-v2
      s3Credentials: {inheritFromIAMRole: true}
";

const BACKUP: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Backup
metadata:
  name: gitea-once
  namespace: db
spec:
  cluster: {name: gitea}
";

const FILE: &str = "db/gitea.yaml";

/// A repository with an in-tree database in its first commit, for this release of the operator.
fn repository(release: &str) -> Workspace {
    let workspace = Workspace::plain(&[
        (FILE, CLUSTER),
        (
            "db/schedule.yaml",
            &schedule("barmanObjectStore", "0 0 3 * * *")[4..],
        ),
        ("db/backup-old.yaml", &BACKUP.replace("once", "old")),
        (
            ".walbound.yaml",
            &format!("operatorVersion: \"{release}\"\n"),
        ),
    ]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit_all(&workspace);
    workspace
}

fn migrate(workspace: &Workspace, further: &[&str]) -> Answer {
    workspace.run(&[&["migrate", "gitea"], further].concat())
}

fn says(answer: &Answer, what: &str) {
    let text = answer.err.replace('\n', " ");
    assert!(text.contains(what), "not said: {what}\n{}", answer.err);
}

#[test]
fn a_database_that_runs_restarts_and_its_archive_stays() {
    let workspace = repository("1.30.0");
    let answer = migrate(&workspace, &["--since", "main"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    says(
        &answer,
        "CloudNativePG 1.30.0 of the base revision is recent enough",
    );
    says(
        &answer,
        "nothing at the base revision uses the Barman Cloud plugin: install it",
    );
    says(&answer, "db/gitea: the instances restart one by one");
    says(
        &answer,
        "db/gitea: the archive stays where it is at the base revision",
    );
    assert!(!answer.err.contains("changed since"), "{}", answer.err);
}

#[test]
fn an_operator_that_is_raised_in_the_same_change_comes_first() {
    let workspace = repository("1.25.1");
    let answer = migrate(&workspace, &["--since", "main"]);
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    workspace.put(".walbound.yaml", "operatorVersion: \"1.28.0\"\n");
    let answer = migrate(&workspace, &["--since", "main"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    says(
        &answer,
        "CloudNativePG 1.25.1 of the base revision is too old: upgrade the operator to 1.28.0",
    );
}

#[test]
fn other_changes_would_come_with_the_restart() {
    let workspace = repository("1.30.0");
    let changed = CLUSTER
        .replace("17.6", "17.7")
        .replace("instances: 3", "instances: 1")
        .replace("gitea-v2", "gitea-v3");
    workspace.put(FILE, &changed);
    let answer = migrate(&workspace, &["--since", "HEAD"]);
    says(
        &answer,
        "db/gitea: `spec.imageName`, `spec.instances` changed since the base revision too",
    );
    says(&answer, "there is one, so the database is away meanwhile");
    says(
        &answer,
        "the write lineage is `gitea-v2` at the base revision and another place since",
    );
}

#[test]
fn a_new_database_restarts_nothing_and_what_uses_the_plugin_is_named() {
    let workspace = repository("1.30.0");
    assert_eq!(migrate(&workspace, &["--write", "-q"]).code, Some(0));
    commit_all(&workspace);
    workspace.put("new/forgejo.yaml", &CLUSTER.replace("gitea", "forgejo"));
    let answer = workspace.run(&["migrate", "forgejo", "--since", "main"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    says(&answer, "in use by `db/gitea` at the base revision");
    says(&answer, "db/forgejo is new since the base revision");
    assert!(!answer.err.contains("restart one by one"), "{}", answer.err);
}

#[test]
fn nothing_restarts_where_only_a_recovery_source_moves() {
    let workspace = repository("1.30.0");
    let (head, store) = CLUSTER.split_once("  backup:\n").unwrap();
    let source = store.replace(
        "    barmanObjectStore:\n",
        "    - name: old\n      barmanObjectStore:\n",
    );
    let source = source
        .replace("\n      ", "\n        ")
        .replace("        barman", "      barman");
    let recovery = "  bootstrap:\n    recovery: {source: old, database: app, owner: app}\n";
    let cluster = format!("{head}{recovery}  externalClusters:\n{source}");
    workspace.put("db/reader.yaml", &cluster.replace("gitea", "reader"));
    commit_all(&workspace);
    let answer = workspace.run(&["migrate", "reader", "--since", "main"]);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    says(&answer, "before merging: CloudNativePG 1.30.0");
    assert!(!answer.err.contains("restart"), "{}", answer.err);
}

#[test]
fn a_backup_that_is_new_since_is_moved_and_one_that_exists_is_not() {
    let workspace = repository("1.30.0");
    workspace.put("db/backup-new.yaml", BACKUP);
    let without = migrate(&workspace, &[]);
    says(&without, "Backup `gitea-once` stays as it is");
    let answer = migrate(&workspace, &["--since", "main", "--write"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    says(&answer, "Backup `gitea-old` stays as it is");
    assert!(!answer.err.contains("`gitea-once`"), "{}", answer.err);
    assert!(
        workspace
            .read("db/backup-new.yaml")
            .contains("method: plugin")
    );
    assert!(!workspace.read("db/backup-old.yaml").contains("plugin"));
    let again = migrate(&workspace, &["--since", "main", "--write"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""));
    says(
        &again,
        "in-tree at the base revision, Barman Cloud plugin since",
    );
    says(&again, "db/gitea: the instances restart one by one");
    says(&again, "afterwards: take a backup at once");
}

#[test]
fn a_migration_that_is_merged_has_nothing_left_to_say() {
    let workspace = repository("1.30.0");
    assert_eq!(migrate(&workspace, &["--write", "-q"]).code, Some(0));
    commit_all(&workspace);
    let answer = migrate(&workspace, &["--since", "main"]);
    assert_eq!(answer.code, Some(0));
    says(&answer, "nothing in it is in-tree");
}

#[test]
fn a_revision_that_is_not_there_is_wrong_use() {
    let workspace = repository("1.30.0");
    let answer = migrate(&workspace, &["--since", "no-such-branch"]);
    assert_eq!(
        (answer.code, answer.out.as_str()),
        (Some(2), ""),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("no-such-branch"), "{}", answer.err);
    let none = Workspace::plain(&[(FILE, CLUSTER)]);
    assert_eq!(migrate(&none, &["--since", "main"]).code, Some(2));
    let both = migrate(&workspace, &["--since", "main", "--pod-monitor"]);
    assert_eq!(both.code, Some(2));
}
