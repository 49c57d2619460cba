//! A repository that Argo CD applies: an Application with rules of its own for each database.

use crate::manifests::{cluster, initdb, kustomization, schedule, store};
use crate::tree::Tree;

/// Applications, and as many databases.
pub(crate) const APPLICATIONS: usize = 300;

/// Writes the repository. A third of the Applications come from an ApplicationSet.
pub(crate) fn repository(tree: &mut Tree) {
    for at in 0..APPLICATIONS {
        let service = format!("service{at:03}");
        let directory = format!("db/{}/{service}", if at % 3 == 0 { "set" } else { "own" });
        let manifest = cluster(&service, &format!("{service}-v1")) + &initdb("app");
        tree.put(&format!("{directory}/cluster.yaml"), manifest);
        tree.put(&format!("{directory}/store.yaml"), store(&service));
        tree.put(
            &format!("{directory}/schedule.yaml"),
            schedule(&service, at),
        );
        let files = ["cluster.yaml", "store.yaml", "schedule.yaml"];
        tree.put(
            &format!("{directory}/kustomization.yaml"),
            kustomization(files),
        );
        if at % 3 != 0 {
            tree.put(
                &format!("apps/{service}.yaml"),
                application(&service, &directory),
            );
        }
    }
    tree.put("apps/set.yaml", SET);
}

/// What an Application ignores: three rules in jq.
const IGNORED: &str = "ignoreDifferences:
    - group: postgresql.cnpg.io
      kind: Cluster
      jqPathExpressions:
      - .spec.postgresql.parameters | select(. == {}) | .shared_buffers
      - .spec.managed.roles[]?.connectionLimit
      - .spec | .[(keys[] | select(test(\"^enable\")))]
";

fn application(service: &str, directory: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {service}
  namespace: argocd
  annotations:
    argocd.argoproj.io/manifest-generate-paths: /{directory}
spec:
  project: default
  source: {{repoURL: https://git.example.org/infra.git, targetRevision: HEAD, path: {directory}}}
  destination: {{server: https://kubernetes.default.svc, namespace: {service}}}
  {IGNORED}"
    )
}

const SET: &str = "apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: databases, namespace: argocd}
spec:
  goTemplate: true
  generators:
  - git:
      repoURL: https://git.example.org/infra.git
      revision: HEAD
      directories: [{path: db/set/*}]
  template:
    metadata:
      name: '{{ .path.basename | trimPrefix \"service\" | printf \"db-%s\" }}'
    spec:
      project: default
      source: {repoURL: https://git.example.org/infra.git, targetRevision: HEAD, path: '{{ .path.path }}'}
      destination: {server: https://kubernetes.default.svc, namespace: '{{ .path.basename }}'}
      ignoreDifferences:
      - group: postgresql.cnpg.io
        kind: Cluster
        jqPathExpressions: [.spec.enablePDB, .spec.logLevel, '.spec.affinity.topologyKey?']
";
