//! `lint --since` and the rules that need Git, in repositories that the `git` program makes.

use std::path::Path;
use std::process::Command;

use crate::workspace::{Answer, STORE, Workspace, plugin_schedule};

/// A database that archives to the lineage `write`.
fn database(bootstrap: &str, write: &str) -> String {
    format!(
        "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: gitea
  namespace: db
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.6
  storage: {{size: 1Gi}}
  bootstrap:
{bootstrap}
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: gitea
        serverName: {write}
  externalClusters:
    - name: before
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters:
          barmanObjectName: gitea
          serverName: gitea-v6
{STORE}{}",
        plugin_schedule("0 0 3 * * *")
    )
}

const INITDB: &str = "    initdb: { database: app, owner: app }";
const RECOVERY: &str = "    recovery: { source: before, database: app, owner: app }";

const FILE: &str = "db/with space/gitea.yaml";

/// A repository with the database in its first commit.
fn repository() -> Workspace {
    let workspace = Workspace::plain(&[]);
    git(workspace.path(), &["init", "-q", "-b", "main"]);
    commit(&workspace, &database(INITDB, "gitea-v7"));
    workspace
}

fn commit(workspace: &Workspace, text: &str) {
    workspace.put(FILE, text);
    commit_all(workspace);
}

/// Commits what is there.
pub(crate) fn commit_all(workspace: &Workspace) {
    git(workspace.path(), &["add", "-A"]);
    git(workspace.path(), &["commit", "-q", "-m", "change"]);
}

/// Runs Git and gives what it printed.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = plain_git(directory, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The program without settings of this machine.
fn plain_git(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args([
            "-c",
            "user.name=Example",
            "-c",
            "user.email=nobody@example.org",
        ])
        .args(arguments)
        .current_dir(directory);
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    command
}

fn lint(workspace: &Workspace, arguments: &[&str]) -> Answer {
    let words = [&["lint", "--format", "concise"], arguments].concat();
    workspace.run(&words)
}

fn rules(answer: &Answer) -> Vec<&str> {
    let lines = answer.out.lines();
    let mut rules: Vec<&str> = lines
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0))
        .collect();
    rules.sort_unstable();
    rules
}

#[test]
fn a_flip_without_a_bump_is_found_before_and_after_the_commit() {
    let workspace = repository();
    workspace.put(FILE, &database(RECOVERY, "gitea-v7"));
    let expected = ["bootstrap-edited-in-place", "write-lineage-not-bumped"];
    let answer = lint(&workspace, &["--since", "HEAD"]);
    assert_eq!(
        (rules(&answer).as_slice(), answer.code),
        (&expected[..], Some(1)),
        "{}",
        answer.out
    );
    git(workspace.path(), &["checkout", "-q", "-b", "topic"]);
    commit(&workspace, &database(RECOVERY, "gitea-v7"));
    git(workspace.path(), &["checkout", "-q", "main"]);
    workspace.put("notes.yaml", "a: 1\n");
    git(workspace.path(), &["add", "-A"]);
    git(workspace.path(), &["commit", "-q", "-m", "elsewhere"]);
    git(workspace.path(), &["checkout", "-q", "--detach", "topic"]);
    let answer = lint(&workspace, &["--since", "main"]);
    assert_eq!(
        (rules(&answer).as_slice(), answer.code),
        (&expected[..], Some(1)),
        "{}",
        answer.out
    );
    let answer = lint(&workspace, &["--since", "HEAD"]);
    assert_eq!(
        (rules(&answer).len(), answer.code),
        (0, Some(0)),
        "{}",
        answer.out
    );
}

#[test]
fn findings_that_the_base_has_too_are_left_out() {
    let broken = database(INITDB, "gitea-v7").replace("\"0 0 3 * * *\"", "\"0 3 * * *\"");
    let workspace = repository();
    commit(&workspace, &broken);
    commit(&workspace, &format!("# moved by a line\n{broken}"));
    assert_eq!(
        rules(&lint(&workspace, &[])),
        ["cron-five-fields", "external-cluster-unused"]
    );
    let answer = lint(&workspace, &["--since", "HEAD~1"]);
    assert_eq!(
        (rules(&answer).len(), answer.code),
        (0, Some(0)),
        "{}",
        answer.out
    );
    let answer = lint(&workspace, &["--since", "HEAD~2"]);
    assert_eq!(rules(&answer), ["cron-five-fields"]);
}

#[test]
fn the_full_format_tells_what_happens_to_each_database() {
    let workspace = repository();
    workspace.put(FILE, &database(RECOVERY, "gitea-v8"));
    let answer = workspace.run(&["lint", "--since", "HEAD"]);
    assert!(
        answer.out.contains(
            "\ndb gitea: initdb → recovery, reads gitea-v6, writes gitea-v7 → gitea-v8; target latest\n\n1 note;"
        ),
        "{}",
        answer.out
    );
    let quiet = workspace.run(&["lint", "-q", "--since", "HEAD"]);
    assert!(!quiet.out.contains("db gitea:"), "{}", quiet.out);
}

