//! The files of a commit, as if they were checked out.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use git2::{ObjectType, Oid, Repository};

use super::pool::Pool;
use super::{BaseRevision, GitError};
use crate::io::Disk;
use crate::io::files::{LARGEST_FILE, is_skipped_name, is_yaml};
use crate::text::{EntryKind, FileTree, ReadError};

/// As many links in a row as Linux follows.
const MOST_LINKS: usize = 40;

/// Directories nest no deeper.
const MOST_LEVELS: usize = 100;

/// The files of a commit under the paths that they have in the working tree.
///
/// Symbolic links are followed as the commit has them. What lies outside of the repository, or in a submodule, is
/// taken from the disk: the commit does not hold it.
pub struct RevisionTree {
    top: PathBuf,
    /// By the parts of the path, which a NUL parts, so that a directory stands right before what it holds.
    entries: BTreeMap<Vec<u8>, Entry>,
    pool: Pool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Directory,
    File(Oid),
    Link(Oid),
    Submodule,
}

/// Where a path leads.
enum Place {
    Inside(Vec<OsString>, Entry),
    Outside(PathBuf),
}

impl RevisionTree {
    pub(super) fn new(
        repository: &Repository,
        top: &Path,
        revision: &BaseRevision,
    ) -> Result<Self, GitError> {
        let other = |error: git2::Error| GitError::other(&error);
        let id = Oid::from_str(&revision.id).map_err(other)?;
        let commit = repository.find_commit(id).map_err(other)?;
        let mut entries = BTreeMap::from([(Vec::new(), Entry::Directory)]);
        collect(repository, commit.tree_id(), &[], 0, &mut entries)?;
        Ok(Self {
            top: top.to_path_buf(),
            entries,
            pool: Pool::new(repository.path()),
        })
    }

    /// The YAML files at or below `paths`, absolute paths, as [`find_yaml`](crate::io::find_yaml) finds them in the
    /// working tree. A path that the commit does not hold has none.
    pub fn find_yaml(&self, paths: &[PathBuf], excluded: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for path in paths {
            match self.resolve(path) {
                Ok(Place::Inside(parts, Entry::File(_))) => files.push(self.absolute(&parts)),
                Ok(Place::Inside(parts, Entry::Directory)) => {
                    self.walk(&key(&parts), excluded, &mut files);
                }
                _ => {}
            }
        }
        files.sort();
        files.dedup();
        files
    }

    fn walk(&self, below: &[u8], excluded: &dyn Fn(&Path) -> bool, files: &mut Vec<PathBuf>) {
        let mut left_out: Option<&[u8]> = None;
        for (own, entry) in self.entries.range(below.to_vec()..) {
            if !is_within(own, below) {
                break;
            }
            if own.as_slice() == below || left_out.is_some_and(|above| is_within(own, above)) {
                continue;
            }
            let parts: Vec<OsString> = own.split(|byte| *byte == 0).map(name).collect();
            let path = self.absolute(&parts);
            let skipped = parts.last().is_some_and(|name| is_skipped_name(name)) || excluded(&path);
            match entry {
                Entry::Directory if skipped => left_out = Some(own),
                Entry::File(_) if !skipped && is_yaml(&path) => files.push(path),
                _ => {}
            }
        }
    }

    fn absolute(&self, parts: &[OsString]) -> PathBuf {
        let mut path = self.top.clone();
        path.extend(parts);
        path
    }

    fn resolve(&self, path: &Path) -> Result<Place, ReadError> {
        let mut links = 0;
        let mut path = path.to_path_buf();
        'restart: loop {
            let Ok(relative) = path.strip_prefix(&self.top) else {
                return Ok(Place::Outside(path));
            };
            let mut open: VecDeque<OsString> = relative.iter().map(OsStr::to_owned).collect();
            let mut parts: Vec<OsString> = Vec::new();
            let mut entry = Entry::Directory;
            while let Some(part) = open.pop_front() {
                match Path::new(&part).components().next() {
                    None | Some(Component::CurDir) => continue,
                    Some(Component::ParentDir) => {
                        if parts.pop().is_none() {
                            let mut outside = self.top.join("..");
                            outside.extend(open);
                            return Ok(Place::Outside(outside));
                        }
                        entry = Entry::Directory;
                        continue;
                    }
                    Some(_) => parts.push(part),
                }
                entry = *self.entries.get(&key(&parts)).ok_or(ReadError::Missing)?;
                match entry {
                    Entry::Directory => {}
                    Entry::File(_) if open.is_empty() => {}
                    Entry::File(_) => return Err(ReadError::Missing),
                    Entry::Submodule => {
                        parts.extend(open);
                        return Ok(Place::Outside(self.absolute(&parts)));
                    }
                    Entry::Link(id) => {
                        links += 1;
                        if links > MOST_LINKS {
                            return Err(ReadError::Io(
                                "too many levels of symbolic links".to_owned(),
                            ));
                        }
                        parts.pop();
                        let target = PathBuf::from(name(&self.blob(id)?));
                        if target.is_absolute() {
                            path = target;
                            path.extend(open);
                            continue 'restart;
                        }
                        for part in target.iter().rev() {
                            open.push_front(part.to_owned());
                        }
                        entry = Entry::Directory;
                    }
                }
            }
            return Ok(Place::Inside(parts, entry));
        }
    }

    fn blob(&self, id: Oid) -> Result<Vec<u8>, ReadError> {
        let failed = |error: GitError| ReadError::Io(error.to_string());
        self.pool
            .with(|repository| read_blob(repository, id))
            .map_err(failed)?
    }
}

