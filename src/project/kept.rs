//! Builds that one state of a repository leaves for the next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::kustomize::Build;

/// Builds that went well.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// Whether they took files from outside a kustomization's directory.
    pub(super) unrestricted: bool,
    /// Of directories as they are.
    pub(super) roots: BTreeMap<PathBuf, Arc<Build>>,
    /// Of what Flux applies, and whether Flux makes up the kustomization, by the directory and what is added to it.
    pub(super) by_flux: BTreeMap<String, (Arc<Build>, bool)>,
}

/// The builds of an earlier state that are those of this one.
#[derive(Default)]
pub(super) struct Reuse<'k> {
    kept: Option<&'k Kept>,
    changed: BTreeSet<PathBuf>,
    created: Vec<PathBuf>,
}

impl<'k> Reuse<'k> {
    /// What is left of `kept` after some files have got other texts and others were created.
    pub(super) fn of(
        kept: &'k Kept,
        changed: BTreeSet<PathBuf>,
        created: Vec<PathBuf>,
        unrestricted: bool,
    ) -> Self {
        Self {
            kept: Some(kept).filter(|kept| kept.unrestricted == unrestricted),
            changed,
            created,
        }
    }

    /// The build of a directory as it is.
    pub(super) fn root(&self, directory: &Path) -> Option<Arc<Build>> {
        let build = self.kept?.roots.get(directory)?;
        self.holds(directory, build).then(|| Arc::clone(build))
    }

    /// The build of what Flux applies.
    pub(super) fn by_flux(&self, key: &str, directory: &Path) -> Option<(Arc<Build>, bool)> {
        let (build, generated) = self.kept?.by_flux.get(key)?;
        let holds = self.holds(directory, build);
        holds.then(|| (Arc::clone(build), *generated))
    }

    /// Whether the build would come out the same. A new file counts wherever a directory of the build may list it, or
    /// be looked through for a kustomization.
    fn holds(&self, directory: &Path, build: &Build) -> bool {
        let has = |path: &Path| build.files.iter().any(|file| file == path);
        let beside = |path: &Path| {
            let own = path.parent();
            build.files.iter().any(|file| file.parent() == own)
        };
        let touches = |path: &PathBuf| {
            path.starts_with(directory) || path.ancestors().any(has) || beside(path)
        };
        !self.changed.iter().any(|path| has(path)) && !self.created.iter().any(touches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        let files = [
            "/r/app",
            "/r/app/kustomization.yaml",
            "/r/base/cluster.yaml",
        ];
        let build = Build {
            resources: Vec::new(),
            warnings: Vec::new(),
            files: files.iter().map(PathBuf::from).collect(),
            left_out: Vec::new(),
        };
        Kept {
            roots: BTreeMap::from([(PathBuf::from("/r/app"), Arc::new(build))]),
            ..Kept::default()
        }
    }

    fn holds(changed: &[&str], created: &[&str]) -> bool {
        let kept = kept();
        let paths = |all: &[&str]| all.iter().map(PathBuf::from).collect::<Vec<_>>();
        let changed = paths(changed).into_iter().collect();
        let reuse = Reuse::of(&kept, changed, paths(created), false);
        reuse.root(Path::new("/r/app")).is_some()
    }

    #[test]
    fn a_build_holds_while_its_files_do() {
        assert!(holds(&[], &[]));
        assert!(holds(&["/r/other/cluster.yaml"], &["/r/other/new.yaml"]));
        assert!(!holds(&["/r/base/cluster.yaml"], &[]));
    }

    #[test]
    fn a_new_file_where_the_build_looks_may_change_it() {
        assert!(!holds(&[], &["/r/app/sub/cluster.yaml"]));
        assert!(!holds(&[], &["/r/base/kustomization.yml"]));
    }

    #[test]
    fn other_restrictions_make_other_builds() {
        let kept = kept();
        let reuse = Reuse::of(&kept, BTreeSet::new(), Vec::new(), true);
        assert!(reuse.root(Path::new("/r/app")).is_none());
    }
}
