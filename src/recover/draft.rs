//! A repository with a change laid over it that nobody wrote yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::project::{self, BuildKind, Database, Project};
use crate::text::edit::apply;
use crate::text::{Change, Creation, Edit, EntryKind, FileTree, ReadError, SourceMap, normalized};

use super::Refusal;

/// File names of kustomizations. Source: kustomize `api/konfig/general.go`.
pub(crate) const KUSTOMIZATIONS: [&str; 3] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The files of a repository, some of them with other texts than on the disk.
pub struct Draft<'t> {
    disk: &'t dyn FileTree,
    top: PathBuf,
    files: Vec<PathBuf>,
    before: BTreeMap<PathBuf, Arc<str>>,
    after: BTreeMap<PathBuf, Arc<str>>,
    /// The repository as it was read, so that nothing is read or parsed twice.
    read: Option<&'t Project>,
}

impl<'t> Draft<'t> {
    /// A draft without changes of the YAML files `files` of the repository at `top`; absolute paths in order.
    pub fn new(disk: &'t dyn FileTree, top: &Path, files: &[PathBuf]) -> Self {
        Self {
            disk,
            top: top.to_path_buf(),
            files: files.to_vec(),
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            read: None,
        }
    }

    /// The draft over what was read of the same files before.
    #[must_use]
    pub fn over(mut self, read: &'t Project) -> Self {
        self.read = Some(read);
        self
    }

    /// The root of the repository.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The YAML files, with those that the draft adds.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut all = self.files.clone();
        for path in self.after.keys() {
            if let Err(place) = all.binary_search(path) {
                all.insert(place, path.clone());
            }
        }
        all
    }

    /// The repository as the draft has it.
    pub fn project(&self) -> Project {
        let files = self.files();
        let input = project::Input::Files(&files);
        match self.read {
            Some(read) => project::load_after(self, &self.top, &input, read),
            None => project::load(self, &self.top, &input),
        }
    }

    /// The part of the repository that renders one database: enough to find its values, not to find its stores.
    pub fn part(&self, scope: &Scope) -> Project {
        let files: Vec<PathBuf> = scope.0.iter().cloned().collect();
        project::load(self, &self.top, &project::Input::Files(&files))
    }

    /// Makes edits that were planned on the texts in `sources`.
    ///
    /// # Errors
    /// When they overlap, a file is encrypted, or the draft has another text by now; nothing is changed then.
    pub fn edit(&mut self, sources: &SourceMap, edits: &[Edit]) -> Result<(), Refusal> {
        let files: BTreeSet<_> = edits.iter().map(|edit| edit.span.file).collect();
        let mut texts = Vec::new();
        for file in files {
            let source = sources.file(file);
            if is_encrypted(&source.text) {
                let place = source.name.clone();
                return Err(Refusal::Encrypted { place });
            }
            let own: Vec<Edit> = edits
                .iter()
                .filter(|edit| edit.span.file == file)
                .cloned()
                .collect();
            let is_current = self.read(&source.path).as_deref() == Ok(&*source.text);
            let text = apply(&source.text, &own).ok().filter(|_| is_current);
            let text = text.ok_or_else(|| Refusal::Entangled {
                place: source.name.clone(),
            })?;
            texts.push((source, text));
        }
        for (source, text) in texts {
            // What the draft itself added has no text before.
            if !self.after.contains_key(&source.path) {
                self.before
                    .insert(source.path.clone(), Arc::clone(&source.text));
            }
            self.after.insert(source.path.clone(), text.into());
        }
        Ok(())
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When something is there already.
    pub fn create(&mut self, path: &Path, text: String) -> Result<(), Refusal> {
        if self.kind(path).is_some() {
            return Err(Refusal::Exists {
                path: path.to_path_buf(),
            });
        }
        self.after.insert(path.to_path_buf(), text.into());
        Ok(())
    }

    /// The files that differ from the disk, in the order of paths.
    pub fn changes(&self) -> Vec<Change> {
        let change = |(path, before): (&PathBuf, &Arc<str>)| {
            let after = self.after.get(path)?;
            (after != before).then(|| Change {
                path: path.clone(),
                before: Arc::clone(before),
                after: Arc::clone(after),
            })
        };
        self.before.iter().filter_map(change).collect()
    }

    /// The files that are new, in the order of paths.
    pub fn creations(&self) -> Vec<Creation> {
        let added = self.after.iter();
        let added = added.filter(|(path, _)| !self.before.contains_key(*path));
        added
            .map(|(path, text)| Creation {
                path: path.clone(),
                text: Arc::clone(text),
            })
            .collect()
    }
}

/// Whether SOPS encrypted values of the file. Its checksum covers the others too, so no edit leaves the file whole.
fn is_encrypted(text: &str) -> bool {
    text.starts_with("sops:") || text.contains("\nsops:")
}

impl FileTree for Draft<'_> {
    fn read(&self, path: &Path) -> Result<Arc<str>, ReadError> {
        match self.after.get(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => {
                let sources = self.read.map(|read| &read.sources);
                let known = sources.and_then(|own| Some(own.file(own.find(path)?)));
                known.map_or_else(|| self.disk.read(path), |file| Ok(Arc::clone(&file.text)))
            }
        }
    }

    fn read_bytes(&self, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        match self.after.get(path) {
            Some(text) => Ok(Arc::from(text.as_bytes())),
            None => self.disk.read_bytes(path),
        }
    }

    fn kind(&self, path: &Path) -> Option<EntryKind> {
        if self.after.contains_key(path) {
            return Some(EntryKind::File);
        }
        let above = || self.after.keys().any(|file| file.starts_with(path));
        self.disk
            .kind(path)
            .or_else(|| above().then_some(EntryKind::Directory))
    }

    fn canonical(&self, path: &Path) -> Result<PathBuf, ReadError> {
        let drafted = self.after.keys().any(|file| file.starts_with(path));
        match self.disk.canonical(path) {
            Err(ReadError::Missing) if drafted => Ok(path.to_path_buf()),
            found => found,
        }
    }
}

/// The files from which the builds of one database start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<PathBuf>);

impl Scope {
    /// The kustomizations and plain files of a database, and what its variables come from.
    pub fn of(database: &Database<'_>, top: &Path) -> Self {
        let project = database.project;
        let mut files = BTreeSet::new();
        let path = |span: crate::text::Span| project.sources.file(span.file).path.clone();
        for cluster in &database.clusters {
            let build = project.build_of(cluster);
            if build.kind == BuildKind::Kustomization {
                let directory = normalized(&top.join(&build.directory));
                files.extend(KUSTOMIZATIONS.iter().find_map(|name| {
                    let file = project.sources.find(&directory.join(name))?;
                    Some(project.sources.file(file).path.clone())
                }));
            } else {
                files.insert(path(cluster.object.source()));
            }
        }
        if let Some(delivery) = &database.delivery {
            files.insert(path(delivery.place));
            files.extend(delivery.variables.values().map(|value| path(value.span)));
        }
        let builds: BTreeSet<PathBuf> = database
            .clusters
            .iter()
            .map(|cluster| normalized(&top.join(&project.build_of(cluster).directory)))
            .collect();
        for switch in &project.switches {
            let selects = switch
                .choices
                .iter()
                .any(|choice| builds.contains(&choice.directory));
            if selects {
                files.insert(project.sources.file(switch.file).path.clone());
            }
        }
        Self(files)
    }

    /// Adds a file.
    pub fn add(&mut self, path: PathBuf) {
        self.0.insert(path);
    }
}
