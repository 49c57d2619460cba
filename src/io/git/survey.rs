//! Reads the trees and YAML files of many commits, each object once, on all cores.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use git2::{ErrorCode, ObjectType, Odb, Oid, Repository};

use super::GitError;
use super::pool::Pool;
use crate::facts::history::Mention;
use crate::facts::history::mentions::{may_mention, mentions};
use crate::text::on_all_cores;

/// Larger files are left out, in bytes. Manifests that people write are far smaller.
const LARGEST_BLOB: usize = 1024 * 1024;

/// An object id is a hash already: eight of its bytes tell it from others.
#[derive(Debug, Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    // Lengths say nothing.
    fn write_usize(&mut self, _: usize) {}
}

pub(super) type ById<T> = HashMap<Oid, T, BuildHasherDefault<IdHasher>>;
pub(super) type Ids = HashSet<Oid, BuildHasherDefault<IdHasher>>;

/// What all commits hold together.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The commits that could be read.
    pub(super) commits: ById<CommitFacts>,
    /// The directories and YAML files of each tree that has any.
    pub(super) trees: ById<Tree>,
    /// The mentions of each YAML file that has any.
    pub(super) files: ById<Vec<Arc<Mention>>>,
    /// How many objects are not in this clone.
    pub(super) missing: usize,
}

/// One commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct CommitFacts {
    pub(super) tree: Oid,
    pub(super) first_parent: Option<Oid>,
    /// Committer time in seconds since 1970-01-01T00:00:00Z.
    pub(super) seconds: i64,
}

/// A directory, in Git's own form: `mode name\0` and the twenty bytes of an id, one behind the other. A history has
/// millions of entries, so they are taken apart when they are looked at.
#[derive(Debug)]
pub(super) struct Tree(Box<[u8]>);

impl Tree {
    /// Keeps directories and YAML files. What a walk over the working tree leaves out is left out here.
    fn of(data: &[u8]) -> Self {
        let mut kept = Vec::with_capacity(data.len());
        for entry in Entries(data).filter(TreeEntry::counts) {
            kept.extend_from_slice(entry.raw);
        }
        Self(kept.into())
    }

    /// What it holds.
    pub(super) fn entries(&self) -> impl Iterator<Item = TreeEntry<'_>> {
        Entries(&self.0)
    }
}

/// An entry of a directory.
#[derive(Debug)]
pub(super) struct TreeEntry<'t> {
    raw: &'t [u8],
    mode: &'t [u8],
    name: &'t [u8],
    /// What it names.
    pub(super) id: Oid,
}

impl<'t> TreeEntry<'t> {
    /// Its name, as shown to people.
    pub(super) fn name(&self) -> Cow<'t, str> {
        String::from_utf8_lossy(self.name)
    }

    /// Whether it is a directory.
    pub(super) fn is_tree(&self) -> bool {
        self.mode == b"40000"
    }

    fn counts(&self) -> bool {
        let hidden = self.name.starts_with(b".") || self.name == b"node_modules";
        !hidden && (self.is_tree() || (self.mode.starts_with(b"100") && is_yaml(self.name)))
    }
}

/// The entries of a directory, to the first that is broken.
struct Entries<'t>(&'t [u8]);

impl<'t> Iterator for Entries<'t> {
    type Item = TreeEntry<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        const ID: usize = 20;
        let blank = self.0.iter().position(|byte| *byte == b' ')?;
        let (mode, behind) = self.0.split_at(blank);
        let end = blank + behind.iter().position(|byte| *byte == 0)?;
        let (raw, rest) = self.0.split_at_checked(end + 1 + ID)?;
        self.0 = rest;
        Some(TreeEntry {
            raw,
            mode,
            name: &raw[blank + 1..end],
            id: Oid::from_bytes(&raw[end + 1..]).ok()?,
        })
    }
}

/// Reads everything below the commits.
pub(super) fn survey(repository: &Repository, commits: &[Oid]) -> Result<Survey, GitError> {
    let pool = Pool::new(repository.path());
    let claimed = Mutex::new(Ids::default());
    let parts = on_all_cores(commits, |id| {
        pool.with(|repository| {
            let mut part = Survey::default();
            let reader = Reader {
                odb: &repository.odb().map_err(|e| GitError::other(&e))?,
                claimed: &claimed,
                part: &mut part,
            };
            reader.commit(repository, *id);
            Ok(part)
        })
    });
    let mut whole = Survey::default();
    for part in parts {
        let part: Survey = part??;
        whole.commits.extend(part.commits);
        whole.trees.extend(part.trees);
        whole.files.extend(part.files);
        whole.missing += part.missing;
    }
    Ok(whole)
}

struct Reader<'r> {
    odb: &'r Odb<'r>,
    /// Objects that some thread has read or is reading.
    claimed: &'r Mutex<Ids>,
    part: &'r mut Survey,
}

impl Reader<'_> {
    fn commit(mut self, repository: &Repository, id: Oid) {
        let Ok(commit) = repository.find_commit(id) else {
            self.part.missing += 1;
            return;
        };
        let tree = commit.tree_id();
        let facts = CommitFacts {
            tree,
            first_parent: commit.parent_id(0).ok(),
            seconds: commit.time().seconds(),
        };
        self.part.commits.insert(id, facts);
        let mut open = Vec::new();
        if self.claims(tree) {
            open.push(tree);
        }
        while let Some(id) = open.pop() {
            let tree = match self.odb.read(id) {
                Ok(object) if object.kind() == ObjectType::Tree => Tree::of(object.data()),
                _ => {
                    self.part.missing += 1;
                    continue;
                }
            };
            for entry in self.unclaimed(&tree) {
                if entry.is_tree() {
                    open.push(entry.id);
                } else {
                    let found = self.file(entry.id);
                    if !found.is_empty() {
                        self.part.files.insert(entry.id, found);
                    }
                }
            }
            if !tree.0.is_empty() {
                self.part.trees.insert(id, tree);
            }
        }
    }

    fn claims(&self, id: Oid) -> bool {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.insert(id)
    }

    fn unclaimed<'e>(&self, tree: &'e Tree) -> Vec<TreeEntry<'e>> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        tree.entries()
            .filter(|entry| claimed.insert(entry.id))
            .collect()
    }

    fn file(&mut self, id: Oid) -> Vec<Arc<Mention>> {
        match self.odb.read_header(id) {
            Ok((length, _)) if length > LARGEST_BLOB => return Vec::new(),
            Err(error) if error.code() == ErrorCode::NotFound => {
                self.part.missing += 1;
                return Vec::new();
            }
            _ => {}
        }
        let Ok(object) = self.odb.read(id) else {
            self.part.missing += 1;
            return Vec::new();
        };
        match std::str::from_utf8(object.data()) {
            Ok(text) if may_mention(text) => mentions(text).into_iter().map(Arc::new).collect(),
            _ => Vec::new(),
        }
    }
}

fn is_yaml(name: &[u8]) -> bool {
    name.ends_with(b".yaml") || name.ends_with(b".yml") || name == b"Kustomization"
}
