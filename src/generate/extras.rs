//! What can stand beside a Cluster: a pooler, monitoring, alerts.

use super::spec::{Method, NewDatabase};

/// The files asked for, by name.
pub(super) fn all(database: &NewDatabase) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    if database.pooler {
        files.push(("pooler.yaml", pooler(database)));
    }
    if database.pod_monitor {
        files.push(("pod-monitor.yaml", pod_monitor(database)));
    }
    if database.prometheus_rule {
        files.push(("prometheus-rule.yaml", prometheus_rule(database)));
    }
    files
}

fn pooler(database: &NewDatabase) -> String {
    format!(
        "\
# Connect to {name}-pooler-rw instead of {name}-rw.
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata:
  name: {name}-pooler-rw
  namespace: {namespace}
spec:
  cluster:
    name: {name}
  instances: 2
  type: rw
  pgbouncer:
    poolMode: session
",
        name = database.name,
        namespace = database.namespace,
    )
}

/// Not named as the Cluster: the operator takes such a PodMonitor for its own and deletes it where `enablePodMonitor` is
/// off. Source: CNPG `internal/controller/cluster_create.go` (`createOrPatchPodMonitor`).
fn pod_monitor(database: &NewDatabase) -> String {
    format!(
        "\
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {name}-metrics
  namespace: {namespace}
spec:
  selector:
    matchLabels:
      cnpg.io/cluster: {name}
      cnpg.io/podRole: instance
  podMetricsEndpoints:
    - port: metrics
",
        name = database.name,
        namespace = database.namespace,
    )
}

/// Alerts on the two things without which there is no recovery.
/// Source of the metrics: CNPG `config/manager/default-monitoring.yaml`, plugin-barman-cloud
/// `internal/cnpgi/instance/metrics.go`.
fn prometheus_rule(database: &NewDatabase) -> String {
    let last_backup = match database.method {
        Method::Plugin => "barman_cloud_cloudnative_pg_io_last_available_backup_timestamp",
        Method::InTree => "cnpg_collector_last_available_backup_timestamp",
    };
    format!(
        "\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
  namespace: {namespace}
spec:
  groups:
    - name: {name}-recovery
      rules:
        - alert: WalArchivingFails
          expr: |-
            max by (pod) (cnpg_pg_stat_archiver_last_failed_time{{namespace=\"{namespace}\",pod=~\"{name}-[0-9]+\"}}
              - cnpg_pg_stat_archiver_last_archived_time{{namespace=\"{namespace}\",pod=~\"{name}-[0-9]+\"}}) > 1
          for: 10m
          labels:
            severity: critical
          annotations:
            summary: WAL of {namespace}/{name} is not archived; what is written now could not be recovered
        - alert: NoRecentBaseBackup
          expr: |-
            time() - max({last_backup}{{namespace=\"{namespace}\",pod=~\"{name}-[0-9]+\"}}) > 2 * 86400
          for: 1h
          labels:
            severity: warning
          annotations:
            summary: The newest base backup of {namespace}/{name} is older than two days
",
        name = database.name,
        namespace = database.namespace,
    )
}
