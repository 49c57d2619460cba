//! How a Cluster comes to be: initdb, import, recovery and its sources.

use super::Refusal;
use super::check::{Check, Look};
use super::external;
use super::field::Field;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/bootstrap-single",
        "bootstrap",
        "more than one bootstrap method",
        Look::Whole(single_method),
    ),
    Check::error(
        "admission/initdb-database-missing",
        "bootstrap.initdb.database",
        "owner without a database, in a monolith import",
        Look::Whole(initdb_database),
    ),
    Check::error(
        "admission/initdb-walseg-pow2",
        "bootstrap.initdb.walSegmentSize",
        "WAL segment size that is no power of two",
        Look::Whole(segment_size),
    ),
    Check::error(
        "admission/initdb-appsql-secretref",
        "bootstrap.initdb.postInitApplicationSQLRefs.secretRefs",
        "reference to a Secret without name or key",
        Look::Each(SECRET_REFS, incomplete_reference),
    ),
    Check::error(
        "admission/initdb-appsql-cmref",
        "bootstrap.initdb.postInitApplicationSQLRefs.configMapRefs",
        "reference to a ConfigMap without name or key",
        Look::Each(CONFIG_MAP_REFS, incomplete_reference),
    ),
    Check::error(
        "admission/import-type",
        "bootstrap.initdb.import.type",
        "import that is neither microservice nor monolith",
        Look::Whole(import_type),
    ),
    Check::error(
        "admission/import-micro-one-db",
        "bootstrap.initdb.import.databases",
        "microservice import of no or several databases",
        Look::Whole(micro_databases),
    ),
    Check::error(
        "admission/import-micro-no-roles",
        "bootstrap.initdb.import.roles",
        "microservice import with roles",
        Look::Whole(micro_roles),
    ),
    Check::error(
        "admission/import-micro-no-wildcard",
        "bootstrap.initdb.import.databases",
        "microservice import with a wildcard",
        Look::Whole(micro_wildcard),
    ),
    Check::error(
        "admission/import-mono-needs-db",
        "bootstrap.initdb.import.databases",
        "monolith import of no database",
        Look::Whole(mono_databases),
    ),
    Check::error(
        "admission/import-mono-db-wildcard",
        "bootstrap.initdb.import.databases",
        "`*` beside names of databases",
        Look::Whole(|manifest| mono_wildcard(manifest, "databases")),
    ),
    Check::error(
        "admission/import-mono-role-wildcard",
        "bootstrap.initdb.import.roles",
        "`*` beside names of roles",
        Look::Whole(|manifest| mono_wildcard(manifest, "roles")),
    ),
    Check::error(
        "admission/import-mono-no-postsql",
        "bootstrap.initdb.import.postImportApplicationSQL",
        "statements after a monolith import",
        Look::Whole(mono_statements),
    ),
    Check::error(
        "admission/basebackup-source",
        "bootstrap.pg_basebackup.source",
        "source that is no external cluster",
        Look::Whole(basebackup_source),
    ),
    Check::error(
        "admission/recovery-source-unknown",
        "bootstrap.recovery.source",
        "source that is no external cluster",
        Look::Whole(recovery_source),
    )
    .told_by("recovery-source-undefined"),
    Check::error(
        "admission/recovery-source-empty",
        "bootstrap.recovery.source",
        "source without connection, plugin or object store",
        Look::Whole(recovery_source_empty),
    )
    .told_by("recovery-source-without-archive"),
    Check::error(
        "admission/snapshot-vs-backup",
        "bootstrap.recovery.backup",
        "backup together with volume snapshots",
        Look::Whole(snapshots_and_backup),
    ),
    Check::error(
        "admission/snapshot-vs-backupid",
        "bootstrap.recovery.recoveryTarget.backupID",
        "backup id together with volume snapshots",
        Look::Whole(snapshots_and_id),
    ),
    Check::error(
        "admission/snapshot-kind",
        "bootstrap.recovery.volumeSnapshots.storage",
        "data from something other than a VolumeSnapshot or a PersistentVolumeClaim",
        Look::Whole(|manifest| snapshot_kind(manifest, "storage")),
    ),
    Check::error(
        "admission/snapshot-wal-kind",
        "bootstrap.recovery.volumeSnapshots.walStorage",
        "WAL from something other than a VolumeSnapshot or a PersistentVolumeClaim",
        Look::Whole(|manifest| snapshot_kind(manifest, "walStorage")),
    ),
    Check::error(
        "admission/snapshot-wal-nostorage",
        "bootstrap.recovery.volumeSnapshots.walStorage",
        "snapshot of a WAL volume for a Cluster without one",
        Look::Whole(snapshot_without_volume),
    ),
];

