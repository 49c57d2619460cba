//! A new write lineage: the server name under which a database archives from now on.

use jiff::civil::Date;

use crate::model::archive::ArchiveRef;
use crate::model::cluster::Cluster;
use crate::project::Database;
use crate::text::Edit;
use crate::yaml::patch::{NewValue, insert_entry};
use crate::yaml::{Node, Origin};

use super::lineages::{Lineages, Occupancy};
use super::values::{self, Values};
use super::{Draft, Refusal};

/// How values that SOPS encrypted begin.
pub(super) const ENCRYPTED: &str = "ENC[";

/// What an archive holds under a server name beside the one the database uses.
pub type Probe<'a> = &'a dyn Fn(&ArchiveRef) -> Occupancy;

/// A write lineage and what it is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Where the database archives to now.
    pub from: String,
    /// Where it will.
    pub to: String,
    /// What the archive holds under the new name.
    pub occupancy: Occupancy,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// `--from`: where the database archives now.
    pub from: Option<&'a str>,
    /// `--to`: the new name.
    pub to: Option<&'a str>,
    /// `lineage.pattern` of the configuration.
    pub pattern: Option<&'a str>,
}

/// Chooses the next write lineage of a database, or judges the one that was asked for.
///
/// # Errors
/// When the database archives nowhere, or the name is in use or cannot be found.
pub fn choose(
    database: &Database<'_>,
    lineages: &Lineages,
    wish: Wish<'_>,
    today: Date,
    probe: Probe<'_>,
) -> Result<Choice, Refusal> {
    let title = database.title();
    let archive = database.archives_to().ok_or_else(|| Refusal::NoArchive {
        title: title.clone(),
    })?;
    let current = archive.server_name.value.clone();
    if let Some(asked) = wish.from.filter(|asked| *asked != current) {
        let asked = asked.to_owned();
        return Err(Refusal::OtherLineage {
            title,
            current,
            asked,
        });
    }
    choose_after(database, lineages, &archive, wish, today, probe)
}

/// Chooses a write lineage after this one, whatever `wish.from` says.
pub(super) fn choose_after(
    database: &Database<'_>,
    lineages: &Lineages,
    archive: &ArchiveRef,
    wish: Wish<'_>,
    today: Date,
    probe: Probe<'_>,
) -> Result<Choice, Refusal> {
    let current = archive.server_name.value.as_str();
    if current.starts_with(ENCRYPTED) {
        let place = archive.server_name.place.span;
        return Err(Refusal::Encrypted {
            place: database.project.sources.describe(place),
        });
    }
    let named = |name: &str| {
        let mut other = archive.clone();
        other.server_name.value = name.to_owned();
        other
    };
    let to = match wish.to {
        Some(asked) => {
            judge(database, lineages, asked)?;
            if probe(&named(asked)) == Occupancy::Occupied {
                return Err(Refusal::InUse {
                    name: asked.to_owned(),
                    place: "the archive is not empty there".to_owned(),
                });
            }
            asked.to_owned()
        }
        None => {
            let mut occupied = |name: &str| probe(&named(name)) == Occupancy::Occupied;
            let next = lineages.next(database, current, wish.pattern, today, &mut occupied)?;
            next.as_str().to_owned()
        }
    };
    Ok(Choice {
        from: current.to_owned(),
        occupancy: probe(&named(&to)),
        to,
    })
}

fn judge(database: &Database<'_>, lineages: &Lineages, asked: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if asked.is_empty() || !asked.chars().all(fits) || asked.starts_with(['-', '.']) {
        return Err(Refusal::BadName(asked.to_owned()));
    }
    match lineages.find(database.project, database, asked) {
        Some(place) => Err(Refusal::InUse {
            name: asked.to_owned(),
            place,
        }),
        None => Ok(()),
    }
}

/// Writes the new name into the draft, in every rendering that archives to the old one.
///
/// # Errors
/// When the value cannot be edited where it lives.
pub fn write(draft: &mut Draft<'_>, database: &Database<'_>, to: &str) -> Result<(), Refusal> {
    let project = database.project;
    let current = database
        .archives_to()
        .map(|archive| archive.server_name.value);
    let mut edits: Vec<Edit> = Vec::new();
    for cluster in &database.clusters {
        let own = cluster.archives_to(&project.stores);
        let own = own.map(|archive| database.resolved(archive).server_name.value);
        if own != current {
            continue;
        }
        for edit in in_rendering(database, cluster, to)? {
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    draft.edit(&project.sources, &edits)
}

/// The edits that make one rendering archive to `to`.
pub(super) fn in_rendering(
    database: &Database<'_>,
    cluster: &Cluster,
    to: &str,
) -> Result<Vec<Edit>, Refusal> {
    let path = write_path(cluster).ok_or_else(|| Refusal::NoArchive {
        title: database.title(),
    })?;
    let strings: Vec<&str> = path.iter().map(String::as_str).collect();
    if cluster.object.find(&strings).is_some() {
        return values::set(database, cluster, &Values::from([(path, to.to_owned())]));
    }
    let Some((key, parent)) = strings.split_last() else {
        return Ok(Vec::new());
    };
    let map = cluster.object.find(parent);
    let map = map.ok_or_else(|| Refusal::no_place(cluster, &path))?;
    inserted(database, map, key, to).map(|edit| vec![edit])
}

fn inserted(database: &Database<'_>, map: &Node, key: &str, to: &str) -> Result<Edit, Refusal> {
    let project = database.project;
    let span = map.span();
    if !matches!(map.origin, Origin::Read(_)) {
        let place = project.sources.describe(span);
        return Err(Refusal::Made { place });
    }
    let source = &project.sources.file(span.file).text;
    let value = NewValue::Scalar(to.to_owned());
    let edit = insert_entry(source, map, Some("barmanObjectName"), key, &value)
        .or_else(|_| insert_entry(source, map, None, key, &value));
    edit.map_err(|error| Refusal::patch(project, span, &error))
}

/// The path of the server name that a rendering archives under, written or not.
pub(super) fn write_path(cluster: &Cluster) -> Option<Vec<String>> {
    let owned = |path: Vec<&str>| path.into_iter().map(str::to_owned).collect();
    if let Some(plugin) = cluster
        .barman_plugin()
        .filter(|plugin| plugin.object_store.is_some())
    {
        return Some(owned(plugin.parameter_path("serverName")));
    }
    cluster
        .in_tree
        .then(|| owned(vec!["spec", "backup", "barmanObjectStore", "serverName"]))
}
