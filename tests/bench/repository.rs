//! A GitOps repository of 5,000 YAML files to lint: 400 databases among everything else a platform keeps in Git.

use std::fmt::Write as _;

use crate::manifests::{
    alerts, cluster, config_map, deployment, external_secret, initdb, kustomization, recovery,
    schedule, store,
};
use crate::tree::Tree;

/// How many YAML files the repository has.
pub(crate) const FILES: usize = 5000;

/// Databases whose recovery is chosen by an overlay.
const SWITCHED: usize = 100;
/// Databases in one directory each, with versioned lineages and anchors.
const VERSIONED: usize = 200;
/// Databases made by a shared component.
const COMPONENTS: usize = 100;
/// Helm charts of five templates each.
const CHARTS: usize = 20;
/// Secrets encrypted with SOPS.
const ENCRYPTED: usize = 150;
/// Custom resource definitions, the largest files of such repositories.
const DEFINITIONS: usize = 24;

/// Writes the repository.
pub(crate) fn repository(tree: &mut Tree) {
    std::fs::create_dir_all(tree.path(".git")).unwrap();
    for number in 0..SWITCHED {
        switched(tree, number);
    }
    for number in 0..VERSIONED {
        versioned(tree, number);
    }
    component(tree);
    for number in 0..COMPONENTS {
        component_user(tree, number);
    }
    for number in 0..CHARTS {
        chart(tree, number);
    }
    for number in 0..ENCRYPTED {
        encrypted(tree, number);
    }
    for number in 0..DEFINITIONS {
        definition(tree, number);
    }
    // The rest are applications without a database, six files each; the last one may have fewer.
    for number in 0.. {
        if !application(tree, number) {
            break;
        }
    }
}

/// Base without bootstrap, an overlay for each bootstrap, and a kustomization that lists one of them.
fn switched(tree: &mut Tree, number: usize) {
    let service = format!("ledger{number:03}");
    let at = format!("databases/{service}");
    let lineage = format!("{service}-pg-v{}", 2 + number % 5);
    let source = format!("{service}-pg-v{}", 1 + number % 5);
    tree.put(
        &format!("{at}/base/cluster.yaml"),
        format!(
            "# {source} was the first that was restored, see the runbook\n---\n{}",
            cluster(&service, &lineage)
        ),
    );
    tree.put(&format!("{at}/base/store.yaml"), store(&service));
    tree.put(
        &format!("{at}/base/backup.yaml"),
        schedule(&service, number),
    );
    tree.put(
        &format!("{at}/base/kustomization.yaml"),
        format!(
            "{}namespace: {service}\n",
            kustomization(["cluster.yaml", "store.yaml", "backup.yaml"])
        ),
    );
    for (overlay, bootstrap) in [
        ("initdb", initdb(&service)),
        ("recovery", recovery(&service, &service, &source)),
    ] {
        let head = format!(
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata:\n  name: {service}-pg\nspec:\n"
        );
        tree.put(
            &format!("{at}/overlays/{overlay}/bootstrap.yaml"),
            head + &bootstrap,
        );
        tree.put(
            &format!("{at}/overlays/{overlay}/kustomization.yaml"),
            kustomization(["../../base"]) + "patches:\n- path: bootstrap.yaml\n",
        );
    }
    let (on, off) = if number.is_multiple_of(7) {
        ("recovery", "initdb")
    } else {
        ("initdb", "recovery")
    };
    tree.put(
        &format!("{at}/kustomization.yaml"),
        kustomization([format!("overlays/{on}")]) + &format!("# - overlays/{off}\n"),
    );
}

