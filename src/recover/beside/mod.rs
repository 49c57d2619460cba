//! A recovery beside the live database: a second Cluster with a name and a write lineage of its own. The live one stays
//! as it is, and so do its archive and its consumers.
//!
//! An ObjectStore of its own is not needed: the server name alone tells lineages in one store apart.

mod manifest;
mod wiring;

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::model::archive::ArchiveRef;
use crate::model::cluster::{Cluster, LONGEST_NAME, Method};
use crate::model::identity::Identity;
use crate::model::object::{is_label, same_namespace};
use crate::project::{Database, Project};
use crate::text::normalized;
use crate::yaml::patch::set_scalar;

use super::bootstrap::{self, Recovery};
use super::difference::{self, Allowed};
use super::lineages::Lineages;
use super::plan::{self, Plan, Request};
use super::sight::{Sight, occupancy};
use super::workbench::Workbench;
use super::{Draft, KUSTOMIZATIONS, Refusal, Scope, base_backup, bump, flip};

use manifest::Copy;
use wiring::Place;

/// Plans the recovery of a database into a second Cluster called `name` and writes it into the draft.
///
/// # Errors
/// When it cannot be planned, the name is taken, or the Cluster cannot be made part of what renders the live one; the
/// draft is of no use then.
pub fn plan(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    lineages: &Lineages,
    request: &Request<'_>,
    name: &str,
    sight: &dyn Sight,
) -> Result<Plan, Refusal> {
    plan::refuse_target(request)?;
    refuse_name(database, name)?;
    let live = only_rendering(database)?;
    let own = database.archives_to().ok_or_else(|| Refusal::NoArchive {
        title: database.title(),
    })?;
    let source = source(database, &own, request);
    // The pattern of names asks for the name of the Cluster that archives.
    let mut second = database.clone();
    name.clone_into(&mut second.name);
    let probe = |archive: &ArchiveRef| occupancy(sight, archive);
    let choice = bump::choose_after(&second, lineages, &own, request.wish, request.today, &probe)?;
    let mut notes = Vec::new();
    let recovery = Recovery {
        source: source.server_name.value.clone(),
        write: choice.to.clone(),
        before: own.server_name.value.clone(),
        target: request.target.clone(),
        timeline: request.timeline,
        backup_id: base_backup::named(request, &source, sight, &mut notes)?,
        identity: plan::identity(database).or_else(|| recovered_identity(live)),
    };
    let plain = unchanged_by_flux(draft, database, live);
    let form = plain
        .as_ref()
        .and_then(|plain| of_source(plain, database, live));
    let form = (live, form.unwrap_or(live));
    let copy = Copy::of(database, form, name, &choice.to, &source)?;
    let place = wiring::place(database, live, draft.top())?;
    let file = place.file(name);
    draft.create(&file, copy.text(database, &recovery)?)?;
    place.list(draft, database.project, &file)?;
    let mut scope = Scope::of(database, draft.top());
    if !place.is_listed() {
        scope.add(file.clone());
    }
    rename(draft, &scope, &place, &file, name)?;
    let project = draft.part(&scope);
    let config = Config::default();
    let all = project.all_databases(&config);
    let (added, cluster) = rendered(&all, &file).ok_or_else(|| place.ignored(name, &project))?;
    bootstrap::complete(&mut Workbench::new(draft, added, cluster), &recovery)?;
    notes.extend(copy.notes);
    if recovery.identity.is_none() {
        notes.push(format!(
            "{} says nowhere with which database and owner it was made: after the recovery the application's are `app`",
            database.title()
        ));
    }
    notes.push(format!(
        "no ScheduledBackup is for `{name}`: write one when its consumers switch"
    ));
    let mut write = own;
    write.server_name.value = choice.to;
    Ok(Plan {
        title: database.title(),
        source,
        write,
        before: choice.from,
        occupancy: choice.occupancy,
        going_on: false,
        beside: Some(name.to_owned()),
        generation: None,
        directory: database.directory().to_owned(),
        overlay: None,
        target: recovery.target,
        timeline: recovery.timeline,
        backup_id: recovery.backup_id,
        notes,
    })
}

