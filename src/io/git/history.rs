//! The server names of every commit.
//!
//! A tree is looked at once, whatever number of commits share it: what a directory holds is remembered by its object
//! id, so a commit costs the directories that it changes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use git2::{ErrorCode, ObjectType, Odb, Oid, Repository, Sort};

use super::GitError;
use crate::facts::LineageHistory;
use crate::facts::history::mentions::{may_mention, mentions};
use crate::facts::history::{Mention, Recorder, Revision, SightingId};

/// Only so many commits are looked at, the latest ones.
const MOST_COMMITS: usize = 50_000;

/// Larger files are left out, in bytes. Manifests that people write are far smaller.
const LARGEST_BLOB: usize = 1024 * 1024;

/// Directories nest no deeper.
const MOST_LEVELS: usize = 100;

type State = Rc<[SightingId]>;

/// Reads the history below `head` and all branches.
pub(super) fn lineages(
    repository: &Repository,
    head: Option<Oid>,
) -> Result<LineageHistory, GitError> {
    let mut gap = repository.is_shallow().then(|| {
        "the clone is shallow; `git fetch --unshallow` or `fetch-depth: 0` brings the whole history"
            .to_owned()
    });
    let mut commits = walk(repository, head)?;
    if commits.len() > MOST_COMMITS {
        commits.truncate(MOST_COMMITS);
        gap.get_or_insert_with(|| format!("only the latest {MOST_COMMITS} commits were read"));
    }
    commits.reverse();
    let main = main_line(repository, head);
    let odb = repository.odb().map_err(|e| GitError::other(&e))?;
    let mut scan = Scan {
        odb,
        recorder: Recorder::default(),
        nothing: Rc::from([]),
        barren: HashSet::new(),
        trees: HashMap::new(),
        blobs: HashMap::new(),
        missing: 0,
    };
    // The main line has no gaps of its own, so it is counted for itself.
    let mut positions = [0_u32; 2];
    for id in commits {
        let Ok(commit) = repository.find_commit(id) else {
            scan.missing += 1;
            continue;
        };
        let on_main = main.contains(&id);
        let position = &mut positions[usize::from(on_main)];
        let revision = Revision {
            id: id.to_string().into(),
            seconds: commit.time().seconds(),
            position: *position,
        };
        *position += 1;
        let state = scan.tree(commit.tree_id(), "", 0);
        if on_main {
            scan.recorder.main(&revision, &state);
        } else {
            scan.recorder.side(&revision, &state);
        }
    }
    if scan.missing > 0 {
        let missing = scan.missing;
        gap.get_or_insert_with(|| {
            format!("{missing} objects are not in this clone; a partial clone leaves them out")
        });
    }
    Ok(scan.recorder.finish(gap))
}

/// Every commit of `HEAD` and the branches, children before their parents.
fn walk(repository: &Repository, head: Option<Oid>) -> Result<Vec<Oid>, GitError> {
    let other = |error: git2::Error| GitError::other(&error);
    let mut walk = repository.revwalk().map_err(other)?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)
        .map_err(other)?;
    if let Some(head) = head {
        walk.push(head).map_err(other)?;
    }
    for glob in ["refs/heads/*", "refs/remotes/*"] {
        // A broken branch does not hide the others.
        let Ok(references) = repository.references_glob(glob) else {
            continue;
        };
        for reference in references.flatten() {
            if let Ok(commit) = reference.peel_to_commit() {
                walk.push(commit.id()).map_err(other)?;
            }
        }
    }
    Ok(walk.flatten().take(MOST_COMMITS + 1).collect())
}

/// `HEAD` and its first parents.
fn main_line(repository: &Repository, head: Option<Oid>) -> BTreeSet<Oid> {
    let mut line = BTreeSet::new();
    let mut next = head;
    while let Some(id) = next {
        if line.len() >= MOST_COMMITS || !line.insert(id) {
            break;
        }
        let commit = repository.find_commit(id).ok();
        next = commit.and_then(|commit| commit.parent_id(0).ok());
    }
    line
}

