//! A path that names one overlay and could name the one beside it.

use std::path::{Path, PathBuf};

use crate::model::cluster::Method;
use crate::project::{Database, Project};
use crate::text::{FileId, normalized};
use crate::yaml::{Document, Node};

use super::Candidate;
use super::sheet::Sheet;

/// The ways to name an overlay with this method where one beside it is named now.
pub(super) fn candidates(database: &Database<'_>, top: &Path, wanted: Method) -> Vec<Candidate> {
    let project = database.project;
    let directory = |build: usize| normalized(&top.join(&project.builds[build].directory));
    let fitting: Vec<PathBuf> = database
        .dormant()
        .filter(|cluster| cluster.methods == [wanted])
        .map(|cluster| directory(cluster.build))
        .collect();
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
        Some("kustomize.toolkit.fluxcd.io") => nodes.extend(root.at(&["spec", "path"])),
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
