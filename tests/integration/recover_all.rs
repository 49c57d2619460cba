//! `recover --all`: every database that has something to recover, in one change or none.

use crate::workspace::Workspace;

const STORE: &str = "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: store, namespace: db}
spec:
  configuration: {destinationPath: s3://backups/shop}
";

fn cluster(name: &str, server: &str, more: &str) -> String {
    format!(
        "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {{name: {name}, namespace: db}}
spec:
  bootstrap:
    initdb: {{database: shop, owner: shop}}
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters: {{barmanObjectName: store, serverName: \"{server}\"}}
{more}"
    )
}

const NO_ARCHIVE: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: scratch, namespace: db}
spec:
  bootstrap:
    initdb: {database: scratch, owner: scratch}
";

#[test]
fn databases_without_anything_to_recover_are_left_out_by_name() {
    let follower = cluster(
        "east",
        "east-v1",
        "  replica: {enabled: true, source: shop}\n",
    )
    .replace(
        "initdb: {database: shop, owner: shop}",
        "recovery: {source: shop}",
    );
    let follower = format!(
        "{follower}  externalClusters:
    - name: shop
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters: {{barmanObjectName: store, serverName: shop-v1}}
"
    );
    let workspace = Workspace::repository(&[
        ("store.yaml", STORE),
        ("shop.yaml", &cluster("shop", "shop-v1", "")),
        ("east.yaml", &follower),
        ("scratch.yaml", NO_ARCHIVE),
    ]);
    let answer = workspace.run(&["recover", "--all", "--unverified", "--write"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    for words in [
        "left out: db/east is a replica cluster",
        "left out: db/scratch has no archive",
        "db/shop: reads shop-v1, writes shop-v1 → shop-v2",
        "db/east follows `shop-v1`, where nothing arrives any more",
    ] {
        assert!(answer.err.contains(words), "{}", answer.err);
    }
    assert_eq!(workspace.read("east.yaml"), follower);
    assert_eq!(workspace.read("scratch.yaml"), NO_ARCHIVE);
    assert!(
        workspace
            .read("shop.yaml")
            .contains("serverName: \"shop-v2\"")
    );
}

#[test]
fn where_no_database_has_anything_to_recover_the_run_fails() {
    let workspace = Workspace::repository(&[("scratch.yaml", NO_ARCHIVE)]);
    let answer = workspace.run(&["recover", "--all", "--unverified", "--write"]);
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert!(
        answer
            .err
            .contains("no database here has anything to recover"),
        "{}",
        answer.err
    );
}

#[test]
fn one_that_cannot_be_recovered_stops_all_and_is_named() {
    let shop = cluster("shop", "shop-v1", "");
    let workspace = Workspace::repository(&[
        ("store.yaml", STORE),
        ("shop.yaml", &shop),
        ("wiki.yaml", &cluster("wiki", "${WIKI_LINEAGE}", "")),
    ]);
    let answer = workspace.run(&["recover", "--all", "--unverified", "--write"]);
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert!(
        answer
            .err
            .contains("db/wiki: the server name `${WIKI_LINEAGE}`"),
        "{}",
        answer.err
    );
    assert_eq!(workspace.read("shop.yaml"), shop);
}
