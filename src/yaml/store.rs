//! Each file read and parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{FileId, FileTree, ReadError, SourceMap, on_all_cores};

use super::{Document, Locator, ParseError, parse};

/// The documents of one file, or why it cannot be parsed.
pub type Parsed = Arc<Result<Vec<Document>, ParseError>>;

/// Reads each file once and keeps its text and its documents.
pub struct DocumentStore<'t> {
    tree: &'t dyn FileTree,
    sources: SourceMap,
    parsed: BTreeMap<FileId, Parsed>,
    top: PathBuf,
}

impl<'t> DocumentStore<'t> {
    /// A store over `tree`; file names are shown relative to `top`, an absolute path.
    pub fn new(tree: &'t dyn FileTree, top: PathBuf) -> Self {
        Self {
            tree,
            sources: SourceMap::default(),
            parsed: BTreeMap::new(),
            top,
        }
    }

    /// Takes over the files that an earlier store read, under the same numbers, and the documents of those whose texts
    /// are the very same. The paths of the others; `None`, and nothing is taken over, when one of them is gone.
    pub fn take_over(
        &mut self,
        sources: &SourceMap,
        parsed: &BTreeMap<FileId, Parsed>,
    ) -> Option<BTreeSet<PathBuf>> {
        let (mut sources, mut parsed) = (sources.clone(), parsed.clone());
        let mut others = Vec::new();
        for (file, source) in sources.iter() {
            let text = self.tree.read(&source.path).ok()?;
            if !Arc::ptr_eq(&text, &source.text) && text != source.text {
                others.push((file, source.path.clone(), text));
            }
        }
        let mut changed = BTreeSet::new();
        for (file, path, text) in others {
            sources.replace(file, text);
            parsed.remove(&file);
            changed.insert(path);
        }
        self.sources = sources;
        self.parsed = parsed;
        Some(changed)
    }

    /// A store that knows these files already.
    #[must_use]
    pub fn knowing(mut self, sources: SourceMap, parsed: BTreeMap<FileId, Parsed>) -> Self {
        self.sources = sources;
        self.parsed = parsed;
        self
    }

    /// The tree files are read from.
    pub fn tree(&self) -> &'t dyn FileTree {
        self.tree
    }

    /// Every file read so far.
    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The path as shown to people: with `/`, relative to the top where it lies below it.
    pub fn shown(&self, path: &Path) -> String {
        let shown = path.strip_prefix(&self.top).unwrap_or(path);
        let shown = shown.to_string_lossy().replace('\\', "/");
        if shown.is_empty() {
            ".".to_owned()
        } else {
            shown
        }
    }

    /// Reads a file, once.
    ///
    /// # Errors
    /// When it cannot be read as text.
    pub fn open(&mut self, path: &Path) -> Result<FileId, ReadError> {
        if let Some(known) = self.sources.find(path) {
            return Ok(known);
        }
        let text = self.tree.read(path)?;
        let name = self.shown(path);
        Ok(self.sources.add(path.to_path_buf(), name, text))
    }

    /// Reads and parses many files on all cores. They are numbered in the order of `paths`.
    ///
    /// # Errors
    /// For each file that cannot be read as text.
    pub fn open_all(&mut self, paths: &[PathBuf]) -> Vec<Result<FileId, ReadError>> {
        let tree = self.tree;
        let texts = on_all_cores(paths, |path| tree.read(path));
        let opened: Vec<_> = std::iter::zip(paths, texts)
            .map(|(path, text)| {
                let name = self.shown(path);
                Ok(self.sources.add(path.clone(), name, text?))
            })
            .collect();
        let unparsed: Vec<FileId> = opened
            .iter()
            .filter_map(|file| file.as_ref().ok().copied())
            .filter(|file| !self.parsed.contains_key(file))
            .collect();
        let sources = &self.sources;
        let parsed = on_all_cores(&unparsed, |file| {
            Arc::new(parse(&sources.file(*file).text, &Locator::File(*file)))
        });
        self.parsed.extend(std::iter::zip(unparsed, parsed));
        opened
    }

    /// Adds a text that is no file of the tree, such as standard input.
    pub fn add(&mut self, name: &str, text: Arc<str>) -> FileId {
        self.sources.add(PathBuf::from(name), name.to_owned(), text)
    }

    /// The documents of a file, parsed once.
    pub fn documents(&mut self, file: FileId) -> Parsed {
        if let Some(known) = self.parsed.get(&file) {
            return Arc::clone(known);
        }
        let parsed = Arc::new(parse(&self.sources.file(file).text, &Locator::File(file)));
        self.parsed.insert(file, Arc::clone(&parsed));
        parsed
    }

    /// Gives sources and documents away, when nothing more is to be read.
    pub fn into_parts(self) -> (SourceMap, BTreeMap<FileId, Parsed>) {
        (self.sources, self.parsed)
    }
}
