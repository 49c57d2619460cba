//! The rules. Each file holds one: what it is called, and a function that looks at one item.

use std::sync::LazyLock;

pub mod admission;
mod archived;
mod argo_cd;
mod page;
mod rule;
mod schema;

pub(crate) mod allow_without_reason;
mod archive_missing;
mod archive_missing_in_recovery;
mod backup_failed;
mod backup_method_mismatch;
mod backup_parameters_ignored;
mod backup_runs;
mod backup_size_collapse;
mod bootstrap_edited_in_place;
mod bootstrap_in_base;
mod checksum_env_missing;
mod compression_unsupported;
mod cron_contradicts_comment;
mod cron_five_fields;
mod cron_invalid;
mod cron_never_fires;
mod cron_too_frequent;
mod danger_annotation;
mod deprecated_field;
mod deprecated_in_tree_barman;
mod deprecated_pod_monitor;
mod deprecations;
mod destination_doubled;
mod double_archiving;
mod duplicate_key;
mod empty_archive_check_skipped;
mod external_cluster_unused;
mod flux;
pub(crate) mod ignore_expired;
mod image_major_drift;
mod image_unpinned;
mod invalid_yaml;
mod inventory_stale;
mod kustomize_broken;
mod kustomize_unsupported;
mod latest_is_other_system;
mod lineage_goes_backwards;
mod lineage_in_place;
mod lineage_mixed_systems;
mod lineage_not_descended;
mod lineage_style_broken;
mod list_replaced_by_patch;
mod manifest_unreferenced;
mod object_store_collision;
mod object_store_credentials;
mod object_store_undefined;
mod object_unreadable;
mod overlay_choice;
mod overlay_identity_mismatch;
mod overlays_differ_beyond_bootstrap;
mod own_history;
mod plugin_configuration_missing;
mod plugin_name_unknown;
mod plugin_not_archiver;
mod plugin_parameter_unknown;
mod promotion_without_token;
mod recovery_backup_of_plugin;
mod recovery_database_implicit;
mod recovery_left_active;
mod recovery_shape_drift;
mod recovery_source_undefined;
mod recovery_source_without_archive;
mod recovery_without_source;
mod replica_accidental;
mod replica_name_flip;
mod replica_shares_write_lineage;
mod replica_source_is_self;
mod replica_without_recovery_bootstrap;
mod retention;
mod retention_misplaced;
mod retention_missing;
mod retention_shorter_than_schedule;
mod scheduled_backup_missing;
mod scheduled_backup_orphan;
mod server_name_edited_in_place;
mod server_name_implicit;
mod single_instance;
mod snapshot_owner_cascade;
mod source_lineage_empty;
mod source_lineage_stale;
mod target_conflict;
mod target_ignored;
mod target_needs_backup_id;
mod target_time_in_future;
mod target_time_invalid;
mod target_time_not_portable;
mod target_time_without_zone;
mod target_tli_without_backup_id;
mod target_undecided;
mod target_unreachable;
mod target_yields_newer_data;
pub(crate) mod unused_allow;
mod wal_archiver_on_external;
mod wal_gap;
mod wal_stalled;
mod write_lineage_is_source;
mod write_lineage_not_bumped;
mod write_lineage_not_empty;
mod write_lineage_reused;
mod write_lineage_shared;

pub use archived::{Cause, Lineage, Looked, Recovery, Unmet};
pub use rule::{Check, Context, Needs, Remedy, Rule};

/// Every rule, in the order the documentation lists them: those with a file of their own, then families.
pub static RULES: LazyLock<Vec<&'static Rule>> =
    LazyLock::new(|| OWN.iter().copied().chain(admission::RULES.iter()).collect());

