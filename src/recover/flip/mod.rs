//! From one bootstrap to the other, by the switch that the repository has.
//!
//! Every way to edit a switch is a [`Candidate`]: made in memory, rendered, and kept when the database then has the
//! bootstrap that was asked for. Exactly one must remain.

mod block;
mod label;
mod lines;
mod overlay;
mod proof;
mod refusal;
mod sheet;
mod suspend;

use std::path::PathBuf;

use crate::model::cluster::{Cluster, Method};
use crate::model::identity::Identity;
use crate::project::{Database, Project};
use crate::text::Edit;
use crate::yaml::patch::PatchError;

use super::{Draft, Scope};
use sheet::Sheet;

pub use proof::{Run, prove};
pub use refusal::FlipRefusal;

/// Most candidates of one kind that are rendered.
const MOST_TRIED: usize = 200;

/// A change that gives a database the bootstrap that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip {
    /// What is done, in words.
    pub title: String,
    /// The edits, on the texts of the project they were planned on.
    pub edits: Vec<Edit>,
    /// What people should know before they apply it.
    pub notes: Vec<String>,
}

/// One way to edit a switch.
#[derive(Debug, Clone)]
struct Candidate {
    title: String,
    edits: Vec<Edit>,
    /// Why the text cannot be edited so.
    refused: Option<PatchError>,
}

impl Candidate {
    fn of(title: String, done: Result<(), PatchError>, sheet: &Sheet) -> Self {
        Self {
            title,
            edits: sheet.edit().into_iter().collect(),
            refused: done.err(),
        }
    }
}

/// Plans the flip of a database of the draft; `None` when it has this bootstrap already.
///
/// `database` is one of `draft.project()`. The plan is rendered, but not yet proved for the whole repository:
/// see [`prove`].
///
/// # Errors
/// When nothing switches the bootstrap, several things do, or the result would be something else.
pub fn plan(
    draft: &Draft<'_>,
    database: &Database<'_>,
    wanted: Method,
) -> Result<Option<Flip>, FlipRefusal> {
    if is(database, wanted) {
        return Ok(None);
    }
    if let Some(planned) = by_label(draft, database, wanted) {
        return planned.map(Some);
    }
    let mut why: Vec<String> = Vec::new();
    for way in ways(draft, database, wanted) {
        let mut fitting: Vec<(Candidate, Flip)> = Vec::new();
        for candidate in (way.candidates)().into_iter().take(MOST_TRIED) {
            if let Some(error) = candidate.refused {
                why.push(format!("{}: {error}", candidate.title));
                continue;
            }
            match tried(draft, database, wanted, way.explicit, &candidate) {
                Some(flip) => fitting.push((candidate, flip)),
                None if !way.guess => why.push(format!(
                    "{}: the Cluster would not get bootstrap.{}",
                    candidate.title,
                    wanted.key()
                )),
                None => {}
            }
        }
        fitting.dedup_by(|(one, _), (other, _)| one.edits == other.edits);
        match fitting.len() {
            0 => {}
            1 => return Ok(fitting.pop().map(|(_, flip)| flip)),
            _ => {
                return Err(FlipRefusal::Ambiguous {
                    title: database.title(),
                    wanted,
                    candidates: fitting.into_iter().map(|(own, _)| own.title).collect(),
                });
            }
        }
    }
    Err(FlipRefusal::NoSwitch {
        title: database.title(),
        wanted,
        why,
    })
}

/// The file with a label that lets Flux replace the bootstrap of all Clusters of the database's Kustomization.
pub(super) fn replaced_by_flux(database: &Database<'_>) -> Option<String> {
    let place = database.delivery.as_ref()?.place;
    let label = label::find(database).filter(|label| label.on);
    label.map(|_| database.project.sources.file(place.file).name.clone())
}

/// Whether other Flux Kustomizations than its own, or labels, may decide on the bootstrap of a database.
pub(super) fn is_decided_above(database: &Database<'_>) -> bool {
    let applied = database
        .clusters
        .iter()
        .filter_map(|cluster| database.project.flux_of(cluster));
    let mut applied = applied.map(|own| own.applied_by.is_some() || own.flag("suspend").is_some());
    applied.any(|above| above) || label::find(database).is_some()
}

