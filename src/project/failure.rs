//! Kustomizations that are not built, or not in full.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::kustomize::{self, ErrorKind};
use crate::text::{FileId, Span};

use super::Failure;
use super::classify::{is_manifest_text, looks_like_cnpg};
use super::load::Loader;
use super::reference::References;

impl Loader<'_> {
    /// Notes that a directory is not built, or not in full.
    pub(super) fn failed(
        &mut self,
        directory: &Path,
        all: &BTreeMap<PathBuf, References>,
        error: kustomize::BuildError,
    ) {
        let references = all.get(directory);
        let shown = self.store.shown(directory);
        let is_component = references.is_some_and(|own| own.is_component);
        if let Some(reason) = self.excuse(directory, is_component, all, &error) {
            let skipped = self.project.skipped.entry(reason.to_owned()).or_default();
            if skipped.last() != Some(&shown) {
                skipped.push(shown);
            }
            return;
        }
        let start = references.map_or(Span::new(FileId(0), 0, 0), |references| references.list);
        let span = error.span().unwrap_or(start);
        // A broken file is reported once, as what it is.
        let known = self.project.broken.iter().any(|broken| broken.span == span);
        let repeated = self
            .project
            .failures
            .iter()
            .any(|failure| failure.span == span && failure.error == error);
        let chosen_twice = matches!(error.kind(), ErrorKind::Duplicate(_))
            && references.is_some_and(|own| {
                self.project
                    .switches
                    .iter()
                    .any(|switch| switch.file == own.file && switch.active().count() > 1)
            });
        if !known && !repeated && !chosen_twice {
            self.project.failures.push(Failure {
                directory: shown,
                span,
                error,
            });
        }
    }

    /// Why a failed build is no finding: it says nothing about databases, or walbound is not entitled to judge.
    fn excuse(
        &self,
        directory: &Path,
        is_component: bool,
        all: &BTreeMap<PathBuf, References>,
        error: &kustomize::BuildError,
    ) -> Option<&'static str> {
        let of_cnpg = |span: Span| is_manifest_text(self.store.sources().file(span.file));
        match error.kind() {
            ErrorKind::NoMatch(_) | ErrorKind::Invalid(_) | ErrorKind::Duplicate(_)
                if is_component =>
            {
                Some("component that only its users can build")
            }
            _ if error.is_unsupported() && !self.concerns_cnpg(directory, all) => {
                Some("kustomization beyond what walbound builds, without CloudNativePG manifests")
            }
            // This parser is stricter than kustomize's in places.
            ErrorKind::Malformed(_) if !error.span().is_some_and(of_cnpg) => {
                Some("kustomization over a file that is not valid YAML")
            }
            _ => None,
        }
    }

    /// Whether any file that a directory builds from holds CloudNativePG manifests.
    fn concerns_cnpg(&self, directory: &Path, all: &BTreeMap<PathBuf, References>) -> bool {
        let mut queue = vec![directory];
        let mut seen = BTreeSet::new();
        while let Some(directory) = queue.pop() {
            let Some(own) = all.get(directory).filter(|_| seen.insert(directory)) else {
                continue;
            };
            let sources = self.store.sources();
            let holds = |file: &FileId| looks_like_cnpg(&sources.file(*file).text);
            if own.files.iter().any(holds) {
                return true;
            }
            queue.extend(
                own.directories
                    .iter()
                    .map(|listed| listed.directory.as_path()),
            );
        }
        false
    }
}
