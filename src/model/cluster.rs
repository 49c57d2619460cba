//! A CloudNativePG Cluster: bootstrap, plugins, external clusters, and the archives they name.

use crate::text::Spanned;
use crate::yaml::Node;

use super::archive::{
    ArchiveRef, Lookup, ObjectStore, ServerNameRef, StoreLocation, StoreRef, look_up,
};
use super::object::{Object, Place, spanned};

/// The name of the Barman Cloud plugin. Source: plugin-barman-cloud `internal/cnpgi/metadata/constants.go`.
pub const BARMAN_PLUGIN: &str = "barman-cloud.cloudnative-pg.io";

/// The operator refuses longer names of a Cluster. Source: CNPG `internal/webhook/v1/cluster_webhook.go` (`validateName`).
pub const LONGEST_NAME: usize = 50;

/// The annotation that turns the empty-archive check off. Source: CNPG `pkg/utils/labels_annotations.go`.
pub const SKIP_EMPTY_ARCHIVE_CHECK: &str = "cnpg.io/skipEmptyWalArchiveCheck";

/// How a cluster comes to be. Source: CNPG `api/v1/cluster_types.go` (`BootstrapConfiguration`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// `bootstrap.initdb`: a new, empty database.
    Initdb,
    /// `bootstrap.recovery`: from backups.
    Recovery,
    /// `bootstrap.pg_basebackup`: copied from a running server.
    PgBasebackup,
}

impl Method {
    /// The key under `spec.bootstrap`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Initdb => "initdb",
            Self::Recovery => "recovery",
            Self::PgBasebackup => "pg_basebackup",
        }
    }

    const ALL: [Self; 3] = [Self::Initdb, Self::Recovery, Self::PgBasebackup];
}

/// An entry of `spec.plugins` or the `plugin` of an external cluster.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// Path of the entry in the object: `spec`, `plugins`, `0`.
    pub path: Vec<String>,
    /// The plugin's name.
    pub name: Option<Spanned<String>>,
    /// `enabled`, true by default.
    pub enabled: bool,
    /// `isWALArchiver`, false by default.
    pub is_wal_archiver: bool,
    /// Keys of `parameters`, with places.
    pub parameters: Vec<Spanned<String>>,
    /// `parameters.barmanObjectName`.
    pub object_store: Option<Spanned<String>>,
    /// `parameters.serverName`; a present but empty one is `None`.
    pub server_name: Option<Spanned<String>>,
}

impl Plugin {
    /// Whether this is the Barman Cloud plugin.
    pub fn is_barman(&self) -> bool {
        self.name
            .as_ref()
            .is_some_and(|name| name.value == BARMAN_PLUGIN)
    }

    /// The path of a parameter in the object.
    pub fn parameter_path<'p>(&'p self, name: &'p str) -> Vec<&'p str> {
        let mut path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        path.extend(["parameters", name]);
        path
    }

    /// The path of the entry in the object.
    pub fn own_path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// An entry of `spec.externalClusters`.
#[derive(Debug, Clone)]
pub struct ExternalCluster {
    /// Its index in the list.
    pub index: String,
    /// Its name.
    pub name: Option<Spanned<String>>,
    /// Its plugin, when it has one.
    pub plugin: Option<Plugin>,
    /// Whether it has an in-tree `barmanObjectStore`.
    pub in_tree: bool,
    /// Whether it has `connectionParameters`.
    pub connection: bool,
}

/// `spec.replica`.
#[derive(Debug, Clone)]
pub struct Replica {
    /// Whether this cluster follows another: `enabled` decides, else self (or the name) differs from `primary`.
    /// Source: CNPG `api/v1/cluster_funcs.go` (`IsReplica`).
    pub follows: bool,
    /// `source`.
    pub source: Option<Spanned<String>>,
    /// `self`.
    pub own_name: Option<Spanned<String>>,
}

/// A Cluster as rendered by one build.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The object.
    pub object: Object,
    /// Index of the build that rendered it.
    pub build: usize,
    /// The bootstrap methods present, in the order of the API type; more than one is refused by admission.
    pub methods: Vec<Method>,
    /// `spec.plugins`.
    pub plugins: Vec<Plugin>,
    /// `spec.externalClusters`.
    pub external_clusters: Vec<ExternalCluster>,
    /// Whether `spec.backup.barmanObjectStore` is there.
    pub in_tree: bool,
    /// `spec.replica`.
    pub replica: Option<Replica>,
}

