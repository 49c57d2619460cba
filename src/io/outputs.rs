//! Writing several reports: all or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::text::FileTree;

use super::files::Disk;
use super::replace::{neighbour, write_beside};

/// Why no report was written.
#[derive(Debug, Error)]
#[error("cannot write {}: {error}; no report was written", path.display())]
pub struct OutputError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    pub error: io::Error,
}

/// A report that waits beside the file it will be; removed again unless it gets there.
struct Staged {
    target: PathBuf,
    temporary: PathBuf,
    /// What stood there before.
    before: Option<Vec<u8>>,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a successful rename there is nothing left to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Writes every report or none, each in place of what stood there; a reader never sees a part of one.
///
/// # Errors
/// When a directory is missing or the system refuses one of the files; the others are as before then.
pub fn write_reports(reports: &[(&Path, String)]) -> Result<(), OutputError> {
    let failed = |path: &Path, error| OutputError {
        path: path.to_path_buf(),
        error,
    };
    let staged = reports
        .iter()
        .map(|(path, text)| stage(path, text).map_err(|error| failed(path, error)))
        .collect::<Result<Vec<_>, _>>()?;
    for (done, item) in staged.iter().enumerate() {
        if let Err(error) = fs::rename(&item.temporary, &item.target) {
            staged[..done].iter().for_each(put_back);
            return Err(failed(&item.target, error));
        }
    }
    Ok(())
}

fn stage(path: &Path, text: &str) -> io::Result<Staged> {
    // A symbolic link stays one.
    let target = Disk.canonical(path).unwrap_or_else(|_| path.to_owned());
    let before = match target.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
        Ok(known) if known.is_file() => {
            #[expect(clippy::disallowed_methods, reason = "this is io")]
            let before = fs::read(&target)?;
            Some(before)
        }
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
    };
    let temporary = neighbour(&target);
    write_beside(&temporary, &target, text)?;
    Ok(Staged {
        target,
        temporary,
        before,
    })
}

/// Gives a file back what stood there. When that fails too, the first error is the one to tell.
fn put_back(item: &Staged) {
    let _ = match &item.before {
        None => fs::remove_file(&item.target),
        Some(before) => {
            #[expect(clippy::disallowed_methods, reason = "this is io")]
            let written = fs::write(&item.target, before);
            written
        }
    };
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests look at the files they made"
)]
mod tests {
    use super::*;
    use crate::io::scratch::Scratch;

    fn names(scratch: &Scratch) -> Vec<String> {
        let entries = fs::read_dir(scratch.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_reports_are_written() {
        let scratch = Scratch::new("outputs-all");
        scratch.put("b.json", b"old");
        let (a, b) = (
            scratch.path().join("a.sarif"),
            scratch.path().join("b.json"),
        );
        write_reports(&[(&a, "1".to_owned()), (&b, "2".to_owned())]).unwrap();
        assert_eq!(fs::read(a).unwrap(), b"1");
        assert_eq!(fs::read(b).unwrap(), b"2");
        assert_eq!(names(&scratch), ["a.sarif", "b.json"]);
    }

    #[test]
    fn one_that_cannot_be_written_stops_all() {
        let scratch = Scratch::new("outputs-none");
        scratch.put("b.json", b"old");
        let (a, b) = (
            scratch.path().join("a.sarif"),
            scratch.path().join("b.json"),
        );
        let missing = scratch.path().join("no/such/c.xml");
        let texts = || ["1", "2", "3"].map(str::to_owned);
        let [one, two, three] = texts();
        let error = write_reports(&[(&a, one), (&b, two), (&missing, three)]).unwrap_err();
        assert_eq!(error.path, missing);
        assert_eq!(fs::read(&b).unwrap(), b"old");
        assert_eq!(names(&scratch), ["b.json"]);
        let [one, two, _] = texts();
        let error = write_reports(&[(&a, one), (scratch.path(), two)]).unwrap_err();
        assert!(error.to_string().contains("not a regular file"), "{error}");
        assert_eq!(names(&scratch), ["b.json"]);
    }

    #[test]
    fn what_was_replaced_already_is_put_back() {
        let scratch = Scratch::new("outputs-back");
        scratch.put("b.json", b"old");
        let (a, b) = (
            scratch.path().join("a.sarif"),
            scratch.path().join("b.json"),
        );
        for path in [&a, &b] {
            let item = stage(path, "new").unwrap();
            fs::rename(&item.temporary, &item.target).unwrap();
            put_back(&item);
        }
        assert_eq!(fs::read(&b).unwrap(), b"old");
        assert_eq!(names(&scratch), ["b.json"]);
    }
}
