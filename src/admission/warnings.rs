//! What the operator accepts of a Cluster with a warning.

use super::Refusal;
use super::check::{Check, Kind, Look, Release};
use super::duration::{self, Duration};
use super::field::Field;
use super::manifest::{Manifest, VALIDATION};
use super::replica::follows;
use super::settings::is_integer;
use super::storage::template_size;

pub(super) static CHECKS: &[Check] = &[
    Check::warning(
        "admission/maintenance-window",
        "nodeMaintenanceWindow",
        "maintenance window of nodes",
        Look::Whole(maintenance),
    )
    .told_by("deprecated-field"),
    Check::warning(
        "admission/in-tree-barman",
        "backup.barmanObjectStore, externalClusters[].barmanObjectStore",
        "in-tree object store",
        Look::Whole(in_tree),
    )
    .since(&[Release(26, 0)])
    .told_by("deprecated-in-tree-barman"),
    Check::warning(
        "admission/retention-without-bos",
        "backup.retentionPolicy",
        "retention without the in-tree object store that it is for",
        Look::Whole(retention),
    )
    .since(&[Release(26, 0)])
    .told_by("retention-misplaced"),
    Check::warning(
        "admission/storage-class-twice",
        "storage.storageClass, walStorage.storageClass",
        "storage class given directly and in the template",
        Look::Many(|manifest| {
            both(manifest, |storage| {
                let template = storage.at(&["pvcTemplate", "storageClassName"]);
                (storage.get("storageClass"), template.is_set(), template)
            })
        }),
    )
    .since(TWICE),
    Check::warning(
        "admission/storage-size-twice",
        "storage.size, walStorage.size",
        "size given directly and in the template",
        Look::Many(|manifest| {
            both(manifest, |storage| {
                let template = template_size(storage);
                let size = storage.get("size");
                let asked = template
                    .given_text()
                    .and_then(super::quantity::Quantity::read)
                    .is_some_and(|size| !size.is_zero());
                (size, asked, template)
            })
        }),
    )
    .since(TWICE),
    Check::warning(
        "admission/shared-buffers-no-unit",
        "postgresql.parameters.shared_buffers",
        "size without a unit",
        Look::Whole(buffers_without_unit),
    )
    .since(&[Release(24, 4), Release(25, 2)]),
    Check::warning(
        "admission/metrics-ttl-zero",
        "monitoring.metricsQueriesTTL",
        "metrics that are never kept",
        Look::Whole(metrics),
    )
    .since(&[Release(28, 0)]),
    Check::warning(
        "admission/podmonitor-deprecated",
        "monitoring.enablePodMonitor",
        "PodMonitor made by the operator",
        Look::Whole(pod_monitor),
    )
    .since(MONITOR)
    .told_by("deprecated-pod-monitor"),
    Check::warning(
        "admission/podmonitor-metric-relabel-deprecated",
        "monitoring.podMonitorMetricRelabelings",
        "labels for the operator's PodMonitor",
        Look::Whole(|manifest| relabelings(manifest, "podMonitorMetricRelabelings")),
    )
    .since(MONITOR),
    Check::warning(
        "admission/podmonitor-relabel-deprecated",
        "monitoring.podMonitorRelabelings",
        "labels for the operator's PodMonitor",
        Look::Whole(|manifest| relabelings(manifest, "podMonitorRelabelings")),
    )
    .since(MONITOR),
    Check::warning(
        "admission/no-sync-replication",
        "postgresql.synchronous",
        "several instances without synchronous replication",
        Look::Whole(asynchronous),
    )
    .since(&[Release(31, 0)]),
    Check::warning(
        "admission/validation-disabled",
        "metadata.annotations[cnpg.io/validation]",
        "admission switched off",
        Look::Whole(disabled),
    )
    .of(Kind::Any)
    .since(BYPASS)
    .told_by("danger-annotation"),
    Check::warning(
        "admission/validation-annotation-invalid",
        "metadata.annotations[cnpg.io/validation]",
        "value other than enabled and disabled",
        Look::Whole(unclear),
    )
    .of(Kind::Any)
    .since(BYPASS),
];

const TWICE: &[Release] = &[Release(25, 4), Release(26, 2)];
const MONITOR: &[Release] = &[Release(25, 4), Release(26, 2), Release(27, 1)];
const BYPASS: &[Release] = &[Release(24, 4), Release(25, 2)];

