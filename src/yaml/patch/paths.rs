//! Values set at paths of keys, wherever the text has them: in place, behind an alias, merged, or not at all.

use std::collections::BTreeMap;

use super::insert::{self, Addition};
use super::new_value::NewValue;
use super::replace::{self, Content};
use super::shared::{Override, Use, uses};
use super::site::{Path, Site, Step, child};
use super::{PatchError, replace_value};
use crate::text::Edit;
use crate::yaml::scalar::reads_as_text;
use crate::yaml::{Document, Kind, Node, Scalar, Style, expand};

/// Sets the values at some paths, and nothing else.
///
/// A path is a row of keys and list indexes below `root`, which stands in `source`; `-` as the last list index adds
/// an item. Missing maps are created. What the text shares stays shared but for these paths: behind `*alias` or
/// `<<: *alias` the value is written beside the alias, and where the path leads through an anchor, its aliases keep
/// the old value. Paths that have their value already need no edit.
///
/// The edits fit together; the text then means the same but for these paths.
///
/// # Errors
/// When a path meets a value of the wrong kind, a comment would be lost, or something else would change too.
pub fn set_paths(
    source: &str,
    root: &Node,
    changes: &[(&[&str], NewValue)],
) -> Result<Vec<Edit>, PatchError> {
    let site = Site::find(source, root)?;
    let document = site.document().ok_or(PatchError::NotInText)?;
    let before = expand(document).map_err(|_| PatchError::Entangled)?;
    let prefix = site.keys().ok_or(PatchError::NotA("value"))?;
    let mut plan = Plan::of(document, site.path().document);
    for (keys, value) in changes {
        let meant = at(&before, &prefix).ok_or(PatchError::Entangled)?;
        plan.add(site.path().clone(), meant, keys, value)?;
    }
    let mut edits = plan.edits(source)?;
    edits.sort_by_key(|edit| edit.span);
    let mut expected = before;
    for (keys, value) in changes {
        let node = at_mut(&mut expected, &prefix).ok_or(PatchError::Entangled)?;
        put(node, keys, value)?;
    }
    let after = site.tried(&edits)?;
    let found = site.read_again(&after)?;
    if says(
        site.documents(),
        found.documents(),
        site.path().document,
        &expected,
    ) {
        Ok(edits)
    } else {
        Err(PatchError::Entangled)
    }
}

/// What is to be written where.
struct Plan<'d> {
    document: &'d Document,
    /// The number of the document.
    number: usize,
    /// New values of what stands in the text.
    values: Vec<(Path, NewValue)>,
    /// New entries of maps.
    entries: BTreeMap<Path, NewValue>,
    /// New items of lists.
    items: Vec<(Path, NewValue)>,
    /// What takes the place of aliases.
    overrides: BTreeMap<Path, Override>,
}

impl<'d> Plan<'d> {
    fn of(document: &'d Document, number: usize) -> Self {
        Self {
            document,
            number,
            values: Vec::new(),
            entries: BTreeMap::new(),
            items: Vec::new(),
            overrides: BTreeMap::new(),
        }
    }

