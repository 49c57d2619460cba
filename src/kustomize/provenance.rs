//! Where a resource came from, for `buildMetadata: [originAnnotations]`.
//!
//! Source: kustomize `api/resource/origin.go`.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The annotation that tells it.
pub(super) const ANNOTATION: &str = "config.kubernetes.io/origin";

/// Where a resource came from.
#[derive(Debug, Clone)]
pub(super) enum Provenance {
    /// It was read from this file.
    File(PathBuf),
    /// A builtin generator made it.
    Generator {
        /// The file with the generator's configuration.
        configured_in: PathBuf,
        /// Kind of the generator.
        kind: Arc<str>,
        /// Name of the configuration, empty for a field of a kustomization.
        name: Arc<str>,
    },
}

impl Provenance {
    /// The file that holds the resource or its generator.
    pub(super) fn file(&self) -> &Path {
        match self {
            Self::File(path)
            | Self::Generator {
                configured_in: path,
                ..
            } => path,
        }
    }

    /// The value of the annotation in a build of `root`.
    pub(super) fn annotation(&self, root: &Path) -> String {
        let path = relative(root, self.file());
        match self {
            Self::File(_) => format!("path: {path}\n"),
            Self::Generator { kind, name, .. } => {
                let mut text = format!(
                    "configuredIn: {path}\nconfiguredBy:\n  apiVersion: builtin\n  kind: {kind}\n"
                );
                if !name.is_empty() {
                    let _ = writeln!(text, "  name: {name}");
                }
                text
            }
        }
    }
}

/// The way from a directory to a file, both without symbolic links.
fn relative(from: &Path, to: &Path) -> String {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(left, right)| left == right)
        .count();
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(shared)).collect();
    way.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use crate::kustomize::memory::Memory;

    #[test]
    fn resources_tell_their_file_from_the_root_of_the_build() {
        let tree = Memory::new(&[
            (
                "base/kustomization.yaml",
                "resources: [c.yaml]\nconfigMapGenerator:\n- {name: g, options: {disableNameSuffixHash: true}}\n",
            ),
            ("base/c.yaml", "kind: A\nmetadata: {name: a}\n"),
            (
                "top/kustomization.yaml",
                "resources: [../base]\nbuildMetadata: [originAnnotations]\n",
            ),
        ]);
        // Written by `kubectl kustomize`.
        assert_eq!(
            tree.render("top").unwrap().text,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      configuredIn: ../base/kustomization.yaml\n      configuredBy:\n        apiVersion: builtin\n        kind: ConfigMapGenerator\n  name: g\n---\nkind: A\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../base/c.yaml\n  name: a\n"
        );
    }
}
