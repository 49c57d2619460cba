//! Every file that was read, once and verbatim.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{FileId, Span};

/// A place as people count: line and column are 1-based, columns count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line. Lines end at LF, CRLF or a lone CR, as in YAML.
    pub line: usize,
    /// 1-based column in Unicode scalar values.
    pub column: usize,
}

/// One file: its path as shown to people and its text as read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path on this machine, used to read and write.
    pub path: PathBuf,
    /// The path shown and reported, with `/`, relative to the repository root where there is one.
    pub name: String,
    /// The text, byte for byte (CRLF and BOM kept).
    pub text: Arc<str>,
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for (at, byte) in bytes.iter().enumerate() {
                let ends_line =
                    *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
                if ends_line {
                    starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
                }
            }
            starts
        })
    }

    /// Line and column of a byte offset; offsets past the end count as the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let starts = self.line_starts();
        let line = starts
            .partition_point(|start| *start as usize <= offset)
            .max(1);
        let start = starts[line - 1] as usize;
        let mut column = self
            .text
            .get(start..offset)
            .map_or(0, |before| before.chars().count());
        if start == 0 && self.text.starts_with('\u{feff}') && offset > 0 {
            column -= 1;
        }
        Position {
            line,
            column: column + 1,
        }
    }

    /// The byte range of a 1-based line, without its line end.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let starts = self.line_starts();
        let start = starts
            .get(line.saturating_sub(1))
            .map_or(self.text.len(), |start| *start as usize);
        let end = starts
            .get(line)
            .map_or(self.text.len(), |end| *end as usize);
        let body = self.text[start..end].trim_end_matches(['\n', '\r']);
        start..start + body.len()
    }
}

/// Every file that was read, each once, addressed by [`FileId`].
#[derive(Debug, Default, Clone)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    /// By the bytes of the path: comparing paths part by part takes ten times as long.
    by_path: BTreeMap<OsString, FileId>,
}

impl SourceMap {
    /// Adds a file, or returns the number it already has. `name` is the path shown to people.
    pub fn add(&mut self, path: PathBuf, name: String, text: Arc<str>) -> FileId {
        let place = match self.by_path.entry(path.clone().into_os_string()) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(place) => place,
        };
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        place.insert(id);
        self.files.push(SourceFile {
            path,
            name,
            text,
            line_starts: OnceLock::new(),
        });
        id
    }

    /// Gives a file another text. Its number stays.
    ///
    /// # Panics
    /// When the number comes from another map: that is a defect of the caller.
    pub fn replace(&mut self, id: FileId, text: Arc<str>) {
        let file = &mut self.files[id.0 as usize];
        file.text = text;
        file.line_starts = OnceLock::new();
    }

    /// The number of a file that was added before.
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.by_path.get(path.as_os_str()).copied()
    }

    /// The file with this number.
    ///
    /// # Panics
    /// When the number comes from another map: that is a defect of the caller.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or("")
    }

    /// First and last position of a span; the last is exclusive.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let file = self.file(span.file);
        (
            file.position(span.start as usize),
            file.position(span.end as usize),
        )
    }

    /// `name:line:column` of the start of a span, for error messages.
    pub fn describe(&self, span: Span) -> String {
        let file = self.file(span.file);
        let at = file.position(span.start as usize);
        format!("{}:{}:{}", file.name, at.line, at.column)
    }

    /// All files in order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(at, file)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SourceFile {
        SourceFile {
            path: "a".into(),
            name: "a".into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    #[test]
    fn columns_count_characters_and_lines_end_at_any_break() {
        let file = file("é: 1\r\nb: 2\rc: 3\n");
        assert_eq!(file.position(4), Position { line: 1, column: 4 });
        assert_eq!(file.position(7), Position { line: 2, column: 1 });
        assert_eq!(file.position(12), Position { line: 3, column: 1 });
        assert_eq!(file.position(999), Position { line: 4, column: 1 });
        assert_eq!(&file.text[file.line_range(1)], "é: 1");
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(
            file("\u{feff}a: 1").position(3),
            Position { line: 1, column: 1 }
        );
        assert_eq!(
            file("\u{feff}a: 1").position(6),
            Position { line: 1, column: 4 }
        );
    }
}
