//! Finding and reading files.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use crate::text::{EntryKind, FileTree, ReadError};

/// The largest file that is read, in bytes (16 MiB). Manifests are far smaller; a larger file is a mistake or an attack.
pub const LARGEST_FILE: u64 = 16 * 1024 * 1024;

/// The most that is read from standard input, in bytes (64 MiB): a whole rendered repository.
pub const LARGEST_INPUT: u64 = 64 * 1024 * 1024;

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl FileTree for Disk {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        let (file, size) = open(path)?;
        read_text(file, size, LARGEST_FILE)
    }

    fn read_bytes(&self, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        let (file, size) = open(path)?;
        read_limited(file, size, LARGEST_FILE).map(Arc::from)
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        let metadata = metadata(path).ok()?;
        Some(if metadata.is_dir() {
            EntryKind::Directory
        } else {
            EntryKind::File
        })
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
        let canonical = fs::canonicalize(path);
        canonical.map_err(|error| read_error(&error))
    }
}

/// Opens a regular file of at most [`LARGEST_FILE`] bytes, and tells its size.
fn open(path: &Path) -> Result<(File, usize), ReadError> {
    let file = File::open(path).map_err(|error| read_error(&error))?;
    let metadata = file.metadata().map_err(|error| read_error(&error))?;
    if metadata.is_dir() {
        return Err(ReadError::Io("is a directory, not a file".to_owned()));
    }
    // A pipe or a device has no size and may never end.
    if !metadata.is_file() {
        return Err(ReadError::Io("is not a regular file".to_owned()));
    }
    if metadata.len() > LARGEST_FILE {
        return Err(ReadError::TooLarge {
            size: metadata.len(),
            limit: LARGEST_FILE,
        });
    }
    Ok((file, usize::try_from(metadata.len()).unwrap_or(0)))
}

fn metadata(path: &Path) -> io::Result<fs::Metadata> {
    #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
    let metadata = fs::metadata(path);
    metadata
}

fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound => ReadError::Missing,
        io::ErrorKind::PermissionDenied => ReadError::Io("permission denied".to_owned()),
        _ => ReadError::Io(error.to_string()),
    }
}

fn read_text(source: impl Read, size: usize, limit: u64) -> Result<Arc<str>, ReadError> {
    let bytes = read_limited(source, size, limit)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(ReadError::NotUtf8 {
            at: error.utf8_error().valid_up_to(),
        }),
    }
}

/// Reads at most `limit` bytes: the `size` told by the system may be out of date or unknown.
fn read_limited(source: impl Read, size: usize, limit: u64) -> Result<Vec<u8>, ReadError> {
    // One byte more, so that the end is met without another allocation.
    let mut bytes = Vec::with_capacity(size + 1);
    source
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| read_error(&error))?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge {
            size: bytes.len() as u64,
            limit,
        });
    }
    Ok(bytes)
}

/// All of standard input as text.
///
/// # Errors
/// When it is longer than [`LARGEST_INPUT`], not UTF-8 or unreadable.
pub fn read_stdin() -> Result<Arc<str>, ReadError> {
    read_text(io::stdin().lock(), 0, LARGEST_INPUT)
}

/// Writes a file that is made anew or replaced; used for output the user named, never for manifests.
///
/// A reader sees the old file or the new one, never a part. What is no regular file, such as a pipe, is written to as
/// it is.
///
/// # Errors
/// When the file cannot be written, in the operating system's words.
pub fn write_output(path: &Path, text: &str) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
    let target = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_path_buf(),
        other => other?,
    };
    let before = metadata(&target).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
        let written = fs::write(&target, text);
        return written;
    }
    if before
        .as_ref()
        .is_some_and(|before| before.permissions().readonly())
    {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        ));
    }
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.walbound-{}", std::process::id()));
    let mut file = File::create_new(&temporary)?;
    let permissions = before.map(|before| before.permissions());
    let replaced = file
        .write_all(text.as_bytes())
        .and_then(|()| permissions.map_or(Ok(()), |like| file.set_permissions(like)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, &target));
    if replaced.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

