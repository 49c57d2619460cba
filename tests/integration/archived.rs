//! A repository whose database archives to a copy of the archive `forked`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Texts by file name.
pub(crate) type Tree = BTreeMap<String, String>;

const CLUSTER: &str = "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: store, namespace: db}
spec:
  configuration:
    destinationPath: DESTINATION
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: shop, namespace: db}
spec:
  bootstrap:
    initdb: {database: shop, owner: shop}
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: store
        serverName: db # the lineage of the fixture
";

/// A repository whose database archives to a copy of the archive `forked`.
pub(crate) struct Repository(pub(crate) PathBuf);

impl Repository {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("walbound-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("repo")).unwrap();
        let own = Self(fs::canonicalize(path).unwrap());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive/forked/bucket");
        copy(&source, &own.bucket());
        let destination = format!("file://{}", own.bucket().display());
        own.put("shop.yaml", &CLUSTER.replace("DESTINATION", &destination));
        own.put(
            "other.yaml",
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: other}\n",
        );
        own
    }

    pub(crate) fn bucket(&self) -> PathBuf {
        self.0.join("bucket")
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.0.join("repo")
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_walbound"));
        command.args(line.split(' ')).current_dir(self.root());
        command
    }

    pub(crate) fn run(&self, line: &str) -> (i32, String, String) {
        let output = self.command(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        (code, text(output.stdout), text(output.stderr))
    }

    pub(crate) fn git(&self, line: &str) -> String {
        let output: Output = Command::new("git")
            .args(line.split(' '))
            .current_dir(self.root())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn with_git(self) -> Self {
        self.git("init -q");
        self.git("config user.name Somebody");
        self.git("config user.email somebody@example.org");
        self.git("add -A");
        self.git("commit -qm first");
        self
    }

    /// The manifests, without what Git and a change under way keep.
    pub(crate) fn tree(&self) -> Tree {
        let entries = fs::read_dir(self.root())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect()
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies a directory with what is below it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
