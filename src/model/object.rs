//! A Kubernetes object as rendered, with the place of every value.

use std::sync::Arc;

use crate::diagnostic::ObjectRef;
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};

/// API group of CloudNativePG's own kinds. Source: CNPG `api/v1/groupversion_info.go`.
pub const CNPG_GROUP: &str = "postgresql.cnpg.io";
/// API group of the Barman Cloud plugin's ObjectStore. Source: plugin-barman-cloud `api/v1/groupversion_info.go`.
pub const BARMAN_GROUP: &str = "barmancloud.cnpg.io";

/// A value's place: the bytes to underline, and the JSON pointer in the rendered object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bytes to underline.
    pub span: Span,
    /// JSON pointer, `/spec/plugins/0/parameters/serverName`.
    pub pointer: String,
}

/// A rendered object: what an apply would send, each value with its origin.
#[derive(Debug, Clone)]
pub struct Object {
    /// The whole object. Renderings are large and read by many, so they are shared.
    pub node: Arc<Node>,
    /// API group, empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`, `None` when the manifest leaves it to whoever applies it.
    pub namespace: Option<Spanned<String>>,
    source: Span,
}

impl Object {
    /// Reads identity from a node; `None` when it is no object with kind and name.
    pub fn new(node: impl Into<Arc<Node>>) -> Option<Self> {
        let node = node.into();
        let api_version = node.get("apiVersion").and_then(Node::text).unwrap_or("");
        let group = api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
            .to_owned();
        let kind = node
            .get("kind")
            .and_then(Node::text)
            .filter(|kind| !kind.is_empty())?
            .to_owned();
        let name = spanned(node.at(&["metadata", "name"])?)?;
        let namespace = node.at(&["metadata", "namespace"]).and_then(spanned);
        let source = node.get("kind").map_or(name.span, Node::span);
        Some(Self {
            source,
            node,
            group,
            kind,
            name,
            namespace,
        })
    }

    /// The namespace's text.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace
            .as_ref()
            .map(|namespace| namespace.value.as_str())
    }

    /// Identity for reports.
    pub fn reference(&self) -> ObjectRef {
        ObjectRef {
            group: self.group.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name.value.clone(),
        }
    }

    /// Where the document of this object begins in its source: the place of its `kind`, which patches leave alone.
    ///
    /// Two renderings of one source document share it; so overlays of one base are told from unrelated objects.
    pub fn source(&self) -> Span {
        self.source
    }

    /// The value at a path of keys and list indexes.
    pub fn find(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(&*self.node, |node, step| {
            child(node, step).map(|(_, value)| value)
        })
    }

    /// A non-empty string, number or boolean as its text.
    pub fn value(&self, path: &[&str]) -> Option<Spanned<String>> {
        self.find(path).and_then(spanned)
    }

    /// The boolean at a path.
    pub fn flag(&self, path: &[&str]) -> Option<bool> {
        self.find(path).and_then(Node::as_bool)
    }

    /// The place of a path: of its value when that is a scalar with text, else of its key; of the nearest
    /// parent that exists when the path does not.
    pub fn place(&self, path: &[&str]) -> Place {
        let mut node = &*self.node;
        let mut span = self.name.span;
        let mut pointer = String::new();
        for step in path {
            let Some((key, value)) = child(node, step) else {
                break;
            };
            span = mark(key, value);
            pointer.push('/');
            pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
            node = value;
        }
        Place { span, pointer }
    }

    /// An annotation's text and place.
    pub fn annotation(&self, name: &str) -> Option<Spanned<String>> {
        self.value(&["metadata", "annotations", name])
    }
}

fn child<'n>(node: &'n Node, step: &str) -> Option<(Option<&'n Node>, &'n Node)> {
    match &node.kind {
        Kind::Mapping(_) => node
            .entry(step)
            .map(|entry| (Some(&entry.key), &entry.value)),
        Kind::Sequence(items) => items
            .get(step.parse::<usize>().ok()?)
            .map(|item| (None, item)),
        Kind::Scalar(_) | Kind::Alias(_) => None,
    }
}

/// What to underline for a value: a scalar itself, the key of anything larger, the name of a list item.
fn mark(key: Option<&Node>, value: &Node) -> Span {
    match (&value.kind, key) {
        (Kind::Scalar(_), _) if !value.span().is_empty() => value.span(),
        (_, Some(key)) => key.span(),
        (Kind::Mapping(entries), None) => {
            let named = value
                .get("name")
                .or_else(|| entries.first().map(|entry| &entry.key));
            named.map_or(value.span(), Node::span)
        }
        _ => value.span(),
    }
}

/// The text of a scalar that is neither null nor empty.
pub(crate) fn spanned(node: &Node) -> Option<Spanned<String>> {
    let text = node
        .text()
        .filter(|text| !text.is_empty() && !node.is_null())?;
    Some(Spanned::new(text.to_owned(), node.span()))
}

/// Whether Kubernetes takes the text as a label of RFC 1035 of at most `longest` characters.
pub fn is_label(text: &str, longest: usize) -> bool {
    let letters = text
        .chars()
        .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
    let edges = text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-');
    letters && edges && text.len() <= longest
}

/// Whether a text holds a variable that something else substitutes (`${APP}`, Flux; `$(VAR)` is kustomize's).
pub fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// Whether two namespaces can be the same: a missing one is decided by whoever applies the manifest.
pub fn same_namespace(left: Option<&str>, right: Option<&str>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left == right || has_variable(left) || has_variable(right),
        _ => true,
    }
}