pub(super) fn refuse_name(database: &Database<'_>, name: &str) -> Result<(), Refusal> {
    if !is_label(name, LONGEST_NAME) {
        return Err(Refusal::BadClusterName {
            name: name.to_owned(),
            longest: LONGEST_NAME,
        });
    }
    let project = database.project;
    let namespace = database.namespace.as_deref();
    let config = Config::default();
    let all = project.all_databases(&config);
    let taken = all
        .iter()
        .find(|other| other.name == name && may_be_same(other.namespace.as_deref(), namespace));
    match taken {
        None => Ok(()),
        Some(other) => Err(Refusal::ClusterExists {
            title: other.title(),
            place: other.clusters.first().map_or_else(String::new, |own| {
                project.sources.describe(own.object.source())
            }),
        }),
    }
}

/// A namespace that nobody tells may be any.
fn may_be_same(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || same_namespace(one, other)
}

/// The rendering in use, which the second Cluster is a copy of.
fn only_rendering<'p>(database: &Database<'p>) -> Result<&'p Cluster, Refusal> {
    let title = || database.title();
    if let Some(file) = flip::replaced_by_flux(database) {
        return Err(Refusal::Replaced {
            title: title(),
            file,
        });
    }
    match database.live().as_slice() {
        [only] if only.is_replica() => Err(Refusal::Replica { title: title() }),
        [only] => Ok(only),
        [] => Err(Refusal::NoArchive { title: title() }),
        several => Err(Refusal::SeveralBuilds {
            title: title(),
            builds: several
                .iter()
                .map(|own| database.project.build_of(own).directory.clone())
                .collect(),
        }),
    }
}

/// The build of the live Cluster before Flux adds to it, which it does to the copy too.
fn unchanged_by_flux(
    draft: &Draft<'_>,
    database: &Database<'_>,
    live: &Cluster,
) -> Option<Project> {
    let project = database.project;
    project.flux_of(live)?;
    let mut scope = Scope::default();
    let directory = draft.top().join(&project.build_of(live).directory);
    let file = KUSTOMIZATIONS.iter().find_map(|name| {
        let file = project.sources.find(&normalized(&directory.join(name)))?;
        Some(project.sources.file(file).path.clone())
    });
    scope.add(file?);
    Some(draft.part(&scope))
}

/// The only Cluster that another state of the repository makes of the same document, where Flux took nothing away.
fn of_source<'p>(
    plain: &'p Project,
    database: &Database<'_>,
    live: &Cluster,
) -> Option<&'p Cluster> {
    let path = |project: &Project, cluster: &Cluster| {
        let source = cluster.object.source();
        let file = project.sources.file(source.file);
        (file.path.clone(), source.start)
    };
    let own = path(database.project, live);
    let mut found = plain
        .clusters
        .iter()
        .filter(|cluster| path(plain, cluster) == own);
    let only = found.next().filter(|_| found.next().is_none())?;
    let same = bump::write_path(only).is_some() && only.methods.len() < 2;
    same.then_some(only)
}

/// The archive to read from: that of the live Cluster, unless another one is asked for.
fn source(database: &Database<'_>, own: &ArchiveRef, request: &Request<'_>) -> ArchiveRef {
    let Some(asked) = request.wish.from else {
        return own.clone();
    };
    let earlier = database.recovers_from();
    earlier
        .filter(|earlier| earlier.server_name.value == asked)
        .unwrap_or_else(|| {
            let mut other = own.clone();
            asked.clone_into(&mut other.server_name.value);
            other
        })
}

/// What a Cluster that was recovered itself says.
fn recovered_identity(live: &Cluster) -> Option<Identity> {
    live.recovery("database")
        .map(|_| Identity::of(live, Method::Recovery))
}

/// The database whose Cluster stands in this file.
pub(super) fn rendered<'d, 'p>(
    all: &'d [Database<'p>],
    file: &Path,
) -> Option<(&'d Database<'p>, &'p Cluster)> {
    all.iter().find_map(|database| {
        let sources = &database.project.sources;
        let own = database
            .clusters
            .iter()
            .find(|cluster| sources.file(cluster.object.source().file).path == file);
        own.map(|cluster| (database, *cluster))
    })
}

