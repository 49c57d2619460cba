//! Backup, ScheduledBackup and Pooler: objects that refer to a Cluster.

use crate::text::Spanned;

use super::object::{Object, same_namespace};

/// How a backup is taken. Source: CNPG `api/v1/backup_types.go` (`BackupMethod`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupMethod {
    /// In-tree Barman; the default.
    BarmanObjectStore,
    /// Volume snapshots.
    VolumeSnapshot,
    /// A plugin.
    Plugin,
}

/// An object that names the Cluster it belongs to in `spec.cluster.name`.
#[derive(Debug, Clone)]
pub struct ClusterUser {
    /// The object: Backup, ScheduledBackup or Pooler.
    pub object: Object,
    /// `spec.cluster.name`.
    pub cluster: Option<Spanned<String>>,
    /// Index of the build that rendered it.
    pub build: usize,
}

impl ClusterUser {
    /// Reads the reference.
    pub fn new(object: Object, build: usize) -> Self {
        let cluster = object.value(&["spec", "cluster", "name"]);
        Self {
            object,
            cluster,
            build,
        }
    }

    /// Whether it belongs to the cluster with this name and namespace.
    pub fn belongs_to(&self, namespace: Option<&str>, name: &str) -> bool {
        let named = self
            .cluster
            .as_ref()
            .is_some_and(|cluster| cluster.value == name);
        named && same_namespace(self.object.namespace(), namespace)
    }

    /// `spec.method` of a Backup or ScheduledBackup; `None` for a word the API does not know.
    pub fn method(&self) -> Option<BackupMethod> {
        match self
            .object
            .value(&["spec", "method"])
            .as_ref()
            .map(|method| method.value.as_str())
        {
            None | Some("barmanObjectStore") => Some(BackupMethod::BarmanObjectStore),
            Some("volumeSnapshot") => Some(BackupMethod::VolumeSnapshot),
            Some("plugin") => Some(BackupMethod::Plugin),
            Some(_) => None,
        }
    }
}
