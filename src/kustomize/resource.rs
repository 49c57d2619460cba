//! One resource on its way through a build.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::text::Span;
use crate::yaml::{Node, Origin, Style};

use super::error::BuildError;
use super::fieldspec::Gvk;
use super::provenance::Provenance;
use super::schema::is_cluster_scoped;
use super::shared::{Shared, unshare};

/// The namespace that a missing one equals.
const DEFAULT_NAMESPACE: &str = "default";

/// What tells resources apart: apiVersion, kind, name and effective namespace.
///
/// Source: kustomize `kyaml/resid/resid.go`.
#[derive(Debug, Clone)]
pub struct ResourceId {
    api_version: Arc<str>,
    kind: Arc<str>,
    name: Arc<str>,
    namespace: Arc<str>,
    cluster_scoped: bool,
}

impl ResourceId {
    fn new(api_version: Arc<str>, kind: Arc<str>, name: Arc<str>, namespace: Arc<str>) -> Self {
        let cluster_scoped = is_cluster_scoped(&api_version, &kind);
        Self {
            api_version,
            kind,
            name,
            namespace,
            cluster_scoped,
        }
    }

    /// The id a node states; `None` without kind or name.
    fn of(node: &Node) -> Option<Self> {
        let text = |node: Option<&Node>| match node {
            Some(node) => scalar_text(node),
            None => Arc::from(""),
        };
        let metadata = node.get("metadata");
        let kind = text(node.get("kind"));
        let name = text(metadata.and_then(|metadata| metadata.get("name")));
        if kind.is_empty() || (name.is_empty() && !kind.ends_with("List")) {
            return None;
        }
        let namespace = text(metadata.and_then(|metadata| metadata.get("namespace")));
        Some(Self::new(
            text(node.get("apiVersion")),
            kind,
            name,
            namespace,
        ))
    }

    /// `apiVersion`, empty when absent.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Group, version and kind.
    pub fn gvk(&self) -> Gvk<'_> {
        Gvk::new(&self.api_version, &self.kind)
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `metadata.namespace` as written, empty when absent.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Whether the kind is known to have no namespace.
    pub fn is_cluster_scoped(&self) -> bool {
        self.cluster_scoped
    }

    /// The namespace that counts: `default` for a missing one, empty for cluster-scoped kinds.
    pub fn effective_namespace(&self) -> &str {
        if self.cluster_scoped {
            ""
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            &self.namespace
        }
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.api_version == other.api_version
            && self.effective_namespace() == other.effective_namespace()
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.kind.hash(state);
        self.api_version.hash(state);
        self.effective_namespace().hash(state);
    }
}

impl std::fmt::Display for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)?;
        if !self.namespace.is_empty() && !self.cluster_scoped {
            write!(f, " in namespace `{}`", self.namespace)?;
        }
        if self.api_version.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.api_version)
        }
    }
}

/// What a generated object does when its id is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behavior {
    #[default]
    Create,
    Merge,
    Replace,
}

/// A resource: its tree, its identity, and what it was called before.
#[derive(Debug, Clone)]
pub struct Resource {
    node: Arc<Node>,
    id: ResourceId,
    previous: Vec<ResourceId>,
    prefixes: Vec<Arc<str>>,
    suffixes: Vec<Arc<str>>,
    needs_hash: bool,
    is_generated: bool,
    refers_to_vars: Vec<Arc<str>>,
    shares_values: bool,
    provenance: Option<Arc<Provenance>>,
}

impl Resource {
    /// A resource as read.
    ///
    /// # Errors
    /// When it has no kind or no name.
    pub(super) fn new(node: Node) -> Result<Self, BuildError> {
        let id = ResourceId::of(&node).ok_or_else(|| {
            BuildError::invalid(node.span(), "the object has no kind or no metadata.name")
        })?;
        Ok(Self {
            node: Arc::new(node),
            id,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            needs_hash: false,
            is_generated: false,
            refers_to_vars: Vec::new(),
            shares_values: false,
            provenance: None,
        })
    }

