//! From the names in each commit to the history of each name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mentions::{Mention, Role, variables};
use super::{Line, LineageHistory, Revision, Seen};

/// The number of a sighting: one mention in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SightingId(u32);

/// Takes the sightings of each commit, oldest first, and makes the history of them.
#[derive(Debug, Default)]
pub struct Recorder {
    known: Vec<(Arc<str>, Arc<Mention>)>,
    numbers: BTreeMap<(Arc<str>, Arc<Mention>), SightingId>,
    stretches: Vec<Stretch>,
    /// The open stretch of each sighting that the last commit of the main line holds, in order.
    open: Vec<(SightingId, usize)>,
    aside: BTreeMap<SightingId, Revision>,
    commits: usize,
}

#[derive(Debug)]
struct Stretch {
    sighting: SightingId,
    first: Revision,
    left: Option<Revision>,
}

impl Recorder {
    /// The number of a mention in a file.
    pub fn sighting(&mut self, path: &Arc<str>, mention: &Arc<Mention>) -> SightingId {
        let key = (Arc::clone(path), Arc::clone(mention));
        if let Some(known) = self.numbers.get(&key) {
            return *known;
        }
        let id = SightingId(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        self.known.push(key.clone());
        self.numbers.insert(key, id);
        id
    }

    /// The next commit of the main line and everything that its tree holds, in order and without doubles.
    pub fn main(&mut self, at: &Revision, state: &[SightingId]) {
        self.commits += 1;
        if self.open.iter().map(|(sighting, _)| sighting).eq(state) {
            return;
        }
        let stretches = &mut self.stretches;
        let mut now = Vec::with_capacity(state.len());
        let mut before = std::mem::take(&mut self.open).into_iter().peekable();
        for sighting in state {
            while let Some((_, gone)) = before.next_if(|(own, _)| own < sighting) {
                stretches[gone].left = Some(at.clone());
            }
            let stays = before.next_if(|(own, _)| own == sighting);
            now.push(stays.unwrap_or_else(|| {
                stretches.push(Stretch {
                    sighting: *sighting,
                    first: at.clone(),
                    left: None,
                });
                (*sighting, stretches.len() - 1)
            }));
        }
        for (_, gone) in before {
            stretches[gone].left = Some(at.clone());
        }
        self.open = now;
    }

    /// A commit beside the main line and everything that its tree holds.
    pub fn side(&mut self, at: &Revision, state: &[SightingId]) {
        self.commits += 1;
        for sighting in state {
            self.aside.entry(*sighting).or_insert_with(|| at.clone());
        }
    }

    /// The history. `gap` says why it is not whole.
    pub fn finish(mut self, gap: Option<String>) -> LineageHistory {
        let substituted = self.substituted();
        let on_main: BTreeSet<SightingId> =
            self.stretches.iter().map(|known| known.sighting).collect();
        let main = std::mem::take(&mut self.stretches)
            .into_iter()
            .map(|known| (known.sighting, Line::Main, known.first, known.left));
        let side = std::mem::take(&mut self.aside)
            .into_iter()
            .filter(|(sighting, _)| !on_main.contains(sighting))
            .map(|(sighting, first)| (sighting, Line::Side, first, None));
        let mut history = LineageHistory {
            gap,
            commits: self.commits,
            ..LineageHistory::default()
        };
        for (sighting, line, first, left) in main.chain(side) {
            let (path, mention) = &self.known[sighting.0 as usize];
            let Some(role) = mention.role_given(&substituted) else {
                continue;
            };
            let names = history.names.entry(mention.name.clone()).or_default();
            names.push(Seen {
                role,
                cluster: mention.cluster.clone(),
                store: mention.store.clone(),
                path: Arc::clone(path),
                line,
                first,
                left,
            });
        }
        for seen in history.names.values_mut() {
            seen.sort_by(|a, b| {
                (a.line, a.first.position, &a.path, a.role).cmp(&(
                    b.line,
                    b.first.position,
                    &b.path,
                    b.role,
                ))
            });
        }
        history
    }

    /// The variables that server names are made of, with what the names are there for.
    fn substituted(&self) -> BTreeMap<String, Role> {
        let mut roles = BTreeMap::new();
        for (_, mention) in &self.known {
            if matches!(mention.role, Role::Write | Role::Read | Role::Other) {
                for variable in variables(mention.name.as_str()) {
                    let role = roles.entry(variable.to_owned()).or_insert(mention.role);
                    *role = mention.role.min(*role);
                }
            }
        }
        roles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lineage::ServerName;

    fn commit(position: u32) -> Revision {
        Revision {
            id: format!("{position:040}").into(),
            seconds: i64::from(position) * 86_400,
            position,
        }
    }

    fn mention(name: &str, role: Role) -> Arc<Mention> {
        Arc::new(Mention {
            name: ServerName::new(name),
            role,
            cluster: Some("db".to_owned()),
            store: None,
            variable: None,
        })
    }

    /// A history of one file: the names that are written under in each commit.
    fn history(commits: &[&[(&str, &str)]]) -> LineageHistory {
        let mut recorder = Recorder::default();
        for (position, names) in commits.iter().enumerate() {
            let mut state: Vec<SightingId> = names
                .iter()
                .map(|(path, name)| recorder.sighting(&(*path).into(), &mention(name, Role::Write)))
                .collect();
            state.sort();
            recorder.main(&commit(u32::try_from(position).unwrap()), &state);
        }
        recorder.finish(None)
    }

    fn stretches(history: &LineageHistory, name: &str) -> Vec<(u32, Option<u32>)> {
        let uses = history.uses(&ServerName::new(name), |_| true).into_iter();
        uses.map(|found| {
            (
                found.by.first.position,
                found.left.map(|left| left.position),
            )
        })
        .collect()
    }

    #[test]
    fn a_name_that_comes_back_was_used_twice() {
        let history = history(&[
            &[("a", "v6")],
            &[("a", "v6")],
            &[("a", "v7")],
            &[("a", "v6")],
        ]);
        assert_eq!(stretches(&history, "v6"), [(0, Some(2)), (3, None)]);
        assert_eq!(stretches(&history, "v7"), [(2, Some(3))]);
        assert_eq!(history.commits, 4);
    }

    #[test]
    fn a_move_to_another_file_is_one_use() {
        let history = history(&[
            &[("a", "v6")],
            &[("b", "v6")],
            &[("b", "v6"), ("c", "v6")],
            &[("c", "v6")],
        ]);
        assert_eq!(stretches(&history, "v6"), [(0, None)]);
    }

    #[test]
    fn what_side_branches_hold_is_known_and_no_use() {
        let mut recorder = Recorder::default();
        let tried = recorder.sighting(&"a".into(), &mention("v8", Role::Write));
        let both = recorder.sighting(&"a".into(), &mention("v6", Role::Write));
        recorder.main(&commit(0), &[both]);
        recorder.side(&commit(0), &[tried, both]);
        let history = recorder.finish(Some("shallow".to_owned()));
        let name = ServerName::new("v8");
        assert!(history.knows(&name) && history.uses(&name, |_| true).is_empty());
        assert_eq!(history.seen(&name)[0].line, Line::Side);
        assert_eq!(history.seen(&ServerName::new("v6")).len(), 1);
        assert!(!history.is_complete());
    }

    #[test]
    fn a_variable_counts_when_a_server_name_is_made_of_it() {
        let mut recorder = Recorder::default();
        let value = |name: &str, variable: &str| {
            Arc::new(Mention {
                variable: Some(variable.to_owned()),
                cluster: None,
                ..(*mention(name, Role::Variable)).clone()
            })
        };
        let path: Arc<str> = "ks.yaml".into();
        let mut state = vec![
            recorder.sighting(&path, &mention("${CURRENT}", Role::Write)),
            recorder.sighting(&path, &mention("${PREVIOUS:=db-v1}", Role::Read)),
            recorder.sighting(&path, &value("db-20260719", "CURRENT")),
            recorder.sighting(&path, &value("db-20260501", "PREVIOUS")),
            recorder.sighting(&path, &value("example.org", "DOMAIN")),
        ];
        state.sort();
        recorder.main(&commit(0), &state);
        let history = recorder.finish(None);
        let role = |name: &str| history.seen(&ServerName::new(name)).first().map(|s| s.role);
        assert_eq!(role("db-20260719"), Some(Role::Write));
        assert_eq!(role("db-20260501"), Some(Role::Read));
        assert_eq!(role("example.org"), None);
    }
}
