//! A whole value in place of another.

use std::ops::Range;

use super::container::{Container, Habits};
use super::insert::{Addition, edit};
use super::site::{Site, Step};
use super::write::{self, Lines, Place};
use super::{NewValue, PatchError};
use crate::text::Edit;
use crate::yaml::{Kind, Node, Style};

/// What a value consists of afterwards.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// The first child of an empty value.
    First(Addition<'a>),
    /// A new value.
    Value(&'a NewValue),
    /// A map that merges what the alias names and overrides some entries.
    Merged(&'a str, &'a [(String, NewValue)]),
}

impl Content<'_> {
    fn inline(self, place: Place) -> Option<String> {
        match self {
            Self::Value(value) => write::inline(value, Style::Plain, place),
            Self::First(_) | Self::Merged(..) => None,
        }
    }

    fn is_list(self) -> bool {
        matches!(
            self,
            Self::First(Addition::Item(_)) | Self::Value(NewValue::Sequence(_))
        )
    }

    /// In block style, the first line where the text goes on, without the last line break.
    fn block(self, lines: Lines) -> String {
        match self {
            Self::First(addition) => addition.block(lines),
            Self::Value(value) => write::block_value(value, lines),
            Self::Merged(alias, entries) => {
                let own = write::block_map(entries, lines);
                format!("<<: {alias}{}{own}", lines.between())
            }
        }
    }

    fn flow(self) -> String {
        match self {
            Self::First(addition @ Addition::Entries(_)) => {
                format!("{{{}}}", addition.flow(Style::Plain))
            }
            Self::First(addition @ Addition::Item(_)) => {
                format!("[{}]", addition.flow(Style::Plain))
            }
            Self::Value(value) => write::flow_value(value, Style::Plain),
            Self::Merged(alias, entries) => {
                let own = write::flow_entries(entries, Style::Plain);
                format!("{{<<: {alias}, {own}}}")
            }
        }
    }
}

/// Replaces the value by another one of any kind.
pub(super) fn replace(site: &Site<'_>, value: &NewValue) -> Result<Edit, PatchError> {
    let edit = with(site, Content::Value(value))?;
    site.verified(edit, |node| node.kind = value.node(node.origin).kind)
}

/// The unverified edit that puts this content in place of the value.
pub(super) fn with(site: &Site<'_>, content: Content<'_>) -> Result<Edit, PatchError> {
    let node = site.node();
    let block = matches!(node.kind, Kind::Mapping(_) | Kind::Sequence(_)) && !site.is_flow(node);
    if block && !site.in_flow() {
        of_block(site, content)
    } else {
        in_line(site, content)
    }
}

/// Replaces a map or list in block style.
fn of_block(site: &Site<'_>, content: Content<'_>) -> Result<Edit, PatchError> {
    let layout = site.layout;
    let range = site.range();
    let end = layout.trimmed_end(&range);
    if site.has_comment(&(range.start..layout.cursor.line_end(end))) {
        return Err(PatchError::Comment);
    }
    let habits = Habits::near(site);
    let below_key = match site.parent() {
        Some((parent, Step::Value(at))) if layout.starts_line(range.start) => Some((parent, at)),
        Some((_, Step::Key(_))) => return Err(PatchError::NotA("value")),
        _ => None,
    };
    let Some((parent, at)) = below_key else {
        let lines = habits.lines(site, layout.column(range.start));
        return Ok(edit(site, range.start, end, content.block(lines)));
    };
    let key = child_start(site, parent, at)?;
    if let Some(text) = content.inline(Place::Block) {
        let key_end = site.key_end(range.start);
        let line = layout.cursor.line_start(range.start);
        let kept = layout.source[key_end..line].trim_end_matches(['\n', '\r']);
        return Ok(edit(site, key_end, end, format!(" {text}{kept}")));
    }
    let step = if content.is_list() {
        habits.list_step
    } else {
        habits.map_step
    };
    let same_kind = content.is_list() == matches!(site.node().kind, Kind::Sequence(_));
    let column = if same_kind {
        layout.column(range.start)
    } else {
        layout.column(key) + step
    };
    let lines = habits.lines(site, column);
    let start = layout.line_start(range.start);
    let text = format!("{}{}", " ".repeat(column), content.block(lines));
    Ok(edit(site, start, end, text))
}

/// Replaces what stands behind a key or dash: a scalar, an alias, nothing, or a map or list in brackets.
pub(super) fn in_line(site: &Site<'_>, content: Content<'_>) -> Result<Edit, PatchError> {
    let layout = site.layout;
    let range = inline_range(site)?;
    if site.has_comment(&range) {
        return Err(PatchError::Comment);
    }
    let absent = range.is_empty();
    let flow = site.in_flow();
    let place = if flow { Place::Flow } else { Place::Block };
    let on_line = content
        .inline(place)
        .or_else(|| flow.then(|| content.flow()));
    if let Some(text) = on_line {
        let close = absent && !layout.source[..range.start].ends_with([' ', '\t', '\n']);
        let blank = if close { " " } else { "" };
        return Ok(edit(site, range.start, range.end, format!("{blank}{text}")));
    }
    let habits = Habits::near(site);
    let Some((parent, step)) = site.parent() else {
        if absent {
            return Err(PatchError::NotInText);
        }
        let lines = habits.lines(site, layout.column(range.start));
        return Ok(edit(site, range.start, range.end, content.block(lines)));
    };
    match step {
        Step::Key(_) => Err(PatchError::NotA("value")),
        Step::Item(at) => {
            let dash = child_start(site, parent, at)?;
            let lines = habits.lines(site, layout.column(dash) + 2);
            let start = layout.trimmed_before(range.start);
            let text = format!(" {}", content.block(lines));
            Ok(edit(site, start, range.end, text))
        }
        Step::Value(at) => {
            let key = child_start(site, parent, at)?;
            let indent = if content.is_list() {
                habits.list_step
            } else {
                habits.map_step
            };
            let lines = habits.lines(site, layout.column(key) + indent);
            Ok(below_key(site, range, content, lines))
        }
    }
}

/// The range of a value without the line break of a block scalar.
fn inline_range(site: &Site<'_>) -> Result<Range<usize>, PatchError> {
    let range = site.range();
    let is_block = |style| matches!(style, Style::Literal | Style::Folded);
    if !site
        .node()
        .as_scalar()
        .is_some_and(|own| is_block(own.style))
    {
        return Ok(range);
    }
    let header = range.start..site.layout.cursor.line_end(range.start);
    if site.layout.source[header].contains('#') {
        return Err(PatchError::Comment);
    }
    Ok(range.start..site.layout.trimmed_end(&range))
}

/// Where the key or dash of a child stands.
fn child_start(site: &Site<'_>, parent: &Node, at: usize) -> Result<usize, PatchError> {
    let children = Container::of(site.layout, parent).children;
    children
        .get(at)
        .map(|child| child.start)
        .ok_or(PatchError::NotInText)
}

/// Puts the content on the line below its key; a comment behind the old value stays with the key.
fn below_key(site: &Site<'_>, range: Range<usize>, content: Content<'_>, lines: Lines) -> Edit {
    let layout = site.layout;
    let start = layout.trimmed_before(range.start);
    let line_end = layout.cursor.line_end(range.end);
    let comment = layout.source[range.end..line_end].trim();
    let blank = if comment.is_empty() { "" } else { " " };
    let text = format!(
        "{blank}{comment}{}{}",
        lines.between(),
        content.block(lines)
    );
    edit(site, start, line_end, text)
}
