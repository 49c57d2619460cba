//! The tree: values that remember where they came from.
//!
//! One type serves reading, patching and rendering. A node read from a file keeps its place through
//! every merge; a node that a transformer invents points at the line that asked for it. So a rule can
//! look at the rendered object and still underline the source line to edit.

use std::sync::Arc;

use crate::text::Span;

/// Where a node comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It stands in a file at this place.
    Read(Span),
    /// It was made because of what stands at this place (a name prefix, a label, a generator).
    Made {
        /// The text that asked for it.
        by: Span,
    },
}

impl Origin {
    /// The place to show, whichever way the node came to be.
    pub fn span(self) -> Span {
        match self {
            Self::Read(span) | Self::Made { by: span } => span,
        }
    }
}

/// How a scalar was written. Everything but `Plain` is a string unless tagged otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: its meaning depends on its text (`yaml::scalar`).
    Plain,
    /// `'single'`.
    Single,
    /// `"double"`.
    Double,
    /// `|` block.
    Literal,
    /// `>` block.
    Folded,
}

/// Text and style of a scalar, unresolved: `yaml::scalar` tells what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The content without quotes, escapes resolved. Empty and `Plain` is an absent value (null).
    pub text: Arc<str>,
    /// How it was written.
    pub style: Style,
}

/// One key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key; a scalar in all documents Kubernetes accepts.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map in source order; keys are unique after [`expand`](super::expand), not before.
    Mapping(Vec<Entry>),
    /// `*name`; gone after [`expand`](super::expand).
    Alias(AnchorId),
}

/// The number of an anchor within its document. A name defined twice has two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnchorId(pub u32);

/// Tag and anchor: rare, so kept out of the node's own size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// The resolved tag, `tag:yaml.org,2002:str` or `!custom`.
    pub tag: Option<Arc<str>>,
    /// The anchor defined on this node.
    pub anchor: Option<AnchorId>,
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it came from. Spans cover the content without anchor and tag.
    pub origin: Origin,
    /// Tag and anchor, when there are any.
    pub properties: Option<Box<Properties>>,
}

impl Node {
    /// A node without tag and anchor.
    pub fn new(kind: Kind, origin: Origin) -> Self {
        Self {
            kind,
            origin,
            properties: None,
        }
    }

    /// A string that stays a string whatever its text reads like.
    pub fn string(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Self::new(
            Kind::Scalar(Scalar {
                text: text.into(),
                style: Style::Double,
            }),
            origin,
        )
    }

    /// A plain scalar: its meaning is that of its text (`true`, `5`, `null`).
    pub fn plain(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Self::new(
            Kind::Scalar(Scalar {
                text: text.into(),
                style: Style::Plain,
            }),
            origin,
        )
    }

    /// An empty map.
    pub fn mapping(origin: Origin) -> Self {
        Self::new(Kind::Mapping(Vec::new()), origin)
    }

    /// An empty list.
    pub fn sequence(origin: Origin) -> Self {
        Self::new(Kind::Sequence(Vec::new()), origin)
    }

    /// The place to show.
    pub fn span(&self) -> Span {
        self.origin.span()
    }

    /// The explicit tag, if any.
    pub fn tag(&self) -> Option<&str> {
        self.properties
            .as_ref()
            .and_then(|properties| properties.tag.as_deref())
    }

    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar whatever it means; `None` for lists and maps.
    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_ref())
    }

    /// The items of a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The items of a list, to change them.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entries of a map, to change them.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match &mut self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The entry of a map with this key text.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?
            .iter()
            .find(|entry| entry.key.text() == Some(key))
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value under a key of a map, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let entries = self.as_mapping_mut()?;
        entries
            .iter_mut()
            .find(|entry| entry.key.text() == Some(key))
            .map(|entry| &mut entry.value)
    }

    /// The value down a path of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Puts a value under a key: replaces the value of an existing key in place, else appends.
    /// Does nothing on a node that is not a map.
    pub fn set(&mut self, key: &str, value: Node) {
        let Some(entries) = self.as_mapping_mut() else {
            return;
        };
        match entries
            .iter_mut()
            .find(|entry| entry.key.text() == Some(key))
        {
            Some(entry) => entry.value = value,
            None => {
                let key = Node::string(key, Origin::Made { by: value.span() });
                entries.push(Entry { key, value });
            }
        }
    }

    /// Takes a key out of a map and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let entries = self.as_mapping_mut()?;
        let at = entries
            .iter()
            .position(|entry| entry.key.text() == Some(key))?;
        Some(entries.remove(at).value)
    }
}
