//! A local directory that is laid out like a bucket.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::barman::store::{Object, ObjectStore, StoreError};
use crate::model::instant::Instant;

/// Folders in folders beyond this depth are refused; an archive has six.
const DEEPEST: usize = 64;

/// A directory whose files are the objects, their paths the keys, their modification times the upload times.
///
/// Symbolic links count as what they point to if that is a regular file inside the directory; all others are passed
/// over, so that nothing outside is read and no walk is endless. Names that are not UTF-8 are passed over too: no
/// bucket can hold them.
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
}

/// One name in a folder. Folders end with `/`, so that the order of names is the order of the keys below them.
struct Entry {
    key: String,
    file: Option<Metadata>,
}

impl DirectoryStore {
    /// The directory at `path`; a symbolic link at `path` itself is followed.
    ///
    /// # Errors
    /// When there is no such directory or it cannot be looked at.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| store_error(&path.display().to_string(), &error);
        let root = canonical(path).map_err(failed)?;
        if !metadata(&root).map_err(failed)?.is_dir() {
            return Err(StoreError::Other {
                what: path.display().to_string(),
                reason: "it is not a directory".to_owned(),
            });
        }
        Ok(Self { root })
    }

    /// The directory without symbolic links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every entry of a folder in the order of keys; none when the folder does not exist.
    fn entries(&self, folder: &str) -> Result<Vec<Entry>, StoreError> {
        let failed = |error: io::Error| store_error(folder, &error);
        let path = self.root.join(folder.trim_end_matches('/'));
        match canonical(&path) {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            // A part of the prefix is a symbolic link.
            Ok(target) if target != path => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
        let read = fs::read_dir(path);
        let read = match read {
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut entries = Vec::new();
        for entry in read {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                let key = format!("{folder}{name}/");
                entries.push(Entry { key, file: None });
                continue;
            }
            let file = match kind.is_file() {
                true => Some(entry.metadata().map_err(failed)?),
                false => self.regular_file(&entry.path()),
            };
            if file.is_some() {
                let key = format!("{folder}{name}");
                entries.push(Entry { key, file });
            }
        }
        entries.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(entries)
    }

    /// What a path points to, if that is a regular file inside the directory.
    fn regular_file(&self, path: &Path) -> Option<Metadata> {
        let target = canonical(path).ok()?;
        let found = target.starts_with(&self.root).then(|| metadata(&target))?;
        found.ok().filter(Metadata::is_file)
    }

    /// Shows a folder and those inside it.
    fn walk(
        &self,
        folder: &str,
        listing: &mut Listing<'_>,
        depth: usize,
    ) -> Result<ControlFlow<()>, StoreError> {
        if depth == DEEPEST {
            return Err(StoreError::Other {
                what: folder.to_owned(),
                reason: format!("it lies deeper than {DEEPEST} folders"),
            });
        }
        for Entry { key, file } in self.entries(folder)? {
            if !listing.concerns(&key) {
                continue;
            }
            let flow = match file {
                None => self.walk(&key, listing, depth + 1)?,
                Some(file) => listing.show(key, &file),
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn file(&self, key: &str) -> Result<File, StoreError> {
        let missing = || StoreError::Missing {
            what: key.to_owned(),
        };
        let path = Path::new(key);
        let plain = path.components().all(|c| matches!(c, Component::Normal(_)));
        // A path is cleaned up where a key is not: `a//b` and `a/` are no keys of files.
        if !plain || key.split('/').any(|part| part.is_empty() || part == ".") {
            return Err(missing());
        }
        let path = self.root.join(path);
        // Opening a pipe would wait for its other end.
        self.regular_file(&path).ok_or_else(missing)?;
        File::open(path).map_err(|error| store_error(key, &error))
    }
}

/// The path that a location names when it is a directory: a plain path, or a URL `file:///dir` with `%20` and the like.
/// `None` for URLs of other schemes and for `file:` URLs that name a host.
pub fn directory_at(location: &str) -> Option<PathBuf> {
    let Some(rest) = location.strip_prefix("file://") else {
        return (!location.contains("://")).then(|| PathBuf::from(location));
    };
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    path.starts_with('/').then_some(())?;
    percent_decoded(path).map(PathBuf::from)
}

/// `None` where a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2)?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        hexadecimal.then_some(())?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(part.get(2..)?.bytes());
    }
    String::from_utf8(bytes).ok()
}

/// What a listing asks for.
struct Listing<'v> {
    prefix: &'v str,
    start_after: &'v str,
    visit: &'v mut dyn FnMut(Object) -> ControlFlow<()>,
}