impl Cluster {
    /// Reads a Cluster. Fields of the wrong shape count as absent: the schema check reports them.
    pub fn new(object: Object, build: usize) -> Self {
        let spec = object.node.get("spec");
        let list = |key| {
            spec.and_then(|spec| spec.get(key))
                .and_then(Node::as_sequence)
                .unwrap_or(&[])
        };
        let numbered = |key: &'static str| list(key).iter().enumerate();
        let plugins = numbered("plugins")
            .map(|(at, node)| plugin(node, &["spec", "plugins", &at.to_string()]))
            .collect();
        let external_clusters = numbered("externalClusters")
            .map(|(at, node)| external(node, at))
            .collect();
        let bootstrap = spec.and_then(|spec| spec.get("bootstrap"));
        let present = |method: &Method| {
            bootstrap
                .and_then(|b| b.get(method.key()))
                .is_some_and(|node| !node.is_null())
        };
        let methods = Method::ALL.into_iter().filter(present).collect();
        let in_tree = present_at(&object, &["spec", "backup", "barmanObjectStore"]);
        let replica = spec
            .and_then(|spec| spec.get("replica"))
            .filter(|node| node.as_mapping().is_some())
            .map(|node| replica(node, &object));
        Self {
            build,
            methods,
            plugins,
            external_clusters,
            in_tree,
            replica,
            object,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name.value
    }

    /// `namespace/name`, or the name alone.
    pub fn title(&self) -> String {
        self.object.namespace().map_or_else(
            || self.name().to_owned(),
            |namespace| format!("{namespace}/{}", self.name()),
        )
    }

    /// Whether `bootstrap.recovery` is there.
    pub fn recovers(&self) -> bool {
        self.methods.contains(&Method::Recovery)
    }

    /// Whether its recovery has its data from volume snapshots or from a Backup object, and not from a base backup that
    /// is looked up in the archive of its source.
    pub fn has_data_from_elsewhere(&self) -> bool {
        ["volumeSnapshots", "backup"].iter().any(|field| {
            let node = self.object.find(&["spec", "bootstrap", "recovery", field]);
            node.is_some_and(|node| !node.is_null())
        })
    }

    /// Whether it follows another cluster.
    pub fn is_replica(&self) -> bool {
        self.replica.as_ref().is_some_and(|replica| replica.follows)
    }

    /// The place of a field of `bootstrap.recovery`.
    pub fn recovery_place(&self, field: &str) -> Place {
        self.object.place(&["spec", "bootstrap", "recovery", field])
    }

    /// A field of `bootstrap.recovery`.
    pub fn recovery(&self, field: &str) -> Option<Spanned<String>> {
        self.object.value(&["spec", "bootstrap", "recovery", field])
    }

    /// The external cluster with this name.
    pub fn external(&self, name: &str) -> Option<&ExternalCluster> {
        self.external_clusters
            .iter()
            .find(|entry| entry.name.as_ref().is_some_and(|own| own.value == name))
    }

    /// The external cluster that `bootstrap.recovery.source` names.
    pub fn recovery_source(&self) -> Option<&ExternalCluster> {
        self.external(&self.recovery("source")?.value)
    }

    /// The enabled Barman Cloud plugin entry; of several the last counts, as in the plugin.
    pub fn barman_plugin(&self) -> Option<&Plugin> {
        self.plugins
            .iter()
            .rev()
            .find(|plugin| plugin.enabled && plugin.is_barman())
    }

    /// The paths of the stores written in the Cluster itself: its own, then those of the external clusters.
    pub fn in_tree_stores(&self) -> Vec<Vec<&str>> {
        let own = self
            .in_tree
            .then(|| vec!["spec", "backup", "barmanObjectStore"]);
        let sources = self.external_clusters.iter().filter(|entry| entry.in_tree);
        let sources = sources.map(|entry| {
            vec![
                "spec",
                "externalClusters",
                entry.index.as_str(),
                "barmanObjectStore",
            ]
        });
        own.into_iter().chain(sources).collect()
    }

    /// Whether an enabled plugin is named as the one that archives WAL (`isWALArchiver`).
    pub fn designates_archiver(&self) -> bool {
        self.plugins
            .iter()
            .any(|plugin| plugin.enabled && plugin.is_wal_archiver)
    }

    /// Whether `spec.replica` has a field, and not as null.
    pub fn says_of_replica(&self, field: &str) -> bool {
        self.object
            .find(&["spec", "replica", field])
            .is_some_and(|node| !node.is_null())
    }

    /// The plugins of `spec.plugins`, then those of the external clusters.
    pub fn all_plugins(&self) -> impl Iterator<Item = &Plugin> {
        let sources = self
            .external_clusters
            .iter()
            .filter_map(|entry| entry.plugin.as_ref());
        self.plugins.iter().chain(sources)
    }

    /// Whether the empty-archive check is off: the annotation has exactly the value `enabled`.
    pub fn skips_empty_archive_check(&self) -> bool {
        self.object
            .annotation(SKIP_EMPTY_ARCHIVE_CHECK)
            .is_some_and(|value| value.value == "enabled")
    }

    /// Where the cluster archives to, by plugin or in-tree.
    pub fn archives_to(&self, stores: &[ObjectStore]) -> Option<ArchiveRef> {
        if let Some(plugin) = self
            .barman_plugin()
            .filter(|plugin| plugin.object_store.is_some())
        {
            return Some(self.plugin_archive(plugin, stores));
        }
        self.in_tree
            .then(|| self.in_tree_archive(&["spec", "backup", "barmanObjectStore"], self.name()))
    }

    /// Where `bootstrap.recovery` reads from, when it names an external cluster with an archive.
    pub fn recovers_from(&self, stores: &[ObjectStore]) -> Option<ArchiveRef> {
        self.archive_of(self.recovery_source()?, stores)
    }

    /// The archive of an external cluster, when it has one.
    pub fn archive_of(
        &self,
        source: &ExternalCluster,
        stores: &[ObjectStore],
    ) -> Option<ArchiveRef> {
        match &source.plugin {
            Some(plugin) if plugin.is_barman() => Some(self.plugin_archive(plugin, stores)),
            _ if source.in_tree => {
                let default = source.name.as_ref().map_or("", |name| name.value.as_str());
                Some(self.in_tree_archive(
                    &[
                        "spec",
                        "externalClusters",
                        &source.index,
                        "barmanObjectStore",
                    ],
                    default,
                ))
            }
            _ => None,
        }
    }

    fn plugin_archive(&self, plugin: &Plugin, stores: &[ObjectStore]) -> ArchiveRef {
        let store = match &plugin.object_store {
            None => StoreRef::Unknown,
            Some(name) => match look_up(stores, self.build, self.object.namespace(), &name.value) {
                Lookup::Found(location) => StoreRef::Known(location.clone()),
                Lookup::Missing { .. } => StoreRef::Unresolved { name: name.clone() },
                Lookup::Ambiguous => StoreRef::Unknown,
            },
        };
        let place = self.object.place(&plugin.parameter_path("serverName"));
        let value = plugin
            .server_name
            .as_ref()
            .map_or_else(|| self.name().to_owned(), |name| name.value.clone());
        ArchiveRef {
            store,
            server_name: ServerNameRef {
                value,
                explicit: plugin.server_name.is_some(),
                place,
            },
        }
    }

    fn in_tree_archive(&self, path: &[&str], default: &str) -> ArchiveRef {
        let store =
            StoreLocation::read(&self.object, path).map_or(StoreRef::Unknown, StoreRef::Known);
        let own = [path, &["serverName"]].concat();
        let name = self.object.value(&own);
        let explicit = name.is_some();
        let value = name.map_or_else(|| default.to_owned(), |name| name.value);
        ArchiveRef {
            store,
            server_name: ServerNameRef {
                value,
                explicit,
                place: self.object.place(&own),
            },
        }
    }
}

fn present_at(object: &Object, path: &[&str]) -> bool {
    object.find(path).is_some_and(|node| !node.is_null())
}

fn plugin(node: &Node, path: &[&str]) -> Plugin {
    let parameter = |key| node.at(&["parameters", key]).and_then(spanned);
    let parameters = node
        .get("parameters")
        .and_then(Node::as_mapping)
        .unwrap_or(&[]);
    Plugin {
        path: path.iter().map(|step| (*step).to_owned()).collect(),
        name: node.get("name").and_then(spanned),
        enabled: node.get("enabled").and_then(Node::as_bool) != Some(false),
        is_wal_archiver: node.get("isWALArchiver").and_then(Node::as_bool) == Some(true),
        parameters: parameters
            .iter()
            .filter_map(|entry| spanned(&entry.key))
            .collect(),
        object_store: parameter("barmanObjectName"),
        server_name: parameter("serverName"),
    }
}

fn external(node: &Node, at: usize) -> ExternalCluster {
    let index = at.to_string();
    let present = |key| node.get(key).is_some_and(|value| !value.is_null());
    ExternalCluster {
        name: node.get("name").and_then(spanned),
        plugin: node
            .get("plugin")
            .filter(|node| !node.is_null())
            .map(|node| plugin(node, &["spec", "externalClusters", &index, "plugin"])),
        in_tree: present("barmanObjectStore"),
        connection: present("connectionParameters"),
        index,
    }
}

fn replica(node: &Node, object: &Object) -> Replica {
    let own_name = node.get("self").and_then(spanned);
    let primary = node.get("primary").and_then(spanned);
    let own = own_name
        .as_ref()
        .map_or(object.name.value.as_str(), |name| name.value.as_str());
    let by_topology = primary
        .as_ref()
        .map_or("", |primary| primary.value.as_str())
        != own;
    let follows = node
        .get("enabled")
        .and_then(Node::as_bool)
        .unwrap_or(by_topology);
    Replica {
        follows,
        source: node.get("source").and_then(spanned),
        own_name,
    }
}
