//! Input that is broken, absurd or meant to do harm: a clear word, the right exit code, little time and memory, and
//! the rest of the repository is still checked.

mod expressions;
mod files;
mod values;

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace::{Answer, Workspace, schedule};

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
fn fault() -> String {
    const GITEA: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: gitea
  namespace: db
spec:
  instances: 3
";
    format!("{GITEA}{}", schedule("volumeSnapshot", "0 3 * * *"))
}

/// A repository with the fault.
fn faulty() -> Workspace {
    Workspace::repository(&[("db/gitea.yaml", &fault())])
}

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
    let workspace = faulty();
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
