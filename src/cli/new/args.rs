//! Arguments of `walbound new`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `walbound new`.
#[derive(Debug, Args)]
pub struct New {
    /// Name of the Cluster
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where its archive goes, such as s3://backups/cnpg
    #[arg(long, value_name = "URL", required_unless_present = "recovery_overlay")]
    pub destination: Option<String>,
    /// Add a recovery, switched off, to the database NAME that is there already
    #[arg(long, conflicts_with_all = ["destination", "path", "replica_of", "gitops"])]
    pub recovery_overlay: bool,
    /// Endpoint of an S3-compatible store
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Directory to make [default: NAME]
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
    /// Namespace [default: NAME]
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Database of the application [default: NAME with `_` for `-`]
    #[arg(long, value_name = "DATABASE")]
    pub database: Option<String>,
    /// Role that owns it [default: the database's name]
    #[arg(long, value_name = "ROLE")]
    pub owner: Option<String>,
    /// Secret with the owner's name and password, so that it stays the same after a recovery
    #[arg(long, value_name = "SECRET")]
    pub owner_secret: Option<String>,
    /// Number of instances
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub instances: u16,
    /// Operand image, with its tag
    #[arg(
        long,
        default_value = "ghcr.io/cloudnative-pg/postgresql:18.4-standard-trixie",
        value_name = "IMAGE"
    )]
    pub image: String,
    /// Size of each volume
    #[arg(long, default_value = "10Gi", value_name = "SIZE")]
    pub storage: String,
    /// StorageClass of the volumes
    #[arg(long, value_name = "CLASS")]
    pub storage_class: Option<String>,
    /// How to archive
    #[arg(long, value_enum, default_value_t = MethodArgument::Plugin)]
    pub method: MethodArgument,
    /// Secret with ACCESS_KEY_ID and ACCESS_SECRET_KEY of the store [default: NAME-s3]
    #[arg(long, value_name = "SECRET", conflicts_with = "external_secret")]
    pub secret: Option<String>,
    /// ClusterSecretStore and entry to make that secret from
    #[arg(long, value_name = "STORE:ENTRY")]
    pub external_secret: Option<String>,
    /// Make a replica cluster that follows this database of the repository
    #[arg(long, value_name = "DB")]
    pub replica_of: Option<String>,
    /// Add a Pooler
    #[arg(long)]
    pub pooler: bool,
    /// Add a PodMonitor
    #[arg(long)]
    pub pod_monitor: bool,
    /// Add alerts on archiving and backups
    #[arg(long)]
    pub prometheus_rule: bool,
    /// Add the Application or Kustomization that applies the directory
    #[arg(long, value_enum, value_name = "CONTROLLER")]
    pub gitops: Option<ControllerArgument>,
    /// The repository as Argo CD clones it
    #[arg(long, value_name = "URL", required_if_eq("gitops", "argocd"))]
    pub repo_url: Option<String>,
    /// Print the files as a diff and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// How to archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodArgument {
    /// The Barman Cloud plugin and an ObjectStore
    Plugin,
    /// The Cluster's own barmanObjectStore
    InTree,
}

/// Who applies the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ControllerArgument {
    /// Argo CD
    Argocd,
    /// Flux
    Flux,
}
