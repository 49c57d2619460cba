//! Files and directories as one kustomization may reach them.
//!
//! Files must lie in or below the kustomization's directory once symbolic links are followed; directories may be
//! anywhere. Source: kustomize `api/internal/loader/fileloader.go`, `loadrestrictions.go`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{EntryKind, FileId, ReadError, Spanned, normalized};
use crate::yaml::DocumentStore;

use super::error::{BuildError, ErrorKind};

/// What an entry of `resources` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A file the kustomization may read.
    File(PathBuf),
    /// A directory.
    Directory(PathBuf),
}

/// Reads on behalf of the kustomization in one directory.
pub(super) struct Loader<'s, 't> {
    store: &'s mut DocumentStore<'t>,
    root: PathBuf,
    /// Files below it may be named as well.
    files_below: Option<PathBuf>,
    used: BTreeSet<PathBuf>,
}

impl<'s, 't> Loader<'s, 't> {
    /// A loader for the kustomization in `root`, a path without symbolic links. Files below `files_below` may be named
    /// too, although the reference refuses them by default.
    pub(super) fn new(
        store: &'s mut DocumentStore<'t>,
        root: PathBuf,
        files_below: Option<&Path>,
    ) -> Self {
        Self {
            store,
            root,
            files_below: files_below.map(Path::to_path_buf),
            used: BTreeSet::new(),
        }
    }

    /// The store the files go to.
    pub(super) fn store(&mut self) -> &mut DocumentStore<'t> {
        self.store
    }

    /// Every file that was reached.
    pub(super) fn into_used(self) -> BTreeSet<PathBuf> {
        self.used
    }

    /// The file or directory an entry names.
    ///
    /// # Errors
    /// When it is remote, missing, or a file outside the root.
    pub(super) fn find(
        &mut self,
        entry: &Spanned<String>,
        what: &'static str,
    ) -> Result<Found, BuildError> {
        let path = self.locate(entry, what)?;
        match self.store.tree().kind(&path) {
            Some(EntryKind::File) => {
                self.restrict(entry, &path)?;
                self.used.insert(path.clone());
                Ok(Found::File(path))
            }
            Some(EntryKind::Directory) if Path::new(&entry.value).is_absolute() => {
                Err(BuildError::invalid(
                    entry.span,
                    format!("directory `{}` is an absolute path", entry.value),
                )
                .help("write it relative to the kustomization"))
            }
            Some(EntryKind::Directory) => Ok(Found::Directory(path)),
            None => Err(self.missing(entry, what)),
        }
    }

    /// The directory an entry names.
    ///
    /// # Errors
    /// When it is remote, missing, or no directory.
    pub(super) fn directory(
        &mut self,
        entry: &Spanned<String>,
        what: &'static str,
    ) -> Result<PathBuf, BuildError> {
        match self.find(entry, what)? {
            Found::Directory(path) => Ok(path),
            Found::File(_) => Err(BuildError::invalid(
                entry.span,
                format!("{what} `{}` is a file and must be a directory", entry.value),
            )),
        }
    }

    /// Opens the file an entry names.
    ///
    /// # Errors
    /// When it is remote, missing, unreadable, or outside the root.
    pub(super) fn open(
        &mut self,
        entry: &Spanned<String>,
        what: &'static str,
    ) -> Result<FileId, BuildError> {
        let path = self.file(entry, what)?;
        self.store
            .open(&path)
            .map_err(|error| self.unreadable(entry, error))
    }

    /// The bytes of the file an entry names.
    ///
    /// # Errors
    /// As for [`Loader::open`].
    pub(super) fn bytes(
        &mut self,
        entry: &Spanned<String>,
        what: &'static str,
    ) -> Result<Arc<[u8]>, BuildError> {
        let path = self.file(entry, what)?;
        self.store
            .tree()
            .read_bytes(&path)
            .map_err(|error| self.unreadable(entry, error))
    }

    fn file(&mut self, entry: &Spanned<String>, what: &'static str) -> Result<PathBuf, BuildError> {
        match self.find(entry, what)? {
            Found::File(path) => Ok(path),
            Found::Directory(_) => Err(BuildError::invalid(
                entry.span,
                format!("{what} `{}` is a directory and must be a file", entry.value),
            )),
        }
    }

    fn locate(&self, entry: &Spanned<String>, what: &'static str) -> Result<PathBuf, BuildError> {
        if entry.value.is_empty() {
            return Err(BuildError::invalid(entry.span, format!("{what} is empty")));
        }
        let path = normalized(&self.root.join(&entry.value));
        match self.store.tree().canonical(&path) {
            Ok(path) => Ok(path),
            Err(_) if is_remote(&entry.value) => Err(BuildError::at(
                entry.span,
                ErrorKind::Unsupported(format!("remote {what} `{}`", entry.value)),
            )
            .help("walbound works offline; keep a copy of it in the repository")),
            Err(ReadError::Missing) => Err(self.missing(entry, what)),
            Err(error) => Err(self.unreadable(entry, error)),
        }
    }

    fn restrict(&self, entry: &Spanned<String>, path: &Path) -> Result<(), BuildError> {
        let allowed = |directory: &PathBuf| path.starts_with(directory);
        if allowed(&self.root) || self.files_below.as_ref().is_some_and(allowed) {
            return Ok(());
        }
        Err(BuildError::at(
            entry.span,
            ErrorKind::OutsideRoot {
                path: entry.value.clone(),
                root: self.store.shown(&self.root),
            },
        )
        .help("move the file, or give its directory a kustomization and list the directory"))
    }

    fn missing(&self, entry: &Spanned<String>, what: &'static str) -> BuildError {
        let path = entry.value.clone();
        BuildError::at(entry.span, ErrorKind::Missing { what, path }).help(format!(
            "paths are relative to `{}`",
            self.store.shown(&self.root)
        ))
    }

    fn unreadable(&self, entry: &Spanned<String>, error: ReadError) -> BuildError {
        let path = entry.value.clone();
        BuildError::at(entry.span, ErrorKind::Unreadable { path, error })
    }
}

