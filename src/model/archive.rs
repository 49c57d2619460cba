//! Which archive a cluster writes to or reads from.

use crate::text::{Span, Spanned};

use super::object::{Object, Place, has_variable, same_namespace};

/// One prefix of an object store: endpoint, destination path and server name.
///
/// This triple, not the name of the ObjectStore, is the identity of a lineage: two ObjectStores may name one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveRef {
    /// Where the objects are.
    pub store: StoreRef,
    /// The folder below the destination path.
    pub server_name: ServerNameRef,
}

/// The server name in force, written or by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerNameRef {
    /// The name in force.
    pub value: String,
    /// Whether the manifest says it. By default it is the cluster's name, or in an in-tree external cluster that entry's name.
    /// Source: plugin-barman-cloud `internal/cnpgi/operator/config/config.go`, CNPG `api/v1/cluster_funcs.go` (`GetServerName`).
    pub explicit: bool,
    /// Where it stands, or where it would have to be written.
    pub place: Place,
}

/// The object store of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreRef {
    /// Endpoint and destination are known.
    Known(StoreLocation),
    /// A plugin names an ObjectStore that these manifests do not hold.
    Unresolved {
        /// `barmanObjectName`.
        name: Spanned<String>,
    },
    /// A plugin without `barmanObjectName`, or several stores fit the name.
    Unknown,
}

/// Endpoint and destination path of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLocation {
    /// `endpointURL`, empty for the provider's own.
    pub endpoint: String,
    /// `destinationPath`, such as `s3://bucket/prefix`.
    pub destination: String,
    /// Where the destination stands.
    pub span: Span,
}

impl StoreLocation {
    /// Reads `endpointURL` and `destinationPath` below `path`.
    pub fn read(object: &Object, path: &[&str]) -> Option<Self> {
        let at = |key| object.value(&[path, &[key]].concat());
        let destination = at("destinationPath")?;
        let endpoint = at("endpointURL").map_or(String::new(), |endpoint| endpoint.value);
        Some(Self {
            endpoint,
            destination: destination.value,
            span: destination.span,
        })
    }

    fn same(&self, other: &Self) -> Option<bool> {
        both(
            same_text(trimmed(&self.endpoint), trimmed(&other.endpoint)),
            same_text(trimmed(&self.destination), trimmed(&other.destination)),
        )
    }
}

/// Barman joins the path, so one trailing slash changes nothing (two would). Source: barman `cloud.py`.
fn trimmed(text: &str) -> &str {
    text.strip_suffix('/').unwrap_or(text)
}

/// Equal texts are equal whatever their variables stand for; different ones with a variable are unknown.
fn same_text(left: &str, right: &str) -> Option<bool> {
    if left == right {
        Some(true)
    } else if has_variable(left) || has_variable(right) {
        None
    } else {
        Some(false)
    }
}

/// `false` decides, then unknown, then `true`.
fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

impl ArchiveRef {
    /// Whether both name one prefix; `None` when that cannot be known from the manifests.
    pub fn same_archive(&self, other: &Self) -> Option<bool> {
        let name = same_text(&self.server_name.value, &other.server_name.value);
        both(name, self.same_store(other))
    }

    /// Whether both lie at one endpoint and destination; `None` when that cannot be known from the manifests.
    pub fn same_store(&self, other: &Self) -> Option<bool> {
        match (&self.store, &other.store) {
            (StoreRef::Known(left), StoreRef::Known(right)) => left.same(right),
            // One name in one namespace is one ObjectStore, wherever it is defined.
            (StoreRef::Unresolved { name: left }, StoreRef::Unresolved { name: right }) => {
                (left.value == right.value).then_some(true)
            }
            _ => None,
        }
    }

    /// Whether any part of the identity holds a variable, so that two clusters with equal texts may differ.
    pub fn has_variable(&self) -> bool {
        let store = match &self.store {
            StoreRef::Known(location) => {
                has_variable(&location.destination) || has_variable(&location.endpoint)
            }
            StoreRef::Unresolved { name } => has_variable(&name.value),
            StoreRef::Unknown => false,
        };
        store || has_variable(&self.server_name.value)
    }
}

/// An ObjectStore of the Barman Cloud plugin.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    /// The object.
    pub object: Object,
    /// Its location, `None` when it has no destination path.
    pub location: Option<StoreLocation>,
    /// Index of the build that rendered it.
    pub build: usize,
}

