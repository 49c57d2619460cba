//! One file for each generation of a database: a recovery is a new file, and the kustomization lists it instead.
//!
//! The Cluster of each generation is called as the lineage it writes. The file is a copy of the one in use, so that
//! comments and everything that people set stay; whoever names the Cluster in the same repository is told or edited.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::model::archive::ArchiveRef;
use crate::model::backup::ClusterUser;
use crate::model::cluster::Cluster;
use crate::project::{Database, Project};
use crate::text::edit::apply;
use crate::text::{Edit, FileId, normalized};
use crate::yaml::patch::{NewValue, comment_item, commented_items, insert_item, set_scalar};
use crate::yaml::{Kind, Node, Origin};

use super::bootstrap::{self, Recovery};
use super::draft::KUSTOMIZATIONS;
use super::lineage_log::{self, Event};
use super::plan::Placed;
use super::workbench::Workbench;
use super::{Draft, Refusal, Scope, beside};

/// The label by which the operator marks what belongs to a Cluster. Source: CNPG `pkg/utils/labels_annotations.go`.
const CLUSTER_LABEL: &str = "cnpg.io/cluster";

/// Most places of a name that a note lists: as many as people read.
const MOST_PLACES: usize = 5;

/// Where the generations of a database stand.
pub(super) struct Layout {
    kustomization: FileId,
    /// The item of the generation in use.
    index: usize,
    /// The file of the generation in use.
    file: FileId,
    /// What all their names begin with.
    stem: String,
}

/// The layout of a database, where a kustomization lists the file of its Cluster and keeps another generation in a
/// comment.
pub(super) fn layout(database: &Database<'_>, own: &ArchiveRef) -> Option<Layout> {
    let project = database.project;
    let [live] = database.clusters.as_slice() else {
        return None;
    };
    if database.resolve(live.name()) != own.server_name.value || live.name().contains("${") {
        return None;
    }
    let file = live.object.source().file;
    only_cluster(project, file)?;
    let directory = project.sources.file(file).path.parent()?;
    let mut names = KUSTOMIZATIONS.iter();
    let kustomization = names.find_map(|name| project.sources.find(&directory.join(name)))?;
    let list = resources(project, kustomization)?;
    let named = |node: &Node| {
        project
            .sources
            .find(&normalized(&directory.join(node.text()?)))
    };
    let mut items = list.as_sequence()?.iter();
    let index = items.position(|item| named(item) == Some(file))?;
    let stem = stem(live.name());
    let text = &project.sources.file(kustomization).text;
    let commented = commented_items(text, list).ok()?;
    let mut others = commented
        .iter()
        .filter_map(|item| only_cluster(project, named(&item.value)?));
    let is_generation = |name: &str| name != live.name() && self::stem(name) == stem;
    others.any(is_generation).then(|| Layout {
        kustomization,
        index,
        file,
        stem: stem.to_owned(),
    })
}

/// The name of the Cluster that a file holds and nothing beside it.
fn only_cluster(project: &Project, file: FileId) -> Option<&str> {
    let documents = project.parsed.get(&file)?.as_ref().as_ref().ok()?;
    let [only] = documents.as_slice() else {
        return None;
    };
    let text = |path: &[&str]| only.root.at(path).and_then(Node::text);
    let is_cluster = text(&["kind"]) == Some("Cluster")
        && text(&["apiVersion"]).is_some_and(|own| own.starts_with("postgresql.cnpg.io/"));
    text(&["metadata", "name"]).filter(|_| is_cluster)
}

fn resources(project: &Project, kustomization: FileId) -> Option<&Node> {
    let documents = project.parsed.get(&kustomization)?.as_ref().as_ref().ok()?;
    documents.first()?.root.get("resources")
}

/// A name without its counter: `shop` of `shop-v3` and of `shop`.
fn stem(name: &str) -> &str {
    let Some((front, last)) = name.rsplit_once('-') else {
        return name;
    };
    let digits = last.strip_prefix('v').unwrap_or(last);
    let is_counter = !digits.is_empty() && digits.bytes().all(|own| own.is_ascii_digit());
    if is_counter { front } else { name }
}

