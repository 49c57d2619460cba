//! The defaults that the API server takes from the schema of a Cluster.
//!
//! Source: `default` in CNPG `config/crd/bases/postgresql.cnpg.io_clusters.yaml`, compared over the releases from 1.24.0
//! to 1.30.0. A default is put in where the map that holds it is there.

use crate::config::OperatorVersion;
use crate::yaml::Node;

use super::put::{Value, overwrite};

use Value::{Flag, Map, Number, Text};

/// A default: the maps that hold it, with `[]` for each item of a list, its key, its value, and the minor release that
/// brought it.
type Default = (&'static [&'static str], &'static str, Value<'static>, u16);

/// Maps before what they hold.
const DEFAULTS: &[Default] = &[
    (&["spec"], "instances", Number(1), 0),
    (&["spec"], "minSyncReplicas", Number(0), 0),
    (&["spec"], "maxSyncReplicas", Number(0), 0),
    (&["spec"], "enablePDB", Flag(true), 0),
    (&["spec"], "enableSuperuserAccess", Flag(false), 0),
    (&["spec"], "failoverDelay", Number(0), 0),
    (&["spec"], "logLevel", Text("info"), 0),
    (&["spec"], "postgresGID", Number(26), 0),
    (&["spec"], "postgresUID", Number(26), 0),
    (&["spec"], "primaryUpdateMethod", Text("restart"), 0),
    (&["spec"], "primaryUpdateStrategy", Text("unsupervised"), 0),
    (&["spec"], "smartShutdownTimeout", Number(180), 0),
    (&["spec"], "startDelay", Number(3600), 0),
    (&["spec"], "stopDelay", Number(1800), 0),
    (&["spec"], "switchoverDelay", Number(3600), 0),
    (&["spec"], "replicationSlots", Map(&[]), 0),
    (SLOTS, "highAvailability", Map(&[]), 0),
    (SLOTS, "updateInterval", Number(30), 0),
    (HA_SLOTS, "enabled", Flag(true), 0),
    (HA_SLOTS, "slotPrefix", Text("_cnpg_"), 0),
    (SYNC_SLOTS, "enabled", Flag(true), 0),
    (&["spec", "backup"], "target", Text("prefer-standby"), 0),
    (SNAPSHOT, "online", Flag(true), 0),
    (
        SNAPSHOT,
        "onlineConfiguration",
        Map(&[("immediateCheckpoint", Flag(false))]),
        0,
    ),
    (SNAPSHOT, "snapshotOwnerReference", Text("none"), 0),
    (ONLINE, "waitForArchive", Flag(true), 0),
    (&["spec", "storage"], "resizeInUseVolumes", Flag(true), 0),
    (&["spec", "walStorage"], "resizeInUseVolumes", Flag(true), 0),
    (&["spec", "tablespaces", "[]"], "temporary", Flag(false), 0),
    (TABLESPACE_STORAGE, "resizeInUseVolumes", Flag(true), 0),
    (&["spec", "plugins", "[]"], "enabled", Flag(true), 25),
    (&["spec", "plugins", "[]"], "isWALArchiver", Flag(false), 25),
    (EXTERNAL_PLUGIN, "enabled", Flag(true), 25),
    (EXTERNAL_PLUGIN, "isWALArchiver", Flag(false), 25),
    (ROLES, "connectionLimit", Number(-1), 0),
    (ROLES, "ensure", Text("present"), 0),
    (ROLES, "inherit", Flag(true), 0),
    (SERVICES, "updateStrategy", Text("patch"), 0),
    (
        &["spec", "monitoring"],
        "disableDefaultQueries",
        Flag(false),
        0,
    ),
    (&["spec", "monitoring"], "enablePodMonitor", Flag(false), 0),
    (&["spec", "monitoring", "tls"], "enabled", Flag(false), 0),
    (
        &["spec", "nodeMaintenanceWindow"],
        "inProgress",
        Flag(false),
        0,
    ),
    (
        &["spec", "nodeMaintenanceWindow"],
        "reusePVC",
        Flag(true),
        0,
    ),
    (ISOLATION, "enabled", Flag(true), 27),
    (ISOLATION, "requestTimeout", Number(1000), 27),
    (ISOLATION, "connectionTimeout", Number(1000), 27),
    (LEASE, "leaseDurationSeconds", Number(15), 30),
    (LEASE, "renewDeadlineSeconds", Number(10), 30),
    (LEASE, "retryPeriodSeconds", Number(2), 30),
    (LEASE, "releasedLeaseDurationSeconds", Number(1), 30),
];

const SLOTS: &[&str] = &["spec", "replicationSlots"];
const HA_SLOTS: &[&str] = &["spec", "replicationSlots", "highAvailability"];
const SYNC_SLOTS: &[&str] = &["spec", "replicationSlots", "synchronizeReplicas"];
const SNAPSHOT: &[&str] = &["spec", "backup", "volumeSnapshot"];
const ONLINE: &[&str] = &["spec", "backup", "volumeSnapshot", "onlineConfiguration"];
const TABLESPACE_STORAGE: &[&str] = &["spec", "tablespaces", "[]", "storage"];
const EXTERNAL_PLUGIN: &[&str] = &["spec", "externalClusters", "[]", "plugin"];
const ROLES: &[&str] = &["spec", "managed", "roles", "[]"];
const SERVICES: &[&str] = &["spec", "managed", "services", "additional", "[]"];
const ISOLATION: &[&str] = &["spec", "probes", "liveness", "isolationCheck"];
const LEASE: &[&str] = &["spec", "primaryLease"];

/// Puts in what the schema of this operator says.
pub(super) fn fill(cluster: &mut Node, version: OperatorVersion) {
    for (path, key, value, since) in DEFAULTS {
        if version.major > 1 || version.minor >= *since {
            each(cluster, path, &mut |map| {
                if map.get(key).is_none_or(Node::is_null) {
                    overwrite(map, key, *value);
                }
            });
        }
    }
}

/// Calls for each map at a path.
fn each(node: &mut Node, path: &[&str], change: &mut dyn FnMut(&mut Node)) {
    match path.split_first() {
        None => {
            if node.as_mapping().is_some() {
                change(node);
            }
        }
        Some((&"[]", rest)) => {
            for item in node.as_sequence_mut().into_iter().flatten() {
                each(item, rest, change);
            }
        }
        Some((key, rest)) => {
            if let Some(node) = node.get_mut(key) {
                each(node, rest, change);
            }
        }
    }
}
