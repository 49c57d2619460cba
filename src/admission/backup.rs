//! Archives and backups of a Cluster.

use super::Refusal;
use super::check::{Check, Look, Release};
use super::credentials::{Problem, problems};
use super::manifest::Manifest;
use super::tablespaces;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/bos-no-creds",
        "backup.barmanObjectStore",
        "object store without credentials",
        Look::Many(|manifest| of(manifest, Problem::None)),
    ),
    Check::error(
        "admission/bos-many-creds",
        "backup.barmanObjectStore",
        "object store with credentials of several providers",
        Look::Many(|manifest| of(manifest, Problem::Many)),
    ),
    Check::error(
        "admission/s3-partial",
        "backup.barmanObjectStore.s3Credentials",
        "one of the two S3 keys",
        Look::Many(|manifest| of(manifest, Problem::S3Partial)),
    ),
    Check::error(
        "admission/s3-none",
        "backup.barmanObjectStore.s3Credentials",
        "S3 credentials with neither keys nor a role",
        Look::Many(|manifest| of(manifest, Problem::S3None)),
    ),
    Check::error(
        "admission/s3-many",
        "backup.barmanObjectStore.s3Credentials",
        "S3 credentials with both keys and a role",
        Look::Many(|manifest| of(manifest, Problem::S3Many)),
    ),
    Check::error(
        "admission/azure-one-of",
        "backup.barmanObjectStore.azureCredentials",
        "Azure credentials with no or several ways to log in",
        Look::Many(|manifest| of(manifest, Problem::AzureOneOf)),
    ),
    Check::error(
        "admission/azure-connstr-exclusive",
        "backup.barmanObjectStore.azureCredentials",
        "Azure connection string with other credentials",
        Look::Many(|manifest| of(manifest, Problem::AzureConnection)),
    ),
    Check::error(
        "admission/azure-needs-account",
        "backup.barmanObjectStore.azureCredentials",
        "Azure key or token without the storage account",
        Look::Many(|manifest| of(manifest, Problem::AzureAccount)),
    ),
    Check::error(
        "admission/gcs-missing",
        "backup.barmanObjectStore.googleCredentials",
        "Google credentials with neither a Secret nor the GKE environment",
        Look::Many(|manifest| of(manifest, Problem::GoogleNone)),
    ),
    Check::error(
        "admission/gcs-both",
        "backup.barmanObjectStore.googleCredentials",
        "Google credentials with both a Secret and the GKE environment",
        Look::Many(|manifest| of(manifest, Problem::GoogleBoth)),
    ),
    Check::error(
        "admission/retention-format",
        "backup.retentionPolicy",
        "retention other than a number of days, weeks or months",
        Look::Whole(retention),
    ),
    Check::error(
        "admission/tbs-snapshotclass-unknown",
        "backup.volumeSnapshot.tablespaceClassName",
        "snapshot class for a tablespace that is not there",
        Look::Many(snapshot_classes),
    ),
    Check::error(
        "admission/plugin-vs-bos",
        "plugins",
        "plugin that archives beside the in-tree object store",
        Look::Whole(plugin_and_store),
    )
    .since(ARCHIVERS),
    Check::error(
        "admission/plugin-two-archivers",
        "plugins",
        "two plugins that archive",
        Look::Whole(two_archivers),
    )
    .since(ARCHIVERS),
];

const ARCHIVERS: &[Release] = &[Release(24, 3), Release(25, 1)];

fn of(manifest: &Manifest<'_>, problem: Problem) -> Vec<Refusal> {
    let store = manifest.spec(&["backup", "barmanObjectStore"]);
    let found = problems(&store).into_iter();
    found
        .filter(|(kind, _)| *kind == problem)
        .map(|(_, refusal)| refusal)
        .collect()
}

/// The operator looks at the end of the text only; the schema looks at all of it.
fn retention(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = manifest.spec(&["backup", "retentionPolicy"]);
    let policy = field.given_text()?;
    let number = policy.strip_suffix(['d', 'w', 'm']).unwrap_or("");
    let fits = number.bytes().all(|byte| byte.is_ascii_digit())
        && number.bytes().next().is_some_and(|first| first != b'0');
    (!fits).then(|| {
        field
            .refuse(format!("`{policy}` is no retention policy"))
            .help("write a number with d, w or m for days, weeks or months: `30d`")
    })
}

fn snapshot_classes(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let classes = manifest.spec(&["backup", "volumeSnapshot", "tablespaceClassName"]);
    let names = tablespaces::names(manifest);
    let unknown = classes
        .entries()
        .into_iter()
        .filter(|(name, _)| names.as_ref().is_some_and(|names| !names.contains(name)));
    unknown
        .map(|(name, field)| field.refuse(format!("tablespace `{name}` is not defined")))
        .collect()
}

/// The enabled plugins that archive, by index.
fn archivers(manifest: &Manifest<'_>) -> Vec<Refusal> {
    let plugins = manifest.spec(&["plugins"]).items().into_iter();
    let archives = plugins.filter(|plugin| {
        plugin.get("enabled").flag_or(true) == Some(true)
            && plugin.get("isWALArchiver").flag_or(false) == Some(true)
    });
    archives
        .map(|plugin| plugin.get("isWALArchiver").refuse(""))
        .collect()
}

fn plugin_and_store(manifest: &Manifest<'_>) -> Option<Refusal> {
    let store = manifest.spec(&["backup", "barmanObjectStore"]);
    let archiver = archivers(manifest).into_iter().next()?;
    store.is_set().then(|| Refusal {
        message: "a plugin archives the WAL, and `backup.barmanObjectStore` does so too".to_owned(),
        help: Some(
            "remove one of them; the plugin takes the in-tree object store's place".to_owned(),
        ),
        ..archiver
    })
}

fn two_archivers(manifest: &Manifest<'_>) -> Option<Refusal> {
    let second = archivers(manifest).into_iter().nth(1)?;
    Some(Refusal {
        message: "a second plugin archives the WAL".to_owned(),
        help: Some("leave `isWALArchiver: true` with one plugin".to_owned()),
        ..second
    })
}