/// Adds the generation that recovers as planned, and takes the one in use out.
///
/// # Errors
/// When its name is taken, or a value cannot be edited where it lives; the draft is of no use then.
pub(super) fn add(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    layout: &Layout,
    recovery: &Recovery,
    event: &Event<'_>,
) -> Result<Placed, Refusal> {
    let project = database.project;
    let name = recovery.write.as_str();
    beside::refuse_name(database, name)?;
    let path = file_of(project, layout, name);
    draft.create(&path, renamed(database, layout, name)?)?;
    list(draft, database, layout, &path)?;
    let users: Vec<&ClusterUser> = users(project, database).collect();
    draft.edit(&project.sources, &followed(project, &users, name)?)?;
    let scope = Scope::of(database, draft.top());
    let part = draft.part(&scope);
    let config = Config::default();
    let all = part.all_databases(&config);
    let not_built = || Refusal::Unplanned {
        differences: vec![format!("no build would render {name}")],
    };
    let (added, cluster) = beside::rendered(&all, &path).ok_or_else(not_built)?;
    let mut bench = Workbench::new(draft, added, cluster);
    bootstrap::complete(&mut bench, recovery)?;
    lineage_log::note(&mut bench, event)?;
    Ok(Placed {
        directory: bench.directory().to_owned(),
        overlay: None,
        generation: Some(name.to_owned()),
        notes: notes(database, &users, name),
    })
}

/// The file of the new generation, beside that of the one in use.
fn file_of(project: &Project, layout: &Layout, name: &str) -> PathBuf {
    let own = &project.sources.file(layout.file).path;
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let (front, extension) = (part(own.file_stem()), part(own.extension()));
    let old = only_cluster(project, layout.file).unwrap_or_default();
    let counter = |name: &str| name.strip_prefix(&layout.stem).map(str::to_owned);
    let front = match counter(old).filter(|counter| !counter.is_empty()) {
        Some(counter) => front.strip_suffix(&counter).unwrap_or(&front).to_owned(),
        None => front,
    };
    let new = counter(name).unwrap_or_else(|| format!("-{name}"));
    own.with_file_name(format!("{front}{new}.{extension}"))
}

/// The text of the generation in use with another name.
fn renamed(database: &Database<'_>, layout: &Layout, name: &str) -> Result<String, Refusal> {
    let project = database.project;
    let source = project.sources.file(layout.file);
    let documents = project.parsed.get(&layout.file).map(|own| own.as_ref());
    let root = match documents {
        Some(Ok(documents)) => documents.first().map(|document| &document.root),
        _ => None,
    };
    let places = root.map(|root| {
        let mut found: Vec<&Node> = root.at(&["metadata", "name"]).into_iter().collect();
        labels(root, &database.name, &mut found);
        found
    });
    let mut edits: Vec<Edit> = Vec::new();
    for place in places.unwrap_or_default() {
        let edit = set_scalar(&source.text, place, name);
        let edit = edit.map_err(|error| Refusal::patch(project, place.span(), &error))?;
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    apply(&source.text, &edits).map_err(|_| Refusal::Entangled {
        place: source.name.clone(),
    })
}

/// Selectors of the Cluster's own pods, as in topology spread constraints.
fn labels<'n>(node: &'n Node, name: &str, found: &mut Vec<&'n Node>) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| labels(item, name, found)),
        Kind::Mapping(entries) => {
            for entry in entries {
                let is_label = entry.key.text() == Some(CLUSTER_LABEL);
                if is_label && entry.value.text() == Some(name) {
                    found.push(&entry.value);
                }
                labels(&entry.value, name, found);
            }
        }
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
}

/// Lists the new file behind the one in use, and comments that one out.
fn list(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    layout: &Layout,
    path: &Path,
) -> Result<(), Refusal> {
    let top = database.project;
    let own = &top.sources.file(layout.kustomization).path;
    let file_name = |path: &Path| {
        path.file_name()
            .map(|own| own.to_string_lossy().into_owned())
    };
    let old = file_name(&top.sources.file(layout.file).path).unwrap_or_default();
    let new = file_name(path).unwrap_or_default();
    let mut scope = Scope::of(database, draft.top());
    scope.add(own.clone());
    for adds in [true, false] {
        let project = draft.part(&scope);
        let missing = || Refusal::Unplanned {
            differences: vec![format!("{} cannot be read any more", own.display())],
        };
        let file = project.sources.find(own).ok_or_else(missing)?;
        let list = resources(&project, file).ok_or_else(missing)?;
        let text = &project.sources.file(file).text;
        let edit = if adds {
            let items = list.as_sequence().unwrap_or_default();
            let written = items.get(layout.index).and_then(Node::text);
            let item = written.unwrap_or(&old).replace(&old, &new);
            insert_item(text, list, Some(layout.index), &NewValue::Scalar(item))
        } else {
            comment_item(text, list, layout.index)
        };
        let edit = edit.map_err(|error| Refusal::patch(&project, list.span(), &error))?;
        draft.edit(&project.sources, &[edit])?;
    }
    Ok(())
}

