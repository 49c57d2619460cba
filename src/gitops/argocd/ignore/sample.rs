//! Objects to try a rule on: what Git has, what it may have, and what an existing object may look like.

use serde_json::{Map, Value as Json, json};

use crate::jq::Document;

use super::damage::Damage;
use super::json::{at, map_at};

/// An object to try a rule on.
pub(super) struct Sample {
    pub(super) json: Json,
    pub(super) document: Document,
}

impl From<Json> for Sample {
    fn from(json: Json) -> Self {
        let document = Document::from(&json);
        Self { json, document }
    }
}

/// What Git wants, and an object that exists; both are indexes of samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) git: usize,
    pub(super) live: usize,
}

/// The Cluster of the repository and its overlays, and what may exist beside each.
pub(super) struct Samples {
    pub(super) all: Vec<Sample>,
    pub(super) pairs: Vec<Pair>,
}

impl Samples {
    /// The samples for a Cluster, and for the other renderings of its manifest.
    pub(super) fn of(cluster: Json, overlays: Vec<Json>) -> Self {
        let mut own = Self {
            all: Vec::new(),
            pairs: Vec::new(),
        };
        let recovers = at(&cluster, &["spec", "bootstrap", "recovery"]).is_some();
        let first = exists(&cluster, if recovers { initdb() } else { recovery() });
        for (wanted, there) in [
            (recovery(), initdb()),
            (initdb(), recovery()),
            (pg_basebackup(), initdb()),
        ] {
            let git = with_bootstrap(populated(cluster.clone()), wanted);
            let live = exists(&git, there);
            own.pair(git, live);
        }
        let there = (!overlays.is_empty()).then(|| own.add(defaulted(cluster.clone())));
        let git = own.pair(cluster, first).git;
        for overlay in overlays {
            let live = own.add(defaulted(overlay.clone()));
            own.pairs.push(Pair { git, live });
            let git = own.add(overlay);
            own.pairs.extend(there.map(|live| Pair { git, live }));
        }
        own
    }

    fn add(&mut self, json: Json) -> usize {
        self.all.push(Sample::from(json));
        self.all.len() - 1
    }

    fn pair(&mut self, git: Json, live: Json) -> Pair {
        let pair = Pair {
            git: self.add(git),
            live: self.add(live),
        };
        self.pairs.push(pair);
        pair
    }
}

/// Bootstrapped by the method of the sample: with the own values, where it has the method, and those it lacks.
fn with_bootstrap(mut git: Json, wanted: Json) -> Json {
    let key = wanted
        .as_object()
        .and_then(|wanted| wanted.keys().next())
        .cloned()
        .unwrap_or_default();
    let own = at(&git, &["spec", "bootstrap", &key]).map(|own| json!({ key: own }));
    let bootstrap = own.map_or(wanted.clone(), |own| merged(&wanted, &own));
    put(&mut git, &["spec"], "bootstrap", bootstrap);
    git
}

fn initdb() -> Json {
    json!({"initdb": {"database": "app", "owner": "app", "encoding": "UTF8", "localeCollate": "C", "localeCType": "C"}})
}

fn recovery() -> Json {
    json!({"recovery": {
        "source": "source", "database": "app", "owner": "app",
        "recoveryTarget": {"targetTime": "2026-02-02T00:00:00Z", "backupID": "20260201T000000"},
    }})
}

fn pg_basebackup() -> Json {
    json!({"pg_basebackup": {"source": "source", "database": "app", "owner": "app"}})
}

/// The own values, and those of the sample that it lacks.
pub(super) fn merged(sample: &Json, own: &Json) -> Json {
    match (sample, own) {
        (Json::Object(sample), Json::Object(own)) => {
            let mut entries = own.clone();
            for (key, value) in sample {
                let value = entries
                    .get(key)
                    .map_or_else(|| value.clone(), |own| merged(value, own));
                entries.insert(key.clone(), value);
            }
            Json::Object(entries)
        }
        _ => own.clone(),
    }
}

fn put(object: &mut Json, path: &[&str], key: &str, value: Json) {
    if let Some(map) = map_at(object, path) {
        map.insert(key.to_owned(), value);
    }
}

/// A source of each kind that CloudNativePG knows.
fn source() -> Json {
    json!({
        "name": "source",
        "plugin": {"name": "barman-cloud.cloudnative-pg.io", "parameters": {"barmanObjectName": "store", "serverName": "db-v1"}},
        "barmanObjectStore": store(),
        "connectionParameters": {"host": "db-rw", "user": "postgres"},
    })
}

fn store() -> Json {
    json!({
        "destinationPath": "s3://backups/db", "endpointURL": "https://s3.example.com", "serverName": "db-v2",
        "s3Credentials": {"accessKeyId": {"name": "s3", "key": "id"}, "secretAccessKey": {"name": "s3", "key": "secret"}},
    })
}

