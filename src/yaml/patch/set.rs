//! One scalar in place of another.

use super::PatchError;
use super::site::Site;
use super::write::{self, Place};
use crate::text::{Edit, Span};
use crate::yaml::{Kind, Scalar, Style};

const STRING_TAG: &str = "tag:yaml.org,2002:str";

pub(super) fn set(site: &Site<'_>, new: &str) -> Result<Edit, PatchError> {
    let node = site.node();
    let Kind::Scalar(old) = &node.kind else {
        return Err(PatchError::NotA("scalar"));
    };
    if let Some(tag) = node.tag().filter(|tag| *tag != STRING_TAG) {
        return Err(PatchError::Tagged(tag.to_owned()));
    }
    let range = site.range();
    let place = if site.in_flow() {
        Place::Flow
    } else {
        Place::Block
    };
    let text = match old.style {
        Style::Literal | Style::Folded => in_place_of_block(site, new)?,
        Style::Plain if range.is_empty() => {
            // An absent value stands right behind its colon, dash or anchor.
            let before = &site.layout.source[..range.start];
            let close = !before.is_empty() && !before.ends_with([' ', '\t', '\n']);
            let blank = if close { " " } else { "" };
            format!("{blank}{}", write::scalar(new, Style::Plain, place))
        }
        style => write::scalar(new, style, place),
    };
    let span = Span::new(node.span().file, range.start, range.end);
    site.verified(Edit::new(span, text), |node| {
        node.kind = Kind::Scalar(Scalar {
            text: new.into(),
            style: Style::Double,
        });
    })
}

fn in_place_of_block(site: &Site<'_>, new: &str) -> Result<String, PatchError> {
    let range = site.range();
    let header_end = site.layout.cursor.line_end(range.start);
    if new.contains('\n') || site.layout.has_comment(range.start..header_end) {
        return Err(PatchError::BlockScalar);
    }
    let ends_line = site.layout.source[range].ends_with('\n');
    let line_break = if ends_line {
        site.layout.line_break()
    } else {
        ""
    };
    let quoted = write::scalar(new, Style::Double, Place::Block);
    Ok(format!("{quoted}{line_break}"))
}
