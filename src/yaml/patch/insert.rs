//! New entries and items.

use super::container::{Container, Habits};
use super::replace::{self, Content};
use super::site::Site;
use super::write::{self, Lines};
use super::{NewValue, PatchError};
use crate::text::{Edit, Span};
use crate::yaml::{Entry, Kind, Node, Style};

/// What is inserted.
#[derive(Clone, Copy)]
pub(super) enum Addition<'a> {
    /// Entries of a map, at least one.
    Entries(&'a [(String, NewValue)]),
    /// An item of a list.
    Item(&'a NewValue),
}

impl Addition<'_> {
    /// In block style, the first line where the text goes on, without the last line break.
    pub(super) fn block(self, lines: Lines) -> String {
        match self {
            Self::Entries(entries) => write::block_map(entries, lines),
            Self::Item(value) => write::block_item(value, lines),
        }
    }

    pub(super) fn flow(self, style: Style) -> String {
        match self {
            Self::Entries(entries) => write::flow_entries(entries, style),
            Self::Item(value) => write::flow_value(value, style),
        }
    }

    /// What the change does to the tree.
    fn apply(self, node: &mut Node, at: usize) {
        let origin = node.origin;
        match (self, &mut node.kind) {
            (Self::Entries(added), Kind::Mapping(entries)) => {
                let added = added.iter().map(|(key, value)| Entry {
                    key: Node::string(key.as_str(), origin),
                    value: value.node(origin),
                });
                entries.splice(at..at, added);
            }
            (Self::Item(value), Kind::Sequence(items)) => items.insert(at, value.node(origin)),
            (Self::Entries(_), kind) => {
                *kind = Kind::Mapping(Vec::new());
                self.apply(node, 0);
            }
            (Self::Item(_), kind) => {
                *kind = Kind::Sequence(Vec::new());
                self.apply(node, 0);
            }
        }
    }
}

/// Inserts after the child number `after`, or at the end.
pub(super) fn insert(
    site: &Site<'_>,
    after: Option<usize>,
    addition: Addition<'_>,
) -> Result<Edit, PatchError> {
    let container = Container::of(site.layout, site.node());
    let Some(last) = container.children.len().checked_sub(1) else {
        let edit = replace::in_line(site, Content::First(addition))?;
        return site.verified(edit, |node| addition.apply(node, 0));
    };
    let after = after.unwrap_or(last);
    let edit = if container.flow {
        into_flow(site, &container, after, addition)
    } else {
        into_block(site, &container, after, addition)
    };
    site.verified(edit, |node| addition.apply(node, after + 1))
}

/// An edit of the file that holds the site.
pub(super) fn edit(site: &Site<'_>, start: usize, end: usize, text: String) -> Edit {
    Edit::new(Span::new(site.node().span().file, start, end), text)
}

fn into_block(
    site: &Site<'_>,
    container: &Container,
    after: usize,
    addition: Addition<'_>,
) -> Edit {
    let layout = site.layout;
    let column = layout.column(container.children[0].start);
    let next = layout.next_line(container.children[after].end);
    let at = layout.behind_deeper_comments(next, column);
    let lines = Habits::near(site).lines(site, column);
    let text = format!("{}{}", " ".repeat(column), addition.block(lines));
    let unterminated = at == layout.source.len() && !layout.source.ends_with(['\n', '\r']);
    let text = if unterminated {
        format!("{}{text}", lines.line_break)
    } else {
        format!("{text}{}", lines.line_break)
    };
    edit(site, at, at, text)
}

fn into_flow(site: &Site<'_>, container: &Container, after: usize, addition: Addition<'_>) -> Edit {
    let layout = site.layout;
    let neighbour = &container.children[after];
    // JSON stays JSON.
    let style = match layout.cursor.byte(neighbour.start) {
        Some(b'"') => Style::Double,
        _ => Style::Plain,
    };
    let text = addition.flow(style);
    if !layout.starts_line(neighbour.start) {
        return edit(site, neighbour.end, neighbour.end, format!(", {text}"));
    }
    // One child a line: a comment behind the neighbour stays behind it.
    let blanks = " ".repeat(layout.column(neighbour.start));
    let next = layout.cursor.skip_trivia(neighbour.end);
    let line_end = layout.cursor.line_end(neighbour.end);
    let comma_follows = layout.cursor.byte(next) == Some(b',');
    let kept = &layout.source[neighbour.end..line_end];
    let line_break = layout.line_break();
    if comma_follows && next < line_end && layout.cursor.skip_trivia(next + 1) > line_end {
        let text = format!("{line_break}{blanks}{text},");
        return edit(site, line_end, line_end, text);
    }
    if !comma_follows && next > line_end {
        let text = format!(",{kept}{line_break}{blanks}{text}");
        return edit(site, neighbour.end, line_end, text);
    }
    let text = format!(",{line_break}{blanks}{text}");
    edit(site, neighbour.end, neighbour.end, text)
}