fn read_blob(repository: &Repository, id: Oid) -> Result<Vec<u8>, ReadError> {
    let failed = |error: git2::Error| ReadError::Io(GitError::other(&error).to_string());
    let odb = repository.odb().map_err(failed)?;
    let (size, _) = odb.read_header(id).map_err(failed)?;
    if size as u64 > LARGEST_FILE {
        return Err(ReadError::TooLarge {
            size: size as u64,
            limit: LARGEST_FILE,
        });
    }
    Ok(odb.read(id).map_err(failed)?.data().to_vec())
}

impl FileTree for RevisionTree {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        match self.resolve(path)? {
            Place::Outside(path) => Disk.read(&path),
            Place::Inside(_, Entry::File(id)) => match String::from_utf8(self.blob(id)?) {
                Ok(text) => Ok(text.into()),
                Err(error) => Err(ReadError::NotUtf8 {
                    at: error.utf8_error().valid_up_to(),
                }),
            },
            Place::Inside(..) => Err(ReadError::Io("is a directory, not a file".to_owned())),
        }
    }

    fn read_bytes(&self, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        match self.resolve(path)? {
            Place::Outside(path) => Disk.read_bytes(&path),
            Place::Inside(_, Entry::File(id)) => self.blob(id).map(Arc::from),
            Place::Inside(..) => Err(ReadError::Io("is a directory, not a file".to_owned())),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        match self.resolve(path).ok()? {
            Place::Outside(path) => Disk.kind(&path),
            Place::Inside(_, Entry::File(_)) => Some(EntryKind::File),
            Place::Inside(..) => Some(EntryKind::Directory),
        }
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        match self.resolve(path)? {
            Place::Outside(path) => Disk.canonical(&path),
            Place::Inside(parts, _) => Ok(self.absolute(&parts)),
        }
    }
}

fn collect(
    repository: &Repository,
    tree: Oid,
    above: &[u8],
    level: usize,
    entries: &mut BTreeMap<Vec<u8>, Entry>,
) -> Result<(), GitError> {
    if level > MOST_LEVELS {
        return Ok(());
    }
    let tree = repository
        .find_tree(tree)
        .map_err(|error| GitError::other(&error))?;
    for item in &tree {
        let mut own = above.to_vec();
        if !own.is_empty() {
            own.push(0);
        }
        own.extend_from_slice(item.name_bytes());
        let entry = match (item.kind(), item.filemode()) {
            (Some(ObjectType::Tree), _) => {
                collect(repository, item.id(), &own, level + 1, entries)?;
                Entry::Directory
            }
            (Some(ObjectType::Commit), _) => Entry::Submodule,
            (_, 0o120_000) => Entry::Link(item.id()),
            _ => Entry::File(item.id()),
        };
        entries.insert(own, entry);
    }
    Ok(())
}

fn key(parts: &[OsString]) -> Vec<u8> {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_encoded_bytes()).collect();
    parts.join(&0)
}

fn is_within(own: &[u8], above: &[u8]) -> bool {
    own.strip_prefix(above)
        .is_some_and(|rest| above.is_empty() || rest.first().is_none_or(|byte| *byte == 0))
}

/// A name as the operating system spells it.
fn name(bytes: impl AsRef<[u8]>) -> OsString {
    let bytes = bytes.as_ref();
    #[cfg(unix)]
    let name = <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).to_owned();
    #[cfg(not(unix))]
    let name = OsString::from(String::from_utf8_lossy(bytes).into_owned());
    name
}
