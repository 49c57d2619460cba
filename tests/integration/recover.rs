//! `walbound recover` and `walbound bump` on repositories with an archive, with Git, and with somebody in the way.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::archived::{Repository, copy};

#[test]
fn a_recovery_is_written_when_the_archive_bears_it_out() {
    let repository = Repository::new("recover-proved");
    let (code, diff, said) = repository.run("recover shop --latest --archive");
    assert_eq!(code, 1, "{said}");
    assert!(
        diff.contains("+        serverName: db-v2 # the lineage of the fixture"),
        "{diff}"
    );
    assert!(
        said.contains("target in `db`: reachable (by records)"),
        "{said}"
    );
    let (code, runbook, said) = repository.run("recover shop --latest --archive --write");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("not verified"), "{said}");
    assert!(runbook.contains("DESTROYS Cluster db/shop"), "{runbook}");
    let text = &repository.tree()["shop.yaml"];
    assert!(text.contains("serverName: db-v2"), "{text}");
}

#[test]
fn an_inventory_bears_a_recovery_out_without_the_archive() {
    let repository = Repository::new("recover-inventory");
    let (code, _, said) = repository.run("inventory ../bucket -o ../inventory.json");
    assert_eq!(code, 0, "{said}");
    let (code, _, said) = repository.run("inventory ../bucket --server db -o ../one.json");
    assert_eq!(code, 0, "{said}");
    fs::remove_dir_all(repository.bucket()).unwrap();
    let before = repository.tree();
    // An inventory of one server does not tell whether another name is free.
    let (code, _, said) = repository.run("recover shop --write --inventory ../one.json");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("reachable (by records, as of"), "{said}");
    let (code, _, said) = repository.run("recover shop --write --inventory ../missing.json");
    assert_eq!(code, 3, "{said}");
    assert_eq!(repository.tree(), before);
    let (code, _, said) = repository.run("recover shop --write --inventory ../inventory.json");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("not verified"), "{said}");
    let text = &repository.tree()["shop.yaml"];
    assert!(text.contains("serverName: db-v2"), "{text}");
}

#[test]
fn an_inventory_can_be_made_of_the_archive_that_the_manifests_name() {
    let repository = Repository::new("inventory-database");
    let destination = format!("file://{}", repository.bucket().display());
    let (code, _, said) = repository.run("inventory shop");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains(&destination), "{said}");
    let (code, _, said) = repository.run("inventory nothing");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("no database is called `nothing`"), "{said}");
}

#[test]
fn what_cannot_be_reached_or_shown_is_not_written() {
    let repository = Repository::new("recover-refused");
    let before = repository.tree();
    let table = [
        (
            "recover shop --target-xid 999999 --archive --write",
            1,
            "this recovery would fail",
        ),
        ("recover shop --latest --write", 3, "nobody could verify"),
        (
            "recover shop --latest --archive --depth listing --write",
            3,
            "nobody could verify",
        ),
        (
            "recover shop --archive=/nowhere --write",
            3,
            "nobody could verify",
        ),
        ("recover shop --to db --unverified --write", 2, "is in use"),
        (
            "recover shop --to a/b --unverified --write",
            2,
            "cannot be a server name",
        ),
        (
            "recover shop --target-time 2999-01-01T00:00:00Z --unverified --write",
            2,
            "lies in the future",
        ),
        (
            "recover shop --latest --target-xid 741 --write",
            2,
            "cannot be used with",
        ),
        (
            "recover shp --unverified --write",
            2,
            "did you mean `shop`?",
        ),
        ("recover --write", 2, "required"),
        ("bump shop --to db --write", 2, "is in use"),
        (
            "bump shop --from db-v9 --write",
            2,
            "archives to `db`, not to `db-v9`",
        ),
    ];
    for (line, expected, words) in table {
        let (code, _, said) = repository.run(line);
        assert_eq!(code, expected, "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
        assert_eq!(repository.tree(), before, "{line}");
    }
    let (code, _, said) = repository.run("recover shop --latest --unverified --write");
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("not verified: whether the target can be reached"),
        "{said}"
    );
}

#[test]
fn a_lineage_that_holds_something_is_passed_over_and_a_failed_try_is_gone_on_with() {
    let repository = Repository::new("recover-again");
    let segment = "db-v2/wals/0000000100000000/000000010000000000000001";
    let path = repository.bucket().join(segment);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x").unwrap();
    let (code, _, said) = repository.run("recover shop --to db-v2 --archive --write");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("the archive is not empty there"), "{said}");
    let (code, _, said) = repository.run("recover shop --archive --write");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("reads db, writes db → db-v3"), "{said}");
    let (code, _, said) = repository.run("recover shop --archive --write");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("reads db, writes db-v3 → db-v4"), "{said}");
    assert!(said.contains("`db-v3` holds no base backup"), "{said}");
    // What came up and was backed up since may be what is wanted.
    copy(
        &repository.bucket().join("db"),
        &repository.bucket().join("db-v4"),
    );
    let (code, _, said) = repository.run("recover shop --archive --write");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("which of the two is to be read?"), "{said}");
    let (code, _, said) = repository.run("recover shop --archive --from db-v4 --write");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("reads db-v4, writes db-v4 → db-v5"), "{said}");
}

