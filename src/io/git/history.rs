//! The server names of every commit.
//!
//! A tree is looked at once, whatever number of commits share it: what a directory holds is remembered by its object
//! id, so a commit costs the directories that it changes.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use git2::{Oid, Repository, Sort};

use super::GitError;
use super::survey::{ById, Ids, Survey, Tree, survey};
use crate::facts::LineageHistory;
use crate::facts::history::{Recorder, Revision, SightingId};

/// Only so many commits are looked at, the latest ones.
const MOST_COMMITS: usize = 50_000;

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
    let survey = survey(repository, &commits)?;
    if survey.missing > 0 {
        let missing = survey.missing;
        gap.get_or_insert_with(|| {
            format!("{missing} objects are not in this clone; a partial clone leaves them out")
        });
    }
    let main = main_line(&survey, head);
    let mut states = States {
        survey: &survey,
        recorder: Recorder::default(),
        nothing: Rc::from([]),
        barren: Ids::default(),
        trees: ById::default(),
    };
    // The main line has no gaps of its own, so it is counted for itself.
    let mut positions = [0_u32; 2];
    for id in &commits {
        let Some(commit) = survey.commits.get(id) else {
            continue;
        };
        let on_main = main.contains(id);
        let position = &mut positions[usize::from(on_main)];
        let revision = Revision {
            id: id.to_string().into(),
            seconds: commit.seconds,
            position: *position,
        };
        *position += 1;
        let state = states.tree(commit.tree, &mut String::new(), 0);
        if on_main {
            states.recorder.main(&revision, &state);
        } else {
            states.recorder.side(&revision, &state);
        }
    }
    Ok(states.recorder.finish(gap))
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
fn main_line(survey: &Survey, head: Option<Oid>) -> BTreeSet<Oid> {
    let mut line = BTreeSet::new();
    let mut next = head;
    while let Some(id) = next
        && line.insert(id)
    {
        next = survey
            .commits
            .get(&id)
            .and_then(|commit| commit.first_parent);
    }
    line
}

/// What each commit holds, put together from what its directories hold.
struct States<'s> {
    survey: &'s Survey,
    recorder: Recorder,
    nothing: State,
    /// Trees in which nothing was found, wherever they stand.
    barren: Ids,
    /// What other trees hold, by the places they have.
    trees: ById<Vec<(Box<str>, State)>>,
}

impl States<'_> {
    /// The sightings below a directory, in order. `path` is where it stands, empty for the top.
    fn tree(&mut self, id: Oid, path: &mut String, level: usize) -> State {
        if level > MOST_LEVELS || self.barren.contains(&id) {
            return Rc::clone(&self.nothing);
        }
        let mut places = self.trees.get(&id).into_iter().flatten();
        if let Some((_, known)) = places.find(|(place, _)| **place == **path) {
            return Rc::clone(known);
        }
        let survey = self.survey;
        let mut found: Vec<SightingId> = Vec::new();
        let tree = survey.trees.get(&id).into_iter();
        for entry in tree.flat_map(Tree::entries) {
            let own = path.len();
            if entry.is_tree() {
                if !self.barren.contains(&entry.id) {
                    enter(path, &entry.name());
                    found.extend(self.tree(entry.id, path, level + 1).iter());
                }
            } else if let Some(mentions) = survey.files.get(&entry.id) {
                enter(path, &entry.name());
                let place: Arc<str> = path.as_str().into();
                let sighting = |mention| self.recorder.sighting(&place, mention);
                found.extend(mentions.iter().map(sighting));
            }
            path.truncate(own);
        }
        if found.is_empty() {
            self.barren.insert(id);
            return Rc::clone(&self.nothing);
        }
        found.sort_unstable();
        found.dedup();
        let state: State = found.into();
        let place = (path.as_str().into(), Rc::clone(&state));
        self.trees.entry(id).or_default().push(place);
        state
    }
}

fn enter(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(name);
}
