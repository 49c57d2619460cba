//! Paths of replacements: `spec.externalClusters.[name=origin].barmanObjectStore`.

use regex::Regex;

use crate::text::Spanned;
use crate::yaml::{Entry, Kind, Node, Origin};

use super::super::fieldspec::split;
use super::super::selector::last_line;
use super::ReplacementError;

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A key of a map.
    Field(String),
    /// An item of a list, from 0.
    Index(usize),
    /// `[field=value]`: items of a list by a field, or by themselves if the field is empty.
    Element {
        /// The field.
        field: String,
        /// Its value: exact in a source, an unanchored regular expression in a target.
        value: String,
    },
    /// `*`: every item of a list.
    Every,
    /// An empty part: a source skips it, a target has an empty key there.
    Blank,
}

/// Splits a path at dots; `\.` is a dot, `[a.b]` is one key, `[a.b=c.d]` is one element.
pub(super) fn parse(path: &Spanned<String>) -> Result<Vec<Step>, ReplacementError> {
    let mut steps = Vec::new();
    let mut parts = split(&path.value, '.').into_iter();
    while let Some(mut part) = parts.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for more in parts.by_ref() {
                part.push('.');
                part.push_str(&more);
                if more.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                steps.push(Step::Field(part.trim_matches(['[', ']']).to_owned()));
                continue;
            }
        }
        steps.push(parse_part(part, path)?);
    }
    Ok(steps)
}

fn parse_part(part: String, path: &Spanned<String>) -> Result<Step, ReplacementError> {
    if part.trim().is_empty() {
        return Ok(Step::Blank);
    }
    if part == "*" {
        return Ok(Step::Every);
    }
    if let Ok(index) = part.parse() {
        return Ok(Step::Index(index));
    }
    let Some(inner) = part
        .strip_prefix('[')
        .and_then(|part| part.strip_suffix(']'))
    else {
        return Ok(Step::Field(part));
    };
    let (field, value) = inner.split_once('=').ok_or_else(|| {
        let message = format!(
            "{part:?} names no element; write `[field=value]`, or a key with dots as `[a.b]`"
        );
        ReplacementError::new(path.span, message)
    })?;
    Ok(Step::Element {
        field: field.to_owned(),
        value: value.to_owned(),
    })
}

/// What is done with a field that was reached; the flag tells that it was made on the way.
pub(super) type Visit<'v> = dyn FnMut(&mut Node, bool) -> Result<(), ReplacementError> + 'v;

/// Follows a target path.
pub(super) struct Writer<'w> {
    pub(super) path: &'w Spanned<String>,
    /// The value that missing fields are made for; `None` makes nothing.
    pub(super) create: Option<&'w Node>,
    pub(super) visit: &'w mut Visit<'w>,
}

