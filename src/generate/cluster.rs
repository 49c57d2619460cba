//! The Cluster: everything but how it starts.

use super::spec::{Method, NewDatabase};
use super::store;
use crate::yaml::patch::written;

/// The plugin's name. Source: plugin-barman-cloud `internal/cnpgi/metadata/constants.go`.
pub(super) const PLUGIN: &str = "barman-cloud.cloudnative-pg.io";

/// The Cluster of a base with overlays.
pub(super) fn in_base(database: &NewDatabase) -> String {
    let start = "  # No bootstrap here: the overlays own it, and ../kustomization.yaml selects one of them.\n";
    cluster(database, start)
}

/// A Cluster that starts as `start` says, whole lines of its `spec`.
pub(super) fn cluster(database: &NewDatabase, start: &str) -> String {
    let NewDatabase {
        name,
        namespace,
        instances,
        ..
    } = database;
    let image = written(&database.image);
    let storage = written(&database.storage);
    let class = database
        .storage_class
        .as_ref()
        .map_or(String::new(), |class| {
            format!("    storageClass: {}\n", written(class))
        });
    let archive = match database.method {
        Method::Plugin => plugin(database),
        Method::InTree => in_tree(database),
    };
    format!(
        "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: {name}
  namespace: {namespace}
  annotations:
    # A sync or prune must never delete the data. Argo CD reads this from the live object, so it has to be applied once.
    argocd.argoproj.io/sync-options: Prune=false,Delete=false
    kustomize.toolkit.fluxcd.io/prune: disabled
spec:
  instances: {instances}
  imageName: {image}
  storage:
    size: {storage}
{class}{start}{archive}"
    )
}

fn plugin(database: &NewDatabase) -> String {
    let log = lineage_log(database, "        ");
    format!(
        "  plugins:
    - name: {PLUGIN}
      enabled: true
      isWALArchiver: true
      parameters:
        barmanObjectName: {store}
{log}        serverName: {lineage}
",
        store = database.object_store(),
        lineage = database.lineage(),
    )
}

fn in_tree(database: &NewDatabase) -> String {
    let log = lineage_log(database, "      ");
    let secret = database.store_secret();
    format!(
        "  backup:
    retentionPolicy: 14d
    barmanObjectStore:
{log}      serverName: {lineage}
{configuration}",
        lineage = database.lineage(),
        configuration = store::configuration(&database.place(&secret), "      "),
    )
}

fn lineage_log(database: &NewDatabase, indent: &str) -> String {
    format!(
        "\
{indent}# Write lineage. A name is used once and never again, not even after a failed try: the archive has to be empty
{indent}# when a restore starts. `walbound recover {name}` picks the next one.
{indent}#
{indent}#   v1  first installation ({how})
",
        name = database.name,
        how = if database.replica_of.is_some() { "replica" } else { "initdb" },
    )
}