/// The rules with a file of their own.
static OWN: &[&Rule] = &[
    &write_lineage_is_source::RULE,
    &lineage_in_place::RULE,
    &write_lineage_shared::RULE,
    &write_lineage_not_bumped::RULE,
    &write_lineage_reused::RULE,
    &lineage_style_broken::RULE,
    &lineage_goes_backwards::RULE,
    &write_lineage_not_empty::RULE,
    &source_lineage_empty::RULE,
    &source_lineage_stale::RULE,
    &lineage_mixed_systems::RULE,
    &lineage_not_descended::RULE,
    &server_name_implicit::RULE,
    &empty_archive_check_skipped::RULE,
    &destination_doubled::RULE,
    &server_name_edited_in_place::RULE,
    &bootstrap_in_base::RULE,
    &bootstrap_edited_in_place::RULE,
    &overlay_choice::RULE,
    &overlays_differ_beyond_bootstrap::RULE,
    &overlay_identity_mismatch::RULE,
    &recovery_database_implicit::RULE,
    &recovery_source_undefined::RULE,
    &recovery_source_without_archive::RULE,
    &recovery_without_source::RULE,
    &recovery_backup_of_plugin::RULE,
    &target_time_invalid::RULE,
    &target_time_without_zone::RULE,
    &target_time_not_portable::RULE,
    &target_time_in_future::RULE,
    &target_conflict::RULE,
    &target_needs_backup_id::RULE,
    &target_tli_without_backup_id::RULE,
    &target_ignored::RULE,
    &target_unreachable::RULE,
    &target_undecided::RULE,
    &target_yields_newer_data::RULE,
    &latest_is_other_system::RULE,
    &recovery_left_active::RULE,
    &image_unpinned::RULE,
    &image_major_drift::RULE,
    &recovery_shape_drift::RULE,
    &replica_source_is_self::RULE,
    &replica_accidental::RULE,
    &replica_without_recovery_bootstrap::RULE,
    &replica_shares_write_lineage::RULE,
    &replica_name_flip::RULE,
    &promotion_without_token::RULE,
    &cron_five_fields::RULE,
    &cron_invalid::RULE,
    &cron_never_fires::RULE,
    &cron_too_frequent::RULE,
    &cron_contradicts_comment::RULE,
    &scheduled_backup_missing::RULE,
    &scheduled_backup_orphan::RULE,
    &archive_missing::RULE,
    &archive_missing_in_recovery::RULE,
    &backup_method_mismatch::RULE,
    &plugin_configuration_missing::RULE,
    &backup_parameters_ignored::RULE,
    &object_store_undefined::RULE,
    &object_store_credentials::RULE,
    &object_store_collision::RULE,
    &external_cluster_unused::RULE,
    &wal_archiver_on_external::RULE,
    &plugin_parameter_unknown::RULE,
    &plugin_name_unknown::RULE,
    &plugin_not_archiver::RULE,
    &double_archiving::RULE,
    &retention_misplaced::RULE,
    &retention_missing::RULE,
    &retention_shorter_than_schedule::RULE,
    &argo_cd::stale_manifests::RULE,
    &argo_cd::reconcile_skipped::RULE,
    &argo_cd::cluster_replaced_on_sync::RULE,
    &argo_cd::cluster_prunable::RULE,
    &argo_cd::cluster_excluded::RULE,
    &argo_cd::sync_wave_order::RULE,
    &checksum_env_missing::RULE,
    &compression_unsupported::RULE,
    &snapshot_owner_cascade::RULE,
    &single_instance::RULE,
    &danger_annotation::RULE,
    &deprecated_in_tree_barman::RULE,
    &deprecated_pod_monitor::RULE,
    &deprecated_field::RULE,
    &wal_gap::RULE,
    &backup_failed::RULE,
    &backup_size_collapse::RULE,
    &object_unreadable::RULE,
    &wal_stalled::RULE,
    &inventory_stale::RULE,
    &flux::pins_recovery::RULE,
    &flux::ssa_ignores_cluster::RULE,
    &flux::ssa_if_not_present::RULE,
    &flux::force_recreates::RULE,
    &flux::prunes_cluster::RULE,
    &flux::suspended::RULE,
    &flux::remediation_uninstalls::RULE,
    &argo_cd::recovery_pinned::RULE,
    &argo_cd::recovery_hidden::RULE,
    &argo_cd::protection_pinned::RULE,
    &argo_cd::ignore_rule_breaks_comparison::RULE,
    &argo_cd::ignore_rule_dead::RULE,
    &argo_cd::ignore_rule_undecided::RULE,
    &kustomize_broken::RULE,
    &kustomize_unsupported::RULE,
    &list_replaced_by_patch::RULE,
    &manifest_unreferenced::RULE,
    &schema::SCHEMA_VIOLATION,
    &schema::FIELD_UNKNOWN,
    &schema::OPERATOR_VERSION_FIELD,
    &invalid_yaml::RULE,
    &duplicate_key::RULE,
    &unused_allow::RULE,
    &allow_without_reason::RULE,
    &ignore_expired::RULE,
];

/// The names of families: one stands for all rules whose ids begin with it and a slash.
pub const FAMILIES: &[&str] = &[crate::admission::FAMILY];

/// Every name that stands for rules: ids and families.
pub fn names() -> Vec<&'static str> {
    let ids = RULES.iter().map(|rule| rule.id);
    ids.chain(FAMILIES.iter().copied()).collect()
}

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}
