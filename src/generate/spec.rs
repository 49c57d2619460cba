//! What a new database is to be.

use thiserror::Error;

use crate::barman::Destination;
use crate::barman::path::DestinationError;
use crate::model::cluster::LONGEST_NAME;
use crate::model::object::is_label;

/// How the database archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The Barman Cloud plugin and an ObjectStore.
    Plugin,
    /// `spec.backup.barmanObjectStore`, which the operator will drop one day.
    InTree,
}

/// Where the keys of the object store come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A Secret that exists, with `ACCESS_KEY_ID` and `ACCESS_SECRET_KEY`.
    Secret(String),
    /// An ExternalSecret makes that Secret.
    External {
        /// Name of the ClusterSecretStore.
        store: String,
        /// What the store calls the entry.
        key: String,
    },
}

/// Who applies the manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Controller {
    /// An Argo CD Application.
    ArgoCd {
        /// The repository, as Argo CD clones it.
        repository: String,
        /// The directory of the database in the repository, with `/`.
        path: String,
    },
    /// A Flux Kustomization.
    Flux {
        /// The directory of the database in the repository, with `/`.
        path: String,
    },
}

/// The database that a replica cluster follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primary {
    /// Name of its Cluster.
    pub name: String,
    /// Where it archives: `destinationPath`.
    pub destination: String,
    /// `endpointURL`.
    pub endpoint: Option<String>,
    /// Its write lineage.
    pub server_name: String,
}

/// A new database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDatabase {
    /// Name of the Cluster.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Database of the application.
    pub database: String,
    /// Role that owns it.
    pub owner: String,
    /// Secret with the owner's password; `None` lets the operator make one, with a new password after each recovery.
    pub owner_secret: Option<String>,
    /// Instances, from 1 on.
    pub instances: u16,
    /// Operand image with its tag.
    pub image: String,
    /// Size of each volume, a Kubernetes quantity.
    pub storage: String,
    /// StorageClass; `None` is the default one.
    pub storage_class: Option<String>,
    /// How it archives.
    pub method: Method,
    /// `s3://bucket/path`; the server name becomes the next path segment.
    pub destination: String,
    /// Endpoint of an S3-compatible store; `None` is AWS.
    pub endpoint: Option<String>,
    /// Where the keys of the store come from.
    pub credentials: Credentials,
    /// Whether connections are pooled by PgBouncer.
    pub pooler: bool,
    /// Whether Prometheus scrapes the instances.
    pub pod_monitor: bool,
    /// Whether there are alerts on archiving and backups.
    pub prometheus_rule: bool,
    /// The database it follows, for a replica cluster.
    pub replica_of: Option<Primary>,
    /// Who applies the manifests, where that is to be written too.
    pub controller: Option<Controller>,
}

/// Why a database like that cannot exist.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum SpecError {
    /// A name that Kubernetes refuses.
    #[error(
        "{what} `{value}` is no Kubernetes name: lower-case letters, digits and `-`, a letter first, at most {longest} characters"
    )]
    Name {
        /// Which name.
        what: &'static str,
        /// The name.
        value: String,
        /// The longest allowed.
        longest: usize,
    },
    /// A name that needs quotes in SQL, or that PostgreSQL keeps for itself.
    #[error("{what} `{value}` cannot be used: {why}")]
    Sql {
        /// Which name.
        what: &'static str,
        /// The name.
        value: String,
        /// The reason.
        why: &'static str,
    },
    /// A value of the wrong form.
    #[error("{what} `{value}` has to look like `{like}`")]
    Form {
        /// Which value.
        what: &'static str,
        /// The value.
        value: String,
        /// An example.
        like: &'static str,
    },
    /// An address with a password in it, which is not repeated here.
    #[error("the endpoint holds a user or a password; manifests in Git must not, use a Secret")]
    Password,
    /// A replica cluster with the name of its primary.
    #[error(
        "a replica cluster needs another name than its primary `{0}`: the topology tells them apart by name"
    )]
    NameOfPrimary(String),
    /// A replica cluster without the plugin.
    #[error("a new replica cluster archives through the Barman Cloud plugin, not in-tree")]
    InTreeReplica,
    /// Two databases in one folder of the store.
    #[error("the replica would archive into `{0}`, which its primary writes")]
    LineageOfPrimary(String),
    /// The destination path.
    #[error(transparent)]
    Destination(#[from] DestinationError),
}

/// RFC 1123 labels.
const LONGEST_LABEL: usize = 63;

/// `NAMEDATALEN` - 1. Source: PostgreSQL `src/include/pg_config_manual.h`.
const LONGEST_IDENTIFIER: usize = 63;

impl NewDatabase {
    /// The first write lineage.
    pub fn lineage(&self) -> String {
        format!("{}-v1", self.name)
    }

    /// The lineage that the recovery overlay names until there is one to recover from. Nothing ever wrote it.
    pub(super) fn no_lineage(&self) -> String {
        format!("{}-v0", self.name)
    }