    /// A resource as read from a file.
    ///
    /// # Errors
    /// When it has no kind or no name.
    pub(super) fn read(node: Node, provenance: &Arc<Provenance>) -> Result<Self, BuildError> {
        Ok(Self {
            provenance: Some(Arc::clone(provenance)),
            ..Self::new(node)?
        })
    }

    /// A generated resource.
    ///
    /// # Errors
    /// When it has no name.
    pub(super) fn generated(
        node: Node,
        needs_hash: bool,
        provenance: Option<Arc<Provenance>>,
    ) -> Result<Self, BuildError> {
        Ok(Self {
            needs_hash,
            is_generated: true,
            provenance,
            ..Self::new(node)?
        })
    }

    /// Where it came from, where that is known.
    pub(super) fn provenance(&self) -> Option<&Arc<Provenance>> {
        self.provenance.as_ref()
    }

    /// The tree.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The same, to be kept.
    pub fn shared(&self) -> &Arc<Node> {
        &self.node
    }

    /// The current identity.
    pub fn id(&self) -> &ResourceId {
        &self.id
    }

    /// The identity it was read with.
    pub fn original_id(&self) -> &ResourceId {
        self.previous.first().unwrap_or(&self.id)
    }

    /// Every earlier identity, oldest first; empty when nothing renamed it.
    pub fn previous_ids(&self) -> &[ResourceId] {
        &self.previous
    }

    /// Every identity, the current one last.
    pub(super) fn all_ids(&self) -> impl Iterator<Item = &ResourceId> {
        self.previous.iter().chain([&self.id])
    }

    /// The tree, to change anything but apiVersion, kind, name and namespace.
    pub(super) fn node_mut(&mut self) -> &mut Node {
        Arc::make_mut(&mut self.node)
    }

    /// Takes a changed tree, which may have another identity.
    ///
    /// # Errors
    /// When kind or name are gone; the error is about `by`, which asked for the change.
    pub(super) fn change<T>(
        &mut self,
        by: Span,
        change: impl FnOnce(&mut Node) -> Result<T, BuildError>,
    ) -> Result<T, BuildError> {
        let shared = self.shares_values.then(|| Shared::of(&self.node));
        let result = change(Arc::make_mut(&mut self.node))?;
        if let Some(shared) = shared {
            shared.carry(Arc::make_mut(&mut self.node));
        }
        let id = ResourceId::of(&self.node).ok_or_else(|| {
            let message = format!("this leaves {} without kind or metadata.name", self.id);
            BuildError::invalid(by, message)
        })?;
        if id.api_version != self.id.api_version {
            // Earlier ids remember kind, name and namespace only; group and version are the current ones.
            for previous in &mut self.previous {
                *previous = ResourceId::new(
                    Arc::clone(&id.api_version),
                    Arc::clone(&previous.kind),
                    Arc::clone(&previous.name),
                    Arc::clone(&previous.namespace),
                );
            }
        }
        self.id = id;
        Ok(result)
    }

    /// As [`Resource::change`], for a change that writes the whole resource anew: values are no longer shared.
    ///
    /// # Errors
    /// When kind or name are gone.
    pub(super) fn rewrite<T>(
        &mut self,
        by: Span,
        change: impl FnOnce(&mut Node) -> Result<T, BuildError>,
    ) -> Result<T, BuildError> {
        if std::mem::take(&mut self.shares_values) {
            unshare(self.node_mut());
        }
        self.change(by, change)
    }

    /// Notes that one value stands in several maps.
    pub(super) fn share_values(&mut self) {
        self.shares_values = true;
    }

    /// Whether one value stands in several maps.
    pub(super) fn shares_values(&self) -> bool {
        self.shares_values
    }

    /// Remembers the current identity before it changes.
    pub(super) fn store_previous_id(&mut self) {
        self.previous.push(self.id.clone());
    }

    /// Gives the resource another name.
    pub(super) fn rename(&mut self, name: &str, by: Span) -> Result<(), BuildError> {
        self.change(by, |node| {
            if let Some(metadata) = node.get_mut("metadata") {
                metadata.set("name", Node::string(name, Origin::Made { by }));
            }
            Ok(())
        })
    }