/// What a look-up of an ObjectStore found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<'s> {
    /// Its location.
    Found(&'s StoreLocation),
    /// No store of that name in the namespace; the others of that name, in other namespaces.
    Missing {
        /// Stores of that name elsewhere.
        elsewhere: Vec<Place>,
    },
    /// Several stores of that name that differ, or one without a destination.
    Ambiguous,
}

/// Looks an ObjectStore up in the cluster's namespace, as the plugin does, preferring the cluster's own build.
/// Source: plugin-barman-cloud `internal/cnpgi/operator/lifecycle.go`.
pub fn look_up<'s>(
    stores: &'s [ObjectStore],
    build: usize,
    namespace: Option<&str>,
    name: &str,
) -> Lookup<'s> {
    let is_near = |store: &&ObjectStore| same_namespace(store.object.namespace(), namespace);
    let is_named = |store: &&ObjectStore| store.object.name.value == name;
    // The numbers of builds first: a repository has as many names to compare as it has databases.
    let own = stores.iter().filter(|store| store.build == build);
    let own: Vec<&ObjectStore> = own.filter(is_named).filter(is_near).collect();
    let candidates = if own.is_empty() {
        let named: Vec<&ObjectStore> = stores.iter().filter(is_named).collect();
        let near: Vec<&ObjectStore> = named.iter().copied().filter(is_near).collect();
        if near.is_empty() {
            let namespace = |store: &&ObjectStore| store.object.place(&["metadata", "namespace"]);
            return Lookup::Missing {
                elsewhere: named.iter().map(namespace).collect(),
            };
        }
        near
    } else {
        own
    };
    let first = candidates[0].location.as_ref();
    let agree = candidates
        .iter()
        .all(|store| match (&store.location, first) {
            (Some(left), Some(right)) => {
                left.endpoint == right.endpoint && left.destination == right.destination
            }
            _ => false,
        });
    match first {
        Some(location) if agree => Lookup::Found(location),
        _ => Lookup::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn archive(endpoint: &str, destination: &str, name: &str) -> ArchiveRef {
        let span = Span::new(FileId(0), 0, 0);
        ArchiveRef {
            store: StoreRef::Known(StoreLocation {
                endpoint: endpoint.into(),
                destination: destination.into(),
                span,
            }),
            server_name: ServerNameRef {
                value: name.into(),
                explicit: true,
                place: Place {
                    span,
                    pointer: String::new(),
                },
            },
        }
    }

    #[test]
    fn one_trailing_slash_is_no_difference_and_two_are() {
        let plain = archive("https://s3", "s3://b/p", "db-v1");
        assert_eq!(
            plain.same_archive(&archive("https://s3/", "s3://b/p/", "db-v1")),
            Some(true)
        );
        assert_eq!(
            plain.same_archive(&archive("https://s3", "s3://b/p//", "db-v1")),
            Some(false)
        );
        assert_eq!(
            plain.same_archive(&archive("https://other", "s3://b/p", "db-v1")),
            Some(false)
        );
        assert_eq!(
            plain.same_archive(&archive("https://s3", "s3://b/p", "db-v2")),
            Some(false)
        );
    }

    #[test]
    fn variables_are_compared_as_symbols_and_otherwise_unknown() {
        let one = archive("", "s3://b/${APP}", "${APP}");
        assert_eq!(one.same_archive(&one.clone()), Some(true));
        assert_eq!(one.same_archive(&archive("", "s3://b/x", "${APP}")), None);
        assert_eq!(
            one.same_archive(&archive("https://e", "s3://b/x", "y")),
            Some(false),
            "a known difference decides"
        );
    }

    #[test]
    fn stores_that_are_not_here_are_the_same_only_by_name() {
        let span = Span::new(FileId(0), 0, 0);
        let unresolved = |name: &str| ArchiveRef {
            store: StoreRef::Unresolved {
                name: Spanned::new(name.into(), span),
            },
            ..archive("", "", "db")
        };
        assert_eq!(unresolved("a").same_archive(&unresolved("a")), Some(true));
        assert_eq!(unresolved("a").same_archive(&unresolved("b")), None);
        assert_eq!(
            unresolved("a").same_archive(&archive("", "s3://b", "db")),
            None
        );
    }
}