#[test]
fn a_name_that_was_left_is_found_without_a_base() {
    let workspace = repository();
    commit(&workspace, &database(INITDB, "gitea-v8"));
    workspace.put(FILE, &database(RECOVERY, "gitea-v7"));
    let answer = lint(&workspace, &[]);
    assert_eq!(rules(&answer), ["write-lineage-reused"], "{}", answer.out);
    assert!(
        answer
            .out
            .contains("6 rules (no base revision, `--since` names one)"),
        "{}",
        answer.out
    );
}

#[test]
fn without_a_repository_such_rules_are_skipped_and_since_fails() {
    let workspace = Workspace::plain(&[(FILE, &database(INITDB, "gitea-v7"))]);
    let answer = lint(&workspace, &[]);
    assert_eq!(answer.code, Some(0));
    assert!(answer.out.contains("(no Git repository)"), "{}", answer.out);
    let answer = lint(&workspace, &["--since", "main"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("no Git repository"), "{}", answer.err);
    let answer = workspace.run_with_input(&["lint", "-", "--since", "main"], "kind: x\n");
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("standard input"), "{}", answer.err);
}

#[test]
fn a_revision_that_is_not_here_fails_with_the_way_out() {
    let workspace = repository();
    let answer = lint(&workspace, &["--since", "origin/main"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("`origin/main` names no commit"),
        "{}",
        answer.err
    );
    assert!(answer.err.contains("fetch the branch"), "{}", answer.err);
    commit(&workspace, &database(INITDB, "gitea-v8"));
    let url = format!("file://{}", workspace.path().display());
    let shallow = Workspace::plain(&[]);
    git(shallow.path(), &["clone", "-q", "--depth=1", &url, "clone"]);
    let words = ["lint", "--since", "HEAD~1", "clone"];
    let answer = shallow.run(&words);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("fetch-depth: 0"), "{}", answer.err);
    let answer = shallow.run(&["lint", "clone"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        answer.out.contains("2 rules (the clone is shallow"),
        "{}",
        answer.out
    );
}

#[test]
fn a_branch_without_commits_is_linted_and_has_no_base() {
    let workspace = Workspace::plain(&[(FILE, &database(INITDB, "gitea-v7"))]);
    git(workspace.path(), &["init", "-q"]);
    assert_eq!(lint(&workspace, &[]).code, Some(0));
    let answer = lint(&workspace, &["--since", "HEAD"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.err.contains("no commit yet"), "{}", answer.err);
}

#[cfg(unix)]
#[test]
fn a_hook_runs_it_in_worktrees_and_bare_repositories() {
    use std::os::unix::fs::PermissionsExt;

    let workspace = repository();
    let main = workspace.path();
    let hook = format!(
        "#!/bin/sh\nexec {} lint --format concise --since HEAD\n",
        env!("CARGO_BIN_EXE_walbound")
    );
    let install = |directory: &Path| {
        std::fs::create_dir_all(directory).unwrap();
        let file = directory.join("pre-commit");
        std::fs::write(&file, &hook).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    install(&main.join(".git/hooks"));
    git(main, &["worktree", "add", "-q", "-b", "topic", "linked"]);
    git(main, &["clone", "-q", "--bare", ".", "bare.git"]);
    install(&main.join("bare.git/hooks"));
    git(&main.join("bare.git"), &["config", "core.bare", "false"]);
    git(main, &["clone", "-q", ".", "tree"]);
    std::fs::remove_dir_all(main.join("tree/.git")).unwrap();
    let tree = main.join("tree");
    let outside = ["--git-dir=../bare.git", "--work-tree=."];
    for (directory, options) in [(main.join("linked"), &[][..]), (tree, &outside[..])] {
        std::fs::write(directory.join(FILE), database(RECOVERY, "gitea-v7")).unwrap();
        git(&directory, &[options, &["add", FILE]].concat());
        let words = [options, &["commit", "-m", "flip"]].concat();
        let output = plain_git(&directory, &words).output().unwrap();
        let told =
            String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        assert!(!output.status.success(), "{told}");
        assert!(told.contains("error[write-lineage-not-bumped]"), "{told}");
        std::fs::write(directory.join(FILE), database(RECOVERY, "gitea-v8")).unwrap();
        git(
            &directory,
            &[options, &["commit", "-q", "-a", "-m", "flip and bump"]].concat(),
        );
    }
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_refused_with_the_remedy() {
    let workspace = repository();
    let changed = Command::new("chown")
        .args(["-R", "12345:12345"])
        .arg(workspace.path())
        .status();
    if !changed.is_ok_and(|status| status.success()) {
        // Only the superuser can give files away.
        return;
    }
    let answer = lint(&workspace, &["--since", "HEAD"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("belongs to another user"),
        "{}",
        answer.err
    );
    let remedy = format!("safe.directory {}", workspace.path().display());
    assert!(answer.err.contains(&remedy), "{}", answer.err);
    let answer = lint(&workspace, &[]);
    assert_eq!(answer.code, Some(0));
    assert!(
        answer.out.contains("belongs to another user"),
        "{}",
        answer.out
    );
}