/// The objects that belong to the Cluster.
pub(super) fn users<'p>(
    project: &'p Project,
    database: &Database<'_>,
) -> impl Iterator<Item = &'p ClusterUser> {
    let live: Vec<(Option<String>, String)> = database
        .clusters
        .iter()
        .map(|own: &&Cluster| {
            let namespace = own.object.namespace().map(str::to_owned);
            (namespace, own.name().to_owned())
        })
        .collect();
    let all = project.schedules.iter().chain(&project.backups);
    let all = all.chain(&project.poolers);
    all.chain(&project.database_objects).filter(move |user| {
        let mut live = live.iter();
        live.any(|(namespace, name)| user.belongs_to(namespace.as_deref(), name))
    })
}

/// The edits that let the objects name the new Cluster.
fn followed(project: &Project, users: &[&ClusterUser], name: &str) -> Result<Vec<Edit>, Refusal> {
    let mut edits: Vec<Edit> = Vec::new();
    for user in users {
        let Some(node) = user.object.find(&["spec", "cluster", "name"]) else {
            continue;
        };
        if !matches!(node.origin, Origin::Read(_)) {
            let place = project.sources.describe(node.span());
            return Err(Refusal::Made { place });
        }
        let source = &project.sources.file(node.span().file).text;
        let edit = set_scalar(source, node, name);
        let edit = edit.map_err(|error| Refusal::patch(project, node.span(), &error))?;
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    Ok(edits)
}

fn notes(database: &Database<'_>, users: &[&ClusterUser], name: &str) -> Vec<String> {
    let old = &database.name;
    let mut notes = vec![format!(
        "the Cluster is called `{name}` from now on, not `{old}`: its Services and secrets change their names too"
    )];
    // One that shares its own name with that of the Cluster is another object from now on.
    let keeps_name = |user: &&&ClusterUser| {
        let cluster = user.cluster.as_ref();
        cluster.is_some_and(|cluster| cluster.span != user.object.name.span)
    };
    let mut named: Vec<String> = users
        .iter()
        .filter(keeps_name)
        .map(|user| format!("{} `{}`", user.object.kind, user.object.name.value))
        .collect();
    named.sort();
    named.dedup();
    if !named.is_empty() {
        notes.push(format!(
            "these name `{name}` now, which the operator refuses for objects that are there: delete them before the sync: {}",
            named.join(", ")
        ));
    }
    let places = mentions(database);
    if let Some(first) = places.get(..places.len().min(MOST_PLACES))
        && !first.is_empty()
    {
        let more = match places.len() - first.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        notes.push(format!(
            "`{old}` is named in {}{more}: look whether that is to be `{name}`",
            first.join(", ")
        ));
    }
    notes
}

/// The files beside the Cluster's own that name one of its Services or its secret.
fn mentions(database: &Database<'_>) -> Vec<String> {
    let sources = &database.project.sources;
    let own: Vec<FileId> = database
        .clusters
        .iter()
        .map(|cluster| cluster.object.source().file)
        .collect();
    let words: Vec<String> = ["-rw", "-ro", "-r", "-app", "-superuser"]
        .iter()
        .map(|suffix| format!("{}{suffix}", database.name))
        .collect();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let names = |text: &str| {
        let mut all = text.split(|c| !is_word(c));
        all.any(|word| words.iter().any(|own| own == word))
    };
    let files = sources.iter().filter(|(id, _)| !own.contains(id));
    let mut found: Vec<String> = files
        .filter(|(_, file)| names(&file.text))
        .map(|(_, file)| file.name.clone())
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn a_counter_is_what_sets_generations_apart() {
        for (name, expected) in [
            ("shop", "shop"),
            ("shop-v3", "shop"),
            ("shop-12", "shop"),
            ("shop-v17-3", "shop-v17"),
            ("shop-vault", "shop-vault"),
            ("shop-v", "shop-v"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