    /// Notes a name prefix, for telling same-named resources apart.
    pub(super) fn add_prefix(&mut self, prefix: &str) {
        self.prefixes.push(Arc::from(prefix));
    }

    /// Notes a name suffix.
    pub(super) fn add_suffix(&mut self, suffix: &str) {
        self.suffixes.push(Arc::from(suffix));
    }

    /// The prefixes it got, innermost first.
    pub(super) fn prefixes(&self) -> &[Arc<str>] {
        &self.prefixes
    }

    /// The suffixes it got, innermost first.
    pub(super) fn suffixes(&self) -> &[Arc<str>] {
        &self.suffixes
    }

    /// Whether its name gets a hash of its content.
    pub(super) fn needs_hash(&self) -> bool {
        self.needs_hash
    }

    /// The vars that are read from this resource.
    pub(super) fn vars(&self) -> &[Arc<str>] {
        &self.refers_to_vars
    }

    /// Notes that a var is read from this resource.
    pub(super) fn add_var(&mut self, name: &str) {
        self.refers_to_vars.push(Arc::from(name));
    }

    /// Takes the bookkeeping of the resource that this one replaces. Only when both want a hash is there one.
    pub(super) fn succeed(&mut self, old: &Self) {
        self.previous.clone_from(&old.previous);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.refers_to_vars.clone_from(&old.refers_to_vars);
        self.needs_hash &= old.needs_hash;
        self.is_generated = old.is_generated;
    }

    /// Whether the reference keeps bookkeeping in `metadata.annotations` at this moment.
    pub(super) fn has_internal_annotations(&self) -> bool {
        self.is_generated
            || !self.previous.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
    }

    /// `metadata.labels` as text.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        text_map(self.node.at(&["metadata", "labels"]))
    }

    /// `metadata.annotations` as text.
    pub(super) fn annotations(&self) -> BTreeMap<String, String> {
        text_map(self.node.at(&["metadata", "annotations"]))
    }
}

/// The text of a scalar, empty for null, list and map.
fn scalar_text(node: &Node) -> Arc<str> {
    match node.as_scalar() {
        Some(scalar) if !node.is_null() => Arc::clone(&scalar.text),
        _ => Arc::from(""),
    }
}

/// A map of scalars as text.
fn text_map(node: Option<&Node>) -> BTreeMap<String, String> {
    let entries = node.and_then(Node::as_mapping).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let value = entry.value.text().unwrap_or_default();
            Some((entry.key.text()?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// Turns the values of a map of labels or annotations into strings, as the reference does when it writes one back:
/// quoted keys lose their quotes, so one that reads as a number makes the resource unwritable.
pub(super) fn stringify(map: &mut Node) {
    for entry in map.as_mapping_mut().into_iter().flatten() {
        let text = |node: &Node| {
            Arc::clone(
                &node
                    .as_scalar()
                    .map_or(Arc::from(""), |s| Arc::clone(&s.text)),
            )
        };
        entry.value = Node::string(text(&entry.value), entry.value.origin);
        entry.key = Node::plain(text(&entry.key), entry.key.origin);
    }
}

/// Whether [`stringify`] would change nothing.
pub(super) fn is_stringified(map: &Node) -> bool {
    map.as_mapping().into_iter().flatten().all(|entry| {
        let is_plain_text = |key: &Node| {
            let plain = Node::plain(key.text().unwrap_or_default(), key.origin);
            plain.as_string().as_deref() == key.text()
        };
        let same: Option<Cow<'_, str>> = entry.value.as_string();
        // What is set anew loses its style, and only folded text shows it (`yaml::emit`).
        let is_folded = entry
            .value
            .as_scalar()
            .is_some_and(|scalar| scalar.style == Style::Folded);
        same.is_some()
            && same.as_deref() == entry.value.text()
            && !is_folded
            && is_plain_text(&entry.key)
    })
}