/// One directory with anchors between the lineage that is read and the one that is written, applied by Flux.
fn versioned(tree: &mut Tree, number: usize) {
    let service = format!("forum{number:03}");
    let at = format!("apps/{service}");
    // One in ten recovers from what it writes.
    let generation = 1 + number % 9;
    let source = generation - usize::from(!number.is_multiple_of(10));
    let text = cluster(&service, "&current LINEAGE")
        .replace(
            "parameters:\n      barman",
            "parameters: &archive\n      barman",
        )
        .replace("LINEAGE", &format!("{service}-v{generation}"));
    let recovery = format!(
        "  # increment both when a backup is restored
  bootstrap:
    recovery:
      source: &previous {service}-v{source}
  externalClusters:
  - name: *previous
    plugin:
      name: barman-cloud.cloudnative-pg.io
      parameters:
        <<: *archive
        serverName: *previous
"
    );
    tree.put(
        &format!("{at}/app/cluster.yaml"),
        format!("---\n{text}{recovery}"),
    );
    tree.put(&format!("{at}/app/store.yaml"), store(&service));
    tree.put(&format!("{at}/app/backup.yaml"), schedule(&service, number));
    tree.put(&format!("{at}/app/deployment.yaml"), deployment(&service));
    tree.put(
        &format!("{at}/app/kustomization.yaml"),
        kustomization([
            "./cluster.yaml",
            "./store.yaml",
            "./backup.yaml",
            "./deployment.yaml",
        ]),
    );
    tree.put(&format!("{at}/ks.yaml"), flux(&service, &at));
}

fn flux(service: &str, at: &str) -> String {
    format!(
        "---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: &app {service}
  namespace: flux-system
spec:
  targetNamespace: {service}
  commonMetadata:
    labels:
      app.kubernetes.io/name: *app
  path: ./{at}/app
  prune: true
  sourceRef:
    kind: GitRepository
    name: platform
  interval: 45m
  postBuild:
    substitute:
      APP: *app
"
    )
}

/// The component that makes a database of any application.
fn component(tree: &mut Tree) {
    let cluster = cluster("${APP}", "${APP}-pg") + &recovery("${APP}", "${APP}", "${APP}-pg");
    let cluster = cluster.replace(
        "metadata:\n",
        "metadata:\n  annotations:\n    cnpg.io/skipEmptyWalArchiveCheck: enabled\n",
    );
    tree.put("components/database/cluster.yaml", cluster);
    tree.put("components/database/store.yaml", store("${APP}"));
    tree.put("components/database/backup.yaml", schedule("${APP}", 30));
    tree.put(
        "components/database/kustomization.yaml",
        kustomization(["cluster.yaml", "store.yaml", "backup.yaml"])
            .replace("v1beta1", "v1alpha1")
            .replace("kind: Kustomization", "kind: Component"),
    );
}

fn component_user(tree: &mut Tree, number: usize) {
    let service = format!("wiki{number:03}");
    let at = format!("apps/{service}");
    tree.put(
        &format!("{at}/app/helmrelease.yaml"),
        helm_release(&service),
    );
    tree.put(&format!("{at}/app/secret.yaml"), external_secret(&service));
    tree.put(
        &format!("{at}/app/kustomization.yaml"),
        kustomization(["helmrelease.yaml", "secret.yaml"])
            + "components:\n- ../../../components/database\n",
    );
    tree.put(&format!("{at}/ks.yaml"), flux(&service, &at));
}

/// An application without a database. Whether there was room for all of it.
fn application(tree: &mut Tree, number: usize) -> bool {
    let service = format!("tool{number:03}");
    let at = format!("apps/{service}");
    let names = [
        "helmrelease.yaml",
        "secret.yaml",
        "alerts.yaml",
        "settings.yaml",
    ];
    let files = [
        ("app/kustomization.yaml", kustomization(names)),
        ("app/helmrelease.yaml", helm_release(&service)),
        ("app/secret.yaml", external_secret(&service)),
        ("app/alerts.yaml", alerts(&service)),
        ("app/settings.yaml", config_map(&service)),
        ("ks.yaml", flux(&service, &at)),
    ];
    for (name, text) in files {
        if tree.files == FILES {
            return false;
        }
        tree.put(&format!("{at}/{name}"), text);
    }
    true
}