fn maintenance(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["nodeMaintenanceWindow"]);
    field.is_set().then(|| {
        let message = "a maintenance window of nodes is set";
        field
            .refuse(message)
            .help("`enablePDB` does the same better")
    })
}

fn in_tree(manifest: &Manifest<'_>) -> Option<Refusal> {
    let external = manifest.spec(&["externalClusters"]).items().into_iter();
    let stores = external.map(|entry| entry.get("barmanObjectStore"));
    let mut stores = std::iter::once(manifest.spec(&["backup", "barmanObjectStore"])).chain(stores);
    let first = stores.find(Field::is_set)?;
    let message = "the in-tree object store is deprecated and will be removed";
    Some(first.refuse(message).help("go to the Barman Cloud plugin"))
}

fn retention(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["backup", "retentionPolicy"]);
    let given = field.is_set() && field.raw_text() != Some("");
    let store = manifest.spec(&["backup", "barmanObjectStore"]);
    (given && !store.is_set()).then(|| {
        let message = "the retention policy does nothing without the in-tree object store";
        field
            .refuse(message)
            .help("move it to the ObjectStore of the plugin")
    })
}

/// A warning for each volume that has a value directly and in its template.
fn both(
    manifest: &Manifest<'_>,
    of: for<'m> fn(&Field<'m>) -> (Field<'m>, bool, Field<'m>),
) -> Vec<Refusal> {
    let volumes = ["storage", "walStorage"].map(|volume| manifest.spec(&[volume]));
    let each = volumes.iter().filter_map(|volume| {
        let (own, in_template, template) = of(volume);
        let given = own.is_set() && own.raw_text() != Some("");
        (given && in_template).then(|| {
            template
                .refuse(format!(
                    "`{}` wins over `{}`",
                    own.shown(),
                    template.shown()
                ))
                .help("keep one of them")
        })
    });
    each.collect()
}

fn buffers_without_unit(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.parameter("shared_buffers");
    let text = field.given_text()?;
    is_integer(text).then(|| {
        field
            .refuse(format!("`shared_buffers` of {text} has no unit"))
            .help("the operator reads megabytes, PostgreSQL pages of 8 kB: write the unit")
    })
}

fn metrics(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["monitoring", "metricsQueriesTTL"]);
    let zero = duration::read(field.given_text()?) == Some(Duration::Zero);
    zero.then(|| field.refuse("every scrape runs all queries of the metrics"))
}

fn pod_monitor(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["monitoring", "enablePodMonitor"]);
    field.flag_or(false)?.then(|| {
        let message = "`enablePodMonitor` is deprecated";
        field
            .refuse(message)
            .help("write a PodMonitor beside the Cluster")
    })
}

fn relabelings(manifest: &Manifest<'_>, name: &'static str) -> Option<Refusal> {
    let field = manifest.spec(&["monitoring", name]);
    field.has_content().then(|| {
        field
            .refuse(format!("`{name}` is deprecated"))
            .help("write a PodMonitor beside the Cluster")
    })
}

fn asynchronous(manifest: &Manifest<'_>) -> Option<Refusal> {
    let synchronous = manifest.spec(&["postgresql", "synchronous"]);
    let legacy = manifest.spec(&["minSyncReplicas"]).number()? > 0;
    let several = manifest.instances()? >= 2;
    (several && !follows(manifest)? && !synchronous.is_set() && !legacy).then(|| {
        let message = "replication is asynchronous: a failover can lose what was committed last";
        let field = manifest.spec(&["instances"]);
        field
            .refuse(message)
            .help("configure `postgresql.synchronous`, or accept it")
    })
}

fn disabled(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation(VALIDATION)?;
    (field.text()? == "disabled").then(|| {
        let message = "admission is switched off for this object: mistakes show when it is used";
        field.refuse(message).help("remove the annotation")
    })
}

fn unclear(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.annotation(VALIDATION)?;
    let text = field.text()?;
    let known = ["", "enabled", "disabled"].contains(&text);
    (!known).then(|| {
        field
            .refuse(format!("`{text}` does not say whether to validate"))
            .help("write `enabled` or `disabled`")
    })
}
