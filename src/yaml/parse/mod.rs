//! yaml-rust2 events into nodes with exact byte spans.
//!
//! The events carry one position each, and not always the node's: a block mapping is marked at its first `:`,
//! a block scalar at its content, an absent value at the next token. This file walks events and source side by
//! side; [`super::cursor`] holds what is known about the source.

mod flow;
#[cfg(test)]
mod tests;

use std::str::Chars;
use std::sync::Arc;

use thiserror::Error;
use yaml_rust2::parser::{Event, Parser, Tag};
use yaml_rust2::scanner::TScalarStyle;

use crate::text::Span;

use super::cursor::Cursor;
use super::lines::Lines;
use super::{AnchorId, Entry, Kind, Locator, Node, Properties, Scalar, Style};

/// Deepest nesting of lists and maps. Kubernetes objects stay below 30; the limit keeps every recursive
/// function of this crate within its stack.
pub const MAX_DEPTH: usize = 128;

/// One YAML document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its root; an empty document has an empty plain scalar.
    pub root: Node,
    /// The `---` that starts it, if one does.
    pub marker: Option<Span>,
}

/// Why a text is not YAML that walbound can read.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{kind}")]
pub struct ParseError {
    /// The place of the problem.
    pub span: Span,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// The kinds of [`ParseError`].
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The scanner or parser refuses the text, in its own words.
    #[error("{0}")]
    Syntax(String),
    /// Lists and maps are nested deeper than the limit.
    #[error("lists and maps are nested deeper than {0} levels")]
    TooDeep(usize),
    /// A NUL byte, at which YAML readers stop without a word.
    #[error("the text holds a NUL byte")]
    Nul,
    /// A construct whose place in the source cannot be told; none of it occurs in Kubernetes manifests.
    #[error("cannot tell where this node stands in the source")]
    Unlocated,
}

