//! From `enablePodMonitor`, with which the operator makes a PodMonitor, to a PodMonitor of one's own.
//!
//! Source of what the operator makes: CNPG `pkg/specs/podmonitor.go`. It deletes a PodMonitor with the name of the
//! Cluster as soon as `enablePodMonitor` is off, whoever made it, so the new one has another name.

use std::collections::BTreeSet;

use crate::config::Config;
use crate::model::cluster::Cluster;
use crate::model::object::Object;
use crate::project::{BuildKind, Database, Project};
use crate::recover::Draft;
use crate::recover::difference::{Allowed, compare, renderings};
use crate::text::Edit;
use crate::text::Span;
use crate::yaml::Node;
use crate::yaml::patch::written;

use super::files::{Beside, Files, file_name};
use super::holder::{self, Holder};
use super::lines;
use super::listing::Part;
use super::sheet::Unfit;
use super::stanza::Piece;
use super::{Migration, Refusal};

const ENABLED: [&str; 3] = ["spec", "monitoring", "enablePodMonitor"];

/// The fields that go, and what they are called in an endpoint of a PodMonitor.
const MOVED: [(&str, Option<&str>); 3] = [
    ("enablePodMonitor", None),
    ("podMonitorMetricRelabelings", Some("metricRelabelings")),
    ("podMonitorRelabelings", Some("relabelings")),
];

/// Gives a database a PodMonitor of its own, in a draft. `None` where the operator makes none.
///
/// # Errors
/// When something has no counterpart or cannot be edited, or anything else would change.
pub fn migrate_pod_monitor(
    draft: &mut Draft<'_>,
    database: &Database<'_>,
    config: &Config,
) -> Result<Option<Migration>, Refusal> {
    let project = database.project;
    let all = project.all_databases(config);
    let (titles, clusters) = sharing(&all, database);
    if clusters.is_empty() {
        return Ok(None);
    }
    let mut obstacles = BTreeSet::new();
    let mut holders: Vec<(Holder, &Cluster)> = Vec::new();
    for cluster in &clusters {
        match place(cluster, &holders).map(|place| holder::holding(project, place, cluster)) {
            Ok(Some(holder)) => holders.push((holder, cluster)),
            Err(None) => {}
            Ok(None) | Err(Some(_)) => {
                let place = project
                    .sources
                    .describe(cluster.object.place(&ENABLED).span);
                obstacles.insert(format!(
                    "{place}: this stands neither in a Cluster nor in a strategic merge patch: write it there first"
                ));
            }
        }
        if cluster
            .object
            .flag(&["spec", "monitoring", "tls", "enabled"])
            == Some(true)
        {
            let place = cluster
                .object
                .place(&["spec", "monitoring", "tls", "enabled"]);
            obstacles.insert(format!(
                "{}: metrics over TLS need the authority of the Cluster in the PodMonitor: write it by hand",
                project.sources.describe(place.span)
            ));
        }
    }
    let mut files = Files::new(project);
    for (holder, cluster) in &holders {
        if let Err((place, why)) = move_out(&mut files, draft, project, holder, cluster) {
            obstacles.insert(format!("{}: {why}", project.sources.describe(place)));
        }
    }
    if !obstacles.is_empty() {
        return Err(Refusal::Obstacles {
            title: database.title(),
            obstacles: obstacles.into_iter().collect(),
        });
    }
    files.write(draft)?;
    prove(project, &titles, &draft.project(), config)?;
    Ok(Some(Migration {
        notes: notes(project, &clusters, &titles),
        titles,
    }))
}

/// The databases with a PodMonitor of the operator that share documents with this one, and their renderings.
fn sharing<'p>(all: &[Database<'p>], named: &Database<'p>) -> (Vec<String>, Vec<&'p Cluster>) {
    let on = |cluster: &&'p Cluster| cluster.object.flag(&ENABLED) == Some(true);
    let value = |cluster: &&'p Cluster| cluster.object.find(&ENABLED).map(Node::span);
    let own: BTreeSet<Span> = named
        .clusters
        .iter()
        .filter(|one| on(one))
        .filter_map(value)
        .collect();
    let mut titles = vec![named.title()];
    let mut clusters = Vec::new();
    for database in all {
        let found = database.clusters.iter().copied().filter(|cluster| {
            on(cluster) && value(cluster).is_some_and(|place| own.contains(&place))
        });
        let before = clusters.len();
        clusters.extend(found);
        if clusters.len() > before && !titles.contains(&database.title()) {
            titles.push(database.title());
        }
    }
    (titles, clusters)
}

/// The place of the switch; `Err(None)` where a document that holds it is known already.
fn place(cluster: &Cluster, known: &[(Holder, &Cluster)]) -> Result<Span, Option<Span>> {
    let places = holder::places(cluster, &ENABLED).map_err(Some)?;
    let place = places.first().copied().ok_or(None)?;
    if known.iter().any(|(holder, _)| holder.encloses(place)) {
        return Err(None);
    }
    Ok(place)
}