/// Every field that a database depends on, as Git has it or by example; lists get one item more. Defaults that Git
/// leaves out stay out: that decides whether a list is pinned.
fn populated(mut object: Json) -> Json {
    let plugin = json!({
        "name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true,
        "parameters": {"barmanObjectName": "store", "serverName": "db-v2"},
    });
    let lists = [
        (vec!["spec"], "plugins", plugin),
        (vec!["spec"], "externalClusters", source()),
        (
            vec!["spec"],
            "tablespaces",
            json!({"name": "sample", "storage": {"size": "1Gi"}}),
        ),
        (
            vec!["spec", "managed"],
            "roles",
            json!({"name": "sample", "login": true}),
        ),
    ];
    for (path, key, item) in lists {
        if let Some(map) = map_at(&mut object, &path)
            && let Some(items) = map.entry(key).or_insert_with(|| json!([])).as_array_mut()
        {
            items.push(item);
        }
    }
    let sample = json!({
        "metadata": {"annotations": {
            "argocd.argoproj.io/sync-options": "Prune=false,Delete=false", "argocd.argoproj.io/tracking-id": "app:x",
            "cnpg.io/hibernation": "off", "cnpg.io/reconciliationLoop": "enabled",
            "cnpg.io/skipEmptyWalArchiveCheck": "disabled",
        }},
        "spec": {
            "backup": {"barmanObjectStore": store(), "retentionPolicy": "30d"},
            "replica": {"enabled": false, "primary": "db", "self": "db", "source": "source", "promotionToken": "token"},
            "imageName": "ghcr.io/cloudnative-pg/postgresql:17",
            "imageCatalogRef": {"kind": "ClusterImageCatalog", "name": "postgresql", "major": 17},
            "storage": {"size": "20Gi", "storageClass": "fast"},
            "walStorage": {"size": "5Gi", "storageClass": "fast"},
            "postgresql": {"parameters": {
                "max_connections": "200", "max_worker_processes": "32", "max_prepared_transactions": "10",
                "max_locks_per_transaction": "64", "max_wal_senders": "10",
            }},
        },
    });
    object = merged(&sample, &object);
    object
}

/// An object that exists under the name, made before Git was changed: all that a database depends on is different.
fn exists(git: &Json, bootstrap: Json) -> Json {
    let mut live = changed(git, &mut Vec::new());
    put(&mut live, &["spec"], "bootstrap", bootstrap);
    defaulted(live)
}

fn changed(value: &Json, way: &mut Vec<String>) -> Json {
    match value {
        Json::Object(entries) => {
            let change = |(key, value): (&String, &Json)| {
                way.push(key.clone());
                let changed = changed(value, way);
                way.pop();
                (key.clone(), changed)
            };
            Json::Object(entries.iter().map(change).collect::<Map<_, _>>())
        }
        Json::Array(items) => {
            way.push("*".to_owned());
            let changed = items.iter().map(|item| changed(item, way)).collect();
            way.pop();
            Json::Array(changed)
        }
        // Names tell list items apart; they stay.
        leaf if Damage::of(way).is_none() || way.last().is_some_and(|key| key == "name") => {
            leaf.clone()
        }
        Json::String(text) => Json::String(format!("{text}-before")),
        Json::Bool(value) => Json::Bool(!value),
        Json::Number(number) => Json::from(number.as_i64().unwrap_or_default() + 1),
        Json::Null => Json::Null,
    }
}

/// With what the CRD and the webhook fill in, where it is not set.
fn defaulted(live: Json) -> Json {
    let mut live = merged(
        &json!({"spec": {"enablePDB": true, "logLevel": "info", "storage": {"resizeInUseVolumes": true}}}),
        &live,
    );
    let items = [
        (
            "plugins",
            None,
            json!({"enabled": true, "isWALArchiver": false}),
        ),
        (
            "externalClusters",
            Some("plugin"),
            json!({"enabled": true, "isWALArchiver": false}),
        ),
        ("tablespaces", None, json!({"temporary": false})),
    ];
    for (list, below, defaults) in items {
        for item in items_of(&mut live, &["spec"], list) {
            let target = match below {
                None => Some(item),
                Some(key) => item.get_mut(key),
            };
            if let Some(target) = target {
                *target = merged(&defaults, target);
            }
        }
    }
    for role in items_of(&mut live, &["spec", "managed"], "roles") {
        *role = merged(
            &json!({"connectionLimit": -1, "inherit": true, "ensure": "present"}),
            role,
        );
    }
    live
}

fn items_of<'j>(
    object: &'j mut Json,
    path: &[&str],
    list: &str,
) -> impl Iterator<Item = &'j mut Json> {
    let map = path.iter().try_fold(object, |json, key| json.get_mut(*key));
    map.and_then(|map| map.get_mut(list))
        .and_then(Json::as_array_mut)
        .into_iter()
        .flatten()
}
