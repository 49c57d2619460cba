//! `walbound check DB`: the archive that the manifests of a database name.

use std::path::Path;

use crate::workspace::Workspace;

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: NAME, namespace: apps }
spec:
  instances: 1
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters: { barmanObjectName: store, serverName: SERVER }
";

const STORE: &str = "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: { name: store, namespace: apps }
spec:
  configuration:
    endpointURL: ENDPOINT
    destinationPath: DESTINATION
";

/// Two databases with one store, the first of them archiving into `db`.
pub(crate) fn repository(destination: &str, endpoint: &str) -> Workspace {
    let cluster =
        |name: &str, server: &str| CLUSTER.replace("NAME", name).replace("SERVER", server);
    let store = STORE.replace("DESTINATION", destination);
    Workspace::repository(&[
        ("db/gitea/cluster.yaml", &cluster("gitea-db", "db")),
        ("db/wiki/cluster.yaml", &cluster("wiki-db", "wiki-v2")),
        ("db/store.yaml", &store.replace("ENDPOINT", endpoint)),
    ])
}

fn bucket(case: &str) -> String {
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/archive");
    archives
        .join(case)
        .join("bucket")
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_copy_stands_in_for_the_archive_that_the_manifests_name() {
    let workspace = repository("s3://backups/cnpg", "https://s3.example.org");
    let copy = format!("--archive={}", bucket("forked"));
    for named in ["gitea-db", "apps/gitea-db", "db/gitea"] {
        let answer = workspace.run(&["check", named, &copy, "--latest"]);
        assert_eq!(answer.code, Some(0), "{named}: {}", answer.err);
        assert!(answer.out.contains("bucket, server db\n"), "{}", answer.out);
    }
    let answer = workspace.run(&["check", "wiki-db", &copy, "--latest"]);
    assert_eq!(answer.code, Some(1));
    assert!(answer.out.contains("[lineage-empty]"), "{}", answer.out);
    let answer = workspace.run(&["check", "wiki-db", &copy, "--server", "db", "--latest"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
}

#[test]
fn without_leave_to_read_nothing_is_said_about_the_archive() {
    let workspace = repository("s3://backups/cnpg", "https://s3.example.org");
    let answer = workspace.run(&["check", "gitea-db", "--latest"]);
    assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
    assert!(
        answer
            .err
            .contains("`--archive` reads it at s3://backups/cnpg, server db"),
        "{}",
        answer.err
    );
}

#[test]
fn a_name_that_fits_nothing_lists_what_there_is() {
    let workspace = repository("s3://backups/cnpg", "https://s3.example.org");
    for named in ["gitea", "db", "none/at/all"] {
        let answer = workspace.run(&["check", named, "--archive", "--latest"]);
        assert_eq!((answer.code, answer.out.as_str()), (Some(2), ""));
        for candidate in ["`apps/gitea-db`", "`apps/wiki-db`"] {
            assert!(answer.err.contains(candidate), "{named}: {}", answer.err);
        }
    }
    let answer = Workspace::plain(&[]).run(&["check", "gitea", "--archive", "--latest"]);
    assert_eq!(answer.code, Some(2));
    assert!(
        answer.err.contains("no CloudNativePG Cluster is here"),
        "{}",
        answer.err
    );
}

#[test]
fn an_archive_that_the_manifests_leave_open_has_to_be_named() {
    for (destination, says) in [
        (
            "s3://${BUCKET}/cnpg",
            "depends on a variable: s3://${BUCKET}/cnpg",
        ),
        (
            "https://account.blob.core.windows.net/x",
            "is not an S3 destination",
        ),
    ] {
        let workspace = repository(destination, "https://s3.example.org");
        let answer = workspace.run(&["check", "gitea-db", "--archive", "--latest"]);
        assert_eq!(answer.code, Some(2));
        assert!(answer.err.contains(says), "{}", answer.err);
        assert!(answer.err.contains("`--archive="), "{}", answer.err);
    }
    let workspace = repository("s3://backups/cnpg", "https://s3.example.org");
    workspace.put("db/store.yaml", "");
    let answer = workspace.run(&["check", "gitea-db", "--archive", "--latest"]);
    assert!(
        answer
            .err
            .contains("the ObjectStore `store` of `apps/gitea-db` is not among"),
        "{}",
        answer.err
    );
}
