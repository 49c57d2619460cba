//! What names one overlay and could name the one beside it: a path, or a variable in the path of a Flux Kustomization.

use std::path::{Path, PathBuf};

use crate::model::cluster::Method;
use crate::project::{Database, Project};
use crate::text::{FileId, normalized};
use crate::yaml::{Document, Node};

use super::sheet::Sheet;
use super::{Candidate, label};

/// The ways to name an overlay with this method where one beside it is named now.
pub(super) fn candidates(database: &Database<'_>, top: &Path, wanted: Method) -> Vec<Candidate> {
    let project = database.project;
    let fitting = fitting(database, top, wanted);
    let mut found = Vec::new();
    for (file, documents) in manifests(project) {
        for document in documents {
            for named in paths(project, file, document, top) {
                let beside = fitting.iter().filter(|fitting| {
                    **fitting != named.directory && fitting.parent() == named.directory.parent()
                });
                found.extend(beside.filter_map(|fitting| named.instead(project, file, fitting)));
            }
        }
    }
    found
}

/// The directories of overlays with this method that are not in use.
pub(super) fn fitting(database: &Database<'_>, top: &Path, wanted: Method) -> Vec<PathBuf> {
    let project = database.project;
    let dormant = database.dormant();
    dormant
        .filter(|cluster| cluster.methods == [wanted])
        .map(|cluster| normalized(&top.join(&project.builds[cluster.build].directory)))
        .collect()
}

/// The ways to name an overlay with this method by the variable that names one beside it now.
pub(super) fn of_variables(database: &Database<'_>, top: &Path, wanted: Method) -> Vec<Candidate> {
    let project = database.project;
    let live: Vec<PathBuf> = database
        .live()
        .iter()
        .map(|cluster| normalized(&top.join(&project.builds[cluster.build].directory)))
        .collect();
    let mut found = Vec::new();
    for new in fitting(database, top, wanted) {
        let beside = live.iter().filter(|old| old.parent() == new.parent());
        let names = beside.filter_map(|old| old.file_name()?.to_str());
        let Some(new) = new.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        for old in names {
            found.extend(variables(project).filter_map(|(file, key, value)| {
                if value.text() != Some(old) {
                    return None;
                }
                let mut sheet = Sheet::of(&project.sources, file);
                let done = sheet.set(value, new);
                let place = &project.sources.file(file).name;
                let title = format!("set `{key}` to {new} in {place}");
                Some(Candidate::of(title, done, &sheet))
            }));
        }
    }
    found
}

/// What Flux may fill into paths: the file, the name and the value of each variable that stands in this repository.
fn variables(project: &Project) -> impl Iterator<Item = (FileId, &str, &Node)> {
    manifests(project).flat_map(|(file, documents)| {
        documents.iter().flat_map(move |document| {
            let root = &document.root;
            let map = match root.get("kind").and_then(Node::text) {
                Some("ConfigMap") => root.get("data"),
                _ if label::is_flux(root) => root.at(&["spec", "postBuild", "substitute"]),
                _ => None,
            };
            let entries = map.and_then(Node::as_mapping).unwrap_or_default();
            entries
                .iter()
                .filter_map(move |entry| Some((file, entry.key.text()?, &entry.value)))
        })
    })
}

fn manifests(project: &Project) -> impl Iterator<Item = (FileId, &Vec<Document>)> {
    project
        .parsed
        .iter()
        .filter_map(|(file, parsed)| Some((*file, parsed.as_ref().as_ref().ok()?)))
}

/// A path in a manifest and the directory it names.
struct Named<'n> {
    node: &'n Node,
    directory: PathBuf,
}

impl Named<'_> {
    fn instead(&self, project: &Project, file: FileId, directory: &Path) -> Option<Candidate> {
        let old = self.node.text()?;
        let name = directory.file_name()?.to_str()?;
        let trimmed = old.trim_end_matches('/');
        let front = trimmed.rfind('/').map_or(0, |at| at + 1);
        let new = format!("{}{name}{}", &trimmed[..front], &old[trimmed.len()..]);
        let mut sheet = Sheet::of(&project.sources, file);
        let done = sheet.set(self.node, &new);
        let place = &project.sources.file(file).name;
        let title = format!("name {new} instead of {old} in {place}");
        Some(Candidate::of(title, done, &sheet))
    }
}

/// The directories that a document names: lists of kustomizations, Flux Kustomizations and Argo CD sources.
fn paths<'n>(
    project: &Project,
    file: FileId,
    document: &'n Document,
    top: &Path,
) -> Vec<Named<'n>> {
    let root = &document.root;
    let own = project.sources.file(file).path.parent();
    let group = root
        .get("apiVersion")
        .and_then(Node::text)
        .and_then(|version| version.split('/').next());
    let mut nodes: Vec<&Node> = Vec::new();
    let mut base = top;
    match group {
        Some("kustomize.toolkit.fluxcd.io") => {
            // With a variable in it, the variable is the switch.
            let is_plain = |node: &&Node| node.text().is_some_and(|text| !text.contains("${"));
            nodes.extend(root.at(&["spec", "path"]).filter(is_plain));
        }
        Some("argoproj.io") => {
            nodes.extend(root.at(&["spec", "source", "path"]));
            let template = root.at(&["spec", "template", "spec", "source", "path"]);
            let is_plain = |node: &&Node| node.text().is_some_and(|text| !text.contains("{{"));
            nodes.extend(template.filter(is_plain));
            let sources = root.at(&["spec", "sources"]).and_then(Node::as_sequence);
            let sources = sources.unwrap_or_default();
            nodes.extend(sources.iter().filter_map(|source| source.get("path")));
        }
        None | Some("kustomize.config.k8s.io") => {
            base = own.unwrap_or(top);
            for list in ["resources", "bases", "components"] {
                let items = root.get(list).and_then(Node::as_sequence);
                nodes.extend(items.unwrap_or_default());
            }
        }
        Some(_) => {}
    }
    let named = |node: &'n Node| {
        let text = node.text()?.trim_start_matches('/');
        Some(Named {
            node,
            directory: normalized(&base.join(text)),
        })
    };
    nodes.into_iter().filter_map(named).collect()
}