fn helm_release(service: &str) -> String {
    format!(
        "# yaml-language-server: $schema=https://schemas.example.net/helmrelease_v2.json
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {service}
spec:
  interval: 1h
  chartRef:
    kind: OCIRepository
    name: app-template
  install:
    remediation: {{retries: -1}}
  upgrade:
    cleanupOnFail: true
    remediation:
      strategy: rollback
      retries: 3
  values:
    controllers:
      {service}:
        annotations:
          reloader.stakater.com/auto: \"true\"
        containers:
          app:
            image:
              repository: registry.example.net/{service}
              tag: 2.7.1@sha256:4a5b0c1d9e8f70615243342516071829304b5c6d7e8f90a1b2c3d4e5f6071829
            env:
              TZ: Etc/UTC
              PORT: &port 8080
            envFrom:
            - secretRef:
                name: \"{{{{ .Release.Name }}}}-credentials\"
            probes:
              liveness: &probe
                enabled: true
                custom: true
                spec:
                  httpGet:
                    path: /healthz
                    port: *port
                  periodSeconds: 10
              readiness: *probe
            resources:
              requests: {{cpu: 20m}}
              limits: {{memory: 256Mi}}
    service:
      app:
        ports:
          http:
            port: *port
    persistence:
      data:
        existingClaim: {service}
        globalMounts:
        - path: /var/lib/{service}
"
    )
}

/// A Helm chart: its templates are no YAML.
fn chart(tree: &mut Tree, number: usize) {
    let at = format!("charts/tool{number:02}");
    tree.put(
        &format!("{at}/Chart.yaml"),
        format!("apiVersion: v2\nname: tool{number:02}\nversion: 0.{number}.0\n"),
    );
    tree.put(
        &format!("{at}/values.yaml"),
        "replicas: 1\nimage: {tag: latest}\n",
    );
    for name in ["deployment", "service", "config", "ingress", "account"] {
        let text = format!(
            "{{{{- if .Values.{name} }}}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{{{ include \"tool.fullname\" . }}}}-{name}
  labels:
    {{{{- include \"tool.labels\" . | nindent 4 }}}}
data:
  {{{{- toYaml .Values.{name} | nindent 2 }}}}
{{{{- end }}}}
"
        );
        tree.put(&format!("{at}/templates/{name}.yaml"), text);
    }
}

/// A Secret as SOPS leaves it.
fn encrypted(tree: &mut Tree, number: usize) {
    let mut data = String::new();
    for key in ["USER", "PASSWORD", "TOKEN"] {
        let value = format!("{:016x}", (number + 1) * 0x9e37_79b9 * key.len());
        let _ = writeln!(
            data,
            "    {key}: ENC[AES256_GCM,data:{value},iv:{value}{value},tag:{value},type:str]"
        );
    }
    let text = format!(
        "apiVersion: v1
kind: Secret
metadata:
    name: vault{number:03}
stringData:
{data}sops:
    age:
        - recipient: age1{}
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            {}
            -----END AGE ENCRYPTED FILE-----
    lastmodified: \"2026-01-09T11:12:13Z\"
    mac: ENC[AES256_GCM,data:{},type:str]
    encrypted_regex: ^(data|stringData)$
    version: 3.10.2
",
        "q".repeat(58),
        "Zm9vYmFy".repeat(8),
        "bWFj".repeat(20),
    );
    tree.put(&format!("secrets/vault{number:03}.sops.yaml"), text);
}

/// A CustomResourceDefinition of about 150 kB.
fn definition(tree: &mut Tree, number: usize) {
    let plural = format!("gadgets{number:02}");
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {plural}.example.net
spec:
  group: example.net
  names: {{kind: Gadget{number:02}, plural: {plural}}}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
"
    );
    for property in 0..60 {
        let _ = write!(
            text,
            "          part{property:02}:
            description: |-
              Part {property} of the gadget. More than one may be given where the
              controller knows how to choose between them; without any, the
              default of the cluster is used.
            type: object
            required:
            - name
            properties:
"
        );
        for field in 0..12 {
            let _ = write!(
                text,
                "              field{field:02}:
                description: Field {field} of part {property}, a quantity such as \"10Gi\".
                type: string
                pattern: '^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi)?$'
"
            );
        }
    }
    tree.put(&format!("crds/{plural}.yaml"), text);
}