/// The working directory without symbolic links.
///
/// # Errors
/// When it was removed or cannot be looked at.
pub fn working_directory() -> io::Result<PathBuf> {
    std::env::current_dir()
}

/// The nearest directory at or above `path` that holds `.git`, without symbolic links.
pub fn repository_root(path: &Path) -> Option<PathBuf> {
    let start = Disk.canonical(path).ok()?;
    start
        .ancestors()
        .find(|directory| metadata(&directory.join(".git")).is_ok())
        .map(Path::to_path_buf)
}

/// The YAML files found, and what could not be looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Absolute paths without symbolic links, sorted, each once.
    pub files: Vec<PathBuf>,
    /// Directories that could not be read, with the reason.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// Every YAML file at or below `paths`, which must exist.
///
/// A path that is a file is taken whatever its name. Below a directory count `*.yaml`, `*.yml` and `Kustomization`;
/// hidden entries and `node_modules` are left out, and symbolic links are not followed, so the walk ends and stays
/// inside. `excluded` is asked for each directory and file with its absolute path.
///
/// # Errors
/// The first path that does not exist or cannot be looked at.
pub fn find_yaml(
    paths: &[PathBuf],
    excluded: &dyn Fn(&Path) -> bool,
) -> Result<Listing, (PathBuf, ReadError)> {
    let mut listing = Listing::default();
    for path in paths {
        let top = Disk
            .canonical(path)
            .map_err(|error| (path.clone(), error))?;
        if Disk.kind(&top) == Some(EntryKind::File) {
            listing.files.push(top);
        } else {
            walk(&top, excluded, &mut listing);
        }
    }
    listing.files.sort();
    listing.files.dedup();
    listing.unreadable.sort();
    listing.unreadable.dedup();
    Ok(listing)
}