/// The flip of the label in its Flux Kustomization, where there is one that does.
fn by_label(
    draft: &Draft<'_>,
    database: &Database<'_>,
    wanted: Method,
) -> Option<Result<Flip, FlipRefusal>> {
    let label = label::find(database)?;
    let all = |method| database.live().iter().all(|own| has(own, method));
    // Where the chain above is at hand, a label that is on shows in the rendered Cluster.
    let shows = label.on && all(label.method);
    let fits = if label.on {
        shows || all(wanted)
    } else {
        label.method == wanted
    };
    if !fits {
        return None;
    }
    let refused = |error: &PatchError| FlipRefusal::NoSwitch {
        title: database.title(),
        wanted,
        why: vec![format!("the label in its Flux Kustomization: {error}")],
    };
    let flip = match label.flip(database, shows) {
        Ok(flip) => flip,
        Err(error) => return Some(Err(refused(&error))),
    };
    if !shows {
        return Some(Ok(flip));
    }
    let candidate = Candidate {
        title: flip.title,
        edits: flip.edits,
        refused: None,
    };
    tried(draft, database, wanted, true, &candidate).map(Ok)
}

/// Whether the database has this bootstrap, as rendered or by a patch that Flux applies on top.
fn is(database: &Database<'_>, wanted: Method) -> bool {
    match label::find(database).filter(|label| label.on) {
        Some(label) => label.method == wanted,
        None => database.live().iter().all(|own| has(own, wanted)),
    }
}

/// Whether a rendering has this bootstrap; without one the operator makes a new, empty database.
fn has(cluster: &Cluster, wanted: Method) -> bool {
    let own = cluster.methods.as_slice();
    own == [wanted] || (wanted == Method::Initdb && block::is_default(cluster))
}

/// A kind of switch.
struct Way<'w> {
    candidates: Source<'w>,
    /// Whether the bootstrap must be written out, and not be what the operator does without any.
    explicit: bool,
    /// Whether a candidate that does not do is no surprise, and not worth a word.
    guess: bool,
}

type Source<'w> = Box<dyn Fn() -> Vec<Candidate> + 'w>;

