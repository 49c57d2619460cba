//! What stands in the way of a recovery: each is refused by name, and nothing is written.

use std::fs;

use crate::archived::{Repository, copy};
use crate::workspace::{Answer, Workspace};

const STORE: &str = "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata: {name: store, namespace: db}
spec:
  configuration: {destinationPath: s3://backups/shop}
";

fn cluster(name: &str, server: &str) -> String {
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
"
    )
}

/// Every command that would change the database refuses, says these words and leaves every byte alone.
fn refused(workspace: &Workspace, database: &str, words: &[&str]) {
    let before = listing(workspace);
    for line in [
        format!("recover {database} --unverified --write"),
        format!("recover {database} --as second --unverified --write"),
    ] {
        let answer = run(workspace, &line);
        assert_eq!(answer.code, Some(2), "{line}: {}", answer.err);
        for words in words {
            assert!(answer.err.contains(words), "{line}: {}", answer.err);
        }
        assert_eq!(listing(workspace), before, "{line}");
    }
}

fn run(workspace: &Workspace, line: &str) -> Answer {
    workspace.run(&line.split(' ').collect::<Vec<_>>())
}

/// Every file and link below the workspace, with its text.
fn listing(workspace: &Workspace) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![workspace.path().to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                found.push((name, target.display().to_string()));
            } else if path.is_dir() {
                open.push(path);
            } else {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn two_databases_of_one_name_are_listed() {
    let workspace = Workspace::repository(&[
        ("a/shop.yaml", &cluster("shop", "shop-v1")),
        ("b/shop.yaml", &cluster("shop", "shop-b-v1")),
        ("store.yaml", STORE),
    ]);
    refused(
        &workspace,
        "shop",
        &[
            "name of several databases",
            "`db/shop` in a",
            "`db/shop` in b",
        ],
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named_where_a_database_is_missing() {
    let broken = format!("{}  - not: [closed\n", cluster("shop", "shop-v1"));
    let workspace = Workspace::repository(&[("shop.yaml", &broken), ("store.yaml", STORE)]);
    refused(
        &workspace,
        "shop",
        &[
            "no CloudNativePG Cluster is here",
            "broken, so not read: shop.yaml:",
        ],
    );
    let answer = run(&workspace, "status");
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert!(answer.err.contains("shop.yaml:"), "{}", answer.err);
    workspace.put("wiki.yaml", &cluster("wiki", "wiki-v1"));
    refused(
        &workspace,
        "shop",
        &[
            "no database is called `shop`",
            "broken, so not read: shop.yaml:",
        ],
    );
}

#[test]
fn a_lineage_that_sops_encrypted_is_not_edited() {
    let lineage = "ENC[AES256_GCM,data:abc=,iv:def=,tag:ghi=,type:str]";
    let encrypted = format!("{}sops:\n  mac: ENC[abc]\n", cluster("shop", lineage));
    // Alone the file is not read; a kustomization renders it all the same.
    let workspace = Workspace::repository(&[("shop.yaml", &encrypted), ("store.yaml", STORE)]);
    refused(&workspace, "shop", &["as SOPS encrypted them: shop.yaml"]);
    workspace.put("kustomization.yaml", "resources: [shop.yaml, store.yaml]\n");
    refused(&workspace, "shop", &["shop.yaml:", "encrypted by SOPS"]);
    // Where another field is encrypted, an edit would break the checksum of the file.
    let other = format!("{}sops:\n  mac: ENC[abc]\n", cluster("shop", "shop-v1"));
    workspace.put("shop.yaml", &other);
    let answer = run(&workspace, "recover shop --unverified --write");
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert!(answer.err.contains("encrypted by SOPS"), "{}", answer.err);
    assert_eq!(workspace.read("shop.yaml"), other);
    // A variable of Flux may come from an encrypted file too.
    let flux = "\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec:
  path: ./app
  postBuild:
    substitute:
      LINEAGE: ENC[AES256_GCM,data:abc=,iv:def=,tag:ghi=,type:str]
sops:
  version: 3.9.0
";
    let workspace = Workspace::repository(&[
        ("app/shop.yaml", &cluster("shop", "${LINEAGE}")),
        ("app/store.yaml", STORE),
        ("ks.yaml", flux),
    ]);
    refused(&workspace, "shop", &["encrypted by SOPS"]);
}

#[test]
fn a_lineage_of_variables_that_nobody_knows_here_is_named() {
    let workspace = Workspace::repository(&[
        ("shop.yaml", &cluster("shop", "${SHOP_LINEAGE}")),
        ("store.yaml", STORE),
    ]);
    refused(
        &workspace,
        "shop",
        &["made of variables whose values are not known here", "--to"],
    );
    let answer = run(&workspace, "recover shop --to shop-v2 --unverified --write");
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert!(answer.err.contains("not known here"), "{}", answer.err);
    assert_eq!(
        workspace.read("shop.yaml"),
        cluster("shop", "${SHOP_LINEAGE}")
    );
}

#[test]
fn a_lineage_in_use_and_a_target_in_the_future_are_refused() {
    let workspace = Workspace::repository(&[
        ("shop.yaml", &cluster("shop", "shop-v1")),
        ("other.yaml", &cluster("other", "shop-v2")),
        ("store.yaml", STORE),
    ]);
    refused(
        &workspace,
        "shop --to shop-v2",
        &["the lineage `shop-v2` is in use: other.yaml:"],
    );
    refused(
        &workspace,
        "shop --target-time 2999-01-01T00:00:00Z",
        &["lies in the future"],
    );
}

/// A database whose recovery overlay is reached through a link.
#[cfg(unix)]
fn linked() -> Workspace {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::repository(&[
        (
            "db/kustomization.yaml",
            "resources:\n  - overlays/initdb\n  # - overlays/recovery\n",
        ),
        (
            "db/base/kustomization.yaml",
            "resources: [shop.yaml, store.yaml]\n",
        ),
        (
            "db/base/shop.yaml",
            &cluster("shop", "shop-v1").replace(
                "  bootstrap:\n    initdb: {database: shop, owner: shop}\n",
                "",
            ),
        ),
        ("db/base/store.yaml", STORE),
        (
            "db/overlays/initdb/kustomization.yaml",
            "resources: [../../base]\npatches:\n- target: {kind: Cluster}\n  patch: |\n    - {op: add, path: /spec/bootstrap, value: {initdb: {database: shop, owner: shop}}}\n",
        ),
        (
            "shared/recovery/kustomization.yaml",
            "resources: [../../db/base]\npatches:\n- path: recovery.yaml\n",
        ),
        (
            "shared/recovery/recovery.yaml",
            "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: shop, namespace: db}
spec:
  bootstrap:
    recovery: {source: shop-v0, database: shop, owner: shop}
  externalClusters:
  - name: shop-v0
    plugin:
      name: barman-cloud.cloudnative-pg.io
      parameters: {barmanObjectName: store, serverName: shop-v0}
",
        ),
    ]);
    symlink(
        "../../shared/recovery",
        workspace.path().join("db/overlays/recovery"),
    )
    .unwrap();
    workspace
}

#[cfg(unix)]
#[test]
fn an_overlay_behind_a_link_is_not_written_through() {
    let workspace = linked();
    let before = listing(&workspace);
    let answer = run(&workspace, "recover shop --unverified --write");
    assert_eq!(answer.code, Some(2), "{}", answer.err);
    assert!(answer.err.contains("symbolic link"), "{}", answer.err);
    assert_eq!(listing(&workspace), before);
}

#[cfg(unix)]
#[test]
fn a_tree_that_is_read_only_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::repository(&[
        ("db/shop.yaml", &cluster("shop", "shop-v1")),
        ("db/store.yaml", STORE),
    ]);
    let mode = |directory: &str, mode| {
        let path = workspace.path().join(directory);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for directory in ["db", "."] {
        mode(directory, 0o555);
        refused(&workspace, "shop", &["read-only", "nothing was written"]);
        mode(directory, 0o755);
    }
    assert_eq!(
        run(&workspace, "recover shop --unverified --write").code,
        Some(0)
    );
}

#[test]
fn a_file_that_is_in_the_way_stops_a_commit() {
    let repository = Repository::new("refused-dirty").with_git();
    let text = repository.tree()["shop.yaml"].clone();
    repository.put("shop.yaml", &format!("# mine\n{text}"));
    repository.put("second.yaml", "# mine\n");
    let before = repository.tree();
    for (line, words) in [
        (
            "recover shop --archive --write --commit",
            "other changes that are not committed: shop.yaml",
        ),
        (
            "recover shop --as second --archive --write --commit",
            "second.yaml is there already",
        ),
    ] {
        let (code, _, said) = repository.run(line);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(repository.tree(), before);
    }
}

#[test]
fn an_inventory_that_does_not_bear_the_recovery_out_shows_no_diff() {
    let repository = Repository::new("refused-inventory");
    for line in [
        "inventory ../bucket -o inventory.json",
        "inventory ../bucket --server db -o one.json",
    ] {
        let (code, _, said) = repository.run(line);
        assert_eq!(code, 0, "{said}");
    }
    copy(&repository.bucket(), &repository.0.join("away"));
    fs::remove_dir_all(repository.bucket()).unwrap();
    let configured = |file: &str| {
        let text = format!("databases:\n  - name: store\n    path: .\n    inventory: {file}\n");
        repository.put(".walbound.yaml", &text);
    };
    let expect = |line: &str, expected: i32, shown: bool| {
        let (code, diff, said) = repository.run(line);
        assert_eq!(code, expected, "{line}: {said}");
        assert_eq!(diff.contains("+++ b/shop.yaml"), shown, "{line}: {said}");
    };
    // Nothing at hand: the diff is shown, but not written.
    expect("recover shop", 1, true);
    expect("recover shop --write", 3, false);
    for write in ["", " --write"] {
        expect(
            &format!("recover shop --inventory one.json{write}"),
            3,
            false,
        );
        expect(
            &format!("recover shop --inventory missing.json{write}"),
            3,
            false,
        );
        configured("one.json");
        expect(&format!("recover shop{write}"), 3, false);
        fs::remove_file(repository.root().join(".walbound.yaml")).unwrap();
    }
    expect("recover shop --inventory one.json --unverified", 1, true);
    expect("recover shop --inventory inventory.json", 1, true);
    configured("inventory.json");
    expect("recover shop", 1, true);
}
