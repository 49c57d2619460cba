//! 300 Applications, each for a Cluster of its own and with three jq rules of its own.

use crate::manifests::cluster;
use crate::tree::Tree;

/// How many of each.
const APPLICATIONS: usize = 300;

/// Writes the repository.
pub(crate) fn repository(tree: &mut Tree) {
    std::fs::create_dir_all(tree.path(".git")).unwrap();
    for number in 0..APPLICATIONS {
        let service = format!("store{number:03}");
        tree.put(
            &format!("databases/{service}/cluster.yaml"),
            &cluster(&service, &format!("{service}-v1")),
        );
        tree.put(
            &format!("applications/{service}.yaml"),
            &application(&service),
        );
    }
}

fn application(service: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {service}
  namespace: argocd
spec:
  project: default
  source:
    repoURL: https://git.example.com/platform.git
    path: databases/{service}
    targetRevision: HEAD
  destination:
    name: in-cluster
    namespace: {service}
  ignoreDifferences:
    - group: postgresql.cnpg.io
      kind: Cluster
      jqPathExpressions:
        - select(.metadata.name == \"{service}-pg\").spec.enablePDB
        - .spec.managed.roles[]? | select(.name != \"{service}\") | .connectionLimit
        - .. | objects | select(.name? == \"{service}\") | .enabled
  syncPolicy:
    syncOptions:
      - RespectIgnoreDifferences=true
"
    )
}