/// The kinds of switches, the plainest first.
fn ways<'w>(draft: &'w Draft<'_>, database: &'w Database<'_>, wanted: Method) -> Vec<Way<'w>> {
    let project = database.project;
    let of_switches = move || {
        let sources: Vec<_> = database
            .clusters
            .iter()
            .map(|cluster| cluster.object.source())
            .collect();
        let own = project.switches.iter();
        own.filter(|switch| sources.contains(&switch.base))
            .flat_map(|switch| lines::of_switch(project, switch, wanted))
            .collect()
    };
    let of_lines = move |swaps: bool| -> Vec<Candidate> {
        lines::kustomizations(database)
            .into_iter()
            .flat_map(|file| {
                let (single, pairs) = lines::of_kustomization(project, file);
                if swaps { pairs } else { single }
            })
            .filter(|candidate| candidate.refused.is_none())
            .collect()
    };
    let plain = |candidates| Way {
        candidates,
        explicit: true,
        guess: false,
    };
    let guess = |explicit, candidates| Way {
        candidates,
        explicit,
        guess: true,
    };
    let mut ways = vec![
        plain(Box::new(of_switches) as Source<'w>),
        plain(Box::new(move || {
            suspend::candidates(database, draft.top(), wanted)
        })),
        plain(Box::new(move || {
            overlay::of_variables(database, draft.top(), wanted)
        })),
        plain(Box::new(move || {
            overlay::candidates(database, draft.top(), wanted)
        })),
        plain(Box::new(move || block::candidates(database, wanted))),
        guess(true, Box::new(move || of_lines(false)) as Source<'w>),
        guess(true, Box::new(move || of_lines(true))),
    ];
    if wanted == Method::Initdb {
        ways.push(guess(false, Box::new(move || of_lines(false))));
        ways.push(guess(false, Box::new(move || block::without(database))));
    }
    ways
}

/// The flip, if the candidate gives the database the bootstrap that was asked for.
fn tried(
    draft: &Draft<'_>,
    database: &Database<'_>,
    wanted: Method,
    explicit: bool,
    candidate: &Candidate,
) -> Option<Flip> {
    let project = database.project;
    let mut changed = Draft::new(draft, draft.top(), &draft.files());
    changed.edit(&project.sources, &candidate.edits).ok()?;
    let own = database
        .live()
        .first()
        .map(|cluster| identity(project, cluster))?;
    let mut scope = Scope::of(database, draft.top());
    for edit in &candidate.edits {
        scope.add(project.sources.file(edit.span.file).path.clone());
    }
    let (mut before, mut after) = (draft.part(&scope), changed.part(&scope));
    // What a part of the repository does not show, such as how it is applied, may matter.
    if !in_use(&before).contains(&own) {
        (before, after) = (draft.project(), changed.project());
    }
    if after.failures.len() > before.failures.len() || after.broken.len() > before.broken.len() {
        return None;
    }
    let new = successor(own, &before, &after)?;
    let live: Vec<&Cluster> = after
        .clusters
        .iter()
        .filter(|cluster| identity(&after, cluster) == new && !after.is_dormant(cluster))
        .collect();
    let fits = live
        .iter()
        .all(|cluster| has(cluster, wanted) && !(explicit && block::is_default(cluster)));
    let fits = fits && !live.is_empty();
    fits.then(|| Flip {
        title: candidate.title.clone(),
        edits: candidate.edits.clone(),
        notes: notes(database, &live, wanted),
    })
}

/// The name and source file of a Cluster, which tell it in another state of the repository.
type Known = (Option<String>, String, PathBuf);

fn identity(project: &Project, cluster: &Cluster) -> Known {
    let path = &project.sources.file(cluster.object.source().file).path;
    (
        cluster.object.namespace().map(str::to_owned),
        cluster.name().to_owned(),
        path.clone(),
    )
}

/// The Clusters of the overlays in use.
fn in_use(project: &Project) -> Vec<Known> {
    let used = project.clusters.iter();
    let mut all: Vec<Known> = used
        .filter(|cluster| !project.is_dormant(cluster))
        .map(|cluster| identity(project, cluster))
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The database in the changed repository: itself, or the only other generation that takes its place.
fn successor(own: Known, before: &Project, after: &Project) -> Option<Known> {
    let (old, new) = (in_use(before), in_use(after));
    if new.contains(&own) {
        return Some(own);
    }
    let mut added = new.into_iter().filter(|known| !old.contains(known));
    let first = added.next()?;
    added.next().is_none().then_some(first)
}

fn notes(database: &Database<'_>, after: &[&Cluster], wanted: Method) -> Vec<String> {
    let mut notes = Vec::new();
    let (Some(old), Some(new)) = (database.live().first().copied(), after.first().copied()) else {
        return notes;
    };
    if new.name() != old.name() {
        notes.push(format!(
            "the Cluster is called `{}` from now on, not `{}`: its Services change their names too",
            new.name(),
            old.name()
        ));
    }
    if new.methods.is_empty() {
        notes.push(
            "no bootstrap is left: a Cluster that is created anew gets an empty database `app`"
                .to_owned(),
        );
    }
    if let Some(method) = old.methods.first().filter(|own| **own != wanted) {
        notes.extend(differences(
            &Identity::of(old, *method),
            &Identity::of(new, wanted),
        ));
    }
    if wanted != Method::Recovery && new.skips_empty_archive_check() {
        notes.push(
            "`cnpg.io/skipEmptyWalArchiveCheck` stays on: a Cluster that is created anew would write into the old lineage unchecked"
                .to_owned(),
        );
    }
    notes
}

/// What the bootstraps do not agree on.
fn differences(old: &Identity, new: &Identity) -> Vec<String> {
    let secret = |own: &Identity| {
        own.secret
            .as_ref()
            .map_or("(none)".to_owned(), |name| name.value.clone())
    };
    let pairs = [
        (
            "database",
            old.database.value.clone(),
            new.database.value.clone(),
        ),
        ("owner", old.owner.value.clone(), new.owner.value.clone()),
        ("secret", secret(old), secret(new)),
    ];
    pairs
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(what, old, new)| {
            format!("the bootstraps differ: {what} is `{old}` before and `{new}` afterwards")
        })
        .collect()
}
