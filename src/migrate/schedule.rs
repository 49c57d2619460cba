//! ScheduledBackups and Backups that belong to a migrated Cluster.

use crate::model::backup::{BackupMethod, ClusterUser};
use crate::model::cluster::{BARMAN_PLUGIN, Cluster};
use crate::project::Project;
use crate::text::edit::apply;
use crate::text::{FileId, Span};
use crate::yaml::patch::{NewValue, PatchError, insert_entry, set_scalar};
use crate::yaml::{Locator, Node, parse};

use super::Base;

/// Those of a Cluster's backups or schedules that use the in-tree store.
pub(super) fn in_tree<'p>(
    all: &'p [ClusterUser],
    cluster: &'p Cluster,
) -> impl Iterator<Item = &'p ClusterUser> {
    all.iter().filter(move |backup| {
        backup.belongs_to(cluster.object.namespace(), cluster.name())
            && backup.method() == Some(BackupMethod::BarmanObjectStore)
    })
}

/// Whether a Backup is to be taken by the plugin: one that the base revision does not have. Without a base revision any
/// may exist already, and one that exists cannot be changed.
pub(super) fn is_new(backup: &ClusterUser, base: Option<Base<'_>>) -> bool {
    base.is_some_and(|base| !base.has(backup))
}

/// Where to say that a schedule or Backup uses the plugin: the file, and the number of the document in it.
///
/// That is the document which says the method, else the object itself; `None` where neither is a document of
/// a file.
pub(super) fn document(project: &Project, schedule: &ClusterUser) -> Option<(FileId, usize)> {
    let method = schedule.object.find(&["spec", "method"]).map(Node::span);
    let place = method.unwrap_or_else(|| schedule.object.source());
    let documents = project.parsed.get(&place.file)?.as_ref().as_ref().ok()?;
    let holds = |root: &Node, place: Span| {
        let own = root.span();
        own.start <= place.start && place.end <= own.end
    };
    let at = documents.iter().position(|document| {
        let kind = document.root.get("kind").and_then(Node::text);
        kind == Some(schedule.object.kind.as_str()) && holds(&document.root, place)
    })?;
    Some((place.file, at))
}

/// The text of a file in which the schedule or Backup in this document uses the plugin.
///
/// # Errors
/// When the document cannot be edited.
pub(super) fn with_plugin(text: &str, document: usize) -> Result<String, PatchError> {
    let plugin = NewValue::Mapping(vec![(
        "name".to_owned(),
        NewValue::Scalar(BARMAN_PLUGIN.to_owned()),
    )]);
    let text = edited(text, document, |text, spec| match spec.get("method") {
        Some(method) => set_scalar(text, method, "plugin"),
        None => insert_entry(
            text,
            spec,
            None,
            "method",
            &NewValue::Scalar("plugin".to_owned()),
        ),
    })?;
    edited(&text, document, |text, spec| {
        insert_entry(text, spec, Some("method"), "pluginConfiguration", &plugin)
    })
}

fn edited(
    text: &str,
    document: usize,
    edit: impl Fn(&str, &Node) -> Result<crate::text::Edit, PatchError>,
) -> Result<String, PatchError> {
    let documents = parse(text, &Locator::File(FileId(0))).map_err(|_| PatchError::NotInText)?;
    let root = &documents.get(document).ok_or(PatchError::NotInText)?.root;
    let spec = root.get("spec").ok_or(PatchError::NotA("map"))?;
    let edit = edit(text, spec)?;
    apply(text, &[edit]).map_err(|_| PatchError::Entangled)
}
