//! What Argo CD does with the databases of a repository.

pub(super) mod cluster_excluded;
pub(super) mod cluster_prunable;
pub(super) mod cluster_replaced_on_sync;
mod hooks;
pub(super) mod ignore_rule_breaks_comparison;
pub(super) mod ignore_rule_dead;
pub(super) mod ignore_rule_undecided;
mod ignored;
pub(super) mod protection_pinned;
pub(super) mod reconcile_skipped;
pub(super) mod recovery_hidden;
pub(super) mod recovery_pinned;
pub(super) mod stale_manifests;
pub(super) mod sync_wave_order;
