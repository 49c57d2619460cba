//! `bootstrap.recovery` and the external cluster it reads from, completed in the rendering that recovers.

use crate::barman::TargetTimeline;
use crate::facts::{Goal, Target};
use crate::model::cluster::{BARMAN_PLUGIN, Cluster, ExternalCluster};
use crate::model::identity::Identity;
use crate::model::recovery_target::GOALS;
use crate::project::Database;
use crate::text::{Edit, Span};
use crate::yaml::patch::{
    NewValue, PatchError, comment_entry, insert_entry, insert_item, remove_entry, replace_value,
};
use crate::yaml::{Entry, Kind, Node};

use super::values::{self, Values};
use super::workbench::Workbench;
use super::{Refusal, bump};

/// What a recovery is to read, write and restore.
#[derive(Debug, Clone)]
pub(super) struct Recovery {
    /// The lineage that is read.
    pub(super) source: String,
    /// The lineage that is written.
    pub(super) write: String,
    /// The lineage that the database wrote so far, which a name in the manifests may repeat.
    pub(super) before: String,
    /// Where the recovery ends.
    pub(super) target: Target,
    /// `targetTLI`.
    pub(super) timeline: TargetTimeline,
    /// `backupID`.
    pub(super) backup_id: Option<String>,
    /// Database, owner and secret of the application, as the database was made with.
    pub(super) identity: Option<Identity>,
}

const RECOVERY: [&str; 3] = ["spec", "bootstrap", "recovery"];
const TARGET: [&str; 4] = ["spec", "bootstrap", "recovery", "recoveryTarget"];

/// Completes the rendering on the workbench.
///
/// # Errors
/// When a value cannot be edited where it lives; the draft is of no use then.
pub(super) fn complete(bench: &mut Workbench<'_, '_>, recovery: &Recovery) -> Result<(), Refusal> {
    in_place(bench, recovery)?;
    bench.step(|database, cluster| source_entry(database, cluster, recovery))?;
    bench.step(|database, cluster| lineages(database, cluster, recovery))?;
    bench.step(|database, cluster| store_of_source(database, cluster, recovery))?;
    bench.step(|database, cluster| {
        let path = bump::write_path(cluster).unwrap_or_default();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match cluster.object.find(&path) {
            Some(_) => Ok(Vec::new()),
            None if recovery.write == database.resolve(cluster.name()) => Ok(Vec::new()),
            None => bump::in_rendering(database, cluster, &recovery.write),
        }
    })?;
    for field in ["database", "owner", "secret"] {
        bench.step(|database, cluster| identity(database, cluster, recovery, field))?;
    }
    // Each step adds, replaces or removes one field, of which there are eight.
    for _ in 0..16 {
        if !bench.step(|database, cluster| target(database, cluster, recovery))? {
            break;
        }
    }
    Ok(())
}

/// Turns a bootstrap in place into a recovery: what was there stays as a comment.
fn in_place(bench: &mut Workbench<'_, '_>, recovery: &Recovery) -> Result<(), Refusal> {
    let source = NewValue::Mapping(vec![(
        "source".into(),
        NewValue::Scalar(recovery.source.clone()),
    )]);
    bench.step(|database, cluster| {
        let bootstrap = cluster.object.find(&["spec", "bootstrap"]);
        match bootstrap {
            Some(node) if !node.is_null() => {
                if cluster.recovers() {
                    return Ok(Vec::new());
                }
                let edit = insert_at(database, node, None, "recovery", &source)?;
                Ok(vec![edit])
            }
            _ => {
                let spec = cluster.object.find(&["spec"]);
                let spec = spec.ok_or_else(|| Refusal::no_place(cluster, &["spec".into()]))?;
                let value = NewValue::Mapping(vec![("recovery".into(), source)]);
                Ok(vec![insert_at(database, spec, None, "bootstrap", &value)?])
            }
        }
    })?;
    bench.step(|database, cluster| {
        let Some(other) = cluster
            .methods
            .iter()
            .find(|method| method.key() != "recovery")
        else {
            return Ok(Vec::new());
        };
        let map = cluster.object.find(&["spec", "bootstrap"]);
        let map = map.ok_or_else(|| Refusal::no_place(cluster, &[]))?;
        let text = source_of(database, map.span());
        let edit = put_away(text, map, other.key());
        Ok(vec![named(database, map.span(), edit)?])
    })?;
    Ok(())
}