/// Reads every document of a text.
///
/// # Errors
/// When the text is not YAML or nested too deeply.
pub fn parse(text: &str, place: &Locator) -> Result<Vec<Document>, ParseError> {
    let error = |at: usize, kind| ParseError {
        span: place.origin(at, at).span(),
        kind,
    };
    if let Some(at) = text.find('\0') {
        return Err(error(at, ParseErrorKind::Nul));
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - body.len();
    let mut joined: Option<String> = None;
    for _ in 0..flow::most_joins(body) {
        let mut reader = Reader::new(body, joined.as_deref().unwrap_or(body), skipped, place);
        let result = reader.documents();
        let complaint = reader.complaint;
        let next = complaint.and_then(|at| flow::join(joined.as_deref().unwrap_or(body), at));
        match next {
            Some(next) => joined = Some(next),
            None => return result,
        }
    }
    Reader::new(body, joined.as_deref().unwrap_or(body), skipped, place).documents()
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    text: &'a str,
    /// Bytes of the byte order mark before `text`.
    skipped: usize,
    place: &'a Locator,
    lines: Lines<'a>,
    parser: Parser<Chars<'a>>,
    peeked: Option<(Event, usize)>,
    /// End of the last token consumed.
    position: usize,
    depth: usize,
    /// How many `{` and `[` are open.
    flow: usize,
    /// Where the parser stopped because a line within brackets stands too far left.
    complaint: Option<usize>,
}

impl<'a> Reader<'a> {
    /// A reader of `text` whose events come from `parsed`, the same text but for blanks in place of line breaks.
    fn new(text: &'a str, parsed: &'a str, skipped: usize, place: &'a Locator) -> Self {
        Self {
            cursor: Cursor::new(text),
            text,
            skipped,
            place,
            lines: Lines::new(parsed),
            parser: Parser::new_from_str(parsed),
            peeked: None,
            position: 0,
            depth: 0,
            flow: 0,
            complaint: None,
        }
    }

    fn error<T>(&self, at: usize, kind: ParseErrorKind) -> Result<T, ParseError> {
        // Behind the last line there is nothing to show.
        let at = at.min(self.text.trim_end().len()) + self.skipped;
        Err(ParseError {
            span: self.place.origin(at, at).span(),
            kind,
        })
    }

    fn next(&mut self) -> Result<(Event, usize), ParseError> {
        if let Some(event) = self.peeked.take() {
            return Ok(event);
        }
        match self.parser.next_token() {
            Ok((event, marker)) => Ok((event, self.lines.offset(&marker))),
            Err(error) => {
                let at = self.lines.offset(error.marker());
                self.complaint = flow::is_complaint(error.info()).then_some(at);
                self.error(at, ParseErrorKind::Syntax(error.info().to_owned()))
            }
        }
    }

    fn peek(&mut self) -> Result<&Event, ParseError> {
        let event = self.next()?;
        Ok(&self.peeked.insert(event).0)
    }

    fn documents(&mut self) -> Result<Vec<Document>, ParseError> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::DocumentStart, at) => {
                    let explicit =
                        self.text[at..].starts_with("---") && self.cursor.line_start(at) == at;
                    let marker = explicit.then(|| {
                        self.place
                            .origin(at + self.skipped, at + 3 + self.skipped)
                            .span()
                    });
                    self.position = self.position.max(if explicit {
                        at + 3
                    } else {
                        self.content_start(at)
                    });
                    documents.push(Document {
                        root: self.node()?,
                        marker,
                    });
                }
                (Event::StreamEnd, _) => return Ok(documents),
                _ => {}
            }
        }
    }

    /// Where an implicit document's content may begin: after what came before, at most at its first token.
    fn content_start(&self, at: usize) -> usize {
        let between = &self.text[self.position.min(at)..at];
        // A `...` or a directive between two documents is not part of either.
        between
            .rfind("\n...")
            .map_or(self.position, |end| self.position + end + 4)
    }

    fn node(&mut self) -> Result<Node, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error(self.position, ParseErrorKind::TooDeep(MAX_DEPTH));
        }
        let (event, at) = self.next()?;
        let node = match event {
            Event::Alias(id) => {
                let end = self.cursor.alias_end(at);
                self.position = end;
                Ok(self.finish(Kind::Alias(anchor(id)), at, end, 0, None))
            }
            Event::Scalar(text, style, id, tag) => self.scalar(&text, style, at, id, tag),
            Event::SequenceStart(id, tag) => self.sequence(id, tag),
            Event::MappingStart(id, tag) => self.mapping(at, id, tag),
            _ => self.error(at, ParseErrorKind::Unlocated),
        };
        self.depth -= 1;
        node
    }

    fn finish(&self, kind: Kind, start: usize, end: usize, id: usize, tag: Option<Tag>) -> Node {
        let mut node = Node::new(
            kind,
            self.place.origin(start + self.skipped, end + self.skipped),
        );
        if id > 0 || tag.is_some() {
            let tag = tag.map(|tag| Arc::from(format!("{}{}", tag.handle, tag.suffix)));
            node.properties = Some(Box::new(Properties {
                tag,
                anchor: (id > 0).then(|| anchor(id)),
            }));
        }
        node
    }

    fn scalar(
        &mut self,
        text: &str,
        style: TScalarStyle,
        at: usize,
        id: usize,
        tag: Option<Tag>,
    ) -> Result<Node, ParseError> {
        let has_properties = id > 0 || tag.is_some();
        let in_flow = self.flow > 0 && style == TScalarStyle::Plain;
        let tag = tag.or_else(|| (in_flow && has_time_of_day(text)).then(string_tag));
        let mut content = text;
        let (style, start, end) = match style {
            TScalarStyle::DoubleQuoted => (Style::Double, at, self.cursor.double_quoted_end(at)),
            TScalarStyle::SingleQuoted => (Style::Single, at, self.cursor.single_quoted_end(at)),
            TScalarStyle::Literal | TScalarStyle::Folded => {
                let header = self.cursor.skip_properties(self.position);
                let Some(style) = self.cursor.block_style(header) else {
                    return self.error(at, ParseErrorKind::Unlocated);
                };
                let end = self.cursor.block_scalar_end(header, at, text);
                content = self.cursor.block_scalar_content(header, end, text);
                (style, header, end)
            }
            _ if text.is_empty() => {
                let end = if has_properties {
                    self.properties_end()
                } else {
                    self.position
                };
                (Style::Plain, end, end)
            }
            _ => match self.cursor.plain_end(at, text) {
                Some(end) => (Style::Plain, at, end),
                None => return self.error(at, ParseErrorKind::Unlocated),
            },
        };
        self.position = end;
        Ok(self.finish(
            Kind::Scalar(Scalar {
                text: content.into(),
                style,
            }),
            start,
            end,
            id,
            tag,
        ))
    }

    /// The end of anchor and tag of an absent value.
    fn properties_end(&self) -> usize {
        let next = self.cursor.skip_properties(self.position);
        // What follows the properties may be a comment on the same line: the last word that starts with `&` or `!` ends them.
        let mut end = self.position;
        let mut at = self.cursor.skip_trivia(self.position);
        while at < next && matches!(self.cursor.byte(at), Some(b'&' | b'!')) {
            end = self.cursor.alias_end(at);
            at = self.cursor.skip_trivia(end);
        }
        end
    }

    /// The closing bracket of a flow collection. The parser's own position is wrong after a trailing comma.
    fn close(&self, bracket: u8) -> Result<usize, ParseError> {
        let mut at = self.cursor.skip_trivia(self.position);
        if self.cursor.byte(at) == Some(b',') {
            at = self.cursor.skip_trivia(at + 1);
        }
        if self.cursor.byte(at) == Some(bracket) {
            Ok(at + 1)
        } else {
            self.error(at, ParseErrorKind::Unlocated)
        }
    }

    fn skip_comma(&mut self) {
        let at = self.cursor.skip_trivia(self.position);
        if self.cursor.byte(at) == Some(b',') {
            self.position = at + 1;
        }
    }

    fn sequence(&mut self, id: usize, tag: Option<Tag>) -> Result<Node, ParseError> {
        let start = self.cursor.skip_properties(self.position);
        let flow = self.cursor.byte(start) == Some(b'[');
        self.position = if flow { start + 1 } else { start };
        self.flow += usize::from(flow);
        let mut items = Vec::new();
        let mut end = self.position;
        while !matches!(self.peek()?, Event::SequenceEnd) {
            if flow {
                self.skip_comma();
            } else {
                let dash = self.cursor.skip_trivia(self.position);
                if !self.cursor.indicator(dash, b'-') {
                    return self.error(dash, ParseErrorKind::Unlocated);
                }
                self.position = dash + 1;
            }
            items.push(self.node()?);
            end = self.position;
        }
        self.next()?;
        if flow {
            self.flow -= 1;
            end = self.close(b']')?;
            self.position = end;
        }
        Ok(self.finish(Kind::Sequence(items), start, end, id, tag))
    }

    fn mapping(&mut self, at: usize, id: usize, tag: Option<Tag>) -> Result<Node, ParseError> {
        let first = self.cursor.skip_properties(self.position);
        // `{` also starts the key of a pair in a flow list (`[{a: 1}: b]`), which nobody writes: `close` refuses it.
        let flow = self.cursor.byte(first) == Some(b'{');
        self.flow += usize::from(flow);
        if flow {
            self.position = first + 1;
        } else if id > 0 || tag.is_some() {
            self.position = self.own_properties_end(at.max(first));
        }
        let mut start = first;
        let mut end = self.position;
        let mut entries: Vec<Entry> = Vec::new();
        while !matches!(self.peek()?, Event::MappingEnd) {
            if flow {
                self.skip_comma();
            }
            let entry = self.entry(&mut start, !flow && entries.is_empty())?;
            end = self.position;
            entries.push(entry);
        }
        self.next()?;
        if flow {
            self.flow -= 1;
            end = self.close(b'}')?;
            self.position = end;
        }
        Ok(self.finish(Kind::Mapping(entries), start, end, id, tag))
    }

    /// The end of a block mapping's own properties, which stand on a line above its first key. Properties
    /// on the line of the key belong to the key.
    fn own_properties_end(&self, limit: usize) -> usize {
        let mut end = self.position;
        let mut at = self.cursor.skip_trivia(self.position);
        while at < limit && matches!(self.cursor.byte(at), Some(b'&' | b'!')) {
            let word = self.cursor.alias_end(at);
            let next = self.cursor.skip_trivia(word);
            if self.cursor.line_start(next) == self.cursor.line_start(at)
                && !matches!(self.cursor.byte(next), Some(b'&' | b'!'))
            {
                break;
            }
            end = word;
            at = next;
        }
        end
    }

    fn entry(&mut self, start: &mut usize, first_of_block: bool) -> Result<Entry, ParseError> {
        let at = self.cursor.skip_trivia(self.position);
        let complex = self.cursor.indicator(at, b'?');
        if complex {
            self.position = at + 1;
        }
        let key = self.node()?;
        if first_of_block {
            *start = if complex { at } else { at.min(self.position) };
        }
        let colon = self.cursor.skip_trivia(self.position);
        if self.cursor.byte(colon) == Some(b':') {
            self.position = colon + 1;
        }
        let value = self.node()?;
        Ok(Entry { key, value })
    }
}

/// Whether a text begins like a timestamp with a time. Within `{}` and `[]` kustomize takes such a plain scalar as
/// a string, while it rewrites one outside (kubectl 1.32.4); kubectl itself never rewrites.
fn has_time_of_day(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let day = rest
        .find(['T', 't', ' ', '\t'])
        .map_or("", |end| &rest[..end]);
    digits(year, 4) && digits(month, 2) && digits(day, 2)
}

fn string_tag() -> Tag {
    Tag {
        handle: "tag:yaml.org,2002:".to_owned(),
        suffix: "str".to_owned(),
    }
}

fn anchor(id: usize) -> AnchorId {
    AnchorId(u32::try_from(id).unwrap_or(u32::MAX))
}
