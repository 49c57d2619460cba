//! Against repositories that the `git` program makes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::facts::history::Line;
use crate::io::scratch::Scratch;
use crate::model::lineage::ServerName;
use crate::text::{EntryKind, ReadError};

struct Clone {
    scratch: Scratch,
    directory: PathBuf,
}

impl Clone {
    fn new(name: &str) -> Self {
        let scratch = Scratch::new(&format!("git-{name}"));
        let directory = scratch.path().join("repository");
        std::fs::create_dir_all(&directory).unwrap();
        let clone = Self { scratch, directory };
        clone.git(&["init", "-q", "-b", "main"]);
        clone
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.directory, arguments)
    }

    fn put(&self, name: &str, text: &str) {
        self.scratch
            .put(&format!("repository/{name}"), text.as_bytes());
    }

    fn commit(&self, name: &str, server: &str) -> String {
        self.put(name, &cluster(server));
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn open(&self) -> GitRepository {
        GitRepository::open(&self.directory).unwrap()
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(bytes.as_ref()).unwrap();
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Example",
            "-c",
            "user.email=nobody@example.org",
        ])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(directory)
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn cluster(server: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{ name: db }}\nspec:\n  plugins:\n    - name: barman-cloud.cloudnative-pg.io\n      parameters: {{ barmanObjectName: s, serverName: {server} }}\n"
    )
}

fn stretches(history: &LineageHistory, server: &str) -> Vec<(String, Option<String>)> {
    let uses = history.uses(&ServerName::new(server), |_| true).into_iter();
    uses.map(|found| {
        (
            found.by.first.id.to_string(),
            found.left.map(|left| left.id.to_string()),
        )
    })
    .collect()
}

#[test]
fn names_are_found_in_every_commit_of_every_branch() {
    let clone = Clone::new("names");
    let first = clone.commit("db/cluster.yaml", "db-v1");
    let second = clone.commit("db/cluster.yaml", "db-v2");
    clone.git(&["checkout", "-q", "-b", "tried"]);
    clone.commit("db/cluster.yaml", "db-v8");
    clone.git(&["checkout", "-q", "main"]);
    clone.commit("notes/readme.txt", "db-v9");
    clone.commit(".github/cluster.yaml", "db-v10");
    let last = clone.commit("db/cluster.yaml", "db-v1");
    let history = clone.open().lineages().unwrap();
    let names: Vec<&str> = history.names.keys().map(ServerName::as_str).collect();
    assert_eq!(names, ["db-v1", "db-v2", "db-v8"]);
    assert_eq!(
        stretches(&history, "db-v1"),
        [(first, Some(second.clone())), (last.clone(), None)]
    );
    assert_eq!(stretches(&history, "db-v2"), [(second, Some(last))]);
    let tried = &history.seen(&ServerName::new("db-v8"))[0];
    assert_eq!(tried.line, Line::Side);
    assert_eq!(&*tried.path, "db/cluster.yaml");
    assert_eq!((history.gap.as_deref(), history.commits), (None, 6));
}

#[test]
fn a_merge_is_one_step_of_the_main_line() {
    let clone = Clone::new("merge");
    let first = clone.commit("a.yaml", "db-v1");
    clone.git(&["checkout", "-q", "-b", "topic"]);
    clone.commit("a.yaml", "db-v2");
    clone.commit("a.yaml", "db-v3");
    clone.git(&["checkout", "-q", "main"]);
    clone.commit("b/other.txt", "x");
    clone.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
    let merge = clone.git(&["rev-parse", "HEAD"]);
    let history = clone.open().lineages().unwrap();
    assert_eq!(stretches(&history, "db-v1"), [(first, Some(merge.clone()))]);
    assert_eq!(stretches(&history, "db-v3"), [(merge, None)]);
    assert_eq!(stretches(&history, "db-v2"), []);
    assert!(history.knows(&ServerName::new("db-v2")));
}

