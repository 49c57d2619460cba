//! Entries and items taken out.

use std::ops::Range;

use super::PatchError;
use super::container::Container;
use super::site::{Site, Step};
use crate::text::{Edit, Span};
use crate::yaml::{Kind, Node};

/// Removes the child number `index`, which exists.
pub(super) fn remove(site: &Site<'_>, index: usize) -> Result<Edit, PatchError> {
    let container = Container::of(site.layout, site.node());
    let (range, text) = if container.children.len() == 1 {
        emptied(site, &container)?
    } else if container.flow {
        (from_flow(site, &container, index)?, String::new())
    } else {
        from_block(site, &container, index)
    };
    let span = Span::new(site.node().span().file, range.start, range.end);
    site.verified(Edit::new(span, text), |node| match &mut node.kind {
        Kind::Mapping(entries) => {
            entries.remove(index);
        }
        Kind::Sequence(items) => {
            items.remove(index);
        }
        Kind::Scalar(_) | Kind::Alias(_) => {}
    })
}

fn from_block(site: &Site<'_>, container: &Container, index: usize) -> (Range<usize>, String) {
    let layout = site.layout;
    let child = &container.children[index];
    let line = layout.cursor.line_start(child.start);
    let next_line = layout.next_line(child.end);
    if layout.starts_line(child.start) {
        // Without a final line break there is none afterwards either.
        let unterminated = !layout.source[..next_line].ends_with(['\n', '\r']);
        let start = if unterminated {
            layout.source[..line].trim_end_matches(['\n', '\r']).len()
        } else {
            child.start - layout.column(child.start)
        };
        return (start..next_line, String::new());
    }
    // The first child shares its line with a dash: the next one moves up to it, unless comments come first.
    match container.children.get(index + 1) {
        Some(next) if !layout.has_comment(next_line..next.start) => {
            (child.start..next.start, String::new())
        }
        _ => {
            let start = layout.trimmed_before(child.start);
            let end = layout.cursor.line_end(layout.trimmed_end(child));
            (start..end, String::new())
        }
    }
}

fn from_flow(
    site: &Site<'_>,
    container: &Container,
    index: usize,
) -> Result<Range<usize>, PatchError> {
    let layout = site.layout;
    let child = &container.children[index];
    let (range, between) = match container.children.get(index + 1) {
        Some(next) => (child.start..next.start, child.end..next.start),
        None => {
            let before = &container.children[index - 1];
            (before.end..child.end, before.end..child.start)
        }
    };
    if layout.has_comment(between) {
        return Err(PatchError::Comment);
    }
    Ok(range)
}

/// Replaces the only child by an empty collection.
fn emptied(site: &Site<'_>, container: &Container) -> Result<(Range<usize>, String), PatchError> {
    let layout = site.layout;
    let range = site.range();
    let child = &container.children[0];
    let empty = empty_form(site.node());
    if container.flow {
        let outside = [range.start..child.start, child.end..range.end];
        if outside.into_iter().any(|part| layout.has_comment(part)) {
            return Err(PatchError::Comment);
        }
        return Ok((range, empty.to_owned()));
    }
    let below_key = site
        .parent()
        .is_some_and(|(_, step)| matches!(step, Step::Value(_)))
        && layout.starts_line(child.start);
    if !below_key {
        return match site.parent() {
            None => Err(PatchError::WouldEmpty),
            Some(_) => Ok((child.start..layout.trimmed_end(child), empty.to_owned())),
        };
    }
    // The brackets go behind the key, what stands between it and the child stays.
    let line = layout.cursor.line_start(child.start);
    let key_end = site.key_end(line);
    let kept = layout.source[key_end..line].trim_end_matches(['\n', '\r']);
    let end = layout.cursor.line_end(layout.trimmed_end(child));
    Ok((key_end..end, format!(" {empty}{kept}")))
}

fn empty_form(node: &Node) -> &'static str {
    match node.kind {
        Kind::Sequence(_) => "[]",
        _ => "{}",
    }
}
