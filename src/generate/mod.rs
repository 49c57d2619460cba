//! The files of a new database.
//!
//! - [`spec`]: what is asked for, and what no API server would take.
//! - `cluster`, `store`, `overlays`, `extras`, `gitops`, `replica`: the texts, one kind of object each.
//!
//! Everything here is text: whoever asks for it decides where it is written. Defaults that the API server fills into
//! list items are written out, so that a GitOps controller sees no drift.

mod cluster;
mod extras;
mod gitops;
mod overlays;
mod replica;
pub mod spec;
mod store;

use std::path::PathBuf;

pub use spec::{Controller, Credentials, Method, NewDatabase, Primary, SpecError};

/// A file of a new database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Relative to the directory of the database, with `/`.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl NewFile {
    fn new(path: &str, text: String) -> Self {
        Self {
            path: PathBuf::from(path),
            text,
        }
    }
}

/// Every file of the database, sorted by path.
///
/// # Errors
/// When a name or value would be refused by the API server, Barman or PostgreSQL.
pub fn files(database: &NewDatabase) -> Result<Vec<NewFile>, SpecError> {
    database.check()?;
    let mut files = match &database.replica_of {
        Some(primary) => replica::files(database, primary),
        None => with_overlays(database),
    };
    files.extend(gitops::manifest(database));
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

/// A base without bootstrap, two overlays that have one, and the switch.
fn with_overlays(database: &NewDatabase) -> Vec<NewFile> {
    let mut base = around(database);
    base.push(("cluster.yaml", cluster::in_base(database)));
    base.sort_by_key(|(name, _)| *name);
    let names: Vec<&str> = base.iter().map(|(name, _)| *name).collect();
    let fixed = [
        ("base/kustomization.yaml", overlays::resources(&names)),
        ("kustomization.yaml", overlays::switch(database)),
        (
            "overlays/initdb/kustomization.yaml",
            overlays::kustomization(),
        ),
        ("overlays/initdb/bootstrap.yaml", overlays::initdb(database)),
        (
            "overlays/recovery/kustomization.yaml",
            overlays::kustomization(),
        ),
        (
            "overlays/recovery/bootstrap.yaml",
            overlays::recovery(database),
        ),
    ];
    let in_base = |(name, text): (&str, String)| NewFile::new(&format!("base/{name}"), text);
    let mut files: Vec<NewFile> = base.into_iter().map(in_base).collect();
    files.extend(fixed.map(|(path, text)| NewFile::new(path, text)));
    files
}

/// What stands beside the Cluster.
fn around(database: &NewDatabase) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    if database.method == Method::Plugin {
        files.push(("object-store.yaml", store::own(database)));
    }
    files.push(("scheduled-backup.yaml", store::scheduled_backup(database)));
    files.extend(store::credentials(database).map(|text| ("external-secret.yaml", text)));
    files.extend(extras::all(database));
    files
}
