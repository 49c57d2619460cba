//! From offsets in a parsed text to places in a file.

use crate::text::{FileId, Span};

use super::Origin;

/// Where the text handed to the parser stands.
///
/// A patch written inside a kustomization is YAML within a YAML string: its nodes still point at the
/// lines of the outer file, as long as the string is a literal block, whose lines are source lines.
#[derive(Debug, Clone)]
pub enum Locator {
    /// The text is a whole file.
    File(FileId),
    /// The text is the content of a literal block. Each pair is the offset of a line in the content
    /// and the offset of the same line's first content byte in the file, in ascending order.
    Block {
        /// The file of the block.
        file: FileId,
        /// Line starts: (in the content, in the file).
        lines: Vec<(u32, u32)>,
    },
    /// The text has no byte-for-byte place (an escaped or folded string): everything points at `whole`.
    Opaque {
        /// The scalar that holds the text.
        whole: Span,
    },
}

impl Locator {
    /// The origin of the bytes `start..end` of the parsed text.
    pub fn origin(&self, start: usize, end: usize) -> Origin {
        match self {
            Self::File(file) => Origin::Read(Span::new(*file, start, end)),
            Self::Block { file, lines } => {
                let start = Self::in_block(lines, start);
                let end = Self::in_block(lines, end).max(start);
                Origin::Read(Span::new(*file, start, end))
            }
            Self::Opaque { whole } => Origin::Made { by: *whole },
        }
    }

    fn in_block(lines: &[(u32, u32)], offset: usize) -> usize {
        let line = lines
            .partition_point(|(content, _)| *content as usize <= offset)
            .saturating_sub(1);
        lines.get(line).map_or(offset, |(content, source)| {
            offset - *content as usize + *source as usize
        })
    }

    /// The locator for YAML written inside the scalar at `span` of `source`, whose content is `content`.
    pub fn inside(source: &str, span: Span, content: &str) -> Self {
        Self::literal_lines(source, span, content).map_or(Self::Opaque { whole: span }, |lines| {
            Self::Block {
                file: span.file,
                lines,
            }
        })
    }

    /// Pairs each line of a literal block's content with its place, or `None` where the bytes differ.
    fn literal_lines(source: &str, span: Span, content: &str) -> Option<Vec<(u32, u32)>> {
        let raw = source.get(span.range())?;
        if !raw.starts_with('|') {
            return None;
        }
        let mut at = span.start as usize + raw.find('\n')? + 1;
        let mut lines = Vec::new();
        let mut offset = 0;
        for line in content.split_inclusive('\n') {
            let body = line.trim_end_matches('\n');
            let rest = source.get(at..)?;
            let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let shown = rest[..end].trim_end_matches(['\n', '\r']);
            let indent = shown
                .len()
                .checked_sub(body.len())
                .filter(|_| shown.ends_with(body))
                .or_else(|| {
                    // A line of blanks may be shorter in the file than its (empty) content line says.
                    shown.trim().is_empty().then_some(0)
                })?;
            lines.push((
                u32::try_from(offset).ok()?,
                u32::try_from(at + indent).ok()?,
            ));
            offset += line.len();
            at += end;
        }
        Some(lines)
    }
}
