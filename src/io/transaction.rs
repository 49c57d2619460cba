//! Writing several files so that a crash at any moment leaves the old files, the new ones, or a state that the next run
//! brings to one of the two.
//!
//! A journal in the root of the repository says what is under way. It is written first, with the names of the new
//! texts that will wait beside their files (`begun`); when all of them are on the disk it is replaced (`decided`),
//! the files get their new texts by renaming, and the journal goes. What is found `begun` is undone, what is found
//! `decided` is completed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::text::{Change, Creation, FileTree};

use super::files::Disk;

/// The name of the journal, in the root of the repository.
pub const JOURNAL: &str = ".walbound-journal.json";

/// Why files were not written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// Somebody else wrote the file meanwhile.
    #[error("{} changed since it was read; nothing was written", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Something is there already.
    #[error("{} exists already; nothing was written", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is reached through a symbolic link or lies outside of the repository.
    #[error("{} is reached through a symbolic link or lies outside of the repository; nothing was written", path.display())]
    Elsewhere {
        /// The file.
        path: PathBuf,
    },
    /// The system refused before anything was changed.
    #[error("cannot write {}: {error}; nothing was written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The system refused when some files had their new texts.
    #[error("cannot write {}: {error}; the change is half done, the next run completes it", path.display())]
    Interrupted {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// An earlier change is half done, and somebody wrote its files since.
    #[error("a change that was interrupted cannot be completed: {} was changed since", path.display())]
    Stuck {
        /// The file.
        path: PathBuf,
    },
    /// The journal cannot be read.
    #[error("{} is no journal of this program: {reason}", path.display())]
    Unreadable {
        /// The journal.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What became of a change that was interrupted. Paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// Every file has its new text.
    Completed(Vec<PathBuf>),
    /// Every file has its old text.
    Undone(Vec<PathBuf>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    state: State,
    files: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Begun,
    Decided,
}

/// One file, by paths relative to the root and by the SHA-256 of its texts.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    path: PathBuf,
    waiting: PathBuf,
    before: Option<String>,
    after: String,
}

/// Writes every change and every new file below `root`, or nothing.
///
/// # Errors
/// When a file changed since it was read, something stands in the way, or the system refuses.
pub fn write_all(
    root: &Path,
    changes: &[Change],
    creations: &[Creation],
) -> Result<(), WriteError> {
    transact(root, changes, creations, &mut |_| false)
}

/// Brings a change that an earlier run left half done to an end; `None` where there is none.
///
/// # Errors
/// When somebody wrote its files since, or the system refuses.
pub fn finish(root: &Path) -> Result<Option<Finished>, WriteError> {
    let path = root.join(JOURNAL);
    if path.symlink_metadata().is_err() {
        // A run that was killed before it had a journal has done nothing.
        let _ = fs::remove_file(root.join(format!("{JOURNAL}-next")));
        return Ok(None);
    }
    let unreadable = |reason: String| WriteError::Unreadable {
        path: path.clone(),
        reason,
    };
    let text = Disk
        .read(&path)
        .map_err(|error| unreadable(error.to_string()))?;
    let journal: Journal =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let inside = |path: &Path| {
        let mut parts = path.components();
        parts.all(|part| matches!(part, std::path::Component::Normal(_)))
    };
    let all_inside = journal
        .files
        .iter()
        .all(|entry| inside(&entry.path) && inside(&entry.waiting));
    if !all_inside {
        return Err(unreadable("a path leads out of the repository".to_owned()));
    }
    let paths = journal
        .files
        .iter()
        .map(|entry| entry.path.clone())
        .collect();
    if journal.state == State::Begun {
        undo(root, &journal.files);
        return Ok(Some(Finished::Undone(paths)));
    }
    let missing: Vec<&Entry> = journal
        .files
        .iter()
        .filter(|entry| hash_at(&root.join(&entry.path)).as_deref() != Some(&*entry.after))
        .collect();
    let foreign = missing.iter().find(|entry| {
        hash_at(&root.join(&entry.path)) != entry.before
            || hash_at(&root.join(&entry.waiting)).as_deref() != Some(&*entry.after)
    });
    if let Some(foreign) = foreign {
        if missing.len() == journal.files.len() {
            undo(root, &journal.files);
            return Ok(Some(Finished::Undone(paths)));
        }
        let path = foreign.path.clone();
        return Err(WriteError::Stuck { path });
    }
    for entry in missing {
        put(root, entry).map_err(|error| WriteError::Interrupted {
            path: entry.path.clone(),
            error,
        })?;
    }
    undo(root, &journal.files);
    Ok(Some(Finished::Completed(paths)))
}

/// The whole protocol. `killed` is asked before each step and stops it there, as a crash would.
fn transact(
    root: &Path,
    changes: &[Change],
    creations: &[Creation],
    killed: &mut dyn FnMut(&str) -> bool,
) -> Result<(), WriteError> {
    if changes.is_empty() && creations.is_empty() {
        return Ok(());
    }
    let texts = texts(changes, creations);
    let entries = entries(root, changes, creations)?;
    let failed = |path: &Path, error: io::Error| WriteError::Io {
        path: path.to_path_buf(),
        error,
    };
    let mut stop = |step: &str| {
        if killed(step) {
            Err(WriteError::Interrupted {
                path: PathBuf::from(step),
                error: io::Error::other("killed"),
            })
        } else {
            Ok(())
        }
    };
    stop("before the journal")?;
    write_journal(root, State::Begun, &entries, true)
        .map_err(|error| failed(Path::new(JOURNAL), error))?;
    for (entry, text) in entries.iter().zip(&texts) {
        stop("before a new text")?;
        if let Err(error) = stage(root, entry, text) {
            undo(root, &entries);
            return Err(failed(&entry.path, error));
        }
    }
    if let Some(entry) = entries
        .iter()
        .find(|entry| hash_at(&root.join(&entry.path)) != entry.before)
    {
        undo(root, &entries);
        let path = entry.path.clone();
        return Err(WriteError::Changed { path });
    }
    stop("before the decision")?;
    if let Err(error) = write_journal(root, State::Decided, &entries, false) {
        undo(root, &entries);
        return Err(failed(Path::new(JOURNAL), error));
    }
    for entry in &entries {
        stop("before a renaming")?;
        put(root, entry).map_err(|error| WriteError::Interrupted {
            path: entry.path.clone(),
            error,
        })?;
    }
    stop("before the end")?;
    undo(root, &entries);
    Ok(())
}

fn texts<'c>(changes: &'c [Change], creations: &'c [Creation]) -> Vec<&'c str> {
    let changed = changes.iter().map(|change| &*change.after);
    let created = creations.iter().map(|creation| &*creation.text);
    changed.chain(created).collect()
}

fn entries(
    root: &Path,
    changes: &[Change],
    creations: &[Creation],
) -> Result<Vec<Entry>, WriteError> {
    let mut entries = Vec::new();
    writable(root)?;
    for change in changes {
        let own = Disk.canonical(&change.path);
        let relative = change.path.strip_prefix(root).ok();
        let Some(relative) = relative.filter(|_| own.as_ref() == Ok(&change.path)) else {
            let path = change.path.clone();
            return Err(WriteError::Elsewhere { path });
        };
        if Disk.read(&change.path).as_deref() != Ok(&*change.before) {
            let path = change.path.clone();
            return Err(WriteError::Changed { path });
        }
        writable(change.path.parent().unwrap_or(root))?;
        entries.push(entry(relative, Some(&change.before), &change.after));
    }
    for creation in creations {
        let path = creation.path.clone();
        if path.symlink_metadata().is_ok() {
            return Err(WriteError::Exists { path });
        }
        let existing = path.ancestors().skip(1).find(|above| above.exists());
        existing.map_or(Ok(()), writable)?;
        let inside = existing.is_some_and(|above| {
            above.starts_with(root) && Disk.canonical(above).as_deref() == Ok(above)
        });
        match path.strip_prefix(root) {
            Ok(relative) if inside => entries.push(entry(relative, None, &creation.text)),
            _ => return Err(WriteError::Elsewhere { path }),
        }
    }
    Ok(entries)
}

/// A directory without a permission to write is meant to stay as it is, whoever runs this.
fn writable(directory: &Path) -> Result<(), WriteError> {
    #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
    let readonly = fs::metadata(directory).is_ok_and(|own| own.permissions().readonly());
    if !readonly {
        return Ok(());
    }
    let error = "the directory is read-only";
    Err(WriteError::Io {
        path: directory.to_path_buf(),
        error: io::Error::new(io::ErrorKind::PermissionDenied, error),
    })
}

fn entry(relative: &Path, before: Option<&str>, after: &str) -> Entry {
    let name = relative.file_name().unwrap_or_default().to_string_lossy();
    Entry {
        path: relative.to_path_buf(),
        waiting: relative.with_file_name(format!(".{name}.walbound-new")),
        before: before.map(|text| hash(text.as_bytes())),
        after: hash(after.as_bytes()),
    }
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash_at(path: &Path) -> Option<String> {
    Disk.read_bytes(path).ok().map(|bytes| hash(&bytes))
}

/// Replaces the journal, whole; the first one of a run takes the place of no other.
fn write_journal(root: &Path, state: State, files: &[Entry], first: bool) -> io::Result<()> {
    let path = root.join(JOURNAL);
    if first && path.symlink_metadata().is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "another change is under way",
        ));
    }
    let files = files.to_vec();
    let text = serde_json::to_vec_pretty(&Journal { state, files }).map_err(io::Error::other)?;
    let next = root.join(format!("{JOURNAL}-next"));
    let mut file = File::create(&next)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&next, &path)?;
    sync_directory(root);
    Ok(())
}