fn move_out<'p>(
    files: &mut Files<'p>,
    draft: &Draft<'_>,
    project: &'p Project,
    holder: &Holder,
    cluster: &Cluster,
) -> Result<(), Unfit> {
    let text: &str = &project.sources.file(holder.file).text;
    let root = &holder.document.root;
    let unfit = || {
        (
            root.span(),
            "`monitoring` is not written as lines of its own: write it out".to_owned(),
        )
    };
    let spec = root.get("spec").ok_or_else(unfit)?;
    let monitoring = spec.get("monitoring").ok_or_else(unfit)?;
    let inner = lines::of(text, monitoring).ok_or_else(unfit)?;
    let entries = monitoring.as_mapping().unwrap_or_default();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut edits = Vec::new();
    let mut kept = 0;
    for (entry, at) in entries.iter().zip(inner) {
        let Some((key, new)) = MOVED.iter().find(|(key, _)| entry.key.text() == Some(key)) else {
            kept += 1;
            continue;
        };
        let comments = holder.comments(text, at.whole());
        let value = holder.get(&["spec", "monitoring", key]);
        match (new, value) {
            (Some(new), Some(value)) => {
                pieces.push(Piece::by_value(new, value, comments).ok_or_else(unfit)?)
            }
            _ => pieces.push(Piece::comments(comments)),
        }
        edits.push(Edit::new(Span::new(holder.file, at.lead, at.end), ""));
    }
    if kept == 0 {
        let all = lines::of(text, spec).ok_or_else(unfit)?;
        let entries = spec.as_mapping().unwrap_or_default().iter().zip(all);
        let mut own = entries.filter(|(entry, _)| entry.key.text() == Some("monitoring"));
        let (_, at) = own.next().ok_or_else(unfit)?;
        edits = vec![Edit::new(Span::new(holder.file, at.lead, at.end), "")];
        let lead = holder.comments(text, at.lead..at.key);
        pieces.insert(0, Piece::comments(lead));
    }
    let manifest = manifest(holder, cluster, &pieces).ok_or_else(unfit)?;
    files.edit(holder.file, &edits)?;
    let line_break = lines::line_break(text);
    let beside = Beside {
        holder,
        part: Part::Resource,
        plain: project.build_of(cluster).kind == BuildKind::Plain,
        names: [
            "pod-monitor.yaml".to_owned(),
            format!("{}-pod-monitor.yaml", file_name(cluster.name())),
        ],
        text: lines::shifted(&manifest, 0, 0, line_break),
    };
    files.add(draft, beside)
}

fn manifest(holder: &Holder, cluster: &Cluster, pieces: &[Piece]) -> Option<String> {
    let name = cluster.name();
    let mut text = format!(
        "\
# The operator deletes a PodMonitor with the name of the Cluster, so this one has another.
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {}
",
        written(&format!("{name}-metrics"))
    );
    let namespace = holder.get(&["metadata", "namespace"]).and_then(Node::text);
    if let Some(namespace) = namespace {
        text += &format!("  namespace: {}\n", written(namespace));
    }
    text += &inherited(&cluster.object)?;
    text += &format!(
        "\
spec:
  selector:
    matchLabels:
      cnpg.io/cluster: {}
      cnpg.io/podRole: instance
  podMetricsEndpoints:
    - port: metrics
",
        written(name)
    );
    for piece in pieces {
        text += &piece.write(6, "\n")?;
    }
    Some(text)
}

/// The labels that the operator gives to everything it makes for a Cluster.
fn inherited(object: &Object) -> Option<String> {
    let labels = object.find(&["spec", "inheritedMetadata", "labels"]);
    match labels.filter(|labels| !labels.is_null()) {
        Some(labels) => Piece::by_value("labels", labels, Vec::new())?.write(2, "\n"),
        None => Some(String::new()),
    }
}

/// Nothing but the fields that move may differ in what any Cluster gets.
fn prove(
    before: &Project,
    titles: &[String],
    after: &Project,
    config: &Config,
) -> Result<(), Refusal> {
    let allowed = Allowed {
        databases: titles,
        namesakes: &BTreeSet::new(),
        field: &|_, pointer| {
            let field = pointer
                .strip_prefix("/spec/monitoring/")
                .unwrap_or_default();
            let field = field.split('/').next().unwrap_or_default();
            MOVED.iter().any(|(key, _)| *key == field)
        },
        object: &|_| false,
    };
    let differences = super::verify::broken(before, after);
    if !differences.is_empty() {
        return Err(Refusal::Unproved { differences });
    }
    compare(renderings(before, config), before, after, config, &allowed)?;
    let still = after
        .clusters
        .iter()
        .filter(|cluster| cluster.object.flag(&ENABLED) == Some(true));
    let known = before
        .clusters
        .iter()
        .filter(|cluster| cluster.object.flag(&ENABLED) == Some(true));
    if still.count() < known.count() {
        return Ok(());
    }
    Err(Refusal::Unproved {
        differences: vec!["`enablePodMonitor` would stay on".to_owned()],
    })
}

fn notes(project: &Project, clusters: &[&Cluster], titles: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((first, others)) = titles.split_first().filter(|_| titles.len() > 1) {
        notes.push(format!(
            "{first} shares files with {}: they are migrated together",
            others.join(", ")
        ));
    }
    notes.push(
        "the operator deletes its own PodMonitor as it is switched off; Prometheus has to select the new one, by its labels and namespace".to_owned(),
    );
    let mut poolers = BTreeSet::new();
    for pooler in &project.poolers {
        let on = pooler.object.flag(&ENABLED) == Some(true);
        let own =
            |cluster: &&Cluster| pooler.belongs_to(cluster.object.namespace(), cluster.name());
        if on && clusters.iter().any(own) {
            let place = pooler.object.place(&ENABLED);
            poolers.insert(format!(
                "{}: Pooler `{}` has `enablePodMonitor` too, which stays: the PodMonitor of a Pooler is to be written by hand",
                project.sources.describe(place.span),
                pooler.object.name.value
            ));
        }
    }
    notes.extend(poolers);
    notes
}