fn walk(top: &Path, excluded: &dyn Fn(&Path) -> bool, listing: &mut Listing) {
    let wanted =
        |entry: &DirEntry| entry.depth() == 0 || (!is_skipped(entry) && !excluded(entry.path()));
    // In the order of paths, so that sorting the whole list finds nothing to do.
    let walk = WalkDir::new(top).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(wanted) {
        match entry {
            Ok(entry) if entry.file_type().is_file() && is_yaml(entry.path()) => {
                listing.files.push(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(top).to_path_buf();
                let reason = error
                    .io_error()
                    .map_or_else(|| error.to_string(), |io| read_error(io).to_string());
                listing.unreadable.push((path, reason));
            }
        }
    }
}

fn is_skipped(entry: &DirEntry) -> bool {
    is_skipped_name(entry.file_name())
}

/// Whether a walk leaves out what has this name.
pub(super) fn is_skipped_name(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "node_modules"
}

/// Whether a walk takes a file of this name.
pub(super) fn is_yaml(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
        || path.file_name().is_some_and(|name| name == "Kustomization")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::scratch::Scratch;

    fn names(scratch: &Scratch, listing: &Listing) -> Vec<String> {
        let name = |path: &PathBuf| {
            let name = path.strip_prefix(scratch.path()).unwrap();
            name.display().to_string()
        };
        listing.files.iter().map(name).collect()
    }

    #[test]
    fn output_replaces_a_file_whole_and_leaves_nothing_beside_it() {
        let scratch = Scratch::new("output");
        let file = scratch.path().join("a.html");
        for text in ["one", "two"] {
            write_output(&file, text).unwrap();
            #[expect(clippy::disallowed_methods, reason = "tests read what they wrote")]
            let read = fs::read_to_string(&file).unwrap();
            assert_eq!(read, text);
        }
        let missing = scratch.path().join("none/a.html");
        assert!(write_output(&missing, "x").is_err());
        #[expect(clippy::disallowed_methods, reason = "tests look at what is there")]
        let left = fs::read_dir(scratch.path()).unwrap().count();
        assert_eq!(left, 1);
        assert!(write_output(scratch.path(), "x").is_err());
    }

    #[test]
    fn only_visible_yaml_is_found_and_in_order() {
        let scratch = Scratch::new("find");
        for name in [
            "b/two.yml",
            "a/one.yaml",
            "a/Kustomization",
            ".git/config.yaml",
            "node_modules/x/y.yaml",
            ".hidden/z.yaml",
            ".walbound.yaml",
            "notes.txt",
            "charts/c.yaml",
        ] {
            scratch.put(name, b"a: 1\n");
        }
        let excluded = |path: &Path| path.ends_with("charts");
        let listing = find_yaml(
            &[scratch.path().to_path_buf(), scratch.path().join("a")],
            &excluded,
        )
        .unwrap();
        assert_eq!(
            names(&scratch, &listing),
            ["a/Kustomization", "a/one.yaml", "b/two.yml"]
        );
    }

    #[test]
    fn a_file_or_hidden_directory_named_by_the_user_is_taken() {
        let scratch = Scratch::new("named");
        scratch.put(".hidden/z.yaml", b"a: 1\n");
        scratch.put("rendered.txt", b"a: 1\n");
        let paths = [
            scratch.path().join("rendered.txt"),
            scratch.path().join(".hidden"),
        ];
        let listing = find_yaml(&paths, &|_| false).unwrap();
        assert_eq!(
            names(&scratch, &listing),
            [".hidden/z.yaml", "rendered.txt"]
        );
    }

    #[test]
    fn a_missing_path_is_named() {
        let missing = PathBuf::from("/nowhere/at/all");
        let result = find_yaml(std::slice::from_ref(&missing), &|_| false);
        assert_eq!(result, Err((missing, ReadError::Missing)));
    }

    #[cfg(unix)]
    #[test]
    fn a_circle_of_symbolic_links_ends() {
        let scratch = Scratch::new("circle");
        scratch.put("a/one.yaml", b"a: 1\n");
        std::os::unix::fs::symlink(scratch.path(), scratch.path().join("a/up")).unwrap();
        let listing = find_yaml(&[scratch.path().to_path_buf()], &|_| false).unwrap();
        assert_eq!(names(&scratch, &listing), ["a/one.yaml"]);
        assert_eq!(listing.unreadable, []);
    }

    #[test]
    fn text_is_read_verbatim_and_other_bytes_are_refused_with_their_place() {
        let scratch = Scratch::new("read");
        scratch.put("good.yaml", "\u{feff}a: é\r\n".as_bytes());
        scratch.put("bad.yaml", b"a: \xff\n");
        let good = Disk.read(&scratch.path().join("good.yaml")).unwrap();
        assert_eq!(&*good, "\u{feff}a: é\r\n");
        let bad = Disk.read(&scratch.path().join("bad.yaml"));
        assert_eq!(bad, Err(ReadError::NotUtf8 { at: 3 }));
        assert!(matches!(Disk.read(scratch.path()), Err(ReadError::Io(_))));
    }

    #[test]
    fn a_file_over_the_limit_is_refused_unread() {
        let scratch = Scratch::new("large");
        let path = scratch.path().join("large.yaml");
        File::create(&path)
            .unwrap()
            .set_len(LARGEST_FILE + 1)
            .unwrap();
        let expected = ReadError::TooLarge {
            size: LARGEST_FILE + 1,
            limit: LARGEST_FILE,
        };
        assert_eq!(Disk.read(&path), Err(expected));
    }

    #[test]
    fn endless_input_is_cut_at_the_limit() {
        let result = read_text(io::repeat(b'a'), 0, 10);
        assert_eq!(
            result,
            Err(ReadError::TooLarge {
                size: 11,
                limit: 10
            })
        );
    }

    #[test]
    fn the_nearest_repository_wins() {
        let scratch = Scratch::new("root");
        scratch.put("outer/.git/HEAD", b"");
        scratch.put("outer/inner/.git", b"gitdir: elsewhere\n");
        scratch.put("outer/inner/deep/x.yaml", b"");
        let root = |path: &str| repository_root(&scratch.path().join(path));
        assert_eq!(
            root("outer/inner/deep/x.yaml"),
            Some(scratch.path().join("outer/inner"))
        );
        assert_eq!(root("outer"), Some(scratch.path().join("outer")));
    }
}
