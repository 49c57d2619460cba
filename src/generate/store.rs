//! Where the archive lies, and what fills it.

use super::cluster::PLUGIN;
use super::spec::{Credentials, Method, NewDatabase};
use crate::yaml::patch::written;

/// Where an archive lies, and the Secret that opens it.
pub(super) struct Place<'p> {
    pub(super) destination: &'p str,
    pub(super) endpoint: Option<&'p str>,
    pub(super) secret: &'p str,
}

impl NewDatabase {
    /// Where it writes to.
    pub(super) fn place<'p>(&'p self, secret: &'p str) -> Place<'p> {
        Place {
            destination: &self.destination,
            endpoint: self.endpoint.as_deref(),
            secret,
        }
    }
}

/// The object store's fields as the plugin and the operator both have them, indented.
pub(super) fn configuration(place: &Place<'_>, indent: &str) -> String {
    let secret = place.secret;
    let mut lines = vec![
        "# The server name becomes the next path segment.".to_owned(),
        format!("destinationPath: {}", written(place.destination)),
    ];
    lines.extend(
        place
            .endpoint
            .map(|endpoint| format!("endpointURL: {}", written(endpoint))),
    );
    lines.extend([
        "s3Credentials:".to_owned(),
        "  accessKeyId:".to_owned(),
        format!("    name: {secret}"),
        "    key: ACCESS_KEY_ID".to_owned(),
        "  secretAccessKey:".to_owned(),
        format!("    name: {secret}"),
        "    key: ACCESS_SECRET_KEY".to_owned(),
        "wal:".to_owned(),
        "  compression: gzip".to_owned(),
        "  maxParallel: 2".to_owned(),
        "data:".to_owned(),
        "  compression: gzip".to_owned(),
    ]);
    lines
        .iter()
        .map(|line| format!("{indent}{line}\n"))
        .collect()
}

/// The ObjectStore that the database writes to.
pub(super) fn own(database: &NewDatabase) -> String {
    let secret = database.store_secret();
    let place = database.place(&secret);
    let retention = "  retentionPolicy: 14d\n";
    object_store(
        &database.object_store(),
        &database.namespace,
        retention,
        &place,
    )
}

/// An ObjectStore.
pub(super) fn object_store(
    name: &str,
    namespace: &str,
    retention: &str,
    place: &Place<'_>,
) -> String {
    let configuration = configuration(place, "    ");
    let checksums = match place.endpoint {
        Some(_) => {
            "  instanceSidecarConfiguration:
    env:
      # S3-compatible stores often refuse the checksums that newer SDKs send.
      - name: AWS_REQUEST_CHECKSUM_CALCULATION
        value: when_required
      - name: AWS_RESPONSE_CHECKSUM_VALIDATION
        value: when_required
"
        }
        None => "",
    };
    format!(
        "\
apiVersion: barmancloud.cnpg.io/v1
kind: ObjectStore
metadata:
  name: {name}
  namespace: {namespace}
spec:
{retention}  configuration:
{configuration}{checksums}"
    )
}

pub(super) fn scheduled_backup(database: &NewDatabase) -> String {
    let method = match database.method {
        Method::Plugin => format!("  method: plugin\n  pluginConfiguration:\n    name: {PLUGIN}\n"),
        Method::InTree => "  method: barmanObjectStore\n".to_owned(),
    };
    format!(
        "\
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: {name}-daily
  namespace: {namespace}
spec:
  # second minute hour day month weekday
  schedule: \"0 0 3 * * *\"
  # the first one at once: without a base backup nothing can be recovered
  immediate: true
  backupOwnerReference: none
  cluster:
    name: {name}
{method}",
        name = database.name,
        namespace = database.namespace,
    )
}

/// The ExternalSecret, where the keys come from one.
pub(super) fn credentials(database: &NewDatabase) -> Option<String> {
    let Credentials::External { store, key } = &database.credentials else {
        return None;
    };
    let secret = database.store_secret();
    Some(format!(
        "\
# The entry has to hold ACCESS_KEY_ID and ACCESS_SECRET_KEY.
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: {secret}
  namespace: {namespace}
spec:
  refreshInterval: 1h
  secretStoreRef:
    kind: ClusterSecretStore
    name: {store}
  target:
    name: {secret}
  dataFrom:
    - extract:
        key: {key}
",
        namespace = database.namespace,
        key = written(key),
    ))
}
