//! Any text as a jq expression of an ignore rule, on a Cluster.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use walbound::jq::{Deletion, Document, Room};

static CLUSTER: LazyLock<Document> = LazyLock::new(|| {
    Document::from(&json!({
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"name": "db", "annotations": {"a/b": "spec.bootstrap,spec.plugins"}},
        "spec": {
            "instances": 3,
            "bootstrap": {"recovery": {"source": "source", "recoveryTarget": {"targetTime": "2026-02-02"}}},
            "externalClusters": [{"name": "source", "plugin": {"parameters": {"serverName": "db-v1"}}}, {"name": "other"}],
            "plugins": [{"name": "barman", "isWALArchiver": true, "parameters": {"serverName": "db-v2"}}],
        },
    }))
});

fuzz_target!(|text: &str| {
    let started = Instant::now();
    Room::with(|room| {
        if let Ok(deletion) = Deletion::of(room, text) {
            let outcome = deletion.run(room, &CLUSTER);
            assert_eq!(outcome, deletion.run(room, &CLUSTER));
        }
    });
    // Two runs.
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
});
