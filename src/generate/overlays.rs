//! The two ways to start, and the switch between them.

use super::cluster::PLUGIN;
use super::spec::{Method, NewDatabase};
use super::store;
use crate::yaml::patch::written;

/// A kustomization of resources alone.
pub(super) fn resources(resources: &[&str]) -> String {
    let mut text = head();
    for resource in resources {
        text += &format!("  - {resource}\n");
    }
    text
}

fn head() -> String {
    "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
"
    .to_owned()
}

/// The kustomization of an overlay.
pub(super) fn kustomization() -> String {
    head()
        + "  - ../../base
patches:
  - path: bootstrap.yaml
"
}

/// The root: exactly one overlay is selected.
pub(super) fn switch(database: &NewDatabase) -> String {
    let name = &database.name;
    format!(
        "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
# The switch: exactly one of the two lines is active. The operator reads bootstrap only while the Cluster has no data, so
# moving the switch alone changes nothing in a running database.
#
# `walbound recover {name}` prepares a recovery as one change: it moves the switch, picks a new write lineage and prints
# the steps to take. `walbound flip {name} initdb` moves the switch back.
resources:
  - overlays/initdb
  # - overlays/recovery
"
    )
}

fn patch(database: &NewDatabase, spec: &str) -> String {
    format!(
        "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: {name}
  namespace: {namespace}
spec:
{spec}",
        name = database.name,
        namespace = database.namespace,
    )
}

/// Database, owner and secret: the same in both overlays.
pub(super) fn identity(database: &NewDatabase) -> String {
    let secret = database
        .owner_secret
        .as_ref()
        .map_or(String::new(), |secret| {
            format!("      secret:\n        name: {secret}\n")
        });
    format!(
        "      database: {}\n      owner: {}\n{secret}",
        written(&database.database),
        written(&database.owner)
    )
}

/// A new, empty database.
pub(super) fn initdb(database: &NewDatabase) -> String {
    let identity = identity(database);
    patch(
        database,
        &format!(
            "  bootstrap:
    initdb:
{identity}      # what the operator would fill in
      encoding: UTF8
      localeCollate: C
      localeCType: C
"
        ),
    )
}

/// A database restored from an archive.
pub(super) fn recovery(database: &NewDatabase) -> String {
    let identity = identity(database);
    let source = database.no_lineage();
    let secret = database.store_secret();
    let entry = match database.method {
        Method::Plugin => format!(
            "      plugin:
        name: {PLUGIN}
        enabled: true
        isWALArchiver: false
        parameters:
          barmanObjectName: {store}
          serverName: {source}
",
            store = database.object_store(),
        ),
        Method::InTree => format!(
            "      barmanObjectStore:
        serverName: {source}
{}",
            store::configuration(&database.place(&secret), "        "),
        ),
    };
    patch(
        database,
        &format!(
            "  bootstrap:
    recovery:
      # Read lineage: never the one that base/cluster.yaml writes. Nothing was ever archived as {source};
      # `walbound recover {name}` writes the lineage to read.
      source: {source}
      # the same as in overlays/initdb
{identity}  externalClusters:
    - name: {source}
{entry}",
            name = database.name,
        ),
    )
}