/// `source`, and the entry of `externalClusters` that it names.
fn source_entry(
    database: &Database<'_>,
    cluster: &Cluster,
    recovery: &Recovery,
) -> Result<Vec<Edit>, Refusal> {
    if cluster.recovery_source().is_some() {
        return Ok(Vec::new());
    }
    let mut edits = Vec::new();
    let map = cluster.object.find(&RECOVERY);
    let map = map.ok_or_else(|| Refusal::no_place(cluster, &RECOVERY.map(str::to_owned)))?;
    let name = match cluster.recovery("source") {
        Some(source) => source.value,
        None => {
            let value = NewValue::Scalar(recovery.source.clone());
            edits.push(insert_at(database, map, None, "source", &value)?);
            recovery.source.clone()
        }
    };
    let entry =
        external_entry(cluster, &name, &recovery.source).ok_or_else(|| Refusal::NoArchive {
            title: database.title(),
        })?;
    let list = cluster.object.find(&["spec", "externalClusters"]);
    edits.push(match list {
        Some(list) => {
            let text = source_of(database, list.span());
            named(database, list.span(), insert_item(text, list, None, &entry))?
        }
        None => {
            let bootstrap = entry_of(cluster, &["spec"], "bootstrap");
            let near = bootstrap.and_then(|entry| holder(database, entry.key.span()));
            let spec = near.or_else(|| cluster.object.find(&["spec"]));
            let spec = spec.ok_or_else(|| Refusal::no_place(cluster, &["spec".into()]))?;
            let value = NewValue::Sequence(vec![entry]);
            insert_at(
                database,
                spec,
                Some("bootstrap"),
                "externalClusters",
                &value,
            )?
        }
    });
    Ok(edits)
}

/// An external cluster that reads from the store that the Cluster writes to.
pub(super) fn external_entry(cluster: &Cluster, name: &str, source: &str) -> Option<NewValue> {
    let text = |text: &str| NewValue::Scalar(text.to_owned());
    if let Some(plugin) = cluster.barman_plugin() {
        let store = plugin.object_store.as_ref()?;
        let parameters = vec![
            ("barmanObjectName".into(), text(&store.value)),
            ("serverName".into(), text(source)),
        ];
        let plugin = vec![
            ("name".into(), text(BARMAN_PLUGIN)),
            ("parameters".into(), NewValue::Mapping(parameters)),
        ];
        return Some(NewValue::Mapping(vec![
            ("name".into(), text(name)),
            ("plugin".into(), NewValue::Mapping(plugin)),
        ]));
    }
    let own = cluster
        .object
        .find(&["spec", "backup", "barmanObjectStore"])?;
    // What only concerns writing stays away.
    let of_writing = ["serverName", "data", "tags", "historyTags"];
    let mut store: Vec<(String, NewValue)> = own
        .as_mapping()?
        .iter()
        .filter(|entry| {
            entry
                .key
                .text()
                .is_some_and(|key| !of_writing.contains(&key))
        })
        .filter_map(|entry| Some((entry.key.text()?.to_owned(), copy(&entry.value)?)))
        .collect();
    store.push(("serverName".into(), text(source)));
    Some(NewValue::Mapping(vec![
        ("name".into(), text(name)),
        ("barmanObjectStore".into(), NewValue::Mapping(store)),
    ]))
}

/// The value as it can be written elsewhere; `None` with an alias in it.
pub(super) fn copy(node: &Node) -> Option<NewValue> {
    Some(match &node.kind {
        Kind::Scalar(scalar) if scalar.style == crate::yaml::Style::Plain => {
            NewValue::Plain(scalar.text.to_string())
        }
        Kind::Scalar(scalar) => NewValue::Scalar(scalar.text.to_string()),
        Kind::Sequence(items) => NewValue::Sequence(items.iter().map(copy).collect::<Option<_>>()?),
        Kind::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|entry| Some((entry.key.text()?.to_owned(), copy(&entry.value)?)));
            NewValue::Mapping(entries.collect::<Option<_>>()?)
        }
        Kind::Alias(_) => return None,
    })
}

