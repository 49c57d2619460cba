//! Comment lines turned back into entries and items.

use std::ops::Range;

use super::PatchError;
use super::commented_block::{Block, Columns};
use super::container::{Container, Habits};
use super::insert::edit;
use super::site::{Site, Step, child, resolve_mut, same_documents};
use crate::text::{Edit, Span};
use crate::yaml::{Entry, Kind, Node, Origin, Style, comments};

/// Comment lines that would be an entry or an item of a map or list.
#[derive(Debug, Clone)]
pub struct Commented {
    /// The lines, from the first `#` to the end of the last line.
    pub span: Span,
    /// The key of an entry; `None` for an item.
    pub key: Option<String>,
    /// What the entry or item would hold. Every place in it is that of the lines.
    pub value: Node,
}

/// What is to be found in comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sought {
    Entry,
    Item,
}

/// Every commented-out child of the node, in the order of the text.
pub(super) fn find(site: &Site<'_>, sought: Sought) -> Vec<Commented> {
    let layout = site.layout;
    let mut found: Vec<Commented> = Vec::new();
    if layout.is_flow(site.node()) || site.in_flow() {
        return found;
    }
    let region = region(site);
    let file = site.node().span().file;
    for comment in comments(layout.source, file, site.documents()) {
        let at = comment.span.start as usize;
        let known = found.last().is_some_and(|last| at < last.span.end as usize);
        if !known && comment.own_line && region.contains(&at) {
            let attempt = attempt(site, layout.line_start(at), sought, None);
            found.extend(attempt.map(|(_, commented)| commented));
        }
    }
    found
}

/// Turns the comment lines that begin at `start` into a child of the node; of an entry only the key line and what
/// stands below `only`, when it is given.
pub(super) fn uncomment(
    site: &Site<'_>,
    start: usize,
    sought: Sought,
    only: Option<&str>,
) -> Result<Edit, PatchError> {
    if site.layout.is_flow(site.node()) || site.in_flow() {
        return Err(PatchError::Flow);
    }
    attempt(site, site.layout.line_start(start), sought, only)
        .map(|(edit, _)| edit)
        .ok_or(PatchError::NoComment)
}

/// Where comments can belong to the node: from its key or start to the next thing behind it.
fn region(site: &Site<'_>) -> Range<usize> {
    let layout = site.layout;
    let range = site.range();
    let start = match site.parent() {
        None if site.path().document == 0 => 0,
        Some((parent, Step::Value(at))) => {
            let entry = parent.as_mapping().and_then(|entries| entries.get(at));
            entry.map_or(range.start, |entry| entry.key.span().range().end)
        }
        _ => range.start,
    };
    start..layout.cursor.skip_trivia(range.end)
}

/// Tries the readings of the lines in turn.
fn attempt(
    site: &Site<'_>,
    start: usize,
    sought: Sought,
    only: Option<&str>,
) -> Option<(Edit, Commented)> {
    [Columns::OfPage, Columns::BehindHash]
        .into_iter()
        .find_map(|columns| {
            let block = Block::read(site.layout, start, columns)?;
            if block.is_item() != (sought == Sought::Item) {
                return None;
            }
            let column = target_column(site, &block)?;
            // Sentences among the lines stay comments, unless every line is needed.
            [true, false].into_iter().find_map(|sentences| {
                let text = block.text(column, sentences, only)?;
                verified(site, &block, text, column)
            })
        })
}

/// The column of the node's children, or where the first one would stand.
fn target_column(site: &Site<'_>, block: &Block<'_>) -> Option<usize> {
    let layout = site.layout;
    if let Some(first) = Container::of(layout, site.node()).children.first() {
        return Some(layout.column(first.start));
    }
    let (parent, Step::Value(at)) = site.parent()? else {
        return None;
    };
    let key = Container::of(layout, parent).children.get(at)?.start;
    let key = layout.column(key);
    let habits = Habits::near(site);
    let (least, usual) = if block.is_item() {
        (key, key + habits.list_step)
    } else {
        (key + 1, key + habits.map_step)
    };
    // Most people put the `#` where the dash or key stood.
    let column = if block.hash() >= least {
        block.hash()
    } else {
        usual
    };
    Some(column)
}

/// The edit and the new child, if the text then says the same with exactly that child more.
fn verified(
    site: &Site<'_>,
    block: &Block<'_>,
    text: String,
    column: usize,
) -> Option<(Edit, Commented)> {
    let file = site.node().span().file;
    let edit = edit(site, block.range().start, block.range().end, text);
    let after = site.tried(std::slice::from_ref(&edit)).ok()?;
    let found = site.read_again(&after).ok()?;
    let parent = found.node();
    let children = Container::of(found.layout, parent).children;
    let at = block.range().start + column;
    let index = children.iter().position(|child| child.start == at)?;
    let step = match &parent.kind {
        Kind::Mapping(_) => Step::Value(index),
        _ => Step::Item(index),
    };
    let value = child(parent, step)?;
    if joins_lines(value, &after) {
        return None;
    }
    let key = match &parent.kind {
        Kind::Mapping(entries) => Some(entries[index].key.text()?.to_owned()),
        _ => None,
    };
    let span = Span::new(file, block.first_hash(), block.content_end());
    let commented = Commented {
        span,
        key,
        value: placed(value, span),
    };
    let mut without = found.documents().to_vec();
    remove(resolve_mut(&mut without, site.path())?, index, site.node());
    same_documents(site.documents(), &without).then_some((edit, commented))
}

/// Takes the new child out again.
fn remove(node: &mut Node, index: usize, before: &Node) {
    match &mut node.kind {
        Kind::Mapping(entries) => drop(entries.remove(index)),
        Kind::Sequence(items) => drop(items.remove(index)),
        Kind::Scalar(_) | Kind::Alias(_) => {}
    }
    if before.is_null() {
        node.kind = before.kind.clone();
    }
}

/// Whether a plain scalar goes over several lines: no one writes so on purpose in a block to be switched on.
fn joins_lines(node: &Node, text: &str) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => {
            let raw = text.get(node.span().range()).unwrap_or_default();
            scalar.style == Style::Plain && raw.contains(['\n', '\r'])
        }
        Kind::Alias(_) => false,
        Kind::Sequence(items) => items.iter().any(|item| joins_lines(item, text)),
        Kind::Mapping(entries) => entries
            .iter()
            .any(|entry| joins_lines(&entry.key, text) || joins_lines(&entry.value, text)),
    }
}

/// A copy that stands at `span` as a whole.
fn placed(node: &Node, span: Span) -> Node {
    let copy = |node: &Node| placed(node, span);
    let kind = match &node.kind {
        Kind::Sequence(items) => Kind::Sequence(items.iter().map(copy).collect()),
        Kind::Mapping(entries) => Kind::Mapping(
            entries
                .iter()
                .map(|entry| Entry {
                    key: copy(&entry.key),
                    value: copy(&entry.value),
                })
                .collect(),
        ),
        kind => kind.clone(),
    };
    Node {
        kind,
        origin: Origin::Made { by: span },
        properties: node.properties.clone(),
    }
}

#[cfg(test)]
mod tests;
