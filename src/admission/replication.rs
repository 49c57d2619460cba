//! Replication slots.

use regex::Regex;

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::Field;
use super::image::major;
use super::manifest::Manifest;
use super::settings::boolean;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/slots-regex",
        "replicationSlots.synchronizeReplicas.excludePatterns[]",
        "pattern that is no regular expression",
        Look::Many(patterns),
    ),
    Check::error(
        "admission/logical-sync-ext",
        "replicationSlots.highAvailability.synchronizeLogicalDecoding",
        "logical slots on standbys before PostgreSQL 17 without pg_failover_slots",
        Look::Whole(needs_extension),
    )
    .since(LOGICAL),
    Check::error(
        "admission/logical-sync-feedback",
        "replicationSlots.highAvailability.synchronizeLogicalDecoding",
        "logical slots on standbys without hot_standby_feedback",
        Look::Whole(|manifest| needs_parameter(manifest, "hot_standby_feedback")),
    )
    .since(LOGICAL),
    Check::error(
        "admission/logical-sync-slots",
        "replicationSlots.highAvailability.synchronizeLogicalDecoding",
        "logical slots on standbys without sync_replication_slots",
        Look::Whole(|manifest| needs_parameter(manifest, "sync_replication_slots")),
    )
    .since(LOGICAL),
    Check::error(
        "admission/failover-slots-feedback",
        "postgresql.parameters",
        "pg_failover_slots without hot_standby_feedback",
        Look::Whole(extension_without_feedback),
    ),
    Check::error(
        "admission/failover-slots-ha",
        "replicationSlots.highAvailability",
        "pg_failover_slots without slots for high availability",
        Look::Whole(extension_without_slots),
    ),
];

const LOGICAL: &[Release] = &[Release(27, 0)];

fn patterns(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let slots = manifest.spec(&["replicationSlots"]);
    let enabled = |section| slots.get(section).get("enabled").flag_or(true);
    let off = ["highAvailability", "synchronizeReplicas"]
        .into_iter()
        .all(|section| enabled(section) == Some(false));
    if off {
        return Vec::new();
    }
    let patterns = slots.get("synchronizeReplicas").get("excludePatterns");
    let items = patterns.items().into_iter();
    items
        .filter_map(|field| {
            let pattern = field.text()?;
            (Regex::new(pattern).is_err() && !is_gos_own(pattern))
                .then(|| field.refuse(format!("`{pattern}` is no regular expression")))
        })
        .collect()
}

/// Whether a pattern uses what Go reads and the expressions here do not: such a one is not judged.
fn is_gos_own(pattern: &str) -> bool {
    [
        "\\Q", "\\C", "\\0", "\\1", "\\2", "\\3", "\\4", "\\5", "\\6", "\\7", "\\p", "\\P", "[[",
        "&&", "~~", "--",
    ]
    .iter()
    .any(|own| pattern.contains(own))
}

/// Whether parameters of the extension are set, which loads it.
fn uses_extension(manifest: &Manifest<'_>) -> bool {
    let parameters = manifest.spec(&["postgresql", "parameters"]).entries();
    parameters
        .iter()
        .any(|(name, _)| name.starts_with("pg_failover_slots."))
}

/// Whether logical slots are to be kept on standbys by PostgreSQL itself, and the version.
fn native_sync<'m>(manifest: &Manifest<'m>) -> Option<(u32, Field<'m>)> {
    let field = manifest.spec(&[
        "replicationSlots",
        "highAvailability",
        "synchronizeLogicalDecoding",
    ]);
    if !field.flag_or(false)? || uses_extension(manifest) {
        return None;
    }
    Some((major(&manifest.at(&[]))?, field))
}

fn needs_extension(manifest: &Manifest<'_>) -> Option<Refusal> {
    let (major, field) = native_sync(manifest)?;
    (major < 17).then(|| {
        let message = format!(
            "PostgreSQL {major} keeps logical slots on standbys only with pg_failover_slots"
        );
        field
            .refuse(message)
            .help("set parameters of `pg_failover_slots`, or go to PostgreSQL 17")
    })
}

fn needs_parameter(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let (major, field) = native_sync(manifest)?;
    let value = manifest.parameter(name).text()?;
    (major >= 17 && boolean(value) != Some(true)).then(|| {
        let message = format!("logical slots on standbys need the parameter `{name}`");
        let place = if manifest.parameter(name).is_set() {
            manifest.parameter(name)
        } else {
            field
        };
        place
            .refuse(message)
            .help(format!("add `{name}: \"on\"` to `postgresql.parameters`"))
    })
}

fn extension_without_feedback(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.parameter("hot_standby_feedback");
    let off = boolean(field.text()?) != Some(true);
    (uses_extension(manifest) && off).then(|| {
        let message = "pg_failover_slots needs the parameter `hot_standby_feedback`";
        field
            .refuse(message)
            .help("add `hot_standby_feedback: \"on\"` to `postgresql.parameters`")
    })
}

fn extension_without_slots(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["replicationSlots", "highAvailability", "enabled"]);
    let off = !field.flag_or(true)?;
    (uses_extension(manifest) && off).then(|| {
        field.refuse("pg_failover_slots needs the replication slots for high availability")
    })
}
