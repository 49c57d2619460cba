//! New entries and items.

use super::container::{Container, Habits};
use super::site::{Site, Step};
use super::write::{self, Lines};
use super::{NewValue, PatchError};
use crate::text::{Edit, Span};
use crate::yaml::{Entry, Kind, Node, Origin, Style};

/// What is inserted.
#[derive(Clone, Copy)]
pub(super) enum Addition<'a> {
    Entry(&'a str, &'a NewValue),
    Item(&'a NewValue),
}

impl Addition<'_> {
    /// In block style, the first line where the text goes on, without the last line break.
    fn block(self, lines: Lines) -> String {
        match self {
            Self::Entry(key, value) => write::block_entry(key, value, lines),
            Self::Item(NewValue::Mapping(entries)) if !entries.is_empty() => {
                let lines = Lines {
                    column: lines.column + 2,
                    ..lines
                };
                format!("- {}", write::block_map(entries, lines))
            }
            Self::Item(NewValue::Mapping(_)) => "- {}".to_owned(),
            Self::Item(NewValue::Scalar(text)) => {
                let text = write::scalar(text, Style::Plain, write::Place::Block);
                format!("- {text}")
            }
        }
    }

    fn flow(self, style: Style) -> String {
        match self {
            Self::Entry(key, value) => write::flow_entry(key, value, style),
            Self::Item(value) => write::flow_value(value, style),
        }
    }

    /// A flow map or list with nothing else in it.
    fn flow_alone(self) -> String {
        let inner = self.flow(Style::Plain);
        match self {
            Self::Entry(..) => format!("{{{inner}}}"),
            Self::Item(_) => format!("[{inner}]"),
        }
    }

    /// What the change does to the tree.
    fn apply(self, node: &mut Node, at: usize) {
        let origin = node.origin;
        match (self, &mut node.kind) {
            (Self::Entry(key, value), Kind::Mapping(entries)) => {
                let entry = Entry {
                    key: Node::string(key, origin),
                    value: tree(value, origin),
                };
                entries.insert(at, entry);
            }
            (Self::Item(value), Kind::Sequence(items)) => items.insert(at, tree(value, origin)),
            (Self::Entry(..), kind) => {
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

fn tree(value: &NewValue, origin: Origin) -> Node {
    match value {
        NewValue::Scalar(text) => Node::string(text.as_str(), origin),
        NewValue::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| Entry {
                key: Node::string(key.as_str(), origin),
                value: tree(value, origin),
            });
            Node::new(Kind::Mapping(entries.collect()), origin)
        }
    }
}

/// Inserts after the child number `after`, or at the end.
pub(super) fn insert(
    site: &Site<'_>,
    after: Option<usize>,
    addition: Addition<'_>,
) -> Result<Edit, PatchError> {
    let container = Container::of(site, site.node());
    let Some(last) = container.children.len().checked_sub(1) else {
        let edit = into_empty(site, addition)?;
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

fn edit(site: &Site<'_>, start: usize, end: usize, text: String) -> Edit {
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
    let mut at = layout.next_line(container.children[after].end);
    // Deeper comments belong to what stands above.
    loop {
        let line = &layout.source[at..layout.line_after(at)];
        let comment = line.trim_start_matches([' ', '\t']);
        if !comment.starts_with('#') || line.len() - comment.len() <= column {
            break;
        }
        at = layout.line_after(at);
    }
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

/// Gives an absent value, `null`, `{}` or `[]` its first child.
fn into_empty(site: &Site<'_>, addition: Addition<'_>) -> Result<Edit, PatchError> {
    let layout = site.layout;
    let range = site.range();
    if layout.has_comment(range.clone()) {
        return Err(PatchError::Comment);
    }
    let absent = range.is_empty();
    if site.in_flow() {
        let blank = if absent { " " } else { "" };
        let text = format!("{blank}{}", addition.flow_alone());
        return Ok(edit(site, range.start, range.end, text));
    }
    let habits = Habits::near(site);
    let Some((parent, step)) = site.parent() else {
        if absent {
            return Err(PatchError::NotInText);
        }
        let lines = habits.lines(site, layout.column(range.start));
        return Ok(edit(site, range.start, range.end, addition.block(lines)));
    };
    let own = |at: usize| Container::of(site, parent).children.get(at).cloned();
    match step {
        Step::Key(_) => Err(PatchError::NotA("value")),
        Step::Item(at) => {
            let dash = own(at).ok_or(PatchError::NotInText)?.start;
            let lines = habits.lines(site, layout.column(dash) + 2);
            let start = layout.trimmed_before(range.start);
            let text = format!(" {}", addition.block(lines));
            Ok(edit(site, start, range.end, text))
        }
        Step::Value(at) => {
            let key = own(at).ok_or(PatchError::NotInText)?.start;
            let indent = match addition {
                Addition::Entry(..) => habits.map_step,
                Addition::Item(_) => habits.list_step,
            };
            let lines = habits.lines(site, layout.column(key) + indent);
            Ok(below_key(site, range, addition, lines))
        }
    }
}

/// Puts the first child on the line below its key; a comment behind the old value stays with the key.
fn below_key(
    site: &Site<'_>,
    range: std::ops::Range<usize>,
    addition: Addition<'_>,
    lines: Lines,
) -> Edit {
    let layout = site.layout;
    let start = layout.trimmed_before(range.start);
    let line_end = layout.cursor.line_end(range.end);
    let comment = layout.source[range.end..line_end].trim();
    let blank = if comment.is_empty() { "" } else { " " };
    let text = format!(
        "{blank}{comment}{}{}{}",
        lines.line_break,
        " ".repeat(lines.column),
        addition.block(lines)
    );
    edit(site, start, line_end, text)
}