const SECRET_REFS: &[&str] = &[
    "spec",
    "bootstrap",
    "initdb",
    "postInitApplicationSQLRefs",
    "secretRefs",
];
const CONFIG_MAP_REFS: &[&str] = &[
    "spec",
    "bootstrap",
    "initdb",
    "postInitApplicationSQLRefs",
    "configMapRefs",
];

fn initdb<'m>(manifest: &Manifest<'m>) -> Field<'m> {
    manifest.spec(&["bootstrap", "initdb"])
}

fn recovery<'m>(manifest: &Manifest<'m>) -> Field<'m> {
    manifest.spec(&["bootstrap", "recovery"])
}

fn single_method(manifest: &Manifest<'_>) -> Option<Refusal> {
    let bootstrap = manifest.spec(&["bootstrap"]);
    let methods = ["initdb", "recovery", "pg_basebackup"].into_iter();
    let given: Vec<&str> = methods
        .filter(|method| bootstrap.get(method).is_set())
        .collect();
    let last = given.last().filter(|_| given.len() > 1)?;
    let message = format!(
        "bootstrap has {} methods: {}",
        given.len(),
        given.join(", ")
    );
    Some(bootstrap.get(last).refuse(message).help("keep one of them"))
}

fn initdb_database(manifest: &Manifest<'_>) -> Option<Refusal> {
    let database = initdb(manifest).get("database");
    let owner = initdb(manifest).get("owner").given_text()?;
    database
        .text()?
        .is_empty()
        .then(|| database.refuse(format!("owner `{owner}` is given without a database")))
}

fn segment_size(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = initdb(manifest).get("walSegmentSize");
    let size = field.number()?;
    (size != 0 && (size < 0 || size & (size - 1) != 0)).then(|| {
        let message = format!("WAL segments of {size} MB: the size must be a power of two");
        field.refuse(message)
    })
}

fn incomplete_reference<'m>(item: &Field<'m>, _: &Manifest<'m>) -> Option<Refusal> {
    let (name, key) = (item.get("name").text()?, item.get("key").text()?);
    let missing = match (name.is_empty(), key.is_empty()) {
        (true, true) => "name and key",
        (true, false) => "name",
        (false, true) => "key",
        (false, false) => return None,
    };
    Some(item.refuse(format!("reference to SQL has no {missing}")))
}

/// The import, where it has this type.
fn import<'m>(manifest: &Manifest<'m>, kind: &str) -> Option<Field<'m>> {
    let import = initdb(manifest).get("import");
    (import.get("type").text()? == kind).then_some(import)
}

fn import_type(manifest: &Manifest<'_>) -> Option<Refusal> {
    let import = initdb(manifest).get("import");
    if !import.is_set() {
        return None;
    }
    let kind = import.get("type");
    match kind.text()? {
        "microservice" | "monolith" => None,
        other => {
            let message = format!("`{other}` is no type of import: microservice or monolith");
            Some(kind.refuse(message))
        }
    }
}

/// The texts of a list; `None` where one of them, or the list, is not known.
fn texts<'m>(list: &Field<'m>) -> Option<Vec<&'m str>> {
    if list.is_variable() {
        return None;
    }
    list.items().iter().map(Field::text).collect()
}

fn micro_databases(manifest: &Manifest<'_>) -> Option<Refusal> {
    let databases = import(manifest, "microservice")?.get("databases");
    let count = databases.items().len();
    (count != 1 && !databases.is_variable()).then(|| {
        let message = format!("a microservice import takes one database, here are {count}");
        databases.refuse(message)
    })
}

fn micro_roles(manifest: &Manifest<'_>) -> Option<Refusal> {
    let roles = import(manifest, "microservice")?.get("roles");
    let message = "a microservice import takes no roles";
    roles.has_content().then(|| roles.refuse(message))
}

fn micro_wildcard(manifest: &Manifest<'_>) -> Option<Refusal> {
    let items = import(manifest, "microservice")?.get("databases").items();
    let [only] = items.as_slice() else {
        return None;
    };
    let message = "a microservice import takes no wildcard";
    only.text()?.contains('*').then(|| only.refuse(message))
}

