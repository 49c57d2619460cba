//! The files of a new database.
//!
//! - [`spec`]: what is asked for, and what no API server would take.
//! - `cluster`, `store`, `overlays`, `extras`, `gitops`: the texts, one kind of object each.
//!
//! Everything here is text: whoever asks for it decides where it is written. Defaults that the API server fills into
//! list items are written out, so that a GitOps controller sees no drift.

mod cluster;
mod extras;
mod gitops;
mod overlays;
pub mod spec;
mod store;

use std::path::PathBuf;

pub use spec::{Controller, Credentials, Method, NewDatabase, SpecError};

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
    let mut base = vec![("cluster.yaml", cluster::cluster(database))];
    if database.method == Method::Plugin {
        base.push(("object-store.yaml", store::object_store(database)));
    }
    base.push(("scheduled-backup.yaml", store::scheduled_backup(database)));
    base.extend(store::credentials(database).map(|text| ("external-secret.yaml", text)));
    base.extend(extras::all(database));
    base.sort_by_key(|(name, _)| *name);
    let names: Vec<&str> = base.iter().map(|(name, _)| *name).collect();
    let mut files = vec![
        NewFile::new("base/kustomization.yaml", overlays::base(&names)),
        NewFile::new("kustomization.yaml", overlays::switch(database)),
        NewFile::new(
            "overlays/initdb/kustomization.yaml",
            overlays::kustomization(),
        ),
        NewFile::new("overlays/initdb/bootstrap.yaml", overlays::initdb(database)),
        NewFile::new(
            "overlays/recovery/kustomization.yaml",
            overlays::kustomization(),
        ),
        NewFile::new(
            "overlays/recovery/bootstrap.yaml",
            overlays::recovery(database),
        ),
    ];
    let in_base = |(name, text): (&str, String)| NewFile::new(&format!("base/{name}"), text);
    files.extend(base.into_iter().map(in_base));
    files.extend(gitops::manifest(database));
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}
