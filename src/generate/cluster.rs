//! The Cluster of the base: everything but `spec.bootstrap`.

use super::spec::{Method, NewDatabase};
use super::store;
use crate::yaml::patch::written;

/// The plugin's name. Source: plugin-barman-cloud `internal/cnpgi/metadata/constants.go`.
pub(super) const PLUGIN: &str = "barman-cloud.cloudnative-pg.io";

pub(super) fn cluster(database: &NewDatabase) -> String {
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
{class}  # No bootstrap here: the overlays own it, and ../kustomization.yaml selects one of them.
{archive}"
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
    format!(
        "  backup:
    retentionPolicy: 14d
    barmanObjectStore:
{log}      serverName: {lineage}
{configuration}",
        lineage = database.lineage(),
        configuration = store::configuration(database, "      "),
    )
}

fn lineage_log(database: &NewDatabase, indent: &str) -> String {
    format!(
        "\
{indent}# Write lineage. A name is used once and never again, not even after a failed try: the archive has to be empty
{indent}# when a restore starts. `walbound recover {name}` picks the next one.
{indent}#
{indent}#   v1  first installation (initdb)
",
        name = database.name,
    )
}
