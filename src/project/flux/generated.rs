//! The resources of a directory without a kustomization file, as Flux finds them.
//!
//! Source: fluxcd/pkg `kustomize/kustomize_generator.go` (scanManifests): every YAML file at any depth, but a directory
//! with a kustomization file as a whole. What the source controller leaves out never gets there: fluxcd/pkg
//! `sourceignore/sourceignore.go`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::kustomize::file::find;
use crate::text::{FileTree, Span, Spanned};

/// Directories and files that are never part of a source. Source: fluxcd/pkg `sourceignore` (ExcludeVCS, ExcludeCI,
/// ExcludeExtra).
const EXCLUDED: [&str; 12] = [
    ".git",
    ".github",
    ".circleci",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    ".goreleaser.yml",
    ".sops.yaml",
];

/// The resources below a directory, relative to it. `asked` is the place that names the directory.
pub(super) fn resources(
    tree: &dyn FileTree,
    files: &[PathBuf],
    directory: &Path,
    asked: Span,
) -> Vec<Spanned<String>> {
    let mut rooted: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let mut found: BTreeSet<&Path> = BTreeSet::new();
    let first = files.partition_point(|file| file.as_path() < directory);
    let below = files[first..]
        .iter()
        .take_while(|file| file.starts_with(directory));
    for file in below {
        let Ok(relative) = file.strip_prefix(directory) else {
            continue;
        };
        if relative
            .iter()
            .any(|part| EXCLUDED.iter().any(|name| part == OsStr::new(name)))
        {
            continue;
        }
        let above: Vec<&Path> = relative.ancestors().skip(1).collect();
        let whole = above.iter().rev().skip(1).find(|above| {
            *rooted
                .entry(above.to_path_buf())
                .or_insert_with(|| !find(tree, &directory.join(above)).is_empty())
        });
        let is_manifest = relative
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        match whole {
            Some(whole) => found.insert(whole),
            None => is_manifest && found.insert(relative),
        };
    }
    found
        .into_iter()
        .filter(|path| tree.kind(&directory.join(path)).is_some())
        .map(|path| Spanned::new(path.to_string_lossy().into_owned(), asked))
        .collect()
}
