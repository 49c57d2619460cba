//! `walbound recover --as`: a second Cluster beside the live one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::archived::{Repository, copy};
use crate::workspace::Workspace;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/recover/{name}"))
}

/// The documents of a rendering.
fn documents(rendered: &str) -> Vec<&str> {
    rendered.split("---\n").collect()
}

#[test]
fn the_result_renders_as_kubectl_renders_it_and_every_other_object_keeps_its_bytes() {
    for name in [
        "beside-overlay",
        "beside-component",
        "beside-flux",
        "beside-flux-adds",
        "beside-affixes",
        "beside-root",
    ] {
        let workspace = Workspace::repository(&[]);
        copy(&fixture(name).join("before"), workspace.path());
        let directory = fs::read_to_string(fixture(name).join("renders")).unwrap();
        let directory = directory.trim();
        let before = workspace.run(&["render", directory]).out;
        let args = fs::read_to_string(fixture(name).join("args")).unwrap();
        let mut args: Vec<&str> = args.split_whitespace().collect();
        args.push("--write");
        let answer = workspace.run(&args);
        assert_eq!(answer.code, Some(0), "{name}: {}", answer.err);
        let after = workspace.run(&["render", directory]).out;
        let expected = fs::read_to_string(fixture(name).join("rendered.yaml")).unwrap();
        assert_eq!(after, expected, "{name}");
        let (old, new) = (documents(&before), documents(&after));
        let added: Vec<&&str> = new.iter().filter(|own| !old.contains(own)).collect();
        assert_eq!(new.len(), old.len() + 1, "{name}: {after}");
        assert_eq!(added.len(), 1, "{name}: {added:?}");
        assert!(added[0].contains("    recovery:\n"), "{name}: {added:?}");
    }
}

#[test]
fn the_switch_of_the_live_one_and_its_own_recovery_work_as_before() {
    let workspace = Workspace::repository(&[]);
    copy(&fixture("beside-overlay").join("before"), workspace.path());
    let run = |line: &str| workspace.run(&line.split(' ').collect::<Vec<_>>());
    let answer = run("recover bookshelf-database --as bookshelf-two --unverified --write");
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let root = "infrastructure/database/cloudnative-pg/bookshelf/kustomization.yaml";
    let before = workspace.read(root);
    for method in ["recovery", "initdb"] {
        let answer = run(&format!("flip bookshelf-database {method} --write"));
        assert_eq!(answer.code, Some(0), "{}", answer.err);
    }
    assert_eq!(workspace.read(root), before);
    let again = run("recover bookshelf-database --as bookshelf-two --unverified");
    assert_eq!(again.code, Some(2));
    assert!(
        again.err.contains("bookshelf/bookshelf-two exists already"),
        "{}",
        again.err
    );
    let second = run("recover bookshelf-database --as bookshelf-three --unverified");
    assert!(
        second.err.contains("writes bookshelf-database-v7"),
        "{}",
        second.err
    );
    let own = run("recover bookshelf-database --unverified --write");
    assert_eq!(own.code, Some(0), "{}", own.err);
    assert!(
        own.err
            .contains("bookshelf-database-v5 → bookshelf-database-v7"),
        "{}",
        own.err
    );
    let two = run("render infrastructure/database/cloudnative-pg/bookshelf");
    assert_eq!(two.out.matches("kind: Cluster\n").count(), 2, "{}", two.out);
}

#[test]
fn a_recovery_beside_needs_the_same_proof() {
    let repository = Repository::new("beside-proof");
    let before = repository.tree();
    for (line, expected, words) in [
        ("recover shop --as second --write", 3, "nobody could verify"),
        (
            "recover shop --as second --archive --target-xid 999999 --write",
            1,
            "this recovery would fail",
        ),
        (
            "recover shop --as second --archive --depth listing",
            3,
            "nobody could verify",
        ),
        (
            "recover --all --as second --archive",
            2,
            "cannot be used with",
        ),
        (
            "recover shop --as shop --archive",
            2,
            "db/shop exists already",
        ),
        (
            "recover shop --as Second --archive",
            2,
            "cannot be the name",
        ),
        (
            "recover shop --as db/second --archive",
            2,
            "cannot be the name",
        ),
        (
            "recover shop --as ../second --archive",
            2,
            "cannot be the name",
        ),
        ("recover shop --as second --archive --to db", 2, "is in use"),
        (
            "recover shop --as second --archive --target-time 2999-01-01T00:00:00Z",
            2,
            "lies in the future",
        ),
    ] {
        let (code, out, said) = repository.run(line);
        assert_eq!(code, expected, "{line}: {said}");
        assert!(said.contains(words), "{line}: {said}");
        assert_eq!(out, "", "{line}");
        assert_eq!(repository.tree(), before, "{line}");
    }
    let name = format!("{}-x", "long".repeat(13));
    let (code, _, said) = repository.run(&format!("recover shop --as {name} --archive"));
    assert_eq!(code, 2, "{said}");
    let (code, diff, said) = repository.run("recover shop --as second --archive");
    assert_eq!(code, 1, "{said}");
    assert!(
        diff.starts_with("--- /dev/null\n+++ b/second.yaml\n"),
        "{diff}"
    );
    assert!(!said.contains("not verified"), "{said}");
    repository.put("second.yaml", "mine: true\n");
    let (code, _, said) = repository.run("recover shop --as second --archive --write");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("second.yaml is there already"), "{said}");
}

#[test]
fn a_recovery_beside_is_one_commit_and_its_runbook_destroys_nothing() {
    let repository = Repository::new("beside-commit").with_git();
    let old = repository.tree();
    let line = "recover shop --as second --archive --target-immediate --write --commit";
    let (code, runbook, said) = repository.run(line);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        repository.git("show --format= --name-only HEAD"),
        "second.yaml\n"
    );
    let message = repository.git("log -1 --format=%B");
    for words in ["recover db/shop as second", "source db,", "lineage db-v2"] {
        assert!(message.contains(words), "{message}");
    }
    let new = repository.tree();
    assert!(old.iter().all(|(name, text)| new[name] == *text));
    let second = &new["second.yaml"];
    for words in [
        "  name: second\n",
        "serverName: db-v2\n",
        "serverName: db\n",
        "targetImmediate: true\n",
        "database: shop\n",
    ] {
        assert!(second.contains(words), "{words}: {second}");
    }
    for words in [
        "Recovery of db/second",
        "Compare the data with the live Cluster",
        "psql -XAt shop -c ANALYZE",
        "cnpg.io/cluster=second,",
        "cnpg.io/cluster=shop,",
        "host `second-rw` instead of `shop-rw`",
        "job/second-1-full-recovery",
    ] {
        assert!(runbook.contains(words), "{words}: {runbook}");
    }
    assert!(!runbook.contains("DESTROYS"), "{runbook}");
    let (code, script, _) = repository.run("recover shop --as third --archive --runbook sh");
    assert_eq!(code, 1);
    assert!(script.starts_with("#!/bin/sh\n"), "{script}");
    assert!(!script.contains(" delete "), "{script}");
}