struct Scan<'r> {
    odb: Odb<'r>,
    recorder: Recorder,
    nothing: State,
    /// Trees in which nothing was found, wherever they stand.
    barren: HashSet<Oid>,
    /// What other trees hold, by their place.
    trees: HashMap<(Oid, Arc<str>), State>,
    blobs: HashMap<Oid, Rc<[Arc<Mention>]>>,
    missing: usize,
}

impl Scan<'_> {
    /// The sightings below a directory, in order.
    fn tree(&mut self, id: Oid, path: &str, level: usize) -> State {
        if level > MOST_LEVELS || self.barren.contains(&id) {
            return Rc::clone(&self.nothing);
        }
        let key = (id, Arc::from(path));
        if let Some(known) = self.trees.get(&key) {
            return Rc::clone(known);
        }
        let mut found: Vec<SightingId> = Vec::new();
        for entry in self.entries(id) {
            let place = if path.is_empty() {
                entry.name.clone()
            } else {
                format!("{path}/{}", entry.name)
            };
            if entry.is_tree {
                found.extend(self.tree(entry.id, &place, level + 1).iter());
            } else {
                let mentions = self.blob(entry.id);
                if !mentions.is_empty() {
                    let place: Arc<str> = place.into();
                    let recorder = &mut self.recorder;
                    found.extend(
                        mentions
                            .iter()
                            .map(|mention| recorder.sighting(&place, mention)),
                    );
                }
            }
        }
        if found.is_empty() {
            self.barren.insert(id);
            return Rc::clone(&self.nothing);
        }
        found.sort_unstable();
        found.dedup();
        let state: State = found.into();
        self.trees.insert(key, Rc::clone(&state));
        state
    }

    /// The directories and YAML files of a tree, those that are left out of the working tree excepted.
    fn entries(&mut self, id: Oid) -> Vec<TreeEntry> {
        let Ok(object) = self.odb.read(id) else {
            self.missing += 1;
            return Vec::new();
        };
        if object.kind() != ObjectType::Tree {
            return Vec::new();
        }
        raw_entries(object.data()).collect()
    }

    fn blob(&mut self, id: Oid) -> Rc<[Arc<Mention>]> {
        if let Some(known) = self.blobs.get(&id) {
            return Rc::clone(known);
        }
        let found = self.mentions_of(id);
        let found: Rc<[Arc<Mention>]> = found.into_iter().map(Arc::new).collect();
        self.blobs.insert(id, Rc::clone(&found));
        found
    }

    fn mentions_of(&mut self, id: Oid) -> Vec<Mention> {
        match self.odb.read_header(id) {
            Ok((length, _)) if length > LARGEST_BLOB => return Vec::new(),
            Err(error) if error.code() == ErrorCode::NotFound => {
                self.missing += 1;
                return Vec::new();
            }
            _ => {}
        }
        let Ok(object) = self.odb.read(id) else {
            self.missing += 1;
            return Vec::new();
        };
        match std::str::from_utf8(object.data()) {
            Ok(text) if may_mention(text) => mentions(text),
            _ => Vec::new(),
        }
    }
}

struct TreeEntry {
    name: String,
    is_tree: bool,
    id: Oid,
}

/// The entries of a tree object: `mode name\0` and the twenty bytes of an id, one behind the other.
fn raw_entries(data: &[u8]) -> impl Iterator<Item = TreeEntry> {
    const ID: usize = 20;
    let mut rest = data;
    std::iter::from_fn(move || {
        loop {
            let blank = rest.iter().position(|byte| *byte == b' ')?;
            let end = blank + rest[blank..].iter().position(|byte| *byte == 0)?;
            let (mode, name) = (&rest[..blank], &rest[blank + 1..end]);
            let id = rest.get(end + 1..end + 1 + ID)?;
            rest = &rest[end + 1 + ID..];
            let is_tree = mode == b"40000";
            let is_file = mode.starts_with(b"100");
            let hidden = name.starts_with(b".") || name == b"node_modules";
            if hidden || !(is_tree || is_file && is_yaml(name)) {
                continue;
            }
            return Some(TreeEntry {
                name: String::from_utf8_lossy(name).into_owned(),
                is_tree,
                id: Oid::from_bytes(id).ok()?,
            });
        }
    })
}

fn is_yaml(name: &[u8]) -> bool {
    name.ends_with(b".yaml") || name.ends_with(b".yml") || name == b"Kustomization"
}