impl Listing<'_> {
    /// Whether a key, or any key inside a folder, can be part of the listing.
    fn concerns(&self, key: &str) -> bool {
        let folder = key.ends_with('/');
        let inside = key.starts_with(self.prefix) || (folder && self.prefix.starts_with(key));
        let behind = key > self.start_after || (folder && self.start_after.starts_with(key));
        inside && behind
    }

    fn show(&mut self, key: String, file: &Metadata) -> ControlFlow<()> {
        (self.visit)(Object {
            key,
            size: file.len(),
            last_modified: modified(file),
        })
    }
}

impl ObjectStore for DirectoryStore {
    fn list(
        &self,
        prefix: &str,
        start_after: Option<&str>,
        visit: &mut dyn FnMut(Object) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let Some(folder) = folder_of(prefix) else {
            return Ok(());
        };
        let mut listing = Listing {
            prefix,
            start_after: start_after.unwrap_or_default(),
            visit,
        };
        self.walk(folder, &mut listing, 0).map(|_| ())
    }

    fn directories(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let Some(folder) = folder_of(prefix) else {
            return Ok(Vec::new());
        };
        let entries = self.entries(folder)?.into_iter();
        let folders = entries.filter(|entry| entry.file.is_none());
        let keys = folders.map(|entry| entry.key);
        Ok(keys.filter(|key| key.starts_with(prefix)).collect())
    }

    fn read(&self, key: &str) -> Result<Box<dyn Read + '_>, StoreError> {
        Ok(Box::new(self.file(key)?))
    }

    fn read_range(
        &self,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Box<dyn Read + '_>, StoreError> {
        let mut file = self.file(key)?;
        let sought = file.seek(SeekFrom::Start(offset));
        sought.map_err(|error| store_error(key, &error))?;
        Ok(Box::new(file.take(length)))
    }
}

/// The folder that a prefix begins in. None for prefixes that no key of a directory has: `..` would lead outside.
fn folder_of(prefix: &str) -> Option<&str> {
    let end = prefix.rfind('/').map_or(0, |slash| slash + 1);
    let folder = prefix.get(..end)?;
    let mut parts = folder
        .strip_suffix('/')
        .into_iter()
        .flat_map(|f| f.split('/'));
    let plain = parts.all(|part| !matches!(part, "" | "." | ".."));
    plain.then_some(folder)
}

fn modified(file: &Metadata) -> Instant {
    // Every system this runs on keeps modification times.
    let time = file.modified().unwrap_or(UNIX_EPOCH);
    let micros = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    };
    Instant::from_micros(micros)
}

fn canonical(path: &Path) -> io::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
    let canonical = fs::canonicalize(path);
    canonical
}

fn metadata(path: &Path) -> io::Result<Metadata> {
    #[expect(clippy::disallowed_methods, reason = "this is the file layer")]
    let metadata = fs::metadata(path);
    metadata
}