impl Writer<'_> {
    /// Visits every field the steps lead to and counts them.
    pub(super) fn walk(
        &mut self,
        node: &mut Node,
        steps: &[Step],
    ) -> Result<usize, ReplacementError> {
        self.step(node, steps, false)
    }

    fn step(
        &mut self,
        node: &mut Node,
        steps: &[Step],
        made: bool,
    ) -> Result<usize, ReplacementError> {
        let Some((step, rest)) = steps.split_first() else {
            (self.visit)(node, made)?;
            return Ok(1);
        };
        match step {
            Step::Field(name) => self.field(node, name, rest),
            Step::Blank => self.field(node, "", rest),
            Step::Index(index) => self.index(node, *index, rest),
            Step::Element { field, value } => self.elements(node, field, value, rest),
            Step::Every => {
                let mut count = 0;
                for item in self.items(node)? {
                    count += self.step(item, rest, false)?;
                }
                Ok(count)
            }
        }
    }

    fn field(
        &mut self,
        node: &mut Node,
        name: &str,
        rest: &[Step],
    ) -> Result<usize, ReplacementError> {
        if node.is_null() {
            return Ok(0);
        }
        if node.as_mapping().is_none() {
            let message = format!(
                "{:?} looks for the key {name:?} in something that is no map",
                self.path.value
            );
            return Err(ReplacementError::new(self.path.span, message));
        }
        let missing = node.get(name).is_none();
        if missing {
            let Some(made) = self.made(rest) else {
                return Ok(0);
            };
            node.set(name, made);
        }
        match node.get_mut(name) {
            Some(field) => self.step(field, rest, missing),
            None => Ok(0),
        }
    }

    fn index(
        &mut self,
        node: &mut Node,
        index: usize,
        rest: &[Step],
    ) -> Result<usize, ReplacementError> {
        let made = self.made(rest);
        let items = self.items(node)?;
        let missing = items.len() == index && made.is_some();
        if missing {
            items.extend(made);
        }
        let length = items.len();
        match items.get_mut(index) {
            Some(item) => self.step(item, rest, missing),
            None => {
                let message = format!("index {index} is beyond the {length} items of the list");
                Err(ReplacementError::new(self.path.span, message))
            }
        }
    }

    fn elements(
        &mut self,
        node: &mut Node,
        field: &str,
        value: &str,
        rest: &[Step],
    ) -> Result<usize, ReplacementError> {
        let pattern = Regex::new(value).map_err(|error| {
            let message = format!(
                "{value:?} is not a regular expression: {}",
                last_line(&error)
            );
            ReplacementError::new(self.path.span, message)
        })?;
        let create = self.create.is_some();
        let origin = Origin::Made { by: self.path.span };
        let items = self.items(node)?;
        let mut count = 0;
        let found = items.len();
        for item in items.iter_mut() {
            count += self.element(item, field, &pattern, rest)?;
        }
        if count > 0 || !create {
            return Ok(count);
        }
        let items = self.items(node)?;
        items.push(element(field, value, origin));
        match items.get_mut(found) {
            Some(item) => self.element(item, field, &pattern, rest),
            None => Ok(0),
        }
    }

    fn element(
        &mut self,
        item: &mut Node,
        field: &str,
        pattern: &Regex,
        rest: &[Step],
    ) -> Result<usize, ReplacementError> {
        let compared = if field.is_empty() {
            Some(&*item)
        } else {
            item.get(field)
        };
        if !compared
            .and_then(Node::text)
            .is_some_and(|text| pattern.is_match(text))
        {
            return Ok(0);
        }
        // Steps behind `[=value]` are ignored: a scalar has nothing below it.
        let rest = if field.is_empty() { &[] } else { rest };
        self.step(item, rest, false)
    }

    fn items<'n>(&self, node: &'n mut Node) -> Result<&'n mut Vec<Node>, ReplacementError> {
        if node.is_null() && self.create.is_some() {
            *node = Node::sequence(Origin::Made { by: self.path.span });
        }
        node.as_sequence_mut().ok_or_else(|| {
            let message = format!(
                "{:?} looks for an item in something that is no list",
                self.path.value
            );
            ReplacementError::new(self.path.span, message)
        })
    }

    /// What a missing field starts as: a list before an item, a map before a key, and at the end what the value is.
    fn made(&self, rest: &[Step]) -> Option<Node> {
        let value = self.create?;
        let origin = Origin::Made { by: self.path.span };
        let kind = match (rest.first(), &value.kind) {
            (Some(Step::Index(_) | Step::Element { .. }), _) | (None, Kind::Sequence(_)) => {
                Kind::Sequence(Vec::new())
            }
            (Some(Step::Field(_) | Step::Every), _) | (None, Kind::Mapping(_)) => {
                Kind::Mapping(Vec::new())
            }
            // kustomize takes an empty part for the end of the path here.
            (Some(Step::Blank) | None, _) => return Some(Node::plain("", origin)),
        };
        Some(Node::new(kind, origin))
    }
}

/// An element that `[field=value]` selects.
fn element(field: &str, value: &str, origin: Origin) -> Node {
    let value = Node::plain(value, origin);
    if field.is_empty() {
        return value;
    }
    let key = Node::string(field, origin);
    Node::new(Kind::Mapping(vec![Entry { key, value }]), origin)
}