/// Puts a new text beside its file, with the permissions of that.
fn stage(root: &Path, entry: &Entry, text: &str) -> io::Result<()> {
    let target = root.join(&entry.path);
    let waiting = root.join(&entry.waiting);
    let permissions = match &entry.before {
        Some(_) => Some(File::open(&target)?.metadata()?.permissions()),
        None => None,
    };
    if permissions.as_ref().is_some_and(fs::Permissions::readonly) {
        let error = "the file is read-only";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, error));
    }
    let directory = waiting.parent().unwrap_or(root);
    fs::create_dir_all(directory)?;
    let mut file = File::create(&waiting)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()?;
    sync_directory(directory);
    Ok(())
}

/// Gives the file its new text.
fn put(root: &Path, entry: &Entry) -> io::Result<()> {
    let target = root.join(&entry.path);
    fs::rename(root.join(&entry.waiting), &target)?;
    sync_directory(target.parent().unwrap_or(root));
    Ok(())
}

/// Removes what waits and directories that were made for it, then the journal.
fn undo(root: &Path, entries: &[Entry]) {
    for entry in entries {
        // What is not there needs no removal; a directory that holds something stays.
        let _ = fs::remove_file(root.join(&entry.waiting));
        if entry.before.is_none() {
            let above = entry.path.ancestors().skip(1);
            let above = above.filter(|above| !above.as_os_str().is_empty());
            for directory in above {
                let _ = fs::remove_dir(root.join(directory));
            }
        }
    }
    let _ = fs::remove_file(root.join(format!("{JOURNAL}-next")));
    let _ = fs::remove_file(root.join(JOURNAL));
    sync_directory(root);
}