/// A prefix can go through a file; below it there is nothing.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn store_error(what: &str, error: &io::Error) -> StoreError {
    let what = what.to_owned();
    match error.kind() {
        _ if is_absent(error) => StoreError::Missing { what },
        io::ErrorKind::PermissionDenied => StoreError::Denied {
            what,
            reason: "the file system does not permit it".to_owned(),
        },
        _ => StoreError::Other {
            what,
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::scratch::Scratch;

    fn keys(store: &DirectoryStore, prefix: &str, start_after: Option<&str>) -> Vec<String> {
        let mut keys = Vec::new();
        store
            .list(prefix, start_after, &mut |object| {
                keys.push(object.key);
                ControlFlow::Continue(())
            })
            .unwrap();
        keys
    }

    fn text(mut reader: Box<dyn Read + '_>) -> String {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    fn archive(name: &str) -> (Scratch, DirectoryStore) {
        let scratch = Scratch::new(name);
        for key in [
            "db/base/1/x",
            "db/wals/a",
            "db/wals.old",
            "db/wals/b/c",
            "db-2/wals/a",
            "z",
        ] {
            scratch.put(key, key.as_bytes());
        }
        let store = DirectoryStore::open(scratch.path()).unwrap();
        (scratch, store)
    }

    #[test]
    fn keys_come_in_the_order_of_their_bytes() {
        let (_scratch, store) = archive("directory-order");
        let all = keys(&store, "", None);
        assert_eq!(
            all,
            [
                "db-2/wals/a",
                "db/base/1/x",
                "db/wals.old",
                "db/wals/a",
                "db/wals/b/c",
                "z"
            ]
        );
        let mut sorted = all.clone();
        sorted.sort();
        assert_eq!(all, sorted);
        for after in &all {
            let expected: Vec<_> = all.iter().filter(|key| *key > after).cloned().collect();
            assert_eq!(keys(&store, "", Some(after)), expected);
        }
    }

    #[test]
    fn a_prefix_need_not_be_a_folder() {
        let (_scratch, store) = archive("directory-prefix");
        assert_eq!(
            keys(&store, "db/w", None),
            ["db/wals.old", "db/wals/a", "db/wals/b/c"]
        );
        assert_eq!(keys(&store, "db/wals/", Some("db/wals/a")), ["db/wals/b/c"]);
        assert_eq!(keys(&store, "db/wals/", Some("db/wals/b")), ["db/wals/b/c"]);
        for nothing in ["db/wals/a/", "none/", "x", "../", "/", "db//wals/"] {
            assert!(keys(&store, nothing, None).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_listing_ends_where_the_visitor_breaks_off() {
        let (_scratch, store) = archive("directory-break");
        let mut seen = 0;
        let listed = store.list("", None, &mut |_| {
            seen += 1;
            if seen == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!((listed, seen), (Ok(()), 2));
    }

    #[test]
    fn folders_are_told_as_prefixes() {
        let (_scratch, store) = archive("directory-folders");
        assert_eq!(store.directories("").unwrap(), ["db-2/", "db/"]);
        assert_eq!(store.directories("db/").unwrap(), ["db/base/", "db/wals/"]);
        assert_eq!(store.directories("db/b").unwrap(), ["db/base/"]);
        assert!(store.directories("none/").unwrap().is_empty());
    }

    #[test]
    fn whole_objects_and_ranges_are_read() {
        let (_scratch, store) = archive("directory-read");
        assert_eq!(text(store.read("db/wals/a").unwrap()), "db/wals/a");
        assert_eq!(text(store.read_range("db/wals/a", 3, 4).unwrap()), "wals");
        assert_eq!(text(store.read_range("db/wals/a", 8, 9).unwrap()), "a");
        assert_eq!(text(store.read_range("db/wals/a", 99, 9).unwrap()), "");
        for key in [
            "db/wals",
            "none",
            "db/wals/a/",
            "db//wals/a",
            "db/./wals/a",
            "/etc/passwd",
            "",
            "../x",
        ] {
            let read = store.read(key).map(|_| ());
            assert!(
                matches!(read, Err(StoreError::Missing { .. })),
                "{key}: {read:?}"
            );
        }
    }

    #[test]
    fn modification_times_are_upload_times() {
        let (scratch, store) = archive("directory-times");
        let file = File::options()
            .write(true)
            .open(scratch.path().join("z"))
            .unwrap();
        let time = UNIX_EPOCH + std::time::Duration::from_micros(1_795_241_100_000_007);
        file.set_modified(time).unwrap();
        let mut seen = Vec::new();
        let listed = store.list("z", None, &mut |object| {
            seen.push(object);
            ControlFlow::Continue(())
        });
        listed.unwrap();
        let expected = Object {
            key: "z".to_owned(),
            size: 1,
            last_modified: Instant::from_micros(1_795_241_100_000_007),
        };
        assert_eq!(seen, [expected]);
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_do_not_lead_outside_or_in_circles() {
        use std::os::unix::fs::symlink;
        let (scratch, _) = archive("directory-links");
        let root = scratch.path().join("db");
        symlink("../z", root.join("outside")).unwrap();
        symlink("wals/a", root.join("inside")).unwrap();
        symlink(".", root.join("circle")).unwrap();
        symlink("..", root.join("up")).unwrap();
        let store = DirectoryStore::open(&root).unwrap();
        assert_eq!(
            keys(&store, "", None),
            ["base/1/x", "inside", "wals.old", "wals/a", "wals/b/c"]
        );
        assert_eq!(text(store.read("inside").unwrap()), "db/wals/a");
        for key in ["outside", "up/z", "up/db-2/wals/a"] {
            assert!(store.read(key).is_err(), "{key}");
        }
        assert!(keys(&store, "up/", None).is_empty());
    }

    #[test]
    fn locations_of_directories_are_paths_or_file_urls() {
        for (location, path) in [
            ("archive/db", Some("archive/db")),
            ("/srv/50%", Some("/srv/50%")),
            ("file:///srv/my%20archive", Some("/srv/my archive")),
            ("file://localhost/srv", Some("/srv")),
            ("file://host/srv", None),
            ("file://srv", None),
            ("file:///srv/%2", None),
            ("file:///srv/%+1", None),
            ("s3://bucket/db", None),
        ] {
            assert_eq!(
                directory_at(location),
                path.map(PathBuf::from),
                "{location}"
            );
        }
    }

    #[test]
    fn a_missing_directory_and_a_file_are_refused() {
        let (scratch, _) = archive("directory-open");
        let open = |name: &str| DirectoryStore::open(&scratch.path().join(name)).map(|_| ());
        assert!(matches!(open("none"), Err(StoreError::Missing { .. })));
        assert!(matches!(open("z"), Err(StoreError::Other { .. })));
    }
}
