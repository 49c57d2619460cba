//! Ignore rules as they are declared.

use crate::gitops::argocd::Application;
use crate::model::object::{CNPG_GROUP, Object};
use crate::text::{Span, Spanned};
use crate::yaml::Node;

use crate::gitops::argocd::glob;

/// Pointers that a resource declares for itself, since Argo CD 3.6.
pub(super) const OWN_POINTERS: &str = "argocd.argoproj.io/ignore-differences-json-pointers";

/// Where a rule is declared, which decides whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Declared {
    /// `spec.ignoreDifferences` of an Application: that application.
    Application,
    /// `argocd-cm`, or what makes it: every application.
    Settings,
    /// An annotation of the Cluster itself.
    Cluster,
}

/// One field that a rule ignores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Of `jsonPointers`.
    Pointer(Spanned<String>),
    /// Of `jqPathExpressions`.
    Expression(Spanned<String>),
    /// Of `managedFieldsManagers`: every field that this manager owns.
    Manager(Spanned<String>),
}

impl Entry {
    /// As written, and where.
    pub fn text(&self) -> &Spanned<String> {
        match self {
            Self::Pointer(text) | Self::Expression(text) | Self::Manager(text) => text,
        }
    }
}

/// A rule: which objects, and which of their fields.
#[derive(Debug, Clone)]
pub struct IgnoreRule {
    /// Pattern for the group; nothing is the core group.
    pub group: String,
    /// Pattern for the kind.
    pub kind: String,
    /// The name, where only one object is meant.
    pub name: Option<String>,
    /// The namespace, where only one is meant.
    pub namespace: Option<String>,
    /// The fields.
    pub entries: Vec<Entry>,
    /// Where it is declared.
    pub declared: Declared,
    /// The place of the kind.
    pub place: Span,
}

impl IgnoreRule {
    /// The rules of an Application. One without a kind is refused by the CRD, and left out here.
    pub(super) fn of_application(application: &Application) -> Vec<Self> {
        let list = application.object.find(&["spec", "ignoreDifferences"]);
        let rules = list.and_then(Node::as_sequence).unwrap_or_default();
        rules.iter().filter_map(Self::read).collect()
    }

    pub(super) fn read(node: &Node) -> Option<Self> {
        let text = |key| {
            node.get(key)
                .and_then(Node::text)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let kind = node.get("kind")?;
        Some(Self {
            group: text("group").unwrap_or_default(),
            kind: kind.text()?.to_owned(),
            name: text("name"),
            namespace: text("namespace"),
            entries: entries(node),
            declared: Declared::Application,
            place: kind.span(),
        })
    }

    /// The rule of a `group/Kind` key of the settings.
    pub(super) fn of_settings(key: &str, place: Span, node: &Node) -> Self {
        let (group, kind) = key.split_once('/').unwrap_or(("", key));
        Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            name: None,
            namespace: None,
            entries: entries(node),
            declared: Declared::Settings,
            place,
        }
    }

    /// The rule that a Cluster declares for itself.
    pub(super) fn of_cluster(cluster: &Object) -> Option<Self> {
        let own = cluster.annotation(OWN_POINTERS)?;
        let pointers = own
            .value
            .split(',')
            .map(str::trim)
            .filter(|pointer| !pointer.is_empty());
        Some(Self {
            group: cluster.group.clone(),
            kind: cluster.kind.clone(),
            name: None,
            namespace: None,
            entries: pointers
                .map(|pointer| Entry::Pointer(Spanned::new(pointer.to_owned(), own.span)))
                .collect(),
            declared: Declared::Cluster,
            place: own.span,
        })
    }

    /// Whether it is meant for an object. The namespace is the one the object ends up in; where nobody tells it, every
    /// rule for a namespace may be meant.
    pub(super) fn means(&self, object: &Object, namespace: Option<&str>) -> bool {
        let same =
            |own: &Option<String>, other: &str| own.as_deref().is_none_or(|own| own == other);
        glob::matches(&self.group, &object.group)
            && glob::matches(&self.kind, &object.kind)
            && same(&self.name, &object.name.value)
            && namespace.is_none_or(|namespace| same(&self.namespace, namespace))
    }

    /// Why it can never be meant for a Cluster though it looks as if it was; `None` where it is, or never was.
    pub(super) fn near_miss(&self) -> Option<String> {
        let own = glob::matches(&self.group, CNPG_GROUP) && glob::matches(&self.kind, "Cluster");
        if own {
            let starred = self
                .name
                .iter()
                .chain(&self.namespace)
                .find(|text| text.contains(['*', '?']));
            return starred.map(|text| {
                format!("names are compared as they are, and nothing is called `{text}`")
            });
        }
        let cluster = self.kind.eq_ignore_ascii_case("Cluster");
        if cluster && self.group.is_empty() {
            let reason = "without a group it is about the core group, which has no Cluster; it needs the group";
            return Some(format!("{reason} `{CNPG_GROUP}`"));
        }
        if self.group.split('/').next() != Some(CNPG_GROUP)
            && !self.group.eq_ignore_ascii_case(CNPG_GROUP)
        {
            return None;
        }
        if self.group.contains('/') {
            return Some(format!(
                "`{}` is no group: the version does not belong to it",
                self.group
            ));
        }
        cluster.then(|| {
            format!(
                "`{}/{}` differs from `{CNPG_GROUP}/Cluster` in case",
                self.group, self.kind
            )
        })
    }
}

/// The entries of a rule, pointers first.
pub(super) fn entries(node: &Node) -> Vec<Entry> {
    let list = |key: &str, entry: fn(Spanned<String>) -> Entry| {
        let items = node
            .get(key)
            .and_then(Node::as_sequence)
            .unwrap_or_default();
        let texts = items
            .iter()
            .filter_map(|item| Some(Spanned::new(item.text()?.to_owned(), item.span())));
        texts.map(entry).collect::<Vec<_>>()
    };
    let mut entries = list("jsonPointers", Entry::Pointer);
    entries.extend(list("jqPathExpressions", Entry::Expression));
    entries.extend(list("managedFieldsManagers", Entry::Manager));
    entries
}
