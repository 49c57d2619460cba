//! The comments of a file.

use crate::text::{FileId, Span};

use super::{Document, Kind, Node};

/// One comment, from its `#` to the end of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The bytes from `#` to the end of the line, without the line break.
    pub span: Span,
    /// The text after `#`, trimmed.
    pub text: String,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// Every comment of a parsed file, in order.
///
/// A `#` within a scalar is no comment; comments on the header line of a block scalar are not found.
pub fn comments(text: &str, file: FileId, documents: &[Document]) -> Vec<Comment> {
    if !text.contains('#') {
        return Vec::new();
    }
    let mut scalars = Vec::new();
    for document in documents {
        collect(&document.root, &mut scalars);
    }
    let mut found = Vec::new();
    let mut at = 0;
    for scalar in scalars
        .into_iter()
        .chain(std::iter::once(text.len()..text.len()))
    {
        if scalar.start >= at {
            in_gap(text, file, at..scalar.start, &mut found);
        }
        at = at.max(scalar.end);
    }
    found
}

fn collect(node: &Node, scalars: &mut Vec<std::ops::Range<usize>>) {
    match &node.kind {
        Kind::Scalar(_) | Kind::Alias(_) => scalars.push(node.span().range()),
        Kind::Sequence(items) => items.iter().for_each(|item| collect(item, scalars)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| {
            collect(&entry.key, scalars);
            collect(&entry.value, scalars);
        }),
    }
}

fn in_gap(text: &str, file: FileId, gap: std::ops::Range<usize>, found: &mut Vec<Comment>) {
    let bytes = text.as_bytes();
    let mut at = gap.start;
    while let Some(hash) = bytes[at..gap.end]
        .iter()
        .position(|byte| *byte == b'#')
        .map(|offset| at + offset)
    {
        let begins = hash == 0
            || bytes[hash - 1].is_ascii_whitespace()
            || text[..hash].ends_with('\u{feff}');
        let end = hash
            + bytes[hash..]
                .iter()
                .position(|byte| matches!(byte, b'\n' | b'\r'))
                .unwrap_or(bytes.len() - hash);
        if begins {
            let line = text[..hash].rfind(['\n', '\r']).map_or(0, |at| at + 1);
            let own_line = text[line..hash]
                .trim_matches([' ', '\t', '\u{feff}'])
                .is_empty();
            let body = text[hash + 1..end].trim().to_owned();
            found.push(Comment {
                span: Span::new(file, hash, end),
                text: body,
                own_line,
            });
        }
        at = if begins { end } else { hash + 1 };
        if at >= gap.end {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Locator, parse};

    #[test]
    fn a_hash_within_a_scalar_is_no_comment() {
        let text = "# head\na: b#c # tail\nd: '# no'\ne: |\n  # no\n  x\n# own\nf: g\n  # indented";
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        let found = comments(text, FileId(0), &documents);
        let shown: Vec<_> = found
            .iter()
            .map(|comment| (comment.text.as_str(), comment.own_line))
            .collect();
        assert_eq!(
            shown,
            [
                ("head", true),
                ("tail", false),
                ("own", true),
                ("indented", true)
            ]
        );
        assert_eq!(&text[found[1].span.range()], "# tail");
    }
}