#[test]
fn a_commit_holds_the_change_and_leaves_what_is_staged_alone() {
    let repository = Repository::new("recover-commit").with_git();
    repository.put(
        "other.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: mine}\n",
    );
    repository.git("add other.yaml");
    let (code, _, said) = repository.run("recover shop --archive --write --commit");
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        repository.git("show --format= --name-only HEAD"),
        "shop.yaml\n"
    );
    assert_eq!(repository.git("status --porcelain"), "M  other.yaml\n");
    let message = repository.git("log -1 --format=%B");
    for words in [
        "recover db/shop",
        "source db",
        "everything that is archived",
        "db -> db-v2",
    ] {
        assert!(message.contains(words), "{message}");
    }
    repository.git("fsck --strict");
    // A name that only the history holds is not proposed again.
    repository.git("commit -qm other");
    repository.git("revert --no-edit HEAD~1");
    let (_, _, said) = repository.run("bump shop");
    assert!(said.contains("writes db → db-v3"), "{said}");
}

#[test]
fn a_name_that_a_committed_comment_announces_is_free() {
    let repository = Repository::new("recover-announced").with_git();
    let text = repository.tree()["shop.yaml"].clone();
    let announced = text.replacen(
        "serverName: db #",
        "serverName: db # next time: db-v2; once",
        1,
    );
    assert_ne!(announced, text);
    repository.put("shop.yaml", &announced);
    repository.git("commit -qam announced");
    let (code, _, said) = repository.run("bump shop");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("writes db → db-v2"), "{said}");
    let (code, _, said) = repository.run("bump shop --to db-v2");
    assert_eq!(code, 1, "{said}");
}

#[test]
fn a_commit_is_refused_before_anything_is_written() {
    let repository = Repository::new("recover-dirty").with_git();
    let text = repository.tree()["shop.yaml"].clone();
    repository.put("shop.yaml", &format!("# mine\n{text}"));
    let before = repository.tree();
    let (code, _, said) = repository.run("recover shop --archive --write --commit");
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("other changes that are not committed: shop.yaml"),
        "{said}"
    );
    assert_eq!(repository.tree(), before);
    repository.put("shop.yaml", &text);
    repository.git("config --unset-all user.email");
    repository.git("config --unset-all user.name");
    let output = repository
        .command("recover shop --archive --write --commit")
        .env("HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    // The system may know somebody.
    if output.status.code() != Some(0) {
        assert!(said.contains("Git does not know who commits"), "{said}");
        assert_eq!(repository.tree()["shop.yaml"], text);
    }
}

#[cfg(unix)]
#[test]
fn links_and_read_only_files_stop_the_change() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let repository = Repository::new("recover-links");
    let text = repository.tree()["shop.yaml"].clone();
    let file = repository.root().join("shop.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let (code, _, said) = repository.run("recover shop --archive --write");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("read-only"), "{said}");
    assert_eq!(repository.tree()["shop.yaml"], text);
    fs::remove_file(&file).unwrap();
    fs::write(repository.0.join("elsewhere.yaml"), &text).unwrap();
    symlink(
        "../../elsewhere.yaml",
        repository.root().join("shop.yaml.link"),
    )
    .unwrap();
    fs::create_dir(repository.root().join("db")).unwrap();
    symlink(
        "../../elsewhere.yaml",
        repository.root().join("db/shop.yaml"),
    )
    .unwrap();
    repository.put("db/kustomization.yaml", "resources: [shop.yaml]\n");
    let (code, _, said) = repository.run("recover shop --archive --write");
    assert_eq!(code, 2, "{said}");
    assert_eq!(
        fs::read_to_string(repository.0.join("elsewhere.yaml")).unwrap(),
        text
    );
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_files_or_the_new_ones() {
    let mut seen = [0, 0];
    for round in 0_u64..24 {
        let repository = Repository::new(&format!("recover-kill-{round}"));
        let old = repository.tree();
        let mut child = repository
            .command("bump shop --to db-v7 --write")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(round * 1500));
        // SIGKILL; the run may be over already.
        let _ = child.kill();
        child.wait().unwrap();
        // The next run brings a change that was interrupted to an end, whatever else it is for.
        let (code, _, said) = repository.run("bump shop --to db-v8");
        assert!(code < 2, "{said}");
        let new = old["shop.yaml"].replace("serverName: db #", "serverName: db-v7 #");
        let found = &repository.tree()["shop.yaml"];
        let is_new = *found == new;
        assert!(is_new || *found == old["shop.yaml"], "{found}");
        seen[usize::from(is_new)] += 1;
        let hidden: Vec<PathBuf> = fs::read_dir(repository.root())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("walbound-"))
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('.'))
            .collect();
        assert!(hidden.is_empty(), "{hidden:?}");
    }
    assert!(
        seen[0] > 0,
        "the first kills come before anything is written: {seen:?}"
    );
}
