//! New texts of files, and new files that kustomizations list.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::project::Project;
use crate::recover::{self, Draft};
use crate::text::edit::apply;
use crate::text::{Edit, FileId, FileTree, Span};

use super::holder::Holder;
use super::listing::{self, Listed, Part};
use super::sheet::Unfit;

/// Texts that are not in a draft yet.
pub(super) struct Files<'p> {
    project: &'p Project,
    changed: BTreeMap<FileId, String>,
    new: BTreeMap<PathBuf, String>,
}

/// A file that is to stand beside a document.
pub(super) struct Beside<'h> {
    /// The document.
    pub(super) holder: &'h Holder,
    /// What the file is to the kustomizations that list the document's.
    pub(super) part: Part,
    /// Whether the files of the directory are applied as they are, so that nothing has to list it.
    pub(super) plain: bool,
    /// Names for it, the first free one being taken.
    pub(super) names: [String; 2],
    /// Its text.
    pub(super) text: String,
}

impl<'p> Files<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        Self {
            project,
            changed: BTreeMap::new(),
            new: BTreeMap::new(),
        }
    }

    /// The text of a file, to change it.
    pub(super) fn text(&mut self, file: FileId) -> &mut String {
        let text = &self.project.sources.file(file).text;
        self.changed.entry(file).or_insert_with(|| text.to_string())
    }

    /// Makes edits that were planned on the text as it was read, before anything else changes the file.
    pub(super) fn edit(&mut self, file: FileId, edits: &[Edit]) -> Result<(), Unfit> {
        let text = apply(&self.project.sources.file(file).text, edits)
            .map_err(|error| (Span::new(file, 0, 0), error.to_string()))?;
        self.changed.insert(file, text);
        Ok(())
    }

    /// Adds a file beside a document, and to every kustomization that lists the document's file.
    pub(super) fn add(&mut self, draft: &Draft<'_>, file: Beside<'_>) -> Result<(), Unfit> {
        let place = file.holder.place();
        let path = &self.project.sources.file(file.holder.file).path;
        let directory = path.parent().unwrap_or(Path::new("/"));
        let is_free = |name: &String| {
            let path = directory.join(name);
            draft.kind(&path).is_none() && !self.new.contains_key(&path)
        };
        let name = file.names.into_iter().find(is_free);
        let name =
            name.ok_or_else(|| (place, "no name is free for a file beside it".to_owned()))?;
        let listings = if file.holder.inline {
            vec![Listed {
                kustomization: path.clone(),
                entry: String::new(),
            }]
        } else {
            listing::listing(self.project, path)
        };
        let needs_none = file.part == Part::Resource && file.holder.is_resource && file.plain;
        if listings.is_empty() && !needs_none {
            let why = "no kustomization lists this file, so nothing could list a file beside it";
            return Err((place, why.to_owned()));
        }
        for listed in &listings {
            self.list(listed, file.part, &name)?;
        }
        self.new.insert(directory.join(name), file.text);
        Ok(())
    }

    fn list(&mut self, listed: &Listed, part: Part, name: &str) -> Result<(), Unfit> {
        let Some(file) = self.project.sources.find(&listed.kustomization) else {
            return Ok(());
        };
        let after = Some(listed.entry.as_str()).filter(|entry| !entry.is_empty());
        let entry = listing::beside(&listed.entry, name);
        let text = self.text(file);
        *text = listing::with(text, part, after, &entry).map_err(|error| {
            let why = format!("`{entry}` cannot be added to this kustomization: {error}");
            (Span::new(file, 0, 0), why)
        })?;
        Ok(())
    }

    /// Puts everything into the draft.
    pub(super) fn write(self, draft: &mut Draft<'_>) -> Result<(), recover::Refusal> {
        for (path, text) in self.new {
            draft.create(&path, text)?;
        }
        let sources = &self.project.sources;
        let whole = |(file, text): (FileId, String)| {
            let length = sources.file(file).text.len();
            Edit::new(Span::new(file, 0, length), text)
        };
        let edits: Vec<Edit> = self.changed.into_iter().map(whole).collect();
        draft.edit(sources, &edits)
    }
}

/// A file name made of the name of an object.
pub(super) fn file_name(name: &str) -> String {
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() || "-.".contains(c) {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let name: String = name.chars().map(kept).collect();
    name.trim_matches('-').to_owned()
}
