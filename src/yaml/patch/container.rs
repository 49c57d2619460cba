//! Maps and lists as a row of children in the text.

use std::ops::Range;

use super::layout::Layout;
use super::site::Site;
use super::write::Lines;
use crate::yaml::{Kind, Node};

/// The entries of a map or the items of a list, each from its key or dash to the end of its value.
pub(super) struct Container {
    pub(super) flow: bool,
    pub(super) children: Vec<Range<usize>>,
}

impl Container {
    /// The children of a map or list; none for a scalar.
    pub(super) fn of(layout: Layout<'_>, node: &Node) -> Self {
        let flow = layout.is_flow(node);
        let ends: Vec<usize> = match &node.kind {
            Kind::Mapping(entries) => entries
                .iter()
                .map(|entry| end_of(layout, &entry.value).max(end_of(layout, &entry.key)))
                .collect(),
            Kind::Sequence(items) => items.iter().map(|item| end_of(layout, item)).collect(),
            Kind::Scalar(_) | Kind::Alias(_) => Vec::new(),
        };
        let cursor = layout.cursor;
        let mut before = node.span().range().start + usize::from(flow);
        let mut children = Vec::with_capacity(ends.len());
        for end in ends {
            let mut start = cursor.skip_trivia(before);
            if flow && cursor.byte(start) == Some(b',') {
                start = cursor.skip_trivia(start + 1);
            }
            children.push(start.min(end)..end);
            before = end;
        }
        Self { flow, children }
    }
}

fn end_of(layout: Layout<'_>, node: &Node) -> usize {
    layout.content_end(&node.span().range())
}

/// The author's habits: how far nested maps and lists are indented.
pub(super) struct Habits {
    /// Blanks from a key to the keys of its map.
    pub(super) map_step: usize,
    /// Blanks from a key to the dashes of its list.
    pub(super) list_step: usize,
}

impl Habits {
    /// The habits nearest to a node: its own, else the first in its documents, else two blanks.
    pub(super) fn near(site: &Site<'_>) -> Self {
        let roots = site.documents().iter().map(|document| &document.root);
        let nodes: Vec<&Node> = std::iter::once(site.node()).chain(roots).collect();
        let first = |lists| nodes.iter().find_map(|node| step_within(site, node, lists));
        Self {
            map_step: first(false).unwrap_or(2),
            list_step: first(true).unwrap_or(2),
        }
    }

    /// The layout of block lines whose keys or dashes stand in `column`.
    pub(super) fn lines(&self, site: &Site<'_>, column: usize) -> Lines {
        Lines {
            column,
            step: self.map_step,
            list_step: self.list_step,
            line_break: site.layout.line_break(),
        }
    }
}

/// The first indent between a block map and a block map (or list) in it.
fn step_within(site: &Site<'_>, node: &Node, lists: bool) -> Option<usize> {
    if site.is_flow(node) {
        return None;
    }
    let column = |node: &Node| site.layout.column(node.span().range().start);
    match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => None,
        Kind::Sequence(items) => items.iter().find_map(|item| step_within(site, item, lists)),
        Kind::Mapping(entries) => entries.iter().find_map(|entry| {
            let wanted = match entry.value.kind {
                Kind::Mapping(_) => !lists,
                Kind::Sequence(_) => lists,
                Kind::Scalar(_) | Kind::Alias(_) => false,
            };
            let step = (wanted && !site.is_flow(&entry.value))
                .then(|| column(&entry.value).checked_sub(column(node)))
                .flatten()
                .filter(|step| lists || *step > 0);
            step.or_else(|| step_within(site, &entry.value, lists))
        }),
    }
}
