//! Replacing the text of several files: all or none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::text::Change;
use crate::text::FileTree;

use super::files::Disk;

/// Why no file was replaced.
#[derive(Debug, Error)]
pub enum ReplaceError {
    /// Somebody else wrote the file meanwhile.
    #[error("{} changed since it was read; nothing was written", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The file or its neighbour cannot be written.
    #[error("cannot write {}: {error}; nothing was written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A write failed halfway, and so did the way back.
    #[error("cannot write {}: {error}; these files already hold the new text and could not be put back: {}", path.display(), left.join(", "))]
    HalfWritten {
        /// The file whose replacement failed.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
        /// Files that keep the new text.
        left: Vec<String>,
    },
}

/// A new text that waits beside the file it will replace; removed again unless it gets there.
struct Staged<'c> {
    change: &'c Change,
    target: PathBuf,
    temporary: PathBuf,
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // After a successful rename there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes every change or none. File modes stay, symbolic links stay links, and a reader sees the old text or the
/// new one, never a part.
///
/// # Errors
/// When a file changed since it was read, or a write fails; the files are as before then, except for
/// [`ReplaceError::HalfWritten`], which names those that are not.
pub fn replace_all(changes: &[Change]) -> Result<(), ReplaceError> {
    let staged = changes.iter().map(stage).collect::<Result<Vec<_>, _>>()?;
    for change in changes {
        if Disk.read(&change.path).as_deref() != Ok(&*change.before) {
            return Err(ReplaceError::Changed {
                path: change.path.clone(),
            });
        }
    }
    for (done, item) in staged.iter().enumerate() {
        if let Err(error) = fs::rename(&item.temporary, &item.target) {
            return Err(roll_back(&staged[..done], item, error));
        }
    }
    for item in &staged {
        sync_directory(&item.target);
    }
    Ok(())
}

/// Writes a file anew, or in place of another: a reader sees the old text or the new one, never a part.
///
/// # Errors
/// When the directory is missing or the system refuses; an old file is as before then.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    // A symbolic link stays one.
    let target = Disk.canonical(path).unwrap_or_else(|_| path.to_owned());
    if target.exists() && !target.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let temporary = neighbour(&target);
    let written = write_beside(&temporary, &target, text);
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, &target)) {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_directory(&target);
    Ok(())
}

/// Writes what is to become `target`, with its permissions where it exists.
pub(super) fn write_beside(temporary: &Path, target: &Path, text: &str) -> io::Result<()> {
    if target.exists() {
        return write_new(temporary, target, text);
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn stage(change: &Change) -> Result<Staged<'_>, ReplaceError> {
    let failed = |error: io::Error| ReplaceError::Io {
        path: change.path.clone(),
        error,
    };
    let target = Disk
        .canonical(&change.path)
        .map_err(|error| failed(io::Error::other(error.to_string())))?;
    let temporary = neighbour(&target);
    write_new(&temporary, &target, &change.after).map_err(failed)?;
    Ok(Staged {
        change,
        target,
        temporary,
    })
}

/// A hidden name in the same directory: a rename within one directory is atomic.
pub(super) fn neighbour(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.walbound-{}", std::process::id()))
}

fn write_new(temporary: &Path, like: &Path, text: &str) -> io::Result<()> {
    let permissions = File::open(like)?.metadata()?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        ));
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(temporary)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(temporary);
    }
    written
}

