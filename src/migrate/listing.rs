//! Kustomizations that list a file, and new lines in their lists.

use std::path::{Path, PathBuf};

use crate::project::Project;
use crate::recover::KUSTOMIZATIONS;
use crate::text::edit::apply;
use crate::text::{FileId, normalized};
use crate::yaml::patch::{NewValue, PatchError, insert_entry, insert_item};
use crate::yaml::{Locator, Node, parse};

/// An entry of a kustomization that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The kustomization file.
    pub(super) kustomization: PathBuf,
    /// The entry as it is written, `../base/cluster.yaml`.
    pub(super) entry: String,
}

/// What a new file is to a kustomization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// An entry of `resources`.
    Resource,
    /// The path of an entry of `patches`.
    Patch,
}

/// Every entry of a kustomization that names this file as a resource or a patch.
pub(super) fn listing(project: &Project, path: &Path) -> Vec<Listed> {
    let mut found = Vec::new();
    for (file, source) in project.sources.iter() {
        let Some(root) = kustomization(project, file) else {
            continue;
        };
        let directory = source.path.parent().unwrap_or(Path::new("/"));
        for entry in entries(root) {
            if normalized(&directory.join(entry)) == path {
                found.push(Listed {
                    kustomization: source.path.clone(),
                    entry: entry.to_owned(),
                });
            }
        }
    }
    found
}

/// The document of a kustomization file.
fn kustomization(project: &Project, file: FileId) -> Option<&Node> {
    let name = project.sources.file(file).path.file_name()?;
    KUSTOMIZATIONS.iter().find(|known| *known == &name)?;
    let documents = project.parsed.get(&file)?.as_ref().as_ref().ok()?;
    documents.first().map(|document| &document.root)
}

fn entries(root: &Node) -> Vec<&str> {
    let list = |key: &str| {
        root.get(key)
            .and_then(Node::as_sequence)
            .unwrap_or_default()
    };
    let whole = ["resources", "patchesStrategicMerge"];
    let mut found: Vec<&str> = whole
        .into_iter()
        .flat_map(list)
        .filter_map(Node::text)
        .collect();
    found.extend(
        list("patches")
            .iter()
            .filter_map(|patch| patch.get("path").and_then(Node::text)),
    );
    found
}

/// The entry for a file beside another one that is listed as `entry`.
pub(super) fn beside(entry: &str, name: &str) -> String {
    match entry.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{name}"),
        None => name.to_owned(),
    }
}

/// The text of a kustomization with one more file, behind the one listed as `after`.
///
/// # Errors
/// When the list cannot be edited.
pub(super) fn with(
    text: &str,
    part: Part,
    after: Option<&str>,
    entry: &str,
) -> Result<String, PatchError> {
    let documents = parse(text, &Locator::File(FileId(0))).map_err(|_| PatchError::NotInText)?;
    let root = &documents.first().ok_or(PatchError::NotInText)?.root;
    let name = NewValue::Scalar(entry.to_owned());
    let (key, item) = match part {
        Part::Resource => ("resources", name),
        Part::Patch => (
            "patches",
            NewValue::Mapping(vec![("path".to_owned(), name)]),
        ),
    };
    let edit = match root.get(key) {
        Some(list) => {
            let items = list.as_sequence().unwrap_or_default();
            let own = |node: &Node| match part {
                Part::Resource => node.text() == after,
                Part::Patch => after.is_some() && node.get("path").and_then(Node::text) == after,
            };
            let at = items.iter().position(own);
            insert_item(text, list, at, &item)?
        }
        None => {
            let before = ["components", "resources", "namespace", "kind"];
            let near = before.into_iter().find(|key| root.get(key).is_some());
            insert_entry(text, root, near, key, &NewValue::Sequence(vec![item]))?
        }
    };
    apply(text, &[edit]).map_err(|_| PatchError::Entangled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_listed_behind_the_one_beside_it() {
        let text = "resources:\n  - a.yaml # first\n  - ../b.yaml\npatches:\n  - path: p.yaml\n";
        assert_eq!(
            with(text, Part::Resource, Some("a.yaml"), "store.yaml").unwrap(),
            "resources:\n  - a.yaml # first\n  - store.yaml\n  - ../b.yaml\npatches:\n  - path: p.yaml\n"
        );
        assert_eq!(
            with(text, Part::Patch, Some("p.yaml"), "q.yaml").unwrap(),
            "resources:\n  - a.yaml # first\n  - ../b.yaml\npatches:\n  - path: p.yaml\n  - path: q.yaml\n"
        );
        assert_eq!(beside("../b.yaml", "store.yaml"), "../store.yaml");
    }

    #[test]
    fn a_list_that_is_missing_is_made() {
        let text = "kind: Component\npatches:\n  - path: p.yaml\n";
        assert_eq!(
            with(text, Part::Resource, None, "store.yaml").unwrap(),
            "kind: Component\nresources:\n  - store.yaml\npatches:\n  - path: p.yaml\n"
        );
    }
}