/// The lineages that the rendering reads and writes, and the names that repeat the lineage that is read.
fn lineages(
    database: &Database<'_>,
    cluster: &Cluster,
    recovery: &Recovery,
) -> Result<Vec<Edit>, Refusal> {
    let entry = cluster
        .recovery_source()
        .ok_or_else(|| Refusal::no_place(cluster, &["spec".into(), "externalClusters".into()]))?;
    let mut values = Values::new();
    let read = cluster.recovers_from(&database.project.stores);
    let read = read.map(|archive| database.resolved(archive).server_name);
    let (read, path) = read
        .zip(read_path(entry))
        .ok_or_else(|| Refusal::no_place(cluster, &["spec".into(), "externalClusters".into()]))?;
    let name = entry.name.as_ref().map_or("", |name| name.value.as_str());
    let repeats = database.resolve(name) == read.value;
    if repeats && is_free(cluster, name, &recovery.source) {
        for path in [
            vec!["spec", "bootstrap", "recovery", "source"],
            vec!["spec", "externalClusters", entry.index.as_str(), "name"],
        ] {
            let path = path.into_iter().map(str::to_owned).collect();
            values.insert(path, recovery.source.clone());
        }
    }
    let mut edits = Vec::new();
    if read.explicit {
        values.insert(path, recovery.source.clone());
    } else if !(repeats && entry.in_tree) {
        edits.push(implicit(database, cluster, &path, &recovery.source)?);
    }
    if let Some(path) = bump::write_path(cluster) {
        let strings: Vec<&str> = path.iter().map(String::as_str).collect();
        if cluster.object.find(&strings).is_some() {
            values.insert(path, recovery.write.clone());
        }
    }
    edits.extend(values::set(database, cluster, &values)?);
    Ok(edits)
}

/// Whether no other external cluster has this name.
fn is_free(cluster: &Cluster, old: &str, new: &str) -> bool {
    old == new || cluster.external(new).is_none()
}

fn implicit(
    database: &Database<'_>,
    cluster: &Cluster,
    path: &[String],
    new: &str,
) -> Result<Edit, Refusal> {
    let (_, parent) = path
        .split_last()
        .ok_or_else(|| Refusal::no_place(cluster, path))?;
    let parent: Vec<&str> = parent.iter().map(String::as_str).collect();
    let map = cluster.object.find(&parent);
    let map = map.ok_or_else(|| Refusal::no_place(cluster, path))?;
    insert_at(
        database,
        map,
        None,
        "serverName",
        &NewValue::Scalar(new.to_owned()),
    )
}

/// The path of the server name that an external cluster reads.
fn read_path(entry: &ExternalCluster) -> Option<Vec<String>> {
    match &entry.plugin {
        Some(plugin) => {
            let path = plugin.parameter_path("serverName");
            Some(path.into_iter().map(str::to_owned).collect())
        }
        None if entry.in_tree => {
            let path = [
                "spec",
                "externalClusters",
                &entry.index,
                "barmanObjectStore",
                "serverName",
            ];
            Some(path.map(str::to_owned).to_vec())
        }
        None => None,
    }
}

/// A lineage that the Cluster wrote itself lies in the store it writes to.
fn store_of_source(
    database: &Database<'_>,
    cluster: &Cluster,
    recovery: &Recovery,
) -> Result<Vec<Edit>, Refusal> {
    let (Some(own), Some(entry)) = (cluster.barman_plugin(), cluster.recovery_source()) else {
        return Ok(Vec::new());
    };
    let (Some(store), Some(plugin)) = (&own.object_store, &entry.plugin) else {
        return Ok(Vec::new());
    };
    let stores = &database.project.stores;
    let differs = || {
        let (write, read) = (cluster.archives_to(stores), cluster.recovers_from(stores));
        let same = |mut read: crate::model::archive::ArchiveRef| {
            let write = write.as_ref()?;
            read.server_name.value.clone_from(&write.server_name.value);
            write.same_archive(&read)
        };
        read.and_then(same) == Some(false)
    };
    if recovery.source != recovery.before || plugin.object_store.is_none() || !differs() {
        return Ok(Vec::new());
    }
    let path = plugin.parameter_path("barmanObjectName");
    let path = path.into_iter().map(str::to_owned).collect();
    values::set(
        database,
        cluster,
        &Values::from([(path, store.value.clone())]),
    )
}

