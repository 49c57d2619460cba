//! What it means that a change to a field never reaches a database.

use crate::diagnostic::Severity;

/// Fields by what depends on them, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// `spec.bootstrap`, but for `initdb` alone.
    Bootstrap,
    /// `spec.plugins` and `spec.backup`: where the cluster archives to.
    Lineage,
    /// `spec.externalClusters`: where it recovers from.
    Sources,
    /// `spec.replica`: which of two sites is the primary.
    Replica,
    /// `spec.bootstrap.initdb` as a whole.
    Initdb,
    /// Annotations that keep the data.
    Protection,
    /// A field of `spec.bootstrap.initdb`.
    InitdbField,
    /// The image.
    Image,
    /// The volumes.
    Storage,
    /// `spec.postgresql.parameters`.
    Parameters,
    /// `spec.managed`.
    Roles,
    /// Of an ObjectStore or ScheduledBackup: where backups go, and when they are taken.
    Backups,
}

/// Annotations of Argo CD that guard an object, besides all of CloudNativePG's and of Flux.
const GUARDS: &[&str] = &[
    "argocd.argoproj.io/sync-options",
    "argocd.argoproj.io/tracking-id",
];

/// Fields that the CRD or the webhook fills in, below their parents. Source: CNPG `api/v1/cluster_types.go` and
/// `api/v1/cluster_defaults.go`.
const DEFAULTS: &[&str] = &[
    "plugins/*/enabled",
    "externalClusters/*/plugin/enabled",
    "externalClusters/*/plugin/isWALArchiver",
    "backup/target",
    "storage/resizeInUseVolumes",
    "walStorage/resizeInUseVolumes",
    "tablespaces/*/temporary",
    "tablespaces/*/owner",
    "tablespaces/*/storage/resizeInUseVolumes",
    "managed/roles/*/connectionLimit",
    "managed/roles/*/inherit",
    "managed/roles/*/ensure",
];

/// Parameters that the webhook sets to values of its own and that no recovery depends on. Source: CNPG
/// `pkg/postgres/configuration.go`.
const FIXED_PARAMETERS: &[&str] = &[
    "archive_command",
    "archive_mode",
    "archive_timeout",
    "dynamic_shared_memory_type",
    "full_page_writes",
    "log_destination",
    "log_directory",
    "log_filename",
    "log_rotation_age",
    "log_rotation_size",
    "log_truncate_on_rotation",
    "logging_collector",
    "shared_memory_type",
    "shared_preload_libraries",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "wal_receiver_timeout",
    "wal_sender_timeout",
];

/// The field that a leaf belongs to, as people write it.
pub(super) fn field(leaf: &[String]) -> String {
    match leaf {
        [spec, bootstrap, initdb, ..] if bootstrap == "bootstrap" && initdb == "initdb" => {
            format!("{spec}.{bootstrap}.{initdb}")
        }
        [spec, postgresql, parameters, ..] if postgresql == "postgresql" => {
            format!("{spec}.{postgresql}.{parameters}")
        }
        [top, below, ..] => format!("{top}.{below}"),
        short => short.join("."),
    }
}

impl Damage {
    /// What depends on a leaf: keys from the top, `*` for an item of a list. `None` for what only matters to operation.
    pub(super) fn of(leaf: &[String]) -> Option<Self> {
        let leaf: Vec<&str> = leaf.iter().map(String::as_str).collect();
        match leaf.as_slice() {
            ["metadata", "annotations"] => Some(Self::Protection),
            ["metadata", "annotations", name] => {
                let guards = GUARDS.contains(name)
                    || name.starts_with("cnpg.io/")
                    || name.starts_with("kustomize.toolkit.fluxcd.io/");
                guards.then_some(Self::Protection)
            }
            ["spec", below @ ..] => Self::of_spec(below),
            _ => None,
        }
    }

    /// What depends on a leaf of an ObjectStore or a ScheduledBackup.
    pub(super) fn of_companion(kind: &str, leaf: &[String]) -> Option<Self> {
        let leaf: Vec<&str> = leaf.iter().take(2).map(String::as_str).collect();
        let counts = match (kind, leaf.as_slice()) {
            ("ObjectStore", ["spec", field]) => {
                ["configuration", "retentionPolicy"].contains(field)
            }
            ("ScheduledBackup", ["spec", field]) => [
                "schedule",
                "suspend",
                "cluster",
                "method",
                "pluginConfiguration",
            ]
            .contains(field),
            _ => false,
        };
        counts.then_some(Self::Backups)
    }

    fn of_spec(below: &[&str]) -> Option<Self> {
        let joined = below.join("/");
        if DEFAULTS.contains(&joined.as_str()) || joined.starts_with("backup/volumeSnapshot/") {
            return None;
        }
        match below {
            ["bootstrap", "initdb", ..] => Some(Self::InitdbField),
            ["bootstrap", ..] => Some(Self::Bootstrap),
            ["plugins" | "backup", ..] => Some(Self::Lineage),
            ["externalClusters", ..] => Some(Self::Sources),
            ["replica", ..] => Some(Self::Replica),
            ["imageName" | "imageCatalogRef", ..] => Some(Self::Image),
            ["storage" | "walStorage" | "tablespaces", ..] => Some(Self::Storage),
            ["postgresql", "parameters", name] if FIXED_PARAMETERS.contains(name) => None,
            ["postgresql", "parameters", ..] => Some(Self::Parameters),
            ["managed", ..] => Some(Self::Roles),
            _ => None,
        }
    }

    /// How bad it is that an existing object keeps its own.
    pub fn when_pinned(self) -> Severity {
        match self {
            Self::Bootstrap
            | Self::Lineage
            | Self::Sources
            | Self::Replica
            | Self::Initdb
            | Self::Protection => Severity::Error,
            Self::InitdbField
            | Self::Image
            | Self::Storage
            | Self::Parameters
            | Self::Roles
            | Self::Backups => Severity::Warning,
        }
    }

    /// How bad it is that a difference is not seen; `None` where that is what such a rule is for.
    pub fn when_hidden(self) -> Option<Severity> {
        match self {
            Self::Bootstrap | Self::Lineage | Self::Sources | Self::Replica | Self::Initdb => {
                Some(Severity::Warning)
            }
            Self::Protection | Self::Image | Self::Storage | Self::Parameters | Self::Backups => {
                Some(Severity::Note)
            }
            Self::InitdbField | Self::Roles => None,
        }
    }
}
