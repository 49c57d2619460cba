//! Archives in S3: the program against a service in this process.

mod failures;
mod fake;
mod listing;
mod reading;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::workspace::{Answer, Workspace};
use fake::Bucket;

/// Looks like a secret so that a leak can be seen.
const KEY_ID: &str = "AKIAWALBOUNDEXAMPLE1";
const SECRET: &str = "s3cr3t/wAlb0undExampleKeyThatNobodyMaySee";
const SESSION: &str = "s3ss10nWalboundExampleToken";

/// The program with credentials and nothing else of the environment that has to do with S3.
fn command(workspace: &Workspace, endpoint: &str, arguments: &[&str]) -> Command {
    let mut command = with_credentials(workspace, arguments);
    command.args(["--endpoint-url", endpoint]);
    command
}

fn with_credentials(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = without_credentials(workspace, arguments);
    command.env("AWS_ACCESS_KEY_ID", KEY_ID);
    command.env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.env("AWS_SESSION_TOKEN", SESSION);
    command
}

fn without_credentials(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.command(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_lowercase();
        if text.starts_with("aws_") || text.ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", workspace.path().join("aws-config"));
    command.env(
        "AWS_SHARED_CREDENTIALS_FILE",
        workspace.path().join("aws-credentials"),
    );
    command
}

fn run(endpoint: &str, arguments: &[&str]) -> Answer {
    let answer = Answer::of(&mut command(&Workspace::plain(&[]), endpoint, arguments));
    for secret in [KEY_ID, SECRET, SESSION] {
        assert!(!answer.err.contains(secret) && !answer.out.contains(secret));
    }
    answer
}

/// The JSON answer of `check` and the exit code.
fn check(endpoint: &str, url: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let answer = run(
        endpoint,
        &[&["check", url, "--format", "json"], arguments].concat(),
    );
    (document(&answer), answer.code)
}

fn document(answer: &Answer) -> Value {
    let document = serde_json::from_str(&answer.out);
    document.unwrap_or_else(|error| panic!("{error}: {}{}", answer.out, answer.err))
}

/// The directory of a fixture, and what it holds with `prefix` before each key.
fn fixture(case: &str, prefix: &str) -> (String, Bucket) {
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive");
    let root = archives.join(case).join("bucket");
    let mut objects = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let key = path.strip_prefix(&root).unwrap().to_str().unwrap();
            let modified = path.metadata().unwrap().modified().unwrap();
            let modified = modified.duration_since(UNIX_EPOCH).unwrap().as_secs();
            let body = fs::read(&path).unwrap();
            objects.push((format!("{prefix}{key}"), modified as i64, body));
        }
    }
    (root.to_str().unwrap().to_owned(), Bucket::of(objects))
}

/// What `check` says of a directory, with the URL of another place.
fn check_directory(directory: &str, url: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let workspace = Workspace::plain(&[]);
    let all = [&["check", directory, "--format", "json"], arguments].concat();
    let answer = workspace.run(&all);
    let mut document = document(&answer);
    document["archive"]["url"] = url.into();
    (document, answer.code)
}
