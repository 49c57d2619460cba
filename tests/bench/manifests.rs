//! Texts of the manifests that surround a database, as people write them.

/// Head of every kustomization file.
pub(crate) const KUSTOMIZATION: &str =
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

/// A kustomization that lists `resources`.
pub(crate) fn kustomization<S: AsRef<str>>(resources: impl IntoIterator<Item = S>) -> String {
    let items = resources
        .into_iter()
        .map(|item| format!("- {}\n", item.as_ref()));
    format!("{KUSTOMIZATION}resources:\n{}", items.collect::<String>())
}

/// A Cluster that archives to the lineage `lineage` and has no bootstrap.
pub(crate) fn cluster(service: &str, lineage: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: {service}-pg
  labels:
    app.kubernetes.io/part-of: {service}
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.5-standard-bookworm
  enableSuperuserAccess: false
  primaryUpdateMethod: switchover
  storage:
    size: 12Gi
    storageClass: local-nvme
  walStorage:
    size: 4Gi
    storageClass: local-nvme
  affinity:
    topologyKey: kubernetes.io/hostname
    podAntiAffinityType: required
  resources:
    requests: {{cpu: 250m, memory: 768Mi}}
    limits: {{memory: 1536Mi}}
  postgresql:
    parameters:
      # as many as the poolers may open, and some for people
      max_connections: \"150\"
      shared_buffers: 384MB
      work_mem: 6MB
      random_page_cost: \"1.1\"
      track_io_timing: \"on\"
  plugins:
  - name: barman-cloud.cloudnative-pg.io
    isWALArchiver: true
    parameters:
      barmanObjectName: {service}-archive
      serverName: {lineage}
"
    )
}

/// `spec.bootstrap` of a first installation.
pub(crate) fn initdb(database: &str) -> String {
    format!(
        "  bootstrap:
    initdb:
      database: {database}
      owner: {database}
      dataChecksums: true
      postInitApplicationSQL:
      - CREATE EXTENSION IF NOT EXISTS pg_trgm
"
    )
}

/// `spec.bootstrap` and `spec.externalClusters` of a recovery from the lineage `source`.
pub(crate) fn recovery(service: &str, database: &str, source: &str) -> String {
    format!(
        "  bootstrap:
    recovery:
      source: before
      database: {database}
      owner: {database}
  externalClusters:
  - name: before
    plugin:
      name: barman-cloud.cloudnative-pg.io
      parameters:
        barmanObjectName: {service}-archive
        serverName: {source}
"
    )
}

/// The ObjectStore of a service.
pub(crate) fn store(service: &str) -> String {
    format!(
        "apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: {service}-archive
spec:
  retentionPolicy: 21d
  configuration:
    destinationPath: s3://pg-archive/{service}
    endpointURL: https://minio.backup.example.net
    s3Credentials:
      accessKeyId: {{name: pg-archive, key: id}}
      secretAccessKey: {{name: pg-archive, key: secret}}
    wal:
      compression: zstd
      maxParallel: 6
    data:
      compression: gzip
      jobs: 2
"
    )
}

/// The ScheduledBackup of a service, at a minute of its own.
pub(crate) fn schedule(service: &str, minute: usize) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: {service}-nightly
spec:
  schedule: \"0 {} 2 * * *\"
  immediate: true
  backupOwnerReference: cluster
  cluster:
    name: {service}-pg
  method: plugin
  pluginConfiguration:
    name: barman-cloud.cloudnative-pg.io
",
        minute % 60
    )
}

fn pooler(service: &str) -> String {
    format!(
        "apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  name: {service}-pool
spec:
  cluster:
    name: {service}-pg
  type: rw
  instances: 2
  pgbouncer:
    poolMode: transaction
    parameters:
      default_pool_size: \"20\"
"
    )
}

/// An ExternalSecret of a service.
pub(crate) fn external_secret(service: &str) -> String {
    format!(
        "apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {service}-credentials
spec:
  refreshInterval: 30m
  secretStoreRef:
    kind: ClusterSecretStore
    name: vault
  target:
    name: {service}-credentials
    template:
      data:
        token: \"{{{{ .token }}}}\"
  dataFrom:
  - extract:
      key: apps/{service}
"
    )
}

/// A PrometheusRule of a service.
pub(crate) fn alerts(service: &str) -> String {
    format!(
        "apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {service}-alerts
spec:
  groups:
  - name: {service}
    rules:
    - alert: ArchiveLate
      expr: |
        time() - max by (pod) (
          cnpg_pg_stat_archiver_last_archived_time{{pod=~\"{service}-pg-.*\"}}
        ) > 900
      for: 5m
      labels:
        severity: page
      annotations:
        summary: >-
          WAL of {service} was last archived
          {{{{ $value | humanizeDuration }}}} ago
    - alert: ReplicaBehind
      expr: cnpg_pg_replication_lag{{pod=~\"{service}-pg-.*\"}} > 120
      for: 10m
      labels: {{severity: ticket}}
"
    )
}

/// A ConfigMap of a service.
pub(crate) fn config_map(service: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: {service}-settings
data:
  LOG_LEVEL: info
  PGHOST: {service}-pool
  PGDATABASE: {service}
  routes.toml: |
    # who may call what
    [public]
    paths = [\"/healthz\", \"/api/{service}\"]
    [internal]
    paths = [\"/metrics\"]
"
    )
}

fn service_port(service: &str) -> String {
    format!(
        "apiVersion: v1
kind: Service
metadata:
  name: {service}
spec:
  selector:
    app.kubernetes.io/name: {service}
  ports:
  - name: http
    port: 80
    targetPort: http
"
    )
}

/// A Deployment of a service.
pub(crate) fn deployment(service: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {service}
  annotations:
    reloader.stakater.com/auto: \"true\"
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: {service}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {service}
    spec:
      serviceAccountName: {service}
      containers:
      - name: server
        image: registry.example.net/{service}:3.14.1
        ports:
        - name: http
          containerPort: 8080
        envFrom:
        - configMapRef:
            name: {service}-settings
        env:
        - name: PGPASSWORD
          valueFrom:
            secretKeyRef: {{name: {service}-pg-app, key: password}}
        readinessProbe:
          httpGet: {{path: /healthz, port: http}}
          periodSeconds: 5
        resources:
          requests: {{cpu: 50m, memory: 96Mi}}
          limits: {{memory: 192Mi}}
"
    )
}

fn cron_job(service: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: CronJob
metadata:
  name: {service}-sweep
spec:
  schedule: \"17 * * * *\"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
          - name: sweep
            image: registry.example.net/{service}:3.14.1
            args: [sweep, --older-than, 36h]
            envFrom:
            - configMapRef: {{name: {service}-settings}}
"
    )
}

/// The ten manifests of one service with a database.
pub(crate) fn stack(number: usize) -> [String; 10] {
    let service = format!("shop{number:03}");
    let cluster = cluster(&service, &format!("{service}-pg-v2")) + &initdb(&service);
    [
        cluster,
        store(&service),
        schedule(&service, number),
        pooler(&service),
        external_secret(&service),
        alerts(&service),
        config_map(&service),
        service_port(&service),
        deployment(&service),
        cron_job(&service),
    ]
}

/// The first `count` manifests of as many services as it takes.
pub(crate) fn stacks(count: usize) -> Vec<String> {
    (0..).flat_map(stack).take(count).collect()
}