#[test]
fn a_shallow_clone_says_that_names_may_be_missing() {
    let clone = Clone::new("shallow");
    clone.commit("a.yaml", "db-v1");
    clone.commit("a.yaml", "db-v2");
    clone.commit("a.yaml", "db-v3");
    let url = format!("file://{}", clone.directory.display());
    let shallow = clone.beside("shallow");
    clone.git(&["clone", "-q", "--depth=2", &url, shallow.to_str().unwrap()]);
    let repository = GitRepository::open(&shallow).unwrap();
    let history = repository.lineages().unwrap();
    assert!(!history.is_complete());
    assert!(!history.knows(&ServerName::new("db-v1")));
    assert!(history.knows(&ServerName::new("db-v2")));
    let error = repository.merge_base("HEAD~2").unwrap_err();
    assert!(
        error.remedy().unwrap().contains("fetch-depth: 0"),
        "{error}"
    );
    git(&shallow, &["checkout", "-q", "--orphan", "lone"]);
    git(&shallow, &["commit", "-q", "-m", "x"]);
    let error = repository.merge_base("origin/main").unwrap_err();
    assert!(
        matches!(error, GitError::NoMergeBase { shallow: true, .. }),
        "{error}"
    );
}

#[test]
fn the_base_is_the_commit_from_which_both_went_on() {
    let clone = Clone::new("base");
    let fork = clone.commit("a.yaml", "db-v1");
    clone.git(&["checkout", "-q", "-b", "topic"]);
    clone.commit("a.yaml", "db-v2");
    clone.git(&["checkout", "-q", "main"]);
    clone.commit("b.yaml", "x");
    clone.git(&["checkout", "-q", "--detach", "topic"]);
    clone.git(&["tag", "-a", "-m", "x", "annotated", "main"]);
    let repository = clone.open();
    for revision in ["main", "annotated", "refs/heads/main", &fork, &fork[..12]] {
        assert_eq!(
            repository.merge_base(revision).unwrap().id,
            fork,
            "{revision}"
        );
    }
    for revision in ["nowhere", "", "-x", "HEAD~99", "HEAD:a.yaml"] {
        let error = repository.merge_base(revision).unwrap_err();
        assert!(
            matches!(error, GitError::UnknownRevision { shallow: false, .. }),
            "{error}"
        );
    }
}

#[test]
fn a_branch_without_commits_has_neither_base_nor_history() {
    let clone = Clone::new("unborn");
    let repository = clone.open();
    assert_eq!(repository.merge_base("HEAD").unwrap_err(), GitError::Unborn);
    assert_eq!(repository.lineages().unwrap(), LineageHistory::default());
}

#[test]
fn a_directory_outside_of_any_repository_is_told() {
    let scratch = Scratch::new("git-none");
    let error = GitRepository::open(scratch.path()).err().unwrap();
    assert_eq!(error, GitError::NoRepository(scratch.path().to_path_buf()));
}

#[test]
fn a_linked_worktree_has_its_own_head_and_top() {
    let clone = Clone::new("worktree");
    clone.commit("a.yaml", "db-v1");
    let linked = clone.beside("linked");
    clone.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "topic",
        linked.to_str().unwrap(),
    ]);
    let second = clone.commit("a.yaml", "db-v2");
    let repository = GitRepository::open(&linked).unwrap();
    assert_eq!(repository.top(), linked);
    let base = repository.merge_base("main").unwrap();
    assert_ne!(base.id, second);
    let files = repository.files_at(&base).unwrap();
    let text = files.read(&linked.join("a.yaml")).unwrap();
    assert!(text.contains("db-v1"));
    assert_eq!(
        files.find_yaml(std::slice::from_ref(&linked), &|_| false),
        [linked.join("a.yaml")]
    );
}

#[test]
fn formats_that_cannot_be_read_are_named() {
    for (name, option, feature) in [
        ("sha256", "--object-format=sha256", "SHA-256 object names"),
        ("reftable", "--ref-format=reftable", "reftables"),
    ] {
        let clone = Clone::new(name);
        let path = clone.beside("other");
        clone.git(&["init", "-q", option, path.to_str().unwrap()]);
        let error = GitRepository::open(&path).err().unwrap();
        assert_eq!(error, GitError::Unsupported(feature.to_owned()));
    }
}

#[test]
fn a_partial_clone_says_what_it_lacks() {
    let clone = Clone::new("partial");
    clone.commit("a.yaml", "db-v1");
    clone.commit("a.yaml", "db-v2");
    clone.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", clone.directory.display());
    let partial = clone.beside("partial");
    clone.git(&[
        "clone",
        "-q",
        "--filter=blob:none",
        &url,
        partial.to_str().unwrap(),
    ]);
    let repository = GitRepository::open(&partial).unwrap();
    let history = repository.lineages().unwrap();
    assert!(
        history.gap.as_ref().unwrap().contains("partial clone"),
        "{history:?}"
    );
    let base = repository.merge_base("HEAD~1").unwrap();
    let files = repository.files_at(&base).unwrap();
    let missing = files.read(&partial.join("a.yaml")).unwrap_err();
    assert!(
        missing.to_string().contains("not in this clone"),
        "{missing}"
    );
}