/// Whether an entry that names nothing here reads like a URL or a Git address.
fn is_remote(entry: &str) -> bool {
    entry.contains("://")
        || entry.contains("?ref=")
        || entry.contains(".git/")
        || entry.ends_with(".git")
        || ["git@", "git::", "github.com", "gh:"]
            .iter()
            .any(|start| entry.starts_with(start))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_remote, normalized};
    use crate::kustomize::memory::Memory;

    #[test]
    fn a_file_outside_the_directory_is_refused_and_a_directory_is_not() {
        let tree = Memory::new(&[
            ("a/kustomization.yaml", "resources: [../c.yaml]\n"),
            ("b/kustomization.yaml", "resources: [../d]\n"),
            ("c.yaml", "kind: A\nmetadata: {name: a}\n"),
            ("d/kustomization.yaml", "namespace: x\n"),
        ]);
        assert!(
            tree.refusal("a")
                .starts_with("a/kustomization.yaml:1:13: file `../c.yaml` is not in or below `a`")
        );
        assert!(tree.render("b").is_ok());
    }

    #[test]
    fn a_missing_entry_says_where_paths_start() {
        let tree = Memory::new(&[("a/kustomization.yaml", "resources: [x.yml]\n")]);
        assert_eq!(
            tree.refusal("a"),
            "a/kustomization.yaml:1:13: resource `x.yml` does not exist\n  help: paths are relative to `a`"
        );
    }

    #[test]
    fn paths_are_cleaned_by_text() {
        assert_eq!(normalized(Path::new("/a/./b/../c/")), Path::new("/a/c"));
        assert_eq!(normalized(Path::new("/../a")), Path::new("/a"));
    }

    #[test]
    fn urls_and_git_addresses_are_remote() {
        for remote in [
            "https://example.org/x.yaml",
            "github.com/a/b//c?ref=v1",
            "git@example.org:a/b.git",
            "ssh://example.org/a",
        ] {
            assert!(is_remote(remote), "{remote}");
        }
        assert!(!is_remote("../base"));
    }
}
