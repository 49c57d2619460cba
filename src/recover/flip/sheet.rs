//! One file while several edits are made to it, one after the other.

use crate::text::edit::apply;
use crate::text::{Edit, FileId, SourceMap, Span};
use crate::yaml::patch::{
    NewValue, PatchError, comment_entry, comment_item, commented_items, insert_entry,
    replace_value, set_scalar, uncomment_entry, uncomment_item,
};
use crate::yaml::{Comment, Document, Locator, Node, comments, parse};

/// A text and the edits made so far. Places are those of the text as it was at first.
#[derive(Clone)]
pub(super) struct Sheet {
    file: FileId,
    before: String,
    text: String,
    made: Vec<Edit>,
}

impl Sheet {
    pub(super) fn of(sources: &SourceMap, file: FileId) -> Self {
        let text = sources.file(file).text.to_string();
        Self {
            file,
            before: text.clone(),
            text,
            made: Vec::new(),
        }
    }

    /// The documents as they are now.
    pub(super) fn documents(&self) -> Vec<Document> {
        parse(&self.text, &Locator::File(self.file)).unwrap_or_default()
    }

    /// The comments as they are now.
    pub(super) fn comments(&self) -> Vec<Comment> {
        comments(&self.text, self.file, &self.documents())
    }

    /// Where a byte of the first text is now.
    fn now(&self, at: usize) -> usize {
        self.made.iter().fold(at, |at, edit| {
            let range = edit.span.range();
            if at < range.end {
                at
            } else {
                at + edit.text.len() - range.len()
            }
        })
    }

    fn make(&mut self, edit: Edit) -> Result<(), PatchError> {
        let edits = std::slice::from_ref(&edit);
        self.text = apply(&self.text, edits).map_err(|_| PatchError::Entangled)?;
        self.made.push(edit);
        Ok(())
    }

    fn at(&self, document: usize, path: &[&str]) -> Result<Node, PatchError> {
        let documents = self.documents();
        let root = documents.get(document).map(|document| &document.root);
        root.and_then(|root| root.at(path))
            .cloned()
            .ok_or(PatchError::NotInText)
    }

    /// Comments the entry `key` of the map at `path` out.
    pub(super) fn off(
        &mut self,
        document: usize,
        path: &[&str],
        key: &str,
    ) -> Result<(), PatchError> {
        let map = self.at(document, path)?;
        self.make(comment_entry(&self.text, &map, key)?)
    }

    /// Switches the comment lines at `start`, a place of now, on as an entry of the map at `path`.
    pub(super) fn on(
        &mut self,
        document: usize,
        path: &[&str],
        start: usize,
        only: Option<&str>,
    ) -> Result<(), PatchError> {
        let map = self.at(document, path)?;
        let span = Span::new(self.file, start, start);
        self.make(uncomment_entry(&self.text, &map, span, only)?)
    }

    /// The lists at `path`, one for each document that has one.
    fn lists(&self, path: &[&str]) -> Vec<Node> {
        let documents = self.documents();
        let lists = documents.iter().filter_map(|own| own.root.at(path));
        lists.cloned().collect()
    }

    /// Comments out the item of a list at `path` that stands at `start`.
    pub(super) fn item_off(&mut self, path: &[&str], start: usize) -> Result<(), PatchError> {
        let start = self.now(start);
        for list in self.lists(path) {
            let items = list.as_sequence().unwrap_or_default();
            let mut starts = items.iter().map(|item| item.span().range().start);
            if let Some(index) = starts.position(|own| own == start) {
                return self.make(comment_item(&self.text, &list, index)?);
            }
        }
        Err(PatchError::NotInText)
    }

    /// Switches the comment at `start` on as an item of a list at `path`.
    pub(super) fn item_on(&mut self, path: &[&str], start: usize) -> Result<(), PatchError> {
        let start = self.now(start);
        let mut refused = PatchError::NotInText;
        for list in self.lists(path) {
            let found = match commented_items(&self.text, &list) {
                Ok(found) => found,
                Err(error) => {
                    refused = error;
                    continue;
                }
            };
            let known = found.iter().find(|own| own.span.range().start == start);
            match known {
                Some(known) => return self.make(uncomment_item(&self.text, &list, known.span)?),
                None => refused = PatchError::NoComment,
            }
        }
        Err(refused)
    }

    /// Gives the scalar another text.
    pub(super) fn set(&mut self, node: &Node, text: &str) -> Result<(), PatchError> {
        self.make(set_scalar(&self.text, node, text)?)
    }

    /// Gives the entry `key` of the map at `path` this value, or adds it.
    pub(super) fn set_entry(
        &mut self,
        document: usize,
        path: &[&str],
        key: &str,
        value: &NewValue,
    ) -> Result<(), PatchError> {
        let map = self.at(document, path)?;
        let edit = match map.get(key) {
            Some(old) => replace_value(&self.text, old, value)?,
            None => insert_entry(&self.text, &map, None, key, value)?,
        };
        self.make(edit)
    }

    /// All edits as one, on the first text; `None` when they come to nothing.
    pub(super) fn edit(&self) -> Option<Edit> {
        if self.before == self.text {
            return None;
        }
        let (old, new) = (self.before.as_bytes(), self.text.as_bytes());
        let most = old.len().min(new.len());
        let mut head = std::iter::zip(old, new).take_while(|(a, b)| a == b).count();
        while !(self.before.is_char_boundary(head) && self.text.is_char_boundary(head)) {
            head -= 1;
        }
        let same = |back: &usize| old[old.len() - 1 - back] == new[new.len() - 1 - back];
        let mut tail = (0..most - head).take_while(same).count();
        while !self.before.is_char_boundary(old.len() - tail) {
            tail -= 1;
        }
        let span = Span::new(self.file, head, old.len() - tail);
        Some(Edit::new(span, &self.text[head..new.len() - tail]))
    }
}