fn roll_back(done: &[Staged<'_>], failed: &Staged<'_>, error: io::Error) -> ReplaceError {
    let mut left = Vec::new();
    for item in done {
        let restored = write_new(&item.temporary, &item.target, &item.change.before)
            .and_then(|()| fs::rename(&item.temporary, &item.target));
        if restored.is_err() {
            left.push(item.change.path.display().to_string());
        }
    }
    let path = failed.change.path.clone();
    if left.is_empty() {
        ReplaceError::Io { path, error }
    } else {
        ReplaceError::HalfWritten { path, error, left }
    }
}

/// Makes the rename itself durable. Some systems cannot open directories; the data is safe without it.
fn sync_directory(file: &Path) {
    if let Some(directory) = file.parent()
        && let Ok(directory) = File::open(directory)
    {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make their own files")]
mod tests {
    use super::*;
    use crate::io::scratch::Scratch;

    fn change(scratch: &Scratch, name: &str, before: &str, after: &str) -> Change {
        scratch.put(name, before.as_bytes());
        Change {
            path: scratch.path().join(name),
            before: before.into(),
            after: after.into(),
        }
    }

    fn content(scratch: &Scratch) -> Vec<(String, String)> {
        let mut all: Vec<_> = fs::read_dir(scratch.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read_to_string(entry.path()).unwrap_or_default())
            })
            .collect();
        all.sort();
        all
    }

    fn pairs(content: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        content.iter().map(owned).collect()
    }

    #[test]
    fn all_files_are_replaced_and_nothing_is_left_over() {
        let scratch = Scratch::new("replace-all");
        let changes = [
            change(&scratch, "a.yaml", "a: 1\n", "a: 2\n"),
            change(&scratch, "b.yaml", "b: 1\r\n", "b: 2\r\n"),
        ];
        replace_all(&changes).unwrap();
        assert_eq!(
            content(&scratch),
            pairs(&[("a.yaml", "a: 2\n"), ("b.yaml", "b: 2\r\n")])
        );
    }

    #[test]
    fn a_file_changed_meanwhile_stops_the_whole_change() {
        let scratch = Scratch::new("replace-changed");
        let changes = [
            change(&scratch, "a.yaml", "a: 1\n", "a: 2\n"),
            change(&scratch, "b.yaml", "b: 1\n", "b: 2\n"),
        ];
        fs::write(&changes[1].path, "b: mine\n").unwrap();
        let error = replace_all(&changes).unwrap_err();
        assert!(matches!(error, ReplaceError::Changed { path } if path == changes[1].path));
        assert_eq!(
            content(&scratch),
            pairs(&[("a.yaml", "a: 1\n"), ("b.yaml", "b: mine\n")])
        );
    }

    #[test]
    fn a_missing_file_stops_the_whole_change() {
        let scratch = Scratch::new("replace-missing");
        let changes = [
            change(&scratch, "a.yaml", "a: 1\n", "a: 2\n"),
            change(&scratch, "b.yaml", "b: 1\n", "b: 2\n"),
        ];
        fs::remove_file(&changes[1].path).unwrap();
        assert!(matches!(
            replace_all(&changes),
            Err(ReplaceError::Io { .. })
        ));
        assert_eq!(content(&scratch), pairs(&[("a.yaml", "a: 1\n")]));
    }

    #[test]
    fn files_already_renamed_are_put_back_when_a_later_one_fails() {
        let scratch = Scratch::new("replace-back");
        let changes = [
            change(&scratch, "a.yaml", "a: 1\n", "a: 2\n"),
            change(&scratch, "b.yaml", "b: 1\n", "b: 2\n"),
        ];
        let staged: Vec<_> = changes
            .iter()
            .map(|change| stage(change).unwrap())
            .collect();
        fs::rename(&staged[0].temporary, &staged[0].target).unwrap();
        let error = roll_back(&staged[..1], &staged[1], io::Error::other("disk full"));
        drop(staged);
        assert!(error.to_string().ends_with("nothing was written"));
        assert_eq!(
            content(&scratch),
            pairs(&[("a.yaml", "a: 1\n"), ("b.yaml", "b: 1\n")])
        );
    }

    #[cfg(unix)]
    #[test]
    fn mode_and_symbolic_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let scratch = Scratch::new("replace-mode");
        let mut one = change(&scratch, "real.yaml", "a: 1\n", "a: 2\n");
        fs::set_permissions(&one.path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = scratch.path().join("link.yaml");
        symlink("real.yaml", &link).unwrap();
        let real = std::mem::replace(&mut one.path, link.clone());
        replace_all(&[one]).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "a: 2\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&real).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn a_read_only_file_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("replace-readonly");
        let one = change(&scratch, "a.yaml", "a: 1\n", "a: 2\n");
        fs::set_permissions(&one.path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(replace_all(&[one]), Err(ReplaceError::Io { .. })));
        assert_eq!(content(&scratch), pairs(&[("a.yaml", "a: 1\n")]));
    }
}
