//! Making a directory with all its files, or nothing.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a directory was not made.
#[derive(Debug, Error)]
pub enum TreeError {
    /// Something is there already.
    #[error("{} exists already; nothing was written", path.display())]
    Exists {
        /// The directory.
        path: PathBuf,
    },
    /// The system refused.
    #[error("cannot make {}: {error}; nothing was written", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Makes `directory` with these files, whose paths are relative to it.
///
/// Everything is written to a hidden neighbour first, which then gets the name: nobody ever sees a part of it. A run
/// that is killed leaves at most the neighbour.
///
/// # Errors
/// When something has that name already, or the system refuses. Nothing is left behind then.
pub fn create_tree(directory: &Path, files: &[(&Path, &str)]) -> Result<(), TreeError> {
    let failed = |error| TreeError::Io {
        path: directory.to_path_buf(),
        error,
    };
    if directory.symlink_metadata().is_ok() {
        return Err(TreeError::Exists {
            path: directory.to_path_buf(),
        });
    }
    let parent = directory.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(failed)?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    let staged = parent.join(format!(".{name}.walbound-{}", std::process::id()));
    let made = write_files(&staged, files).and_then(|()| fs::rename(&staged, directory));
    if let Err(error) = made {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&staged);
        return Err(failed(error));
    }
    Ok(())
}

fn write_files(directory: &Path, files: &[(&Path, &str)]) -> io::Result<()> {
    fs::create_dir(directory)?;
    for (path, text) in files {
        let path = directory.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests look at the files they made"
)]
mod tests {
    use super::*;
    use crate::io::scratch::Scratch;

    #[test]
    fn a_directory_is_made_with_all_its_files() {
        let scratch = Scratch::new("create-all");
        let directory = scratch.path().join("deep/db");
        let files = [
            (Path::new("base/a.yaml"), "a: 1\n"),
            (Path::new("kustomization.yaml"), "b: 2\n"),
        ];
        create_tree(&directory, &files).unwrap();
        assert_eq!(fs::read(directory.join("base/a.yaml")).unwrap(), b"a: 1\n");
        let names: Vec<_> = fs::read_dir(scratch.path().join("deep"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["db"]);
    }

    #[test]
    fn an_existing_directory_is_left_alone() {
        let scratch = Scratch::new("create-existing");
        fs::create_dir(scratch.path().join("db")).unwrap();
        let error = create_tree(&scratch.path().join("db"), &[]).unwrap_err();
        assert!(matches!(error, TreeError::Exists { .. }), "{error}");
    }

    #[test]
    fn nothing_is_left_where_a_file_cannot_be_written() {
        let scratch = Scratch::new("create-failing");
        let files = [(Path::new("a"), "1"), (Path::new("a/b"), "2")];
        let error = create_tree(&scratch.path().join("db"), &files).unwrap_err();
        assert!(matches!(error, TreeError::Io { .. }), "{error}");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}
