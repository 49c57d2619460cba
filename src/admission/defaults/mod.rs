//! A Cluster as the operator stores it: with the defaults of its schema and of the defaulting webhook.
//!
//! Source: CNPG `api/v1/cluster_defaults.go`, `config/crd/bases` for the schema, `pkg/postgres/configuration.go` for the
//! parameters, `pkg/versions/versions.go` for the image. The settings of the operator itself are those of its released
//! manifest: the default monitoring queries are on, no plugin is added to every cluster.

mod annotations;
mod put;
mod schema;

use crate::config::OperatorVersion;
use crate::model::object::CNPG_GROUP;
use crate::text::Span;
use crate::yaml::{Kind, Node, Origin};

use super::image;
use super::parameters::{ARCHIVE_MODE, DEFAULTS};
use put::{child, put};

pub(super) use annotations::{FAILOVER_QUORUM, LIVENESS_PINGER, go_boolean, liveness_pinger};

/// The operator that is meant where a repository names none: the newest release known here.
pub const NEWEST: OperatorVersion = OperatorVersion {
    major: 1,
    minor: 30,
    patch: 0,
};

/// The image that each operator runs where none is named, from its first release on, the newest first.
const IMAGES: &[((u16, u16), &str)] = &[
    ((30, 0), "18.4-system-trixie"),
    ((29, 2), "18.4-system-trixie"),
    ((29, 0), "18.3-system-trixie"),
    ((28, 4), "18.4-system-trixie"),
    ((28, 2), "18.3-system-trixie"),
    ((28, 0), "18.1-system-trixie"),
    ((27, 4), "18.3-system-trixie"),
    ((27, 2), "18.1-system-trixie"),
    ((27, 1), "18.0-system-trixie"),
    ((27, 0), "17.5"),
    ((26, 3), "18.1-system-trixie"),
    ((26, 2), "18.0-system-trixie"),
    ((26, 0), "17.5"),
    ((25, 4), "18.0-system-trixie"),
    ((25, 2), "17.5"),
    ((25, 1), "17.4"),
    ((25, 0), "17.2"),
    ((24, 4), "17.5"),
    ((24, 3), "17.4"),
    ((24, 2), "17.2"),
    ((24, 1), "17.0"),
    ((0, 0), "16.4"),
];

/// Whether a rendered object is a Cluster of CloudNativePG.
pub fn is_cluster(node: &Node) -> bool {
    let text = |key| node.get(key).and_then(Node::text).unwrap_or("");
    let group = text("apiVersion").split('/').next().unwrap_or("");
    group == CNPG_GROUP && text("kind") == "Cluster"
}

/// Puts the defaults into a Cluster. What stands there already stays, but for `archive_mode`, which the operator
/// decides. A default's origin is the place of the map that it was put into.
pub fn fill(cluster: &mut Node, version: OperatorVersion) {
    schema::fill(cluster, version);
    let name = text(cluster, &["metadata", "name"]);
    let skips_archiving = annotations::has(cluster, "cnpg.io/skipWalArchiving", "enabled");
    let probes = annotations::isolation_check(cluster);
    let quorum = annotations::failover_quorum(cluster);
    let Some(spec) = cluster.get_mut("spec") else {
        return;
    };
    if spec.as_mapping().is_none() {
        return;
    }
    default_image(spec, version);
    default_bootstrap(spec);
    default_affinity(spec);
    if let Some(backup) = spec.get_mut("backup") {
        put(backup, "target", "prefer-standby");
    }
    default_parameters(spec, name.as_deref(), skips_archiving);
    put(spec, "logLevel", "info");
    default_queries(spec);
    default_slots(spec);
    default_tablespace_owners(spec);
    if let Some(synchronous) = at(spec, &["postgresql", "synchronous"]) {
        put(synchronous, "dataDurability", "required");
        if let Some(active) = quorum.filter(|_| (version.major, version.minor) >= (1, 28)) {
            put::overwrite(synchronous, "failoverQuorum", active);
        }
    }
    if (version.major, version.minor) >= (1, 27) {
        default_probes(spec, probes);
    }
    schema::fill(cluster, version);
}

fn default_image(spec: &mut Node, version: OperatorVersion) {
    if is_set(spec, "imageCatalogRef") {
        return;
    }
    let minor = if version.major > 1 {
        u16::MAX
    } else {
        version.minor
    };
    let known = IMAGES
        .iter()
        .find(|(since, _)| *since <= (minor, version.patch));
    let tag = known.map_or("18.4-system-trixie", |(_, tag)| tag);
    put(
        spec,
        "imageName",
        &format!("ghcr.io/cloudnative-pg/postgresql:{tag}"),
    );
}

fn default_bootstrap(spec: &mut Node) {
    let Some(bootstrap) = child(spec, "bootstrap") else {
        return;
    };
    if is_set(bootstrap, "recovery") {
        default_identity(bootstrap, "recovery", false);
    } else if is_set(bootstrap, "pg_basebackup") {
        default_identity(bootstrap, "pg_basebackup", false);
    } else {
        let monolith =
            text(bootstrap, &["initdb", "import", "type"]).as_deref() == Some("monolith");
        default_identity(bootstrap, "initdb", monolith);
        if let Some(initdb) = child(bootstrap, "initdb") {
            put(initdb, "encoding", "UTF8");
            put(initdb, "localeCollate", "C");
            put(initdb, "localeCType", "C");
        }
    }
}

