//! A recovery patch for a database that has no switch, and the commented line that will turn it on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::model::cluster::{Cluster, Method};
use crate::model::identity::Identity;
use crate::project::{BuildKind, Database};
use crate::text::edit::apply;
use crate::text::{Edit, FileId, Span, normalized};
use crate::yaml::patch::{NewValue, PatchError, comment_item, insert_entry, insert_item, written};
use crate::yaml::{Locator, Node, parse};

use super::difference::{self, Allowed, renderings};
use super::draft::KUSTOMIZATIONS;
use super::{Draft, Refusal, bootstrap, flip};

/// The file that holds the patch.
const FILE: &str = "recovery.yaml";

/// Adds a patch that makes a recovery of the Cluster, switched off, to the directory that renders it.
///
/// The lineage it reads is one that nobody wrote, so that nothing can be restored by accident; a recovery names the
/// real one. This is proved: the draft renders as before, and a flip to recovery works.
///
/// # Errors
/// When there is a recovery already, the manifests are no kustomization, or an edit would change something else.
pub fn add(draft: &mut Draft<'_>, database: &Database<'_>, config: &Config) -> Result<(), Refusal> {
    let title = database.title();
    if let Some(cluster) = database.clusters.iter().find(|cluster| cluster.recovers()) {
        let directory = database.project.build_of(cluster).directory.clone();
        return Err(Refusal::RecoversAlready { title, directory });
    }
    let project = database.project;
    let live = database.live();
    let (cluster, file) = live
        .iter()
        .find_map(|cluster| Some((*cluster, kustomization(database, cluster, draft.top())?)))
        .ok_or_else(|| Refusal::NoKustomization {
            title: title.clone(),
        })?;
    let source = project.sources.file(file);
    let place = source.name.clone();
    let entangled = |error: PatchError| Refusal::OverlayEdit {
        place: place.clone(),
        error,
    };
    let text = patch_text(database, cluster, &title)?;
    let directory = source.path.parent().unwrap_or(Path::new("/"));
    draft.create(&directory.join(FILE), text)?;
    let switched = with_switch(&source.text, file, &database.name).map_err(entangled)?;
    let whole = Span::new(file, 0, source.text.len());
    draft.edit(&project.sources, &[Edit::new(whole, switched)])?;
    prove(draft, database, config)
}

/// The kustomization that a cluster is rendered by.
fn kustomization(database: &Database<'_>, cluster: &Cluster, top: &Path) -> Option<FileId> {
    let build = database.project.build_of(cluster);
    if build.kind != BuildKind::Kustomization {
        return None;
    }
    let directory: PathBuf = normalized(&top.join(&build.directory));
    let sources = &database.project.sources;
    KUSTOMIZATIONS
        .iter()
        .find_map(|name| sources.find(&directory.join(name)))
}

/// The patch, a whole document.
fn patch_text(database: &Database<'_>, cluster: &Cluster, title: &str) -> Result<String, Refusal> {
    let name = &database.name;
    let nothing = format!("{name}-v0");
    let entry = bootstrap::external_entry(cluster, &nothing, &nothing);
    let entry = entry.ok_or_else(|| Refusal::NoArchive {
        title: title.to_owned(),
    })?;
    let mut text = format!(
        "\
# A recovery in place of initdb. Switched off: see the commented line in the kustomization.
#
# `walbound recover {name}` switches it on together with everything that belongs to a recovery, and names the lineage to
# read. Nothing was ever archived as {nothing}.
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: {name}
{namespace}spec:
  bootstrap:
    $patch: replace
    recovery:
      source: {nothing}
{identity}",
        name = written(cluster.name()),
        namespace = own_namespace(cluster),
        identity = identity(cluster),
    );
    // The patch replaces the whole list, so the entries that are there go along.
    let there = cluster.object.find(&["spec", "externalClusters"]);
    let there = there.and_then(Node::as_sequence).unwrap_or_default();
    let mut entries: Vec<NewValue> = there.iter().filter_map(bootstrap::copy).collect();
    entries.push(entry);
    let refused = |error| Refusal::OverlayEdit {
        place: FILE.to_owned(),
        error,
    };
    let documents = parse(&text, &Locator::File(FileId(0))).unwrap_or_default();
    let spec = documents
        .first()
        .and_then(|document| document.root.at(&["spec"]));
    let spec = spec.ok_or_else(|| refused(PatchError::NotInText))?;
    let list = NewValue::Sequence(entries);
    let edit = insert_entry(&text, spec, Some("bootstrap"), "externalClusters", &list);
    text = apply(&text, &[edit.map_err(refused)?]).map_err(|_| refused(PatchError::Entangled))?;
    Ok(text)
}

