//! One `barmanObjectStore` as it is written, cut into what an ObjectStore and what a plugin's parameters take.

use crate::text::FileId;
use crate::text::edit::apply;
use crate::yaml::patch::{NewValue, insert_entry};
use crate::yaml::{Entry, Kind, Locator, Node, parse};

use super::holder::Holder;
use super::lines::{self, Lines};

/// An entry that moves: as its lines where it can, else as its value.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// The lines without their indentation, comments included.
    lines: Option<String>,
    key: String,
    value: NewValue,
    /// The comments that the lines held, where they cannot move.
    comments: Vec<String>,
}

impl Piece {
    /// An entry that stood nowhere.
    pub(super) fn new(key: &str, value: &str) -> Self {
        Self {
            lines: None,
            key: key.to_owned(),
            value: NewValue::Scalar(value.to_owned()),
            comments: Vec::new(),
        }
    }

    /// An entry by its value, with comments above it; `None` with an alias in it.
    pub(super) fn by_value(key: &str, value: &Node, comments: Vec<String>) -> Option<Self> {
        Some(Self {
            lines: None,
            key: key.to_owned(),
            value: NewValue::of(value)?,
            comments,
        })
    }

    /// Comments alone.
    pub(super) fn comments(comments: Vec<String>) -> Self {
        let lines: String = comments
            .iter()
            .map(|comment| format!("{comment}\n"))
            .collect();
        Self {
            lines: Some(lines),
            ..Self::new("", "")
        }
    }

    /// The entry `key` of a map whose lines are known, or whose value is.
    pub(super) fn of(
        holder: &Holder,
        text: &str,
        map: &Node,
        at: Option<Lines>,
        key: &str,
        value: &Node,
    ) -> Option<Self> {
        let value = NewValue::of(value)?;
        let entry = map.entry(key);
        let movable = entry.is_some_and(|entry| !shares(&entry.value) && !shares(&entry.key));
        let comments = at.map_or_else(Vec::new, |at| holder.comments(text, at.whole()));
        Some(Self {
            lines: at.filter(|_| movable).map(|at| unindented(text, at)),
            key: key.to_owned(),
            value,
            comments,
        })
    }

    /// The entry with its alias or anchor, to stay in its document.
    fn kept_as_written(mut self, text: &str, at: Option<Lines>) -> Self {
        self.lines = at.map(|at| unindented(text, at));
        self
    }

    /// The lines, indented.
    pub(super) fn write(&self, indent: usize, line_break: &str) -> Option<String> {
        if let Some(lines) = &self.lines {
            return Some(lines::shifted(lines, 0, indent, line_break));
        }
        let mut text = self.comments.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&block(&self.key, &self.value)?);
        Some(lines::shifted(&text, 0, indent, line_break))
    }
}

/// The lines of an entry, without the indentation of its key.
fn unindented(text: &str, at: Lines) -> String {
    lines::shifted(&text[at.whole()], lines::column(text, at.key), 0, "\n")
}

/// An entry as block lines.
fn block(key: &str, value: &NewValue) -> Option<String> {
    const FRAME: &str = "frame:\n  first: 1\n";
    let documents = parse(FRAME, &Locator::File(FileId(0))).ok()?;
    let frame = documents.first()?.root.get("frame")?;
    let edit = insert_entry(FRAME, frame, None, key, value).ok()?;
    let written = apply(FRAME, &[edit]).ok()?;
    Some(lines::shifted(written.strip_prefix(FRAME)?, 2, 0, "\n"))
}

/// Whether a value has or uses an anchor, or has a tag.
fn shares(node: &Node) -> bool {
    node.properties.is_some()
        || match &node.kind {
            Kind::Alias(_) => true,
            Kind::Scalar(_) => false,
            Kind::Sequence(items) => items.iter().any(shares),
            Kind::Mapping(entries) => entries.iter().any(|entry| {
                entry.key.text() == Some("<<") || shares(&entry.key) || shares(&entry.value)
            }),
        }
}

/// A `barmanObjectStore`.
#[derive(Debug, Clone)]
pub(super) struct Stanza {
    /// Everything but the server name, aliases resolved.
    pub(super) configuration: Node,
    /// The server name, where one is written.
    pub(super) server_name: Option<Piece>,
    /// The entries but for the server name.
    pub(super) pieces: Vec<Piece>,
    /// The comment behind the key.
    pub(super) head: Option<String>,
    /// Comments of lines that do not move.
    pub(super) loose: Vec<String>,
}

impl Stanza {
    /// Reads the entry `barmanObjectStore` of a map; `expanded` is its value with aliases resolved.
    pub(super) fn read(
        holder: &Holder,
        text: &str,
        entry: &Entry,
        at: Option<Lines>,
        expanded: &Node,
    ) -> Option<Self> {
        let written = &entry.value;
        let inner = lines::of(text, written);
        let own = |key: &str| {
            let index = written
                .as_mapping()?
                .iter()
                .position(|entry| entry.key.text() == Some(key))?;
            inner.as_ref()?.get(index).copied()
        };
        let mut stanza = Self {
            configuration: without(expanded, "serverName"),
            server_name: None,
            pieces: Vec::new(),
            head: None,
            loose: Vec::new(),
        };
        for entry in expanded.as_mapping()? {
            let key = entry.key.text()?;
            let lines = own(key);
            let piece = Piece::of(holder, text, written, lines, key, &entry.value)?;
            if key != "serverName" {
                stanza.pieces.push(piece);
            } else if entry.value.text().is_some_and(|text| !text.is_empty())
                && !entry.value.is_null()
            {
                stanza.server_name = Some(piece.kept_as_written(text, lines));
            } else {
                stanza.loose.extend(piece.comments);
            }
        }
        match &inner {
            None => {
                let own = at.map_or_else(|| written.span().range(), Lines::own);
                stanza.loose.extend(holder.comments(text, own));
            }
            Some(inner) => {
                let key = entry.key.span().start as usize;
                let first = inner.first().map_or(key, |first| first.lead);
                stanza.head = holder.comments(text, key..first).into_iter().next();
                stanza.loose.extend(
                    own("<<").map_or_else(Vec::new, |at| holder.comments(text, at.whole())),
                );
            }
        }
        Some(stanza)
    }

    /// Every comment within, for where nothing of it moves but the server name.
    pub(super) fn all_comments(&self) -> Vec<String> {
        let pieces = self.pieces.iter().flat_map(|piece| &piece.comments);
        self.head
            .iter()
            .chain(pieces)
            .chain(&self.loose)
            .cloned()
            .collect()
    }
}

/// A map without one of its keys.
fn without(map: &Node, key: &str) -> Node {
    let mut rest = map.clone();
    rest.remove(key);
    rest
}
