//! Trees to render. Each is built at its directory `root`.

use crate::manifests::{
    KUSTOMIZATION, cluster, initdb, kustomization, recovery, schedule, stacks, store,
};
use crate::tree::Tree;

/// The service whose Cluster the patches are about.
const PATCHED: &str = "shop000";

/// A strategic merge patch that turns a first installation into a recovery.
fn recovery_patch() -> String {
    let head = format!(
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {PATCHED}-pg\nspec:\n"
    );
    let body = recovery(PATCHED, PATCHED, &format!("{PATCHED}-pg-v1"));
    head + &body.replace("  bootstrap:\n", "  bootstrap:\n    $patch: replace\n")
}

/// A database and one overlay: three resources in three files.
pub(crate) fn small(tree: &mut Tree) {
    let manifests = [
        (
            "cluster.yaml",
            cluster(PATCHED, "shop000-pg-v2") + &initdb(PATCHED),
        ),
        ("store.yaml", store(PATCHED)),
        ("schedule.yaml", schedule(PATCHED, 0)),
    ];
    for (name, text) in &manifests {
        tree.put(&format!("base/{name}"), text);
    }
    tree.put(
        "base/kustomization.yaml",
        kustomization(manifests.iter().map(|(name, _)| name)),
    );
    tree.put("root/recovery.yaml", recovery_patch());
    tree.put(
        "root/kustomization.yaml",
        kustomization(["../base"]) + "namespace: shop\npatches:\n- path: recovery.yaml\n",
    );
}

/// A base of 100 resources and one overlay that uses most fields.
pub(crate) fn medium(tree: &mut Tree) {
    put_files(tree, "base", 100, 5);
    tree.put("root/recovery.yaml", recovery_patch());
    let overlay = "namespace: shop
labels:
- pairs: {site: north}
commonAnnotations:
  example.net/drill: \"2026-02\"
images:
- name: registry.example.net/shop000
  newTag: 3.15.0
configMapGenerator:
- name: motd
  literals: [TEXT=restored]
patches:
- path: recovery.yaml
- target: {kind: Cluster}
  patch: |-
    - {op: replace, path: /spec/instances, value: 1}
";
    tree.put(
        "root/kustomization.yaml",
        kustomization(["../base"]) + overlay,
    );
}

/// A base of 25 resources and 200 overlays of it, all listed by one kustomization: 5,000 resources.
pub(crate) fn large(tree: &mut Tree) {
    put_files(tree, "base", 25, 5);
    for site in 0..200 {
        let overlay = format!(
            "namespace: site{site:03}
nameSuffix: -site{site:03}
labels:
- pairs: {{site: site{site:03}}}
patches:
- path: recovery.yaml
- target: {{kind: Cluster}}
  patch: |-
    - {{op: replace, path: /spec/instances, value: {}}}
",
            1 + site % 3
        );
        tree.put(
            &format!("sites/{site:03}/kustomization.yaml"),
            kustomization(["../../base"]) + &overlay,
        );
        tree.put(&format!("sites/{site:03}/recovery.yaml"), recovery_patch());
    }
    let sites = (0..200).map(|site| format!("../sites/{site:03}"));
    tree.put("root/kustomization.yaml", kustomization(sites));
}

/// 5,000 resources in 100 files of one directory, with a namespace and a label.
pub(crate) fn flat(tree: &mut Tree) {
    let names = put_manifests(tree, "root", 5000, 50);
    let fields = "namespace: shop\nlabels:\n- pairs: {site: north}\n";
    let list: String = names.iter().map(|name| format!("- {name}\n")).collect();
    tree.put(
        "root/kustomization.yaml",
        format!("{KUSTOMIZATION}{fields}resources:\n{list}"),
    );
}

/// Writes `count` manifests, `together` in a file, and a kustomization that lists them.
fn put_files(tree: &mut Tree, directory: &str, count: usize, together: usize) {
    let names = put_manifests(tree, directory, count, together);
    tree.put(
        &format!("{directory}/kustomization.yaml"),
        kustomization(names),
    );
}

fn put_manifests(tree: &mut Tree, directory: &str, count: usize, together: usize) -> Vec<String> {
    let manifests = stacks(count);
    let files = manifests.chunks(together).enumerate();
    files
        .map(|(number, texts)| {
            let name = format!("part{number:02}.yaml");
            tree.put(&format!("{directory}/{name}"), texts.join("---\n"));
            name
        })
        .collect()
}
