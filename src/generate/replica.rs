//! A replica cluster: a database in another site that follows the archive of its primary.
//!
//! Source: CNPG `api/v1/cluster_types.go` (`ReplicaClusterConfiguration`), `docs/src/replica_cluster.md`.

use super::cluster::{self, PLUGIN};
use super::store::{self, Place};
use super::{NewDatabase, NewFile, Primary, around, overlays};
use crate::yaml::patch::written;

pub(super) fn files(database: &NewDatabase, primary: &Primary) -> Vec<NewFile> {
    let mut files = around(database);
    files.push(("cluster.yaml", replica(database, primary)));
    files.push((
        "primary-object-store.yaml",
        primary_store(database, primary),
    ));
    files.sort_by_key(|(name, _)| *name);
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let kustomization = overlays::resources(&names);
    files.push(("REPLICA.md", runbook(database, primary)));
    files.push(("kustomization.yaml", kustomization));
    let new = |(name, text): (&str, String)| NewFile::new(name, text);
    files.into_iter().map(new).collect()
}

/// The ObjectStore of the primary, as the replica's namespace needs it.
fn store_of_primary(database: &NewDatabase) -> String {
    format!("{}-primary", database.name)
}

fn secret_of_primary(database: &NewDatabase) -> String {
    format!("{}-primary-s3", database.name)
}

/// Without a retention policy: what the primary keeps is the primary's business.
fn primary_store(database: &NewDatabase, primary: &Primary) -> String {
    let place = Place {
        destination: &primary.destination,
        endpoint: primary.endpoint.as_deref(),
        secret: &secret_of_primary(database),
    };
    let store = store::object_store(&store_of_primary(database), &database.namespace, "", &place);
    format!(
        "# The archive of {}. Read access is enough while it is the primary.\n{store}",
        primary.name
    )
}

fn member(name: &str, store: &str, lineage: &str) -> String {
    format!(
        "    - name: {name}
      plugin:
        name: {PLUGIN}
        enabled: true
        isWALArchiver: false
        parameters:
          barmanObjectName: {store}
          serverName: {lineage}
",
        lineage = written(lineage),
    )
}

fn replica(database: &NewDatabase, primary: &Primary) -> String {
    let start = format!(
        "  # The primary of the topology takes writes, everybody else follows its archive. See REPLICA.md before you change it.
  replica:
    self: {name}
    primary: {primary_name}
    source: {primary_name}
  bootstrap:
    recovery:
      source: {primary_name}
      # the same as in {primary_name}
{identity}  externalClusters:
    # every member, this one too
{theirs}{own}",
        name = database.name,
        primary_name = primary.name,
        identity = overlays::identity(database),
        theirs = member(&primary.name, &store_of_primary(database), &primary.server_name),
        own = member(&database.name, &database.object_store(), &database.lineage()),
    );
    cluster::cluster(database, &start)
}

fn runbook(database: &NewDatabase, primary: &Primary) -> String {
    format!(
        "\
# {name} follows {primary}

`{name}` is a replica cluster. It starts from the archive of `{primary}` (`{destination}`, server name `{theirs}`), replays
what arrives there, and archives into a lineage of its own, `{own}`. Writes go to whoever `spec.replica.primary` names.

## Before the first sync

1. Secrets `{own_secret}` (read and write) and `{their_secret}` (read) exist in namespace `{namespace}`, and the secrets
   of the application and of managed roles are the same as those of `{primary}`.
2. The manifest of `{primary}` has the same topology, with itself as primary:

   ```yaml
   replica:
     self: {primary}
     primary: {primary}
     source: {name}
   externalClusters: # the same two members, each with the ObjectStore of that site
   ```

## Switch over: `{name}` becomes the primary

Nothing is lost: the old primary hands over a token that says how far it wrote.

1. **Run**: in the manifest of `{primary}` set `spec.replica.primary: {name}`, and sync that site.
   **Expect**: `{primary}` is fenced, archives its shutdown checkpoint and publishes a token:
   `kubectl get cluster {primary} -n {namespace} -o jsonpath='{{.status.demotionToken}}'`.
   **Stop if** the token stays empty: the last WAL did not reach the archive.
2. **Run**: here, in one change, set `spec.replica.primary: {name}` and `spec.replica.promotionToken` to that token, and sync.
   **Expect**: `kubectl get cluster {name} -n {namespace} -o jsonpath='{{.status.lastPromotionToken}}'` prints the token.
   **Stop if** the Cluster waits: it has not replayed to the end of what the token names. Do not remove the token.
3. **Run**: connect the application to `{name}-rw`, make a base backup of `{name}`.
   **Expect**: a new base backup under `{own}`.
4. Leave the token in the manifest: it has no effect any more, and removing it means nothing.

## Fail over: the site of `{primary}` is lost

Commits that did not reach the archive are lost, and `{primary}` cannot come back as it is: DESTROYS the data of
`{primary}` that was not archived.

1. **Run**: here set `spec.replica.primary: {name}` without a token, and sync.
   **Expect**: `{name}` is promoted on a new timeline.
   **Stop if** `{primary}` may still take writes: there would be two primaries.
2. When the site is back: rebuild `{primary}` as a replica of `{name}` with a new write lineage, never with the old one.

## Go back

The same steps with the names exchanged.
",
        name = database.name,
        primary = primary.name,
        destination = primary.destination,
        theirs = primary.server_name,
        own = database.lineage(),
        own_secret = database.store_secret(),
        their_secret = secret_of_primary(database),
        namespace = database.namespace,
    )
}