/// `database`, `owner` or `secret`, where initdb says it and the recovery does not.
fn identity(
    database: &Database<'_>,
    cluster: &Cluster,
    recovery: &Recovery,
    field: &str,
) -> Result<Vec<Edit>, Refusal> {
    let Some(identity) = &recovery.identity else {
        return Ok(Vec::new());
    };
    let path = [&RECOVERY[..], &[field]].concat();
    if cluster
        .object
        .find(&path)
        .is_some_and(|node| !node.is_null())
    {
        return Ok(Vec::new());
    }
    let value = match field {
        "database" => NewValue::Scalar(identity.database.value.clone()),
        "owner" => NewValue::Scalar(identity.owner.value.clone()),
        _ => match &identity.secret {
            None => return Ok(Vec::new()),
            Some(secret) => NewValue::Mapping(vec![(
                "name".into(),
                NewValue::Scalar(secret.value.clone()),
            )]),
        },
    };
    let before = ["source", "database", "owner"];
    let before: Vec<&str> = before
        .into_iter()
        .take_while(|name| *name != field)
        .collect();
    let map = cluster.object.find(&RECOVERY);
    let map = map.ok_or_else(|| Refusal::no_place(cluster, &RECOVERY.map(str::to_owned)))?;
    let last = before
        .into_iter()
        .rev()
        .find(|name| map.get(name).is_some());
    Ok(vec![insert_at(database, map, last, field, &value)?])
}

/// The wanted `recoveryTarget`, in the order of the API type; empty for everything there is.
pub(super) fn wanted_target(recovery: &Recovery) -> Vec<(&'static str, NewValue)> {
    let mut fields = Vec::new();
    if let Some(id) = &recovery.backup_id {
        fields.push(("backupID", NewValue::Scalar(id.clone())));
    }
    if let TargetTimeline::Exactly(timeline) = recovery.timeline {
        fields.push(("targetTLI", NewValue::Scalar(timeline.0.to_string())));
    }
    match &recovery.target.goal {
        Goal::Latest => {}
        Goal::Time { replay, .. } => {
            fields.push(("targetTime", NewValue::Scalar(replay.to_string())));
        }
        Goal::Lsn(lsn) => fields.push(("targetLSN", NewValue::Scalar(lsn.to_string()))),
        Goal::Xid(xid) => fields.push(("targetXID", NewValue::Scalar(xid.0.to_string()))),
        Goal::Name(name) => fields.push(("targetName", NewValue::Scalar(name.clone()))),
        Goal::Immediate => fields.push(("targetImmediate", NewValue::Plain("true".into()))),
    }
    let exact = matches!(
        recovery.target.goal,
        Goal::Time { .. } | Goal::Lsn(_) | Goal::Xid(_)
    );
    if exact && !recovery.target.inclusive {
        fields.push(("exclusive", NewValue::Plain("true".into())));
    }
    fields
}