#[cfg(unix)]
#[test]
fn files_of_a_commit_are_those_that_a_checkout_makes() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let clone = Clone::new("files");
    clone.put("outside.yaml", "never committed\n");
    let top = &clone.directory;
    clone.put("real/a.yaml", "a: 1\n");
    clone.put("with space/Kustomization", "b: 1\n");
    clone.put("Case/x.yml", "c: 1\n");
    clone.put(".hidden/h.yaml", "h: 1\n");
    clone.put("charts/c.yaml", "c: 1\n");
    clone.put("real/deep/bad.yaml", "");
    write(top.join("real/deep/bad.yaml"), b"a: \xff\n");
    let odd = top.join(std::ffi::OsStr::from_bytes(b"od\xff.yaml"));
    write(&odd, b"o: 1\n");
    symlink("real", top.join("link")).unwrap();
    symlink("../link/deep/../a.yaml", top.join("Case/a.yaml")).unwrap();
    symlink(top.join("real/a.yaml"), top.join("absolute")).unwrap();
    symlink("loop", top.join("loop")).unwrap();
    symlink("../../elsewhere", top.join("real/out")).unwrap();
    write(clone.beside("elsewhere"), "e: 1\n");
    clone.git(&["add", "-A", ":!outside.yaml"]);
    clone.git(&["commit", "-q", "-m", "first"]);
    let committed = clone.git(&["rev-parse", "HEAD"]);
    let on_disk = |name: &str| Disk.read(&top.join(name));
    let repository = clone.open();
    let files = repository
        .files_at(&repository.merge_base("HEAD").unwrap())
        .unwrap();
    for name in [
        "real/a.yaml",
        "link/a.yaml",
        "link/deep/../a.yaml",
        "Case/a.yaml",
        "./Case/../absolute",
        "with space/Kustomization",
        "real/deep/bad.yaml",
        "real/out",
        "nowhere",
        "real/a.yaml/x",
    ] {
        let path = top.join(name);
        let found = files.read(&path);
        match on_disk(name) {
            // The system tells a file that is taken for a directory apart; to a reader both are missing.
            Err(ReadError::Io(_)) => assert_eq!(found, Err(ReadError::Missing), "{name}"),
            expected => assert_eq!(found, expected, "{name}"),
        }
        assert_eq!(files.kind(&path), Disk.kind(&path), "{name}");
        assert_eq!(
            files.canonical(&path).ok(),
            Disk.canonical(&path).ok(),
            "{name}"
        );
    }
    assert_eq!(&*files.read(&odd).unwrap(), "o: 1\n");
    assert_eq!(
        files.kind(&top.join("link/deep")),
        Some(EntryKind::Directory)
    );
    assert_eq!(
        files.read(&top.join("outside.yaml")),
        Err(ReadError::Missing)
    );
    assert_eq!(files.read(&top.join("case/x.yml")), Err(ReadError::Missing));
    assert!(matches!(
        files.read(&top.join("loop")),
        Err(ReadError::Io(_))
    ));
    std::fs::remove_file(top.join("outside.yaml")).unwrap();
    let excluded = |path: &Path| path.ends_with("charts");
    for paths in [
        vec![top.clone()],
        vec![top.join("real"), top.join(".hidden")],
    ] {
        let expected = crate::io::find_yaml(&paths, &excluded).unwrap().files;
        assert_eq!(files.find_yaml(&paths, &excluded), expected);
        assert!(expected.len() > 2);
    }
    assert_eq!(committed.len(), 40);
}

#[test]
fn a_submodule_is_taken_from_the_disk() {
    let inner = Clone::new("submodule");
    inner.commit("a.yaml", "db-v1");
    let outer = Clone::new("superproject");
    outer.git(&[
        "submodule",
        "--quiet",
        "add",
        inner.directory.to_str().unwrap(),
        "sub",
    ]);
    outer.git(&["commit", "-q", "-m", "x"]);
    let repository = outer.open();
    let files = repository
        .files_at(&repository.merge_base("HEAD").unwrap())
        .unwrap();
    let path = outer.directory.join("sub/a.yaml");
    assert!(files.read(&path).unwrap().contains("db-v1"));
    assert!(repository.lineages().unwrap().names.is_empty());
}
