//! The kinds with a schema.

use crate::model::object::{BARMAN_GROUP, CNPG_GROUP};

/// A kind and the text of its schema.
pub(super) struct Described {
    pub(super) group: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
}

/// The schema of a kind.
macro_rules! described {
    ($group:expr, $kind:literal, $file:literal) => {
        Described {
            group: $group,
            kind: $kind,
            text: include_str!(concat!("../../schemas/crd/", $file)),
        }
    };
}

const ARGO_CD: &str = "argoproj.io";

/// Every kind with a schema, the most frequent ones first.
pub(super) static KINDS: &[Described] = &[
    described!(CNPG_GROUP, "Cluster", "cluster.json"),
    described!(CNPG_GROUP, "ScheduledBackup", "scheduledbackup.json"),
    described!(BARMAN_GROUP, "ObjectStore", "objectstore.json"),
    described!(CNPG_GROUP, "Backup", "backup.json"),
    described!(CNPG_GROUP, "Pooler", "pooler.json"),
    described!(CNPG_GROUP, "Database", "database.json"),
    described!(CNPG_GROUP, "DatabaseRole", "databaserole.json"),
    described!(CNPG_GROUP, "Publication", "publication.json"),
    described!(CNPG_GROUP, "Subscription", "subscription.json"),
    described!(CNPG_GROUP, "ImageCatalog", "imagecatalog.json"),
    described!(
        CNPG_GROUP,
        "ClusterImageCatalog",
        "clusterimagecatalog.json"
    ),
    described!(ARGO_CD, "Application", "application.json"),
    described!(ARGO_CD, "ApplicationSet", "applicationset.json"),
    described!(ARGO_CD, "AppProject", "appproject.json"),
    described!(
        "kustomize.toolkit.fluxcd.io",
        "Kustomization",
        "kustomization.json"
    ),
    described!("helm.toolkit.fluxcd.io", "HelmRelease", "helmrelease.json"),
];

/// The number of a kind in the table.
pub(super) fn position(group: &str, kind: &str) -> Option<usize> {
    KINDS
        .iter()
        .position(|known| known.kind == kind && known.group == group)
}
