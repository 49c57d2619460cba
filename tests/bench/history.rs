//! A Git repository with a long history: thousands of commits that change one file each, as bots make them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::manifests::{cluster, config_map, deployment, initdb, kustomization, schedule, store};
use crate::tree::Tree;

/// How many commits the history has.
const COMMITS: usize = 7000;
/// Applications, each with a database.
const SERVICES: usize = 300;
/// One commit in so many gives a database a new lineage; the others change the image of a deployment.
const BUMP_EVERY: usize = 25;

/// Writes the repository with its history.
pub(crate) fn write(tree: &Tree) {
    let root = tree.path(".");
    git(&root, &["init", "-q", "-b", "main"]);
    let mut child = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(&root)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(stream().as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
    git(&root, &["checkout", "-q", "main"]);
}

fn git(root: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .status();
    assert!(status.unwrap().success());
}

/// What `git fast-import` reads.
fn stream() -> String {
    let mut stream = String::new();
    head(&mut stream, 0);
    for number in 0..SERVICES {
        let service = name(number);
        let at = format!("apps/{service}");
        let files = [
            "cluster.yaml",
            "store.yaml",
            "backup.yaml",
            "deployment.yaml",
            "settings.yaml",
        ];
        file(
            &mut stream,
            &format!("{at}/kustomization.yaml"),
            &kustomization(files),
        );
        file(
            &mut stream,
            &format!("{at}/cluster.yaml"),
            &manifest(number, 1),
        );
        file(&mut stream, &format!("{at}/store.yaml"), &store(&service));
        file(
            &mut stream,
            &format!("{at}/backup.yaml"),
            &schedule(&service, number),
        );
        file(
            &mut stream,
            &format!("{at}/deployment.yaml"),
            &deployment(&service),
        );
        file(
            &mut stream,
            &format!("{at}/settings.yaml"),
            &config_map(&service),
        );
    }
    for commit in 1..COMMITS {
        head(&mut stream, commit);
        let number = commit * 7 % SERVICES;
        let at = format!("apps/{}", name(number));
        if commit.is_multiple_of(BUMP_EVERY) {
            let lineage = 2 + commit / BUMP_EVERY / 50;
            file(
                &mut stream,
                &format!("{at}/cluster.yaml"),
                &manifest(number, lineage),
            );
        } else {
            let text = deployment(&name(number)) + &format!("# renewed {commit}\n");
            file(&mut stream, &format!("{at}/deployment.yaml"), &text);
        }
    }
    stream
}

fn name(number: usize) -> String {
    format!("shop{number:03}")
}

fn manifest(number: usize, lineage: usize) -> String {
    let service = name(number);
    cluster(&service, &format!("{service}-pg-v{lineage}")) + &initdb(&service)
}

fn head(stream: &mut String, commit: usize) {
    let message = format!("commit {commit}");
    // Writing to a `String` does not fail.
    let _ = write!(
        stream,
        "commit refs/heads/main\ncommitter Bot <bot@example.net> {} +0000\ndata {}\n{message}\n",
        1_700_000_000 + commit * 3600,
        message.len()
    );
}

fn file(stream: &mut String, path: &str, text: &str) {
    let _ = write!(
        stream,
        "M 100644 inline {path}\ndata {}\n{text}\n",
        text.len()
    );
}
