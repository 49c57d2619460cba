//! What Argo CD will do with a Cluster.

pub(super) mod cluster_excluded;
pub(super) mod cluster_prunable;
pub(super) mod cluster_replaced_on_sync;
mod hooks;
pub(super) mod reconcile_skipped;
pub(super) mod stale_manifests;
pub(super) mod sync_wave_order;
