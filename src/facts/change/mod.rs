//! What a change does to the databases of a repository.

mod state;
mod words;

use crate::diagnostic::ObjectRef;
use crate::model::cluster::Cluster;
use crate::model::object::same_namespace;
use crate::project::Project;
use crate::text::Span;

pub use state::{ReplicaRole, State};

/// A repository before and after a change. Renderings that are switched off count in neither.
#[derive(Debug)]
pub struct Change {
    databases: Vec<DatabaseChange>,
}

/// One database before and after.
#[derive(Debug)]
pub struct DatabaseChange {
    /// What the base revision says; `None` for a new database.
    pub before: Option<State>,
    /// What it says now; `None` for one that is gone.
    pub after: Option<State>,
    /// The rendering that it is now.
    key: Option<RenderingKey>,
}

/// A rendering of a Cluster, told from all others of its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RenderingKey {
    build: usize,
    source: Span,
    object: ObjectRef,
}

impl RenderingKey {
    fn of(cluster: &Cluster) -> Self {
        Self {
            build: cluster.build,
            source: cluster.object.source(),
            object: cluster.object.reference(),
        }
    }
}

/// One rendering of one revision.
struct Rendering<'p> {
    cluster: &'p Cluster,
    project: &'p Project,
    taken: bool,
}

impl Rendering<'_> {
    fn directory(&self) -> &str {
        &self.project.build_of(self.cluster).directory
    }

    fn file(&self) -> &str {
        let source = self.cluster.object.source();
        &self.project.sources.file(source.file).name
    }
}

impl Change {
    /// Finds for each database of one revision the same one of the other: by name and namespace, then by its file, so
    /// that moves of files and new names are followed. Both are to be as applied, variables replaced.
    pub fn between(before: &Project, after: &Project) -> Self {
        let mut old = renderings(before);
        let mut new = renderings(after);
        let pairs = pair(&mut old, &mut new);
        let old_state = |at: usize| State::of(old[at].cluster, before);
        let mut databases = Vec::new();
        for (rendering, old) in std::iter::zip(&new, &pairs) {
            databases.push(DatabaseChange {
                before: old.map(old_state),
                after: Some(State::of(rendering.cluster, after)),
                key: Some(RenderingKey::of(rendering.cluster)),
            });
        }
        for (at, rendering) in old.iter().enumerate() {
            if !rendering.taken {
                databases.push(DatabaseChange {
                    before: Some(old_state(at)),
                    after: None,
                    key: None,
                });
            }
        }
        Self { databases }
    }

    /// The change of the database that this is a rendering of; `None` for renderings that are switched off.
    pub fn of(&self, cluster: &Cluster) -> Option<&DatabaseChange> {
        let key = RenderingKey::of(cluster);
        self.databases
            .iter()
            .find(|database| database.key.as_ref() == Some(&key))
    }

    /// Every database, those that are gone last.
    pub fn databases(&self) -> &[DatabaseChange] {
        &self.databases
    }

    /// What the change does to each database, one line for each that it does something to.
    pub fn in_words(&self) -> Vec<String> {
        words::lines(&self.databases)
    }
}

impl DatabaseChange {
    /// Both states, of a database that both revisions have.
    pub fn both(&self) -> Option<(&State, &State)> {
        Some((self.before.as_ref()?, self.after.as_ref()?))
    }
}

fn renderings(project: &Project) -> Vec<Rendering<'_>> {
    let clusters = project.clusters.iter();
    clusters
        .filter(|cluster| !project.is_dormant(cluster))
        .map(|cluster| Rendering {
            cluster,
            project,
            taken: false,
        })
        .collect()
}

type Same = fn(&Rendering<'_>, &Rendering<'_>) -> bool;

/// The ways in which renderings of two revisions are the same database, the surest first.
const WAYS: [Same; 5] = [
    |old, new| same_object(old, new) && old.directory() == new.directory() && same_file(old, new),
    |old, new| same_object(old, new) && old.directory() == new.directory(),
    same_object,
    |old, new| {
        old.cluster.name() == new.cluster.name()
            && same_namespace(
                old.cluster.object.namespace(),
                new.cluster.object.namespace(),
            )
    },
    |old, new| same_file(old, new),
];

fn same_object(old: &Rendering<'_>, new: &Rendering<'_>) -> bool {
    old.cluster.object.reference() == new.cluster.object.reference()
}

fn same_file(old: &Rendering<'_>, new: &Rendering<'_>) -> bool {
    old.file() == new.file()
}

/// For each new rendering the number of the old one. A way counts only where it leads from one to one.
fn pair(old: &mut [Rendering<'_>], new: &mut [Rendering<'_>]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; new.len()];
    for same in WAYS {
        for at in 0..new.len() {
            if new[at].taken {
                continue;
            }
            let mut fitting = (0..old.len()).filter(|o| !old[*o].taken && same(&old[*o], &new[at]));
            let (Some(only), None) = (fitting.next(), fitting.next()) else {
                continue;
            };
            let rivals = new.iter().filter(|new| !new.taken && same(&old[only], new));
            if rivals.count() == 1 {
                (old[only].taken, new[at].taken) = (true, true);
                pairs[at] = Some(only);
            }
        }
    }
    // One database that is now rendered in several places: each goes on from the one that was.
    for at in 0..new.len() {
        if !new[at].taken {
            let mut fitting = (0..old.len()).filter(|o| same_object(&old[*o], &new[at]));
            if let (Some(only), None) = (fitting.next(), fitting.next()) {
                old[only].taken = true;
                pairs[at] = Some(only);
            }
        }
    }
    pairs
}
