//! A directory with files for one test, and the program run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A directory that is removed at the end of the test.
pub(crate) struct Workspace(PathBuf);

/// What the program answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

impl Workspace {
    /// An empty repository: a `.git` directory keeps the search for a root inside.
    pub(crate) fn repository(files: &[(&str, &str)]) -> Self {
        let workspace = Self::plain(files);
        fs::create_dir(workspace.0.join(".git")).unwrap();
        workspace
    }

    /// A directory that is no repository.
    pub(crate) fn plain(files: &[(&str, &str)]) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("walbound-integration-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let workspace = Self(fs::canonicalize(path).unwrap());
        for (name, text) in files {
            workspace.put(name, text);
        }
        workspace
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// The program, to be run in this directory, in an environment that asks for nothing.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_walbound"));
        command.current_dir(&self.0).args(arguments);
        let asks = ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"];
        for name in
            asks.into_iter()
                .chain(["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "FORCE_HYPERLINK"])
        {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C.UTF-8");
        command
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Answer {
        Answer::of(self.command(arguments).stdin(Stdio::null()))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Answer {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        // The program may refuse without reading.
        let _ = pipe.write_all(input.as_bytes());
        drop(pipe);
        Answer::from(child.wait_with_output().unwrap())
    }
}

impl Answer {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }
}

impl From<std::process::Output> for Answer {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The ObjectStore `gitea`, as a document behind others.
pub(crate) const STORE: &str = "\
---
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: gitea
  namespace: db
spec:
  retentionPolicy: 30d
  configuration:
    {destinationPath: s3://backups/gitea, s3Credentials: {inheritFromIAMRole: true}}
";

/// The ScheduledBackup `gitea`, as a document behind others.
pub(crate) fn schedule(method: &str, cron: &str) -> String {
    format!(
        "\
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: gitea
  namespace: db
spec:
  cluster:
    name: gitea
  method: {method}
  schedule: \"{cron}\"
"
    )
}

/// The same of the plugin.
pub(crate) fn plugin_schedule(cron: &str) -> String {
    let plugin = "plugin\n  pluginConfiguration:\n    name: barman-cloud.cloudnative-pg.io";
    schedule(plugin, cron)
}
