//! Where the second Cluster stands, and how it becomes part of what renders the live one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::model::cluster::Cluster;
use crate::project::{Database, Project};
use crate::text::{Edit, FileId, Span, normalized};
use crate::yaml::patch::{self, NewValue, insert_entry, insert_item};
use crate::yaml::{Document, Node};

use super::super::draft::KUSTOMIZATIONS;
use super::super::{Draft, Refusal};

/// Where the second Cluster stands.
pub(super) struct Place {
    directory: PathBuf,
    /// The kustomization that is to list it; `None` where every file of the directory is applied.
    kustomization: Option<FileId>,
    /// As shown to people.
    shown: String,
}

/// Chooses the place: the outermost kustomization on the way to the live Cluster that renders no other one, so that
/// whatever overlay is in use, and whoever applies it, the second Cluster is part of it.
pub(super) fn place(database: &Database<'_>, live: &Cluster, top: &Path) -> Result<Place, Refusal> {
    let project = database.project;
    let source = project.sources.file(live.object.source().file);
    let own = source.path.as_path();
    let clusters: BTreeSet<&Path> = project
        .clusters
        .iter()
        .map(|cluster| {
            project
                .sources
                .file(cluster.object.source().file)
                .path
                .as_path()
        })
        .collect();
    let beside = own.parent().unwrap_or(top).to_path_buf();
    let mut directory = normalized(&top.join(&project.build_of(live).directory));
    if kustomization(project, &directory).is_none() {
        directory = beside;
    }
    while let Some(file) = kustomization(project, &directory) {
        let reached = reached(project, &directory);
        if !reached
            .iter()
            .any(|path| path != own && clusters.contains(path.as_path()))
        {
            break;
        }
        let below = listed(project, file, &directory);
        let mut further = below
            .directories
            .into_iter()
            .filter(|child| self::reached(project, child).contains(own));
        match (further.next(), further.next()) {
            (Some(only), None) => directory = only,
            _ => break,
        }
    }
    let kustomization = kustomization(project, &directory);
    let shown = match kustomization {
        Some(file) => project.sources.file(file).name.clone(),
        None => directory
            .strip_prefix(top)
            .unwrap_or(&directory)
            .display()
            .to_string(),
    };
    Ok(Place {
        directory,
        kustomization,
        shown,
    })
}

impl Place {
    /// The file of a Cluster with this name.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.yaml"))
    }

    /// Whether a kustomization has to list the file.
    pub(super) fn is_listed(&self) -> bool {
        self.kustomization.is_some()
    }

    /// Nothing renders a Cluster that stands here.
    pub(super) fn ignored(&self, name: &str, project: &Project) -> Refusal {
        let why = project.failures.first().map_or_else(
            || "nothing renders it".to_owned(),
            |failure| {
                format!(
                    "{} cannot be built then: {}",
                    failure.directory, failure.error
                )
            },
        );
        self.fails(name, why)
    }

    /// Why a Cluster cannot stand here.
    pub(super) fn fails(&self, name: &str, why: String) -> Refusal {
        Refusal::NotWired {
            name: name.to_owned(),
            place: self.shown.clone(),
            why,
        }
    }

    /// Adds a file to the resources of the kustomization.
    pub(super) fn list(
        &self,
        draft: &mut Draft<'_>,
        project: &Project,
        file: &Path,
    ) -> Result<(), Refusal> {
        let Some(kustomization) = self.kustomization else {
            return Ok(());
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let root = root(project, kustomization)
            .ok_or_else(|| self.fails(&name, "it cannot be read".to_owned()))?;
        let text = &project.sources.file(kustomization).text;
        let resources = root.get("resources");
        let written = resources.and_then(Node::as_sequence).unwrap_or_default();
        let dotted = !written.is_empty()
            && written
                .iter()
                .all(|item| item.text().is_some_and(|text| text.starts_with('.')));
        let item = format!("{}{name}", if dotted { "./" } else { "" });
        if let Some(edit) = behind_comments(project, kustomization, written, &item) {
            return draft.edit(&project.sources, &[edit]);
        }
        let item = NewValue::Scalar(item);
        let edit = match resources {
            Some(list) => insert_item(text, list, None, &item),
            None => {
                let list = NewValue::Sequence(vec![item]);
                insert_entry(text, root, None, "resources", &list)
            }
        };
        let edit = edit.map_err(|error| Refusal::patch(project, root.span(), &error))?;
        draft.edit(&project.sources, &[edit])
    }
}

/// A line behind the overlays that a switch keeps in comments at the end of its list, so that these stay together.
fn behind_comments(project: &Project, file: FileId, written: &[Node], item: &str) -> Option<Edit> {
    let last = written.last()?.span().range();
    let choices = project.switches.iter().filter(|own| own.file == file);
    let commented = choices
        .flat_map(|own| &own.choices)
        .filter(|own| !own.active);
    let end = commented.map(|own| own.span.range().end).max()?;
    let text = &project.sources.file(file).text;
    let line = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(line..last.start)?.strip_suffix("- ")?;
    if end < last.end || !indent.trim().is_empty() {
        return None;
    }
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let added = format!("{line_break}{indent}- {}", patch::written(item));
    Some(Edit::new(Span::new(file, end, end), added))
}

/// What a kustomization lists.
struct Listed {
    files: Vec<PathBuf>,
    /// Directories with kustomizations of their own, but for components, which others may share.
    directories: Vec<PathBuf>,
    components: Vec<PathBuf>,
}

fn listed(project: &Project, file: FileId, directory: &Path) -> Listed {
    let mut found = Listed {
        files: Vec::new(),
        directories: Vec::new(),
        components: Vec::new(),
    };
    for field in ["resources", "bases", "components"] {
        let items = root(project, file).and_then(|root| root.get(field)?.as_sequence());
        for item in items.unwrap_or_default().iter().filter_map(Node::text) {
            let path = normalized(&directory.join(item));
            match (kustomization(project, &path), field) {
                (Some(_), "components") => found.components.push(path),
                (Some(_), _) => found.directories.push(path),
                (None, _) => found.files.push(path),
            }
        }
    }
    found
}

/// The files that a directory's kustomization renders.
fn reached(project: &Project, directory: &Path) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        if !seen.insert(directory.clone()) {
            continue;
        }
        if let Some(file) = kustomization(project, &directory) {
            let own = listed(project, file, &directory);
            files.extend(own.files);
            open.extend(own.directories.into_iter().chain(own.components));
        }
    }
    files
}

fn kustomization(project: &Project, directory: &Path) -> Option<FileId> {
    KUSTOMIZATIONS
        .iter()
        .find_map(|name| project.sources.find(&directory.join(name)))
}

fn root(project: &Project, file: FileId) -> Option<&Node> {
    let documents: &Vec<Document> = project.parsed.get(&file)?.as_ref().as_ref().ok()?;
    documents.first().map(|document| &document.root)
}
