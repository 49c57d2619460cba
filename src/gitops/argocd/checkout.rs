//! What is known of the repository as a controller clones it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::model::object::Object;
use crate::project::Project;
use crate::text::{EntryKind, FileTree};
use crate::yaml::{Kind, Node};

use super::origin::Remotes;

/// The repository as Argo CD clones it.
pub(super) struct Checkout<'p> {
    /// The repository, resolved.
    pub(super) project: &'p Project,
    /// Its files, those that the project did not read among them.
    pub(super) tree: &'p dyn FileTree,
    /// Files that were read, relative to the top, in order.
    pub(super) files: Vec<&'p str>,
    /// Directories above those files, relative to the top, in order; the top is not among them.
    pub(super) directories: BTreeSet<&'p str>,
    /// What it is known as.
    remotes: Remotes,
}

impl<'p> Checkout<'p> {
    pub(super) fn of(project: &'p Project, tree: &'p dyn FileTree) -> Self {
        let names = project.sources.iter().map(|(_, file)| file.name.as_str());
        let mut files: Vec<&str> = names.filter(|name| !name.starts_with(['/', '<'])).collect();
        files.sort_unstable();
        let mut directories = BTreeSet::new();
        for file in &files {
            let mut below = *file;
            while let Some((directory, _)) = below.rsplit_once('/') {
                if !directories.insert(directory) {
                    break;
                }
                below = directory;
            }
        }
        let steering = project.steering.iter().map(|own| &own.object);
        let mut named = Vec::new();
        for object in steering.filter(|object| object.group == "argoproj.io") {
            collect_addresses(&object.node, &mut named);
        }
        let remotes = if named.is_empty() {
            Remotes::default()
        } else {
            Remotes::of(tree, &project.top).confirmed(named.into_iter())
        };
        Self {
            project,
            tree,
            files,
            directories,
            remotes,
        }
    }

    /// Whether the `repoURL` of a source or generator is known to be that of another repository.
    pub(super) fn is_other_repository(&self, address: &str) -> bool {
        self.remotes.is_other(address)
    }

    /// The path of something in the repository.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.project.top.join(relative)
    }

    /// The files that were read at and below a directory.
    pub(super) fn below<'s>(&'s self, directory: &'s str) -> impl Iterator<Item = &'p str> + 's {
        let start = self.files.partition_point(|file| *file < directory);
        let files = self.files[start..].iter().copied();
        files
            .take_while(move |file| file.starts_with(directory))
            .filter(move |file| directory.is_empty() || file[directory.len()..].starts_with('/'))
    }

    /// Whether a directory is there; the top has the empty name.
    pub(super) fn has_directory(&self, relative: &str) -> bool {
        relative.is_empty()
            || self.directories.contains(relative)
            || self.tree.kind(&self.path(relative)) == Some(EntryKind::Directory)
    }

    /// Objects of a kind that the repository renders or holds.
    pub(super) fn steering(&self, kind: &'p str) -> impl Iterator<Item = &'p Object> {
        let objects = self.project.steering.iter();
        objects
            .filter(|own| {
                own.build
                    .is_none_or(|build| !self.project.builds[build].dormant)
            })
            .map(|own| &own.object)
            .filter(move |object| object.kind == kind)
    }

    /// A setting of the ConfigMap `argocd-cmd-params-cm`, where the repository holds it.
    pub(super) fn parameter(&self, key: &str) -> Option<&'p str> {
        self.steering("ConfigMap")
            .filter(|object| object.group.is_empty() && object.name.value == "argocd-cmd-params-cm")
            .find_map(|object| object.find(&["data"])?.get(key).and_then(Node::text))
    }
}

/// Every `repoURL` of an object.
fn collect_addresses<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for entry in entries {
                if entry.key.text() == Some("repoURL") {
                    found.extend(entry.value.text());
                }
                collect_addresses(&entry.value, found);
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| collect_addresses(item, found)),
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
}
