//! Proof, before anything is written, that a draft does what was planned and nothing else.

use crate::config::Config;
use crate::project::{Database, Project};

use super::difference::{self, Allowed};
use super::{Refusal, bump};

/// Proves that a draft changes the write lineage of this database to `to`, and nothing else.
///
/// # Errors
/// When it changes more, or less.
pub fn bumped(
    database: &Database<'_>,
    after: &Project,
    config: &Config,
    to: &str,
) -> Result<(), Refusal> {
    let paths: Vec<String> = database
        .clusters
        .iter()
        .filter_map(|cluster| bump::write_path(cluster))
        .map(|path| format!("/{}", path.join("/")))
        .collect();
    let title = database.title();
    let allowed = Allowed {
        databases: std::slice::from_ref(&title),
        field: &|pointer| paths.iter().any(|path| path == pointer),
        object: &|_| false,
    };
    difference::compare(database.project, after, config, &allowed)?;
    let found = same(database, after, config)?;
    let archive = found.archives_to().map(|archive| archive.server_name.value);
    if archive.as_deref() == Some(to) {
        return Ok(());
    }
    let archive = archive.unwrap_or_default();
    Err(Refusal::Unplanned {
        differences: vec![format!(
            "{title} would archive to `{archive}`, not to `{to}`"
        )],
    })
}

/// The same database in another state of the repository.
pub(super) fn same<'p>(
    database: &Database<'_>,
    after: &'p Project,
    config: &'p Config,
) -> Result<Database<'p>, Refusal> {
    let same = |other: &Database<'_>| {
        other.title() == database.title() && other.directory() == database.directory()
    };
    let gone = || Refusal::Unplanned {
        differences: vec![format!("{} would be gone", database.described())],
    };
    let all = after.all_databases(config);
    all.into_iter().find(same).ok_or_else(gone)
}
