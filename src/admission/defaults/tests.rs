use super::*;
use crate::text::FileId;
use crate::yaml::emit::emit;
use crate::yaml::{Locator, parse};

/// A Cluster with this spec, as the newest operator stores it.
fn stored_by(version: OperatorVersion, spec: &str) -> Node {
    let text = format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: db\nspec:\n{spec}"
    );
    let mut documents = parse(&text, &Locator::File(FileId(0))).unwrap();
    let mut node = documents.remove(0).root;
    fill(&mut node, version);
    node
}

fn stored(spec: &str) -> Node {
    stored_by(NEWEST, spec)
}

fn value<'n>(node: &'n Node, path: &[&str]) -> Option<&'n str> {
    node.get("spec")?.at(path)?.text()
}

#[test]
fn a_cluster_that_says_nothing_is_a_new_database_called_app() {
    let node = stored("  storage: {size: 1Gi}\n");
    for (path, expected) in [
        (&["bootstrap", "initdb", "database"][..], "app"),
        (&["bootstrap", "initdb", "owner"], "app"),
        (&["bootstrap", "initdb", "encoding"], "UTF8"),
        (&["instances"], "1"),
        (&["affinity", "podAntiAffinityType"], "preferred"),
        (&["postgresql", "parameters", "archive_mode"], "on"),
        (&["postgresql", "parameters", "wal_level"], "logical"),
        (
            &["replicationSlots", "highAvailability", "slotPrefix"],
            "_cnpg_",
        ),
        (
            &["replicationSlots", "synchronizeReplicas", "enabled"],
            "true",
        ),
        (
            &["probes", "liveness", "isolationCheck", "requestTimeout"],
            "1000",
        ),
        (
            &["imageName"],
            "ghcr.io/cloudnative-pg/postgresql:18.4-system-trixie",
        ),
    ] {
        assert_eq!(value(&node, path), Some(expected), "{path:?}");
    }
    assert_eq!(value(&node, &["backup", "target"]), None);
}

#[test]
fn what_is_written_stays() {
    let spec = "  imageName: pg:16.3\n  instances: 2\n  postgresql:\n    parameters:\n      wal_level: replica\n      archive_mode: \"off\"\n  bootstrap:\n    initdb: {database: shop}\n";
    let node = stored(spec);
    for (path, expected) in [
        (&["bootstrap", "initdb", "database"][..], "shop"),
        (&["bootstrap", "initdb", "owner"], "shop"),
        (&["instances"], "2"),
        (&["imageName"], "pg:16.3"),
        (&["postgresql", "parameters", "wal_level"], "replica"),
        // The operator decides this one.
        (&["postgresql", "parameters", "archive_mode"], "on"),
    ] {
        assert_eq!(value(&node, path), Some(expected), "{path:?}");
    }
}

#[test]
fn a_recovery_without_database_becomes_app() {
    let node = stored("  bootstrap: {recovery: {source: old}}\n  backup: {retentionPolicy: 7d}\n");
    assert_eq!(
        value(&node, &["bootstrap", "recovery", "database"]),
        Some("app")
    );
    assert_eq!(value(&node, &["bootstrap", "initdb", "database"]), None);
    assert_eq!(value(&node, &["backup", "target"]), Some("prefer-standby"));
}

#[test]
fn a_monolith_import_gets_no_database() {
    let node = stored("  bootstrap: {initdb: {import: {type: monolith}}}\n");
    assert_eq!(value(&node, &["bootstrap", "initdb", "database"]), None);
    assert_eq!(value(&node, &["bootstrap", "initdb", "owner"]), None);
}

#[test]
fn a_replica_archives_always_and_an_unreadable_image_gets_no_parameters() {
    let node = stored("  replica: {source: old}\n");
    let path = ["postgresql", "parameters", "archive_mode"];
    assert_eq!(value(&node, &path), Some("always"));
    let node = stored("  imageName: pg:latest\n");
    assert_eq!(value(&node, &path), None);
}

#[test]
fn defaults_follow_the_operator() {
    let version = |text: &str| text.parse().unwrap();
    let node = stored_by(
        version("1.26.1"),
        "  plugins: [{name: a}]\n  primaryLease: {}\n",
    );
    assert_eq!(
        value(&node, &["imageName"]),
        Some("ghcr.io/cloudnative-pg/postgresql:17.5")
    );
    assert_eq!(value(&node, &["probes", "liveness"]), None);
    assert_eq!(
        value(&node, &["primaryLease", "leaseDurationSeconds"]),
        None
    );
    let plugins = node
        .at(&["spec", "plugins"])
        .and_then(Node::as_sequence)
        .unwrap();
    assert_eq!(
        plugins[0].get("enabled").and_then(Node::as_bool),
        Some(true)
    );
}

#[test]
fn annotations_of_earlier_releases_become_fields() {
    let text = "kind: Cluster\nmetadata:\n  name: db\n  annotations:\n    alpha.cnpg.io/livenessPinger: '{\"Enabled\": false}'\n    alpha.cnpg.io/failoverQuorum: t\n    cnpg.io/skipWalArchiving: enabled\nspec:\n  postgresql: {synchronous: {method: any, number: 1}}\n";
    let mut node = parse(text, &Locator::File(FileId(0)))
        .unwrap()
        .remove(0)
        .root;
    fill(&mut node, NEWEST);
    let check = ["probes", "liveness", "isolationCheck"];
    let check = node.get("spec").unwrap().at(&check).unwrap();
    assert_eq!(check.get("enabled").and_then(Node::as_bool), Some(false));
    let synchronous = ["postgresql", "synchronous", "failoverQuorum"];
    assert_eq!(value(&node, &synchronous), Some("true"));
    assert_eq!(
        value(&node, &["postgresql", "parameters", "archive_mode"]),
        Some("off")
    );
}

#[test]
fn putting_defaults_in_twice_changes_nothing() {
    let spec = "  tablespaces: [{name: hot, storage: {size: 1Gi}}]\n  monitoring: {customQueriesConfigMap: [{name: own, key: q}]}\n  externalClusters: [{name: old, plugin: {name: a}}]\n";
    let once = stored(spec);
    let mut twice = once.clone();
    fill(&mut twice, NEWEST);
    assert_eq!(emit(&once).unwrap(), emit(&twice).unwrap());
}

#[test]
fn odd_shapes_are_left_alone() {
    for spec in [
        "  bootstrap: text\n",
        "  bootstrap: [1]\n  postgresql: [a]\n  replicationSlots: 3\n",
        "  tablespaces: {a: b}\n  plugins: x\n  monitoring: []\n  probes: y\n",
        "  - a\n",
    ] {
        let _ = stored(spec);
    }
}