/// Where the kustomization adds something to names, the manifest leaves that out.
fn rename(
    draft: &mut Draft<'_>,
    scope: &Scope,
    place: &Place,
    file: &Path,
    name: &str,
) -> Result<(), Refusal> {
    let project = draft.part(scope);
    let config = Config::default();
    let all = project.all_databases(&config);
    let (_, cluster) = rendered(&all, file).ok_or_else(|| place.ignored(name, &project))?;
    let called = cluster.name();
    if called == name {
        return Ok(());
    }
    let other = || place.fails(name, format!("there it would be called `{called}`"));
    let (front, back) = called.split_once(name).ok_or_else(other)?;
    let inner = name
        .strip_prefix(front)
        .and_then(|rest| rest.strip_suffix(back));
    let inner = inner.filter(|inner| !inner.is_empty()).ok_or_else(other)?;
    let source = cluster.object.source().file;
    let parsed = project.parsed.get(&source).map(|parsed| parsed.as_ref());
    let written = match parsed {
        Some(Ok(documents)) => documents
            .first()
            .and_then(|own| own.root.at(&["metadata", "name"])),
        _ => None,
    };
    let written = written.ok_or_else(other)?;
    let text = &project.sources.file(source).text;
    let edit = set_scalar(text, written, inner)
        .map_err(|error| Refusal::patch(&project, written.span(), &error))?;
    draft.edit(&project.sources, &[edit])
}

/// The findings before the change, and those that a copy of the live Cluster has to have too.
pub fn known(before: &[Diagnostic], database: &Database<'_>, plan: &Plan) -> Vec<Diagnostic> {
    let mut known = before.to_vec();
    let Some(name) = plan.beside.as_deref().or(plan.generation.as_deref()) else {
        return known;
    };
    let live = database.live();
    let own: Vec<_> = live.iter().map(|own| own.object.reference()).collect();
    let of_live = before.iter().filter(|found| {
        let object = found.object.as_ref();
        object.is_some_and(|object| own.contains(object))
    });
    known.extend(of_live.cloned().map(|mut found| {
        if let Some(object) = &mut found.object {
            name.clone_into(&mut object.name);
        }
        found
    }));
    known
}

/// Proves that a draft adds this Cluster, a copy of the live one that recovers as planned, and does nothing else.
///
/// # Errors
/// When it changes more, or the new Cluster would be another one.
pub fn verify(
    database: &Database<'_>,
    plan: &Plan,
    after: &Project,
    config: &Config,
) -> Result<(), Refusal> {
    let Some(name) = plan.beside.as_deref() else {
        return Ok(());
    };
    let before = database.project;
    let title = match &database.namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    };
    let allowed = Allowed {
        databases: std::slice::from_ref(&title),
        namesakes: &BTreeSet::new(),
        field: &|_, _| true,
        object: &|_| false,
    };
    let old = difference::renderings(before, config);
    difference::compare(old, before, after, config, &allowed)?;
    let unplanned = |differences: Vec<String>| Refusal::Unplanned { differences };
    let all = after.all_databases(config);
    let found = all.iter().find(|own| own.title() == title);
    let found = found.ok_or_else(|| unplanned(vec![format!("no build would render {title}")]))?;
    let [cluster] = found.clusters.as_slice() else {
        let directories = found.clusters.iter();
        let directories = directories.map(|own| after.build_of(own).directory.as_str());
        let directories: Vec<&str> = directories.collect();
        return Err(unplanned(vec![format!(
            "{title} would be rendered in {}",
            directories.join(" and ")
        )]));
    };
    let live = only_rendering(database)?;
    let copy = Copy::of(
        database,
        (live, live),
        name,
        &plan.write.server_name.value,
        &plan.source,
    )?;
    let mut differences = copy.unlike(found, cluster);
    let archives = [
        ("archive to", found.archives_to(), &plan.write),
        ("recover from", found.recovers_from(), &plan.source),
    ];
    for (verb, own, wanted) in archives {
        let same = own.as_ref().is_some_and(|own| {
            own.server_name.value == wanted.server_name.value
                && own.same_store(wanted) != Some(false)
        });
        if !same {
            let own = own.map_or(String::new(), |own| own.server_name.value);
            let wanted = &wanted.server_name.value;
            differences.push(format!("{title} would {verb} `{own}`, not `{wanted}`"));
        }
    }
    if cluster.methods != [Method::Recovery] || after.is_dormant(cluster) {
        differences.push(format!("{title} would not recover"));
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(unplanned(differences))
    }
}