    /// The name of the ObjectStore.
    pub(super) fn object_store(&self) -> String {
        format!("{}-backup", self.name)
    }

    /// The Secret that holds the keys of the object store.
    pub(super) fn store_secret(&self) -> String {
        match &self.credentials {
            Credentials::Secret(name) => name.clone(),
            Credentials::External { .. } => format!("{}-s3", self.name),
        }
    }

    /// Refuses what the API server, Barman or PostgreSQL would refuse.
    pub(super) fn check(&self) -> Result<(), SpecError> {
        kubernetes_name("cluster name", &self.name, LONGEST_NAME)?;
        kubernetes_name("namespace", &self.namespace, LONGEST_LABEL)?;
        identifier("database", &self.database)?;
        identifier("owner", &self.owner)?;
        if let Some(secret) = &self.owner_secret {
            kubernetes_name("secret", secret, LONGEST_LABEL)?;
        }
        if let Some(class) = &self.storage_class {
            kubernetes_name("storage class", class, LONGEST_LABEL)?;
        }
        match &self.credentials {
            Credentials::Secret(name) => kubernetes_name("secret", name, LONGEST_LABEL)?,
            Credentials::External { store, key } => {
                kubernetes_name("secret store", store, LONGEST_LABEL)?;
                form("secret key", key, "storage/backups", |key| {
                    !key.is_empty() && key.chars().all(|c| c.is_ascii_graphic())
                })?;
            }
        }
        Destination::parse(&self.destination)?;
        form(
            "destination",
            &self.destination,
            "s3://bucket/path",
            |text| text.chars().all(|c| c.is_ascii_graphic()),
        )?;
        if let Some(endpoint) = &self.endpoint {
            if endpoint.contains('@') {
                return Err(SpecError::Password);
            }
            form(
                "endpoint",
                endpoint,
                "https://s3.example.org",
                is_web_address,
            )?;
        }
        if let Some(primary) = &self.replica_of {
            self.check_replica(primary)?;
        }
        form(
            "image",
            &self.image,
            "ghcr.io/cloudnative-pg/postgresql:18.4-standard-trixie",
            is_image,
        )?;
        form("storage", &self.storage, "10Gi", is_quantity)?;
        form("instances", &self.instances.to_string(), "3", |text| {
            text != "0"
        })
    }
}

impl NewDatabase {
    fn check_replica(&self, primary: &Primary) -> Result<(), SpecError> {
        if self.name == primary.name {
            return Err(SpecError::NameOfPrimary(self.name.clone()));
        }
        if self.method == Method::InTree {
            return Err(SpecError::InTreeReplica);
        }
        if self.lineage() == primary.server_name {
            return Err(SpecError::LineageOfPrimary(self.lineage()));
        }
        Ok(())
    }
}

fn kubernetes_name(what: &'static str, value: &str, longest: usize) -> Result<(), SpecError> {
    if is_label(value, longest) {
        return Ok(());
    }
    Err(SpecError::Name {
        what,
        value: value.to_owned(),
        longest,
    })
}

/// Names that PostgreSQL or CloudNativePG keep for themselves.
/// Source: CNPG `internal/webhook/v1/cluster_webhook.go`, PostgreSQL `src/backend/catalog/catalog.c` (`pg_` names).
const RESERVED: [&str; 6] = [
    "postgres",
    "template0",
    "template1",
    "streaming_replica",
    "public",
    "none",
];

fn identifier(what: &'static str, value: &str) -> Result<(), SpecError> {
    let refused = |why| {
        Err(SpecError::Sql {
            what,
            value: value.to_owned(),
            why,
        })
    };
    let letters = value
        .chars()
        .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
    if !letters || !value.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') {
        return refused("use lower-case letters, digits and `_`, so that SQL needs no quotes");
    }
    if value.len() > LONGEST_IDENTIFIER {
        return refused("PostgreSQL cuts names off at 63 characters");
    }
    if RESERVED.contains(&value) || value.starts_with("pg_") {
        return refused("the name is reserved");
    }
    Ok(())
}

fn form(
    what: &'static str,
    value: &str,
    like: &'static str,
    fits: impl Fn(&str) -> bool,
) -> Result<(), SpecError> {
    if fits(value) {
        return Ok(());
    }
    Err(SpecError::Form {
        what,
        value: value.to_owned(),
        like,
    })
}

fn is_web_address(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && host.chars().all(|c| c.is_ascii_graphic()))
}

/// With a tag or digest: an unpinned image can start another major version after a recovery.
fn is_image(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or(text);
    let tagged = last.split_once([':', '@']);
    text.chars().all(|c| c.is_ascii_graphic())
        && tagged.is_some_and(|(name, tag)| !name.is_empty() && !tag.is_empty())
}

fn is_quantity(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit())
        && !digits.starts_with('0')
        && ["", "Mi", "Gi", "Ti", "M", "G", "T"].contains(&unit)
}