    fn raw(&self, path: &Path) -> Option<&'d Node> {
        path.steps
            .iter()
            .try_fold(&self.document.root, |node, step| child(node, *step))
    }

    /// Adds one change below the node at `path`, which means `meant`.
    fn add(
        &mut self,
        mut path: Path,
        meant: &Node,
        keys: &[&str],
        value: &NewValue,
    ) -> Result<(), PatchError> {
        let mut meant = Some(meant);
        for (depth, key) in keys.iter().enumerate() {
            let rest = &keys[depth..];
            let node = self.raw(&path).ok_or(PatchError::NotInText)?;
            self.keep_uses(node, meant, rest)?;
            let step = match &node.kind {
                Kind::Alias(_) => return self.beside(path, meant, rest, value),
                Kind::Mapping(entries) => {
                    let own = entries.iter().position(|own| own.key.text() == Some(*key));
                    match own {
                        Some(at) => Step::Value(at),
                        None => {
                            let merged = meant.and_then(|meant| meant.get(key));
                            return self.new_entry(path, merged, rest, value);
                        }
                    }
                }
                Kind::Sequence(_) if *key == "-" => {
                    let item = NewValue::below(&rest[1..], value.clone());
                    self.items.push((path, item));
                    return Ok(());
                }
                Kind::Sequence(items) => {
                    let at = key.parse().ok().filter(|at| *at < items.len());
                    Step::Item(at.ok_or_else(|| PatchError::NoSuchKey((*key).to_owned()))?)
                }
                Kind::Scalar(_) if node.is_null() && *key == "-" => {
                    let whole = NewValue::below(rest, value.clone());
                    self.values.push((path, whole));
                    return Ok(());
                }
                Kind::Scalar(_) if node.is_null() => {
                    return self.new_entry(path, None, rest, value);
                }
                Kind::Scalar(_) => return Err(PatchError::NotA("map")),
            };
            path.steps.push(step);
            meant = meant.and_then(|meant| at(meant, &[(*key).to_owned()]));
        }
        let node = self.raw(&path).ok_or(PatchError::NotInText)?;
        let known = meant.is_some_and(|meant| says_same(meant, &value.node(meant.origin)));
        if known {
            return Ok(());
        }
        self.keep_uses(node, meant, &[])?;
        if matches!(node.kind, Kind::Alias(_)) {
            return self.beside(path, meant, &[], value);
        }
        self.values.push((path, value.clone()));
        Ok(())
    }

    /// A new entry of the map at `path`; what the map has there by a merge is the start.
    fn new_entry(
        &mut self,
        path: Path,
        merged: Option<&Node>,
        rest: &[&str],
        value: &NewValue,
    ) -> Result<(), PatchError> {
        if merged.is_some_and(|merged| {
            at(merged, &owned(&rest[1..]))
                .is_some_and(|old| says_same(old, &value.node(old.origin)))
        }) {
            return Ok(());
        }
        let map = self
            .entries
            .entry(path)
            .or_insert_with(|| NewValue::Mapping(Vec::new()));
        if let Some(merged) = merged.filter(|_| map.get(rest[0]).is_none()) {
            let old = NewValue::of(merged).ok_or(PatchError::Entangled)?;
            map.put(&rest[..1], old)?;
        }
        map.put(rest, value.clone())
    }

    /// A value that differs from what the alias at `path` means.
    fn beside(
        &mut self,
        path: Path,
        meant: Option<&Node>,
        rest: &[&str],
        value: &NewValue,
    ) -> Result<(), PatchError> {
        let meant = meant.ok_or(PatchError::Entangled)?;
        if at(meant, &owned(rest)).is_some_and(|old| says_same(old, &value.node(old.origin))) {
            return Ok(());
        }
        self.overriding(path, meant)?.set(rest, value.clone())
    }

    fn overriding(&mut self, path: Path, meant: &Node) -> Result<&mut Override, PatchError> {
        let old = NewValue::of(meant).ok_or(PatchError::Entangled)?;
        Ok(self
            .overrides
            .entry(path)
            .or_insert_with(|| Override::of(old)))
    }

    /// Lets the aliases of a node keep what it means at `rest`.
    fn keep_uses(
        &mut self,
        node: &Node,
        meant: Option<&Node>,
        rest: &[&str],
    ) -> Result<(), PatchError> {
        let anchor = node.properties.as_ref().and_then(|own| own.anchor);
        let (Some(anchor), Some(meant)) = (anchor, meant) else {
            return Ok(());
        };
        for used in uses(self.document, self.number, anchor) {
            match (used, rest.first()) {
                (Use::Value(path), first) => {
                    let key = first.filter(|key| meant.get(key).is_some());
                    self.overriding(path, meant)?.keep(key.copied());
                }
                (Use::Merge(_), None) => return Err(PatchError::Shared),
                (Use::Merge(map), Some(key)) => {
                    let own = self.raw(&map).and_then(|node| node.get(key)).is_some();
                    let old = meant.get(key);
                    match old {
                        _ if own => {}
                        None => return Err(PatchError::Shared),
                        Some(old) => {
                            let old = NewValue::of(old).ok_or(PatchError::Entangled)?;
                            let entries = self
                                .entries
                                .entry(map)
                                .or_insert_with(|| NewValue::Mapping(Vec::new()));
                            if entries.get(key).is_none() {
                                entries.put(&[key], old)?;
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn edits(&self, source: &str) -> Result<Vec<Edit>, PatchError> {
        let node = |path: &Path| self.raw(path).ok_or(PatchError::NotInText);
        let mut edits = Vec::new();
        for (path, value) in &self.values {
            edits.push(replace_value(source, node(path)?, value)?);
        }
        for (path, added) in &self.entries {
            if let NewValue::Mapping(entries) = added {
                let site = Site::find(source, node(path)?)?;
                edits.push(insert::insert(&site, None, Addition::Entries(entries))?);
            }
        }
        for (path, item) in &self.items {
            let site = Site::find(source, node(path)?)?;
            edits.push(insert::insert(&site, None, Addition::Item(item))?);
        }
        for (path, changed) in &self.overrides {
            let alias = node(path)?;
            let site = Site::find(source, alias)?;
            let name = source.get(alias.span().range()).unwrap_or_default();
            let content = match changed.entries() {
                Some(entries) => replace::with(&site, Content::Merged(name, &entries))?,
                None => replace::with(&site, Content::Value(changed.whole()))?,
            };
            edits.push(content);
        }
        Ok(edits)
    }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// The value at a path of a tree without aliases.
fn at<'n>(node: &'n Node, keys: &[String]) -> Option<&'n Node> {
    keys.iter().try_fold(node, |node, key| match &node.kind {
        Kind::Sequence(items) => items.get(key.parse::<usize>().ok()?),
        _ => node.get(key),
    })
}

fn at_mut<'n>(node: &'n mut Node, keys: &[String]) -> Option<&'n mut Node> {
    keys.iter().try_fold(node, |node, key| match node.kind {
        Kind::Sequence(_) => node.as_sequence_mut()?.get_mut(key.parse::<usize>().ok()?),
        _ => node.get_mut(key),
    })
}

/// Sets a value in a tree without aliases.
fn put(node: &mut Node, keys: &[&str], value: &NewValue) -> Result<(), PatchError> {
    let origin = node.origin;
    let Some((first, rest)) = keys.split_first() else {
        *node = value.node(origin);
        return Ok(());
    };
    if node.is_null() {
        node.kind = match *first {
            "-" => Kind::Sequence(Vec::new()),
            _ => Kind::Mapping(Vec::new()),
        };
    }
    let added = || NewValue::below(rest, value.clone()).node(origin);
    match &mut node.kind {
        Kind::Sequence(items) if *first == "-" => items.push(added()),
        Kind::Sequence(items) => {
            let item = first.parse().ok().and_then(|at: usize| items.get_mut(at));
            put(item.ok_or(PatchError::Entangled)?, rest, value)?;
        }
        Kind::Mapping(_) => match node.get_mut(first) {
            Some(own) => put(own, rest, value)?,
            None => node.set(first, added()),
        },
        Kind::Scalar(_) | Kind::Alias(_) => return Err(PatchError::NotA("map")),
    }
    Ok(())
}

/// Whether the documents mean what they meant, but for one that means `expected`.
fn says(before: &[Document], after: &[Document], changed: usize, expected: &Node) -> bool {
    before.len() == after.len()
        && std::iter::zip(before, after)
            .enumerate()
            .all(|(number, (before, after))| {
                let Ok(found) = expand(after) else {
                    return false;
                };
                if number == changed {
                    return says_same(expected, &found);
                }
                expand(before).is_ok_and(|before| says_same(&before, &found))
            })
}

/// Whether two trees without aliases mean the same, whatever the order of their keys.
fn says_same(a: &Node, b: &Node) -> bool {
    if a.tag() != b.tag() {
        return false;
    }
    match (&a.kind, &b.kind) {
        _ if a.is_null() || b.is_null() => a.is_null() && b.is_null(),
        (Kind::Scalar(a), Kind::Scalar(b)) => {
            let is_text =
                |scalar: &Scalar| scalar.style != Style::Plain || reads_as_text(&scalar.text);
            a.text == b.text && is_text(a) == is_text(b)
        }
        (Kind::Sequence(a), Kind::Sequence(b)) => {
            a.len() == b.len() && std::iter::zip(a, b).all(|(a, b)| says_same(a, b))
        }
        (Kind::Mapping(own), Kind::Mapping(_)) => {
            let entries = b.as_mapping().unwrap_or_default();
            own.len() == entries.len()
                && own.iter().all(|entry| {
                    entries.iter().any(|other| {
                        other.key.text() == entry.key.text()
                            && says_same(&entry.value, &other.value)
                    })
                })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