/// One step towards the wanted `recoveryTarget`; no edit when it is there.
fn target(
    database: &Database<'_>,
    cluster: &Cluster,
    recovery: &Recovery,
) -> Result<Vec<Edit>, Refusal> {
    let wanted = wanted_target(recovery);
    let map = cluster.object.find(&RECOVERY);
    let map = map.ok_or_else(|| Refusal::no_place(cluster, &RECOVERY.map(str::to_owned)))?;
    let Some(present) = cluster.object.find(&TARGET) else {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let fields = wanted
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value));
        let value = NewValue::Mapping(fields.collect());
        return Ok(vec![insert_at(
            database,
            map,
            None,
            "recoveryTarget",
            &value,
        )?]);
    };
    let text = source_of(database, present.span());
    if wanted.is_empty() {
        let map = holder_of(database, cluster, &RECOVERY, "recoveryTarget").unwrap_or(map);
        let edit = put_away(text, map, "recoveryTarget");
        return Ok(vec![named(database, map.span(), edit)?]);
    }
    for (key, value) in &wanted {
        match present.get(key) {
            None => {
                // A goal of another kind makes room for the new one.
                let other = GOALS.iter().find(|other| {
                    GOALS.contains(key) && present.get(other).is_some() && *other != key
                });
                if let Some(other) =
                    other.filter(|other| !wanted.iter().any(|(key, _)| key == *other))
                {
                    let edit = insert_entry(text, present, Some(other), key, value);
                    return Ok(vec![named(database, present.span(), edit)?]);
                }
                return Ok(vec![insert_at(database, present, None, key, value)?]);
            }
            Some(node) if !says(node, value) => {
                let edit = replace_value(text, node, value);
                return Ok(vec![named(database, node.span(), edit)?]);
            }
            Some(_) => {}
        }
    }
    let known = ["backupID", "targetTLI", "exclusive"];
    let stale = present.as_mapping().unwrap_or(&[]).iter().find(|entry| {
        let key = entry.key.text().unwrap_or_default();
        let unwanted = wanted.iter().all(|(wanted, _)| *wanted != key);
        unwanted && (GOALS.contains(&key) || known.contains(&key))
    });
    match stale.and_then(|entry| entry.key.text()) {
        Some(key) => {
            let edit = put_away(text, present, key);
            Ok(vec![named(database, present.span(), edit)?])
        }
        None => Ok(Vec::new()),
    }
}

/// Makes a comment of an entry, so that nothing people wrote is lost; between brackets it goes.
fn put_away(text: &str, map: &Node, key: &str) -> Result<Edit, PatchError> {
    comment_entry(text, map, key).or_else(|_| remove_entry(text, map, key))
}

fn says(node: &Node, value: &NewValue) -> bool {
    match value {
        NewValue::Scalar(text) | NewValue::Plain(text) => node.text() == Some(text),
        NewValue::Mapping(_) | NewValue::Sequence(_) => false,
    }
}

fn entry_of<'c>(cluster: &'c Cluster, path: &[&str], key: &str) -> Option<&'c Entry> {
    cluster.object.find(path)?.entry(key)
}

fn holder_of<'p>(
    database: &Database<'p>,
    cluster: &Cluster,
    path: &[&str],
    key: &str,
) -> Option<&'p Node> {
    holder(database, entry_of(cluster, path, key)?.key.span())
}

/// The map of a source document in which a key stands.
fn holder<'p>(database: &Database<'p>, key: Span) -> Option<&'p Node> {
    fn search(node: &Node, key: Span) -> Option<&Node> {
        match &node.kind {
            Kind::Scalar(_) | Kind::Alias(_) => None,
            Kind::Sequence(items) => items.iter().find_map(|item| search(item, key)),
            Kind::Mapping(entries) => {
                if entries.iter().any(|entry| entry.key.span() == key) {
                    return Some(node);
                }
                entries.iter().find_map(|entry| search(&entry.value, key))
            }
        }
    }
    let documents = database.project.parsed.get(&key.file)?;
    let documents = documents.as_ref().as_ref().ok()?;
    documents
        .iter()
        .find_map(|document| search(&document.root, key))
}

fn source_of<'p>(database: &Database<'p>, span: Span) -> &'p str {
    &database.project.sources.file(span.file).text
}

/// Inserts behind `after` where the text has that key, else at the end.
fn insert_at(
    database: &Database<'_>,
    map: &Node,
    after: Option<&str>,
    key: &str,
    value: &NewValue,
) -> Result<Edit, Refusal> {
    let text = source_of(database, map.span());
    let edit = insert_entry(text, map, after, key, value);
    let edit = edit.or_else(|error| match error {
        PatchError::NoSuchKey(_) => insert_entry(text, map, None, key, value),
        error => Err(error),
    });
    named(database, map.span(), edit)
}

fn named(
    database: &Database<'_>,
    span: Span,
    edit: Result<Edit, PatchError>,
) -> Result<Edit, Refusal> {
    edit.map_err(|error| Refusal::patch(database.project, span, &error))
}
