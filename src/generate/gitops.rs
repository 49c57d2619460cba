//! The object that makes a GitOps controller apply the directory.

use super::NewFile;
use super::spec::{Controller, NewDatabase};
use crate::yaml::patch::written;

pub(super) fn manifest(database: &NewDatabase) -> Option<NewFile> {
    Some(match database.controller.as_ref()? {
        Controller::ArgoCd { repository, path } => NewFile::new(
            "argocd-application.yaml",
            application(database, repository, path),
        ),
        Controller::Flux { path } => {
            NewFile::new("flux-kustomization.yaml", kustomization(database, path))
        }
    })
}

/// No automated sync and no prune: a person syncs a database. The server-side diff with mutation webhooks makes ignore
/// rules on `spec.bootstrap` needless, which would keep a recovery from ever being applied.
fn application(database: &NewDatabase, repository: &str, path: &str) -> String {
    format!(
        "\
# Apply this where your other Applications are applied.
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: db-{name}
  namespace: argocd
  annotations:
    # Everything that is rendered lies below source.path, so this covers it.
    argocd.argoproj.io/manifest-generate-paths: .
    argocd.argoproj.io/compare-options: ServerSideDiff=true,IncludeMutationWebhook=true
spec:
  project: default
  source:
    repoURL: {repository}
    targetRevision: HEAD
    path: {path}
  destination:
    server: https://kubernetes.default.svc
    namespace: {namespace}
  syncPolicy:
    # No automated sync for a database. Do not add ignoreDifferences for bootstrap or externalClusters.
    syncOptions:
      - CreateNamespace=true
      - ServerSideApply=true
",
        name = database.name,
        namespace = database.namespace,
        repository = written(repository),
        path = written(path),
    )
}

fn kustomization(database: &NewDatabase, path: &str) -> String {
    format!(
        "\
# Apply this where your other Flux Kustomizations are applied.
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: db-{name}
  namespace: flux-system
spec:
  interval: 1h
  path: {path}
  # A database is deleted by a person, never by a commit.
  prune: false
  force: false
  wait: true
  sourceRef:
    kind: GitRepository
    name: flux-system
",
        name = database.name,
        path = written(&format!("./{path}")),
    )
}