/// Database and owner of the application: `app`, and the owner named like the database.
fn default_identity(bootstrap: &mut Node, method: &'static str, without_database: bool) {
    let Some(section) = child(bootstrap, method) else {
        return;
    };
    if !without_database {
        put(section, "database", "app");
    }
    if let Some(database) = text(section, &["database"]) {
        put(section, "owner", &database);
    }
}

fn default_affinity(spec: &mut Node) {
    let Some(affinity) = child(spec, "affinity") else {
        return;
    };
    let enabled = affinity
        .get("enablePodAntiAffinity")
        .and_then(Node::as_bool);
    if enabled != Some(false) {
        put(affinity, "podAntiAffinityType", "preferred");
    }
}

/// The operator merges the parameters with its own and writes all of them back. It leaves them alone where it cannot
/// tell the major version.
fn default_parameters(spec: &mut Node, name: Option<&str>, skips_archiving: bool) {
    if image::major_of(spec).is_none() {
        return;
    }
    let mode = match is_replica(spec, name) {
        _ if skips_archiving => "off",
        true => "always",
        false => "on",
    };
    let Some(parameters) =
        child(spec, "postgresql").and_then(|postgresql| child(postgresql, "parameters"))
    else {
        return;
    };
    for (parameter, value) in DEFAULTS {
        if parameters.get(parameter).is_none_or(Node::is_null) {
            put::overwrite(parameters, parameter, *value);
        }
    }
    put::overwrite(parameters, ARCHIVE_MODE, mode);
}

/// Whether the Cluster follows another. Source: CNPG `api/v1/cluster_funcs.go` (`IsReplica`).
pub(super) fn is_replica(spec: &Node, name: Option<&str>) -> bool {
    let Some(replica) = spec.get("replica").filter(|node| !node.is_null()) else {
        return false;
    };
    if let Some(enabled) = replica.get("enabled").and_then(Node::as_bool) {
        return enabled;
    }
    let primary = text(replica, &["primary"]).unwrap_or_default();
    text(replica, &["self"]).as_deref().or(name) != Some(primary.as_str())
}

fn default_queries(spec: &mut Node) {
    const NAME: &str = "cnpg-default-monitoring";
    let Some(monitoring) = child(spec, "monitoring") else {
        return;
    };
    let disabled = monitoring
        .get("disableDefaultQueries")
        .and_then(Node::as_bool);
    let lists = monitoring.get("customQueriesConfigMap");
    let names = lists.and_then(Node::as_sequence).unwrap_or(&[]).iter();
    let known = names
        .filter_map(|item| item.get("name")?.text())
        .any(|name| name == NAME);
    if disabled == Some(true) || known {
        return;
    }
    let origin = put::origin(monitoring);
    let mut own = Node::mapping(origin);
    put(&mut own, "name", NAME);
    put(&mut own, "key", "queries");
    match monitoring
        .get_mut("customQueriesConfigMap")
        .and_then(Node::as_sequence_mut)
    {
        Some(list) => list.insert(0, own),
        None => monitoring.set(
            "customQueriesConfigMap",
            Node::new(Kind::Sequence(vec![own]), origin),
        ),
    }
}

fn default_slots(spec: &mut Node) {
    let Some(slots) = child(spec, "replicationSlots") else {
        return;
    };
    if !is_set(slots, "highAvailability")
        && let Some(section) = child(slots, "highAvailability")
    {
        put::overwrite(section, "enabled", true);
        put(section, "slotPrefix", "_cnpg_");
    }
    if !is_set(slots, "synchronizeReplicas")
        && let Some(section) = child(slots, "synchronizeReplicas")
    {
        put::overwrite(section, "enabled", true);
    }
}

fn default_tablespace_owners(spec: &mut Node) {
    let method = ["recovery", "pg_basebackup", "initdb"];
    let mut owners = method
        .iter()
        .filter_map(|method| text(spec, &["bootstrap", method, "owner"]));
    let owner = owners.next().unwrap_or_else(|| "postgres".to_owned());
    let list = spec.get_mut("tablespaces").and_then(Node::as_sequence_mut);
    for tablespace in list.into_iter().flatten() {
        if let Some(section) = child(tablespace, "owner") {
            put(section, "name", &owner);
        }
    }
}

fn default_probes(spec: &mut Node, by_annotation: Option<annotations::IsolationCheck>) {
    let liveness = child(spec, "probes").and_then(|probes| child(probes, "liveness"));
    let Some(liveness) = liveness.filter(|liveness| !is_set(liveness, "isolationCheck")) else {
        return;
    };
    let wanted = by_annotation.unwrap_or_default();
    if let Some(check) = child(liveness, "isolationCheck") {
        put::overwrite(check, "enabled", wanted.enabled);
        put::overwrite(check, "requestTimeout", wanted.request_timeout);
        put::overwrite(check, "connectionTimeout", wanted.connection_timeout);
    }
}

/// A text that is neither absent nor empty.
fn text(node: &Node, path: &[&str]) -> Option<String> {
    let text = node.at(path)?.text()?;
    (!text.is_empty() && !node.at(path)?.is_null()).then(|| text.to_owned())
}

fn is_set(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|node| !node.is_null())
}

fn at<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter()
        .try_fold(node, |node, key| node.get_mut(key))
        .filter(|node| !node.is_null())
}

/// Where a default is shown.
fn made(by: Span) -> Origin {
    Origin::Made { by }
}

#[cfg(test)]
mod tests;
