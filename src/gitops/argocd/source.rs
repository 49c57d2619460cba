//! Sources of an Application.

use std::path::Path;

use crate::model::object::{Object, spanned};
use crate::text::{FileId, Spanned, normalized};
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Entry, Kind, Locator, Node, Origin, expand, parse};

use super::checkout::Checkout;

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

    fn read(node: &Node) -> Self {
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

    /// The directory relative to the top of the repository, without `.` and `..`; empty for the top.
    ///
    /// # Errors
    /// Why there is none here, in words.
    pub(super) fn directory(&self, checkout: &Checkout<'_>) -> Result<String, String> {
        if self.chart.is_some() {
            return Err("charts of a Helm repository cannot be rendered here".to_owned());
        }
        let Some(path) = &self.path else {
            return Err("a source without a path cannot be rendered here".to_owned());
        };
        if let Some(other) = self.repository.as_ref()
            && checkout.is_other_repository(&other.value)
        {
            return Err("a source in another repository cannot be rendered here".to_owned());
        }
        if path.value.contains("{{") {
            return Err(format!(
                "only the controller knows the path `{}`",
                path.value
            ));
        }
        if path.value.starts_with('/') {
            return Err(format!(
                "Argo CD refuses the absolute path `{}`",
                path.value
            ));
        }
        if let Some(revision) = self.revision.as_ref().filter(|own| is_fixed(&own.value)) {
            let reason = "may differ from what is checked out";
            return Err(format!("the revision `{}` {reason}", revision.value));
        }
        let directory = clean(&path.value);
        if directory.starts_with("..") || !checkout.has_directory(&directory) {
            return Err(format!(
                "the path `{}` is not in this repository",
                path.value
            ));
        }
        Ok(directory)
    }

    /// The source with what the files `.argocd-source.yaml` and `.argocd-source-<application>.yaml` of its directory lay
    /// over it, and the names of these files. Values of theirs point at the path.
    /// Source: Argo CD `reposerver/repository/repository.go`, `mergeSourceParameters`.
    ///
    /// # Errors
    /// When such a file is not YAML, in words.
    pub(super) fn overridden(
        &self,
        application: &str,
        directory: &str,
        checkout: &Checkout<'_>,
    ) -> Result<(Node, Vec<String>), String> {
        let mut node = self.node.clone();
        let mut names = Vec::new();
        let by = Origin::Made {
            by: self
                .path
                .as_ref()
                .map_or(self.node.span(), |path| path.span),
        };
        for name in [
            ".argocd-source.yaml".to_owned(),
            format!(".argocd-source-{application}.yaml"),
        ] {
            let name = clean(&format!("{directory}/{name}"));
            let Ok(text) = checkout.tree.read(&checkout.path(&name)) else {
                continue;
            };
            let broken = |error: String| format!("`{name}` is not valid YAML: {error}");
            let documents = parse(&text, &Locator::File(FileId(0)))
                .map_err(|error| broken(error.to_string()))?;
            if let Some(document) = documents.first() {
                let root = expand(document).map_err(|error| broken(error.to_string()))?;
                node = laid_over(&node, &canonical(&root, Dialect::Direct), by);
            }
            names.push(name);
        }
        for key in ["chart", "path", "repoURL", "targetRevision"] {
            match self.node.get(key) {
                Some(own) => node.set(key, own.clone()),
                None => {
                    node.remove(key);
                }
            }
        }
        Ok((node, names))
    }
}

/// A JSON merge patch; every value of the patch gets the origin.
fn laid_over(base: &Node, patch: &Node, origin: Origin) -> Node {
    let Kind::Mapping(entries) = &patch.kind else {
        return pointed(patch, origin);
    };
    let mut merged = match base.kind {
        Kind::Mapping(_) => base.clone(),
        _ => Node::mapping(origin),
    };
    let nothing = Node::plain("null", origin);
    for entry in entries {
        let Some(key) = entry.key.text() else {
            continue;
        };
        if entry.value.is_null() {
            merged.remove(key);
        } else {
            let own = merged.get(key).unwrap_or(&nothing);
            let value = laid_over(own, &entry.value, origin);
            merged.set(key, value);
        }
    }
    merged
}

/// The tree with every origin replaced.
pub(super) fn pointed(node: &Node, origin: Origin) -> Node {
    let kind = match &node.kind {
        Kind::Sequence(items) => {
            Kind::Sequence(items.iter().map(|item| pointed(item, origin)).collect())
        }
        Kind::Mapping(entries) => {
            let entries = entries.iter().map(|entry| Entry {
                key: pointed(&entry.key, origin),
                value: pointed(&entry.value, origin),
            });
            Kind::Mapping(entries.collect())
        }
        other => other.clone(),
    };
    Node {
        kind,
        origin,
        properties: None,
    }
}

/// A path relative to the top of the repository, without `.` and `..`, with `/`.
pub(super) fn clean(path: &str) -> String {
    normalized(Path::new(path.trim_start_matches('/')))
        .to_string_lossy()
        .replace('\\', "/")
}

/// Whether a revision names a commit or a release: a hash, a version, a tag. Names of branches are taken for the one that
/// is checked out.
fn is_fixed(revision: &str) -> bool {
    let is_hash = (7..=40).contains(&revision.len())
        && revision.chars().all(|c| c.is_ascii_hexdigit())
        && revision.chars().any(|c| c.is_ascii_digit());
    let digits = revision.strip_prefix('v').unwrap_or(revision);
    let is_version = digits.contains('.') && digits.starts_with(|c: char| c.is_ascii_digit());
    is_hash
        || is_version
        || revision.starts_with("refs/tags/")
        || revision.starts_with(['^', '~', '>', '<', '='])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_versions_and_tags_are_fixed_and_branches_are_not() {
        for fixed in ["v1.2.3", "1.2", "0a1b2c3", "refs/tags/x", ">=1.0.0"] {
            assert!(is_fixed(fixed), "{fixed}");
        }
        for branch in [
            "HEAD",
            "main",
            "release-1.2",
            "deadbeef-x",
            "feature",
            "facade",
        ] {
            assert!(!is_fixed(branch), "{branch}");
        }
    }
}
