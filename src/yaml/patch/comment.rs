//! Entries and items turned into comments.

use super::PatchError;
use super::container::Container;
use super::insert::edit;
use super::site::Site;
use super::uncomment::{self, Sought};
use crate::text::Edit;
use crate::yaml::{Kind, Scalar, Style};

/// Turns the child number `index`, which exists, into comment lines.
pub(super) fn comment(site: &Site<'_>, index: usize) -> Result<Edit, PatchError> {
    let layout = site.layout;
    let container = Container::of(layout, site.node());
    if container.flow || site.in_flow() {
        return Err(PatchError::Flow);
    }
    let child = &container.children[index];
    if !layout.starts_line(child.start) {
        return Err(PatchError::SharedLine);
    }
    let only = container.children.len() == 1;
    if only && site.parent().is_none() {
        return Err(PatchError::WouldEmpty);
    }
    let column = layout.column(child.start);
    let start = layout.line_start(child.start);
    let end = layout.behind_deeper_comments(layout.next_line(child.end), column);
    let mut text = String::with_capacity(end - start + 64);
    let mut at = start;
    while at < end {
        let next = layout.line_after(at);
        text.push_str(&commented(&layout.source[at..next], column));
        at = next;
    }
    let edit = site.verified(edit(site, start, end, text), |node| match &mut node.kind {
        kind if only => {
            *kind = Kind::Scalar(Scalar {
                text: "".into(),
                style: Style::Plain,
            });
        }
        Kind::Mapping(entries) => drop(entries.remove(index)),
        Kind::Sequence(items) => drop(items.remove(index)),
        Kind::Scalar(_) | Kind::Alias(_) => {}
    })?;
    if can_be_undone(site, &edit)? {
        Ok(edit)
    } else {
        Err(PatchError::OneWay)
    }
}

/// Whether switching the lines on again gives the text as it is.
fn can_be_undone(site: &Site<'_>, edit: &Edit) -> Result<bool, PatchError> {
    let sought = match site.node().kind {
        Kind::Mapping(_) => Sought::Entry,
        _ => Sought::Item,
    };
    let after = site.tried(std::slice::from_ref(edit))?;
    let commented = site.read_again(&after)?;
    let start = edit.span.start as usize;
    let back = uncomment::uncomment(&commented, start, sought, None);
    Ok(back.is_ok_and(|back| commented.tried(&[back]).as_deref() == Ok(site.layout.source)))
}

/// One line as a comment, the `#` in the column of the child where the line reaches it. Blank lines stay blank.
fn commented(line: &str, column: usize) -> String {
    let body = line.trim_end_matches(['\n', '\r']);
    let blanks = body.len() - body.trim_start_matches(' ').len();
    if blanks == body.len() {
        return line.to_owned();
    }
    let (before, behind) = line.split_at(blanks.min(column));
    format!("{before}# {behind}")
}
