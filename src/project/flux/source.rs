//! Where the manifests of a Kustomization come from: this repository, or one that is not at hand.

use std::path::{Path, PathBuf};

use crate::text::{FileTree, normalized};
use crate::yaml::Node;

use super::{SOURCE_GROUP, group};

/// Where what a Kustomization applies comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A directory of this repository.
    Here {
        /// Relative to the root of the repository, with `/`; empty for the root.
        directory: String,
    },
    /// It cannot be told here; why, in a few words.
    Unknown(&'static str),
}

/// The sources that the repository declares.
#[derive(Debug, Default)]
pub(super) struct Sources {
    declared: Vec<Declared>,
}

#[derive(Debug)]
struct Declared {
    kind: String,
    name: String,
    url: String,
}

impl Sources {
    /// Those among these objects.
    pub(super) fn of<'n>(objects: impl Iterator<Item = &'n Node>) -> Self {
        let text = |node: &Node, path: &[&str]| Some(node.at(path)?.text()?.to_owned());
        let declared = objects
            .filter(|node| group(node) == Some(SOURCE_GROUP))
            .filter_map(|node| {
                Some(Declared {
                    kind: text(node, &["kind"])?,
                    name: text(node, &["metadata", "name"])?,
                    url: text(node, &["spec", "url"])?,
                })
            });
        Self {
            declared: declared.collect(),
        }
    }

    /// What the `sourceRef` of this Kustomization gives it. `own` is the source of the Kustomizations at the top, by
    /// kind and name: the one that brought this repository into the cluster.
    pub(super) fn resolve(
        &self,
        node: &Node,
        own: Option<&(String, String)>,
        tree: &dyn FileTree,
        top: &Path,
    ) -> Source {
        let path = node.at(&["spec", "path"]).and_then(Node::text);
        let path = path.unwrap_or_default();
        if path.contains("${") {
            return Source::Unknown("a path with a variable that is not known");
        }
        if self.is_other(node, own) {
            return Source::Unknown("a source that is not this repository");
        }
        let relative: PathBuf =
            normalized(Path::new("/").join(path.trim_start_matches('/')).as_path());
        let relative = relative.strip_prefix("/").unwrap_or(&relative);
        if tree.kind(&top.join(relative)).is_none() {
            return Source::Unknown("a path that is not in this repository");
        }
        Source::Here {
            directory: relative.to_string_lossy().replace('\\', "/"),
        }
    }

    /// Whether the source is declared with another address than the repository's own.
    fn is_other(&self, node: &Node, own: Option<&(String, String)>) -> bool {
        let (Some(reference), Some(own)) = (reference(node), own) else {
            return false;
        };
        let url = |(kind, name): &(String, String)| {
            let found = self.declared.iter();
            let mut found = found.filter(|one| one.kind == *kind && one.name == *name);
            found.next().map(|one| one.url.as_str())
        };
        match (url(&reference), url(own)) {
            _ if reference == *own => false,
            (Some(url), Some(own)) => url != own,
            // A source declared beside one that the bootstrap made without a manifest here.
            (Some(_), None) => true,
            (None, _) => false,
        }
    }
}

/// Kind and name of a `sourceRef`.
pub(super) fn reference(node: &Node) -> Option<(String, String)> {
    let source = node.at(&["spec", "sourceRef"])?;
    let text = |key| Some(source.get(key)?.text()?.to_owned());
    Some((text("kind")?, text("name")?))
}
