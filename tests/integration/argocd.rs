//! What Argo CD applies, as the commands tell it.

use serde_json::{Value, json};

use crate::workspace::Workspace;

const CLUSTER: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: shop, namespace: db }
spec:
  instances: 3
  storage: { size: 1Gi }
";

const COMPONENT: &str = "\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - path: patch.yaml
";

const INITDB: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: shop, namespace: db }
spec: { bootstrap: { initdb: { database: shop, owner: shop } } }
";

const RECOVERY: &str = "\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: shop, namespace: db }
spec:
  bootstrap: { recovery: { source: origin, database: shop, owner: shop } }
  externalClusters:
    - name: origin
      barmanObjectStore:
        destinationPath: s3://backups/cnpg
        serverName: shop-v1
        s3Credentials: { inheritFromIAMRole: true }
";

fn application(kustomize: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{ name: shop, namespace: argocd }}
spec:
  project: default
  source:
    repoURL: https://git.example.org/infra.git
    targetRevision: HEAD
    path: base
{kustomize}  destination: {{ server: 'https://kubernetes.default.svc', namespace: db }}
"
    )
}

fn choosing(initdb: &str, recovery: &str) -> Workspace {
    let components = format!(
        "    kustomize:\n      components:\n        {initdb}- ../components/initdb\n        {recovery}- ../components/recovery\n"
    );
    Workspace::repository(&[
        ("base/kustomization.yaml", "resources: [cluster.yaml]\n"),
        ("base/cluster.yaml", CLUSTER),
        ("components/initdb/kustomization.yaml", COMPONENT),
        ("components/initdb/patch.yaml", INITDB),
        ("components/recovery/kustomization.yaml", COMPONENT),
        ("components/recovery/patch.yaml", RECOVERY),
        ("apps/shop.yaml", &application(&components)),
    ])
}

fn databases(workspace: &Workspace) -> Value {
    let answer = workspace.run(&["status", "--format", "json"]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    serde_json::from_str::<Value>(&answer.out).unwrap()["databases"].clone()
}

#[test]
fn components_of_an_application_are_a_switch() {
    let workspace = choosing("", "# ");
    assert_eq!(databases(&workspace)[0]["mode"], "initdb");
    let answer = workspace.run(&["flip", "shop", "recovery", "--write"]);
    assert_eq!(answer.code, Some(0), "{}{}", answer.out, answer.err);
    let switched = workspace.read("apps/shop.yaml");
    assert!(
        switched.contains("        # - ../components/initdb\n        - ../components/recovery\n"),
        "{switched}"
    );
    let after = databases(&workspace);
    assert_eq!(after[0]["mode"], "recovery");
    assert_eq!(after[0]["source_lineage"]["server_name"], "shop-v1");
}

#[test]
fn none_or_both_of_them_are_an_error() {
    for (sign, found) in [
        ("", "2 bootstrap components"),
        ("# ", "no bootstrap component"),
    ] {
        let workspace = choosing(sign, sign);
        let answer = workspace.run(&["lint", "--select", "overlay-choice", "--format", "concise"]);
        assert_eq!(answer.code, Some(1), "{}", answer.err);
        assert!(answer.out.contains(found), "{}", answer.out);
        assert!(answer.out.starts_with("apps/shop.yaml:"), "{}", answer.out);
    }
}

fn applied_by(workspace: &Workspace) -> Value {
    databases(workspace)[0]["applied_by"].clone()
}

#[test]
fn status_names_who_applies_a_database_or_says_why_nobody_is_known() {
    let workspace = Workspace::repository(&[("base/cluster.yaml", CLUSTER)]);
    let nothing = "this repository has neither an Argo CD Application nor a Flux Kustomization";
    assert_eq!(
        applied_by(&workspace),
        json!({"objects": [], "unknown": nothing})
    );
    workspace.put("apps/shop.yaml", &application(""));
    let object = json!({
        "controller": "argocd", "kind": "Application", "namespace": "argocd", "name": "shop",
        "generated_by": null, "doubt": null,
    });
    assert_eq!(
        applied_by(&workspace),
        json!({"objects": [object], "unknown": null})
    );
    let text = workspace.run(&["status"]).out;
    assert!(
        text.contains("APPLIED BY") && text.contains("Argo CD argocd/shop"),
        "{text}"
    );
}

/// The checkout is known as `infra`; an Application that reads another repository says nothing of its files.
#[test]
fn a_source_in_another_repository_is_not_taken_for_this_one() {
    let workspace = Workspace::repository(&[
        ("base/cluster.yaml", CLUSTER),
        ("apps/shop.yaml", &application("")),
        (
            "apps/far.yaml",
            &application("")
                .replace("infra.git", "apps.git")
                .replace("name: shop", "name: far"),
        ),
    ]);
    let objects =
        |workspace: &Workspace| applied_by(workspace)["objects"].as_array().unwrap().len();
    assert_eq!(objects(&workspace), 2);
    let remote = "[remote \"origin\"]\n\turl = git@git.example.org:infra.git\n";
    workspace.put(".git/config", remote);
    assert_eq!(objects(&workspace), 1);
    let lint = workspace.run(&["lint", "--format", "json"]).out;
    let lint: Value = serde_json::from_str(&lint).unwrap();
    let skipped = lint["skipped"].as_array().unwrap().iter();
    let reason = "Argo CD application: a source in another repository cannot be rendered here";
    assert_eq!(
        skipped.filter(|own| own["reason"] == reason).count(),
        1,
        "{lint:#}"
    );
}

/// An ApplicationSet of which nothing is known is one thing that is not checked.
#[test]
fn what_is_unknown_is_said_once() {
    let set = "\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: all, namespace: argocd }
spec:
  generators: [{ git: { repoURL: 'https://git.example.org/x.git', revision: HEAD, directories: [{ path: nowhere/* }] } }]
  template:
    metadata: { name: '{{path.basename}}' }
    spec: { source: { path: '{{path}}' }, destination: { namespace: db } }
";
    let workspace =
        Workspace::repository(&[("base/cluster.yaml", CLUSTER), ("apps/all.yaml", set)]);
    let lint = workspace.run(&["lint", "--format", "json"]).out;
    let lint: Value = serde_json::from_str(&lint).unwrap();
    let skipped = lint["skipped"].as_array().unwrap().iter();
    let of_argocd = skipped.filter(|own| own["reason"].as_str().unwrap().starts_with("Argo CD"));
    let reasons: Vec<_> = of_argocd
        .map(|own| (&own["reason"], &own["count"]))
        .collect();
    let reason =
        json!("Argo CD application: nothing in this repository matches the generator `git`");
    assert_eq!(reasons, [(&reason, &json!(1))]);
}