/// Makes renames durable. Some systems cannot open directories; the data is safe without it.
fn sync_directory(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make their own files")]
mod tests {
    use super::*;
    use crate::io::scratch::Scratch;
    use std::collections::BTreeMap;

    type Tree = BTreeMap<String, String>;

    fn tree(root: &Path) -> Tree {
        let mut found = Tree::new();
        let mut open = vec![root.to_path_buf()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(root).unwrap().display().to_string();
                    found.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        found
    }

    fn work(scratch: &Scratch) -> (Vec<Change>, Vec<Creation>) {
        let change = |name: &str| {
            scratch.put(name, b"old\n");
            Change {
                path: scratch.path().join(name),
                before: "old\n".into(),
                after: "new\n".into(),
            }
        };
        let changes = vec![change("a.yaml"), change("sub/b.yaml"), change("sub/c.yaml")];
        let creation = Creation {
            path: scratch.path().join("made/here/d.yaml"),
            text: "made\n".into(),
        };
        (changes, vec![creation])
    }

    fn new_tree() -> Tree {
        let names = ["a.yaml", "sub/b.yaml", "sub/c.yaml"];
        let mut tree: Tree = names
            .map(|name| (name.to_owned(), "new\n".to_owned()))
            .into();
        tree.insert("made/here/d.yaml".into(), "made\n".into());
        tree
    }

    #[test]
    fn a_kill_at_any_step_leaves_the_old_tree_or_the_new_one_after_the_next_run() {
        let mut outcomes = Vec::new();
        for step in 0.. {
            let scratch = Scratch::new(&format!("transaction-kill-{step}"));
            let (changes, creations) = work(&scratch);
            let old = tree(scratch.path());
            let mut count = 0;
            let mut name = String::new();
            let result = transact(scratch.path(), &changes, &creations, &mut |at| {
                count += 1;
                at.clone_into(&mut name);
                count > step
            });
            if result.is_ok() {
                assert_eq!(tree(scratch.path()), new_tree());
                break;
            }
            let finished = finish(scratch.path()).unwrap();
            let after = tree(scratch.path());
            let decided = ["before a renaming", "before the end"].contains(&name.as_str());
            let expected = if decided { new_tree() } else { old };
            assert_eq!(after, expected, "killed {name} (step {step})");
            outcomes.push(finished.map(|finished| matches!(finished, Finished::Completed(_))));
            assert_eq!(finish(scratch.path()).unwrap(), None, "nothing is left");
        }
        // One before the journal, four texts and the decision, four renamings and the end.
        let expected = [None].into_iter();
        let expected = expected.chain([Some(false); 5]).chain([Some(true); 5]);
        assert_eq!(outcomes, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_half_done_change_whose_files_changed_since_is_named_and_left_alone() {
        let scratch = Scratch::new("transaction-stuck");
        let (changes, creations) = work(&scratch);
        let mut renamings = 0;
        let _ = transact(scratch.path(), &changes, &creations, &mut |at| {
            renamings += usize::from(at == "before a renaming");
            renamings > 1
        });
        scratch.put("sub/c.yaml", b"mine\n");
        let error = finish(scratch.path()).unwrap_err();
        assert!(
            error.to_string().contains("c.yaml was changed since"),
            "{error}"
        );
        assert_eq!(tree(scratch.path())["sub/c.yaml"], "mine\n");
    }

    #[test]
    fn a_file_changed_meanwhile_or_in_the_way_stops_the_whole_change() {
        let scratch = Scratch::new("transaction-changed");
        let (changes, creations) = work(&scratch);
        scratch.put("sub/c.yaml", b"mine\n");
        let before = tree(scratch.path());
        let error = write_all(scratch.path(), &changes, &creations).unwrap_err();
        assert!(matches!(error, WriteError::Changed { .. }), "{error}");
        assert_eq!(tree(scratch.path()), before);
        scratch.put("sub/c.yaml", b"old\n");
        scratch.put("made/here/d.yaml", b"mine\n");
        let before = tree(scratch.path());
        let error = write_all(scratch.path(), &changes, &creations).unwrap_err();
        assert!(matches!(error, WriteError::Exists { .. }), "{error}");
        assert_eq!(tree(scratch.path()), before);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_read_only_files_are_refused_and_modes_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let scratch = Scratch::new("transaction-links");
        let (changes, creations) = work(&scratch);
        let mode = |mode| fs::Permissions::from_mode(mode);
        fs::set_permissions(&changes[1].path, mode(0o444)).unwrap();
        let before = tree(scratch.path());
        let error = write_all(scratch.path(), &changes, &creations).unwrap_err();
        assert!(error.to_string().contains("read-only"), "{error}");
        assert_eq!(tree(scratch.path()), before);
        fs::set_permissions(&changes[1].path, mode(0o640)).unwrap();
        let linked = scratch.path().join("linked.yaml");
        symlink("a.yaml", &linked).unwrap();
        let through = Change {
            path: linked.clone(),
            ..changes[0].clone()
        };
        let error = write_all(scratch.path(), &[through], &[]).unwrap_err();
        assert!(matches!(error, WriteError::Elsewhere { .. }), "{error}");
        fs::remove_file(&linked).unwrap();
        write_all(scratch.path(), &changes, &creations).unwrap();
        let found = fs::metadata(&changes[1].path).unwrap().permissions().mode();
        assert_eq!(found & 0o777, 0o640);
    }

    #[test]
    fn a_journal_that_leads_out_of_the_repository_is_refused() {
        let scratch = Scratch::new("transaction-foreign");
        let text = r#"{"state":"decided","files":[{"path":"../x","waiting":"y","before":null,"after":"00"}]}"#;
        scratch.put(JOURNAL, text.as_bytes());
        assert!(matches!(
            finish(scratch.path()),
            Err(WriteError::Unreadable { .. })
        ));
    }
}