/// The namespace that the Cluster's own file says: a patch finds its target by it.
fn own_namespace(cluster: &Cluster) -> String {
    let file = cluster.object.source().file;
    let namespace = cluster.object.value(&["metadata", "namespace"]);
    namespace
        .filter(|namespace| namespace.span.file == file)
        .map_or(String::new(), |namespace| {
            format!("  namespace: {}\n", written(&namespace.value))
        })
}

fn identity(cluster: &Cluster) -> String {
    let identity = Identity::of(cluster, Method::Initdb);
    let secret = identity.secret.map_or(String::new(), |secret| {
        format!("      secret:\n        name: {}\n", written(&secret.value))
    });
    format!(
        "      # the same as in initdb\n      database: {}\n      owner: {}\n{secret}",
        written(&identity.database.value),
        written(&identity.owner.value)
    )
}

/// The kustomization with the patch among its patches, as a comment.
fn with_switch(text: &str, file: FileId, name: &str) -> Result<String, PatchError> {
    let root = |text: &str| -> Result<Node, PatchError> {
        let documents = parse(text, &Locator::File(file)).unwrap_or_default();
        let first = documents.into_iter().next();
        first
            .map(|document| document.root)
            .ok_or(PatchError::NotInText)
    };
    let made = |text: &str, edit: Edit| apply(text, &[edit]).map_err(|_| PatchError::Entangled);
    let item = NewValue::Mapping(vec![("path".into(), NewValue::Scalar(FILE.to_owned()))]);
    let before = root(text)?;
    let Some(list) = before.at(&["patches"]) else {
        let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let start = if text.ends_with('\n') { "" } else { line_break };
        let lines = [
            format!("# The switch: `walbound flip {name} recovery` turns the recovery on."),
            "patches:".to_owned(),
            format!("  # - path: {FILE}"),
        ];
        let lines: String = lines
            .iter()
            .map(|line| format!("{line}{line_break}"))
            .collect();
        return Ok(format!("{text}{start}{lines}"));
    };
    let count = list.as_sequence().map_or(0, <[Node]>::len);
    let added = made(text, insert_item(text, list, None, &item)?)?;
    let after = root(&added)?;
    let list = after.at(&["patches"]).ok_or(PatchError::Entangled)?;
    let edit = comment_item(&added, list, count)?;
    made(&added, edit)
}

/// The Cluster renders as before, and the switch works.
fn prove(draft: &Draft<'_>, database: &Database<'_>, config: &Config) -> Result<(), Refusal> {
    let (before, after) = (database.project, draft.project());
    let title = database.title();
    let nothing = Allowed {
        databases: &[],
        namesakes: &BTreeSet::new(),
        field: &|_, _| false,
        object: &|_| false,
    };
    difference::compare(renderings(before, config), before, &after, config, &nothing)?;
    let fails = |why: String| Refusal::OverlayFails {
        title: title.clone(),
        why,
    };
    let again = after
        .find_database(config, &title, None)
        .map_err(|error| fails(error.to_string()))?;
    match flip::plan(draft, &again, Method::Recovery) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(fails("it would recover at once".to_owned())),
        Err(refusal) => Err(fails(refusal.to_string())),
    }
}
