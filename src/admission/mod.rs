//! What the operator refuses when a manifest is applied, and what it warns of.
//!
//! CloudNativePG judges its kinds in admission webhooks: first a Cluster gets its defaults ([`defaults`]), then checks
//! look at it. Here is the same, offline: one small function for each check, in a file for each theme, and a table that
//! tells each one's id, what it refuses and which operators have it. What is not known, because a variable stands there
//! or only a running cluster tells, is not refused.
//!
//! Source of all checks: CNPG `internal/webhook/v1`, and barman-cloud `pkg/api` for credentials.

mod annotations;
mod backup;
mod bootstrap;
mod certificates;
mod change;
mod check;
mod credentials;
mod database;
pub mod defaults;
pub mod duration;
mod extensions;
mod external;
mod field;
mod image;
mod label;
mod managed;
mod manifest;
mod page;
mod parameters;
mod pod_patch;
mod pods;
mod pooler;
mod postgresql;
pub mod quantity;
mod replica;
mod replication;
mod resources;
mod schedule;
mod settings;
mod storage;
mod synchronous;
mod tablespaces;
mod target;
mod token;
mod warnings;

pub use check::{Check, Kind, Release, Releases};
pub use credentials::object_store as object_store_credentials;
pub use manifest::{Manifest, is_disabled};
pub use page::{page, table};

/// The family of the ids of all checks.
pub const FAMILY: &str = "admission";

/// What one check has to say of one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Keys and indexes down to the place.
    pub path: Vec<String>,
    /// One sentence, lower case, no final stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Refusal {
    /// Says what to do.
    #[must_use]
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The themes, in the order of the documentation.
static THEMES: &[&[Check]] = &[
    bootstrap::CHECKS,
    target::CHECKS,
    external::CHECKS,
    replica::CHECKS,
    backup::CHECKS,
    image::CHECKS,
    postgresql::CHECKS,
    parameters::CHECKS,
    synchronous::CHECKS,
    replication::CHECKS,
    storage::CHECKS,
    tablespaces::CHECKS,
    resources::CHECKS,
    pods::CHECKS,
    managed::CHECKS,
    certificates::CHECKS,
    extensions::CHECKS,
    annotations::CHECKS,
    change::CHECKS,
    warnings::CHECKS,
    schedule::CHECKS,
    pooler::CHECKS,
    database::CHECKS,
];

/// Checks of the operator that have no rule here, each with the reason. Their ids are taken.
pub static NOT_CHECKED: &[(&str, &str)] = &[
    (
        "initdb-owner-missing",
        "the defaulter names the owner after the database",
    ),
    (
        "recovery-owner-missing",
        "the defaulter names the owner after the database",
    ),
    (
        "recovery-database-missing",
        "the defaulter writes `app`; see recovery-database-implicit",
    ),
    (
        "basebackup-owner-missing",
        "the defaulter names the owner after the database",
    ),
    ("basebackup-database-missing", "the defaulter writes `app`"),
    ("replica-needs-bootstrap", "the defaulter writes `initdb`"),
    (
        "failover-slots-slots",
        "the defaulter writes the replication slots",
    ),
    (
        "slots-section-removed",
        "the defaulter writes the replication slots",
    ),
    (
        "syncreplicas-removed",
        "the defaulter writes the replication slots",
    ),
    (
        "backup-snapshot-crd",
        "only the Kubernetes cluster tells whether it has VolumeSnapshots",
    ),
    (
        "sb-snapshot-crd",
        "only the Kubernetes cluster tells whether it has VolumeSnapshots",
    ),
    (
        "failure-domain-unsatisfied",
        "only the status of a running Cluster tells",
    ),
];

/// Every check, in the order of the documentation.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    THEMES.iter().copied().flatten()
}