fn mono_databases(manifest: &Manifest<'_>) -> Option<Refusal> {
    let databases = import(manifest, "monolith")?.get("databases");
    let empty = databases.items().is_empty() && !databases.is_variable();
    empty.then(|| databases.refuse("a monolith import takes at least one database"))
}

fn mono_wildcard(manifest: &Manifest<'_>, list: &'static str) -> Option<Refusal> {
    let list = import(manifest, "monolith")?.get(list);
    let texts = texts(&list)?;
    (texts.len() > 1 && texts.contains(&"*"))
        .then(|| list.refuse("`*` stands for all of them and cannot be combined with names"))
}

fn mono_statements(manifest: &Manifest<'_>) -> Option<Refusal> {
    let statements = import(manifest, "monolith")?.get("postImportApplicationSQL");
    let message = "a monolith import runs no statements afterwards";
    statements.has_content().then(|| statements.refuse(message))
}

fn basebackup_source(manifest: &Manifest<'_>) -> Option<Refusal> {
    let section = manifest.spec(&["bootstrap", "pg_basebackup"]);
    if !section.is_set() {
        return None;
    }
    external::unknown(manifest, &section.get("source"))
}

fn recovery_source(manifest: &Manifest<'_>) -> Option<Refusal> {
    let source = recovery(manifest).get("source");
    source.given_text()?;
    external::unknown(manifest, &source)
}

fn recovery_source_empty(manifest: &Manifest<'_>) -> Option<Refusal> {
    let source = recovery(manifest).get("source");
    let name = source.given_text()?;
    let entry = external::find(manifest, name)?;
    (!external::has_access(&entry)).then(|| {
        let message = format!("external cluster `{name}` has nothing to recover from");
        source
            .refuse(message)
            .help("give it a plugin, an object store or connection parameters")
    })
}

/// The recovery from snapshots, if it is one.
fn snapshots<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let snapshots = recovery(manifest).get("volumeSnapshots");
    snapshots.is_set().then_some(snapshots)
}

fn snapshots_and_backup(manifest: &Manifest<'_>) -> Option<Refusal> {
    snapshots(manifest)?;
    let backup = recovery(manifest).get("backup");
    let message = "recovery from a backup and from volume snapshots at once";
    backup
        .is_set()
        .then(|| backup.refuse(message).help("keep one of them"))
}

fn snapshots_and_id(manifest: &Manifest<'_>) -> Option<Refusal> {
    snapshots(manifest)?;
    if recovery(manifest).get("backup").is_set() {
        return None;
    }
    let id = recovery(manifest).at(&["recoveryTarget", "backupID"]);
    let given = id.is_set() && id.raw_text() != Some("");
    given.then(|| id.refuse("a backup id chooses nothing among volume snapshots"))
}

/// Whether admission looks at the snapshots themselves: the conflicts end its work.
fn judged_snapshots<'m>(manifest: &Manifest<'m>) -> Option<Field<'m>> {
    let snapshots = snapshots(manifest)?;
    let conflict = snapshots_and_backup(manifest).is_some() || snapshots_and_id(manifest).is_some();
    (!conflict).then_some(snapshots)
}

fn snapshot_kind(manifest: &Manifest<'_>, of: &'static str) -> Option<Refusal> {
    let source = judged_snapshots(manifest)?.get(of);
    if !source.is_set() {
        return None;
    }
    let kind = source.get("kind");
    let known = match (source.get("apiGroup").text()?, kind.text()?) {
        ("snapshot.storage.k8s.io", "VolumeSnapshot") | ("", "PersistentVolumeClaim") => {
            return None;
        }
        ("", "VolumeSnapshot") => "a VolumeSnapshot needs `apiGroup: snapshot.storage.k8s.io`",
        _ => "name a VolumeSnapshot of `snapshot.storage.k8s.io`, or a PersistentVolumeClaim",
    };
    let message = format!("`{}` is no source of data", source.shown());
    Some(kind.refuse(message).help(known))
}

fn snapshot_without_volume(manifest: &Manifest<'_>) -> Option<Refusal> {
    let wal = judged_snapshots(manifest)?.get("walStorage");
    let volume = manifest.spec(&["walStorage"]);
    (wal.is_set() && !volume.is_set()).then(|| {
        let message = "a snapshot of a WAL volume is given, and the Cluster has no WAL volume";
        wal.refuse(message).help("add `spec.walStorage`")
    })
}
