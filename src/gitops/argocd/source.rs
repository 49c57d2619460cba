//! Sources of an Application.

use std::path::Path;

use crate::model::object::{Object, spanned};
use crate::text::{Spanned, normalized};
use crate::yaml::Node;

/// An entry of `spec.sources`, or `spec.source`.
#[derive(Debug, Clone)]
pub struct Source {
    /// The whole map.
    pub node: Node,
    /// `repoURL`.
    pub repository: Option<Spanned<String>>,
    /// `targetRevision`.
    pub revision: Option<Spanned<String>>,
    /// `path`, as written.
    pub path: Option<Spanned<String>>,
    /// `chart`: a chart of a Helm repository.
    pub chart: Option<Spanned<String>>,
    /// `ref`: the name under which value files of other sources find this one.
    pub reference: Option<Spanned<String>>,
}

impl Source {
    /// The sources of an Application: `spec.sources` where there are any, else `spec.source`.
    /// Source: Argo CD `pkg/apis/application/v1alpha1/types.go`, `ApplicationSpec.GetSources`.
    pub(super) fn all(application: &Object) -> Vec<Self> {
        let several = application
            .find(&["spec", "sources"])
            .and_then(Node::as_sequence)
            .filter(|sources| !sources.is_empty());
        match several {
            Some(sources) => sources.iter().map(Self::read).collect(),
            None => application
                .find(&["spec", "source"])
                .map(Self::read)
                .into_iter()
                .collect(),
        }
    }

    pub(super) fn read(node: &Node) -> Self {
        let text = |key| node.get(key).and_then(spanned);
        Self {
            repository: text("repoURL"),
            revision: text("targetRevision"),
            path: text("path"),
            chart: text("chart"),
            reference: text("ref"),
            node: node.clone(),
        }
    }

    /// The directory relative to the top of the repository, without `.` and `..`; empty for the top. `None` without a
    /// path, and for an absolute one, which Argo CD refuses.
    pub fn directory(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        if path.value.starts_with('/') {
            return None;
        }
        Some(clean(&path.value))
    }
}

/// A path relative to the top of the repository, without `.` and `..`, with `/`.
pub(super) fn clean(path: &str) -> String {
    normalized(Path::new(path.trim_start_matches('/')))
        .to_string_lossy()
        .replace('\\', "/")
}
