//! Inventory files as the archives of a run.

use std::path::{Path, PathBuf};

use crate::barman::{Catalog, Destination, ServerPath};
use crate::facts::inventory::Noted;
use crate::facts::{Known, KnownArchive};
use crate::io::Disk;
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::text::{EntryKind, FileTree};

use super::exit::Failure;
use super::inventory;
use super::settings::Settings;

/// The files of the configuration that are there. One that nobody has made yet is none.
pub(super) fn configured(settings: &Settings) -> Vec<PathBuf> {
    let databases = settings.config.databases.iter();
    let files = databases.filter_map(|database| database.inventory.as_ref());
    files
        .map(|file| settings.root.join(file))
        .filter(|file| Disk.kind(file) == Some(EntryKind::File))
        .collect()
}

/// The lineages of one file, and those of the manifests that it shows to be empty.
///
/// A file of a whole destination tells that a server name it lacks had nothing archived then. Others do not.
pub(super) fn archives(file: &Path, named: &[ArchiveRef]) -> Result<Vec<KnownArchive>, Failure> {
    let (read, lineages) = inventory::read_file(file)?;
    let url = read
        .url
        .as_deref()
        .filter(|url| Destination::parse(url).is_ok());
    let own = match lineages.as_slice() {
        [only] if !read.whole => Some(only.catalog.path.server().to_owned()),
        _ => None,
    };
    let destination = url.map(|url| without_server(url, own.as_deref()).to_owned());
    let known = |known: Known| KnownArchive {
        endpoint: read.endpoint_url.clone(),
        destination: destination.clone(),
        server_name: known.catalog.path.server().to_owned(),
        evidence: Ok(Box::new(known)),
    };
    let absent = match lineages.first() {
        Some(first) if read.whole => absent(first, &lineages, named, destination.as_deref()),
        _ => Vec::new(),
    };
    Ok(lineages.into_iter().chain(absent).map(known).collect())
}

/// A location may be the folder of one server in its destination.
fn without_server<'u>(url: &'u str, server: Option<&str>) -> &'u str {
    let bare = url.strip_suffix('/').unwrap_or(url);
    let above = server.and_then(|server| bare.strip_suffix(server)?.strip_suffix('/'));
    above.unwrap_or(url)
}

fn absent(
    first: &Known,
    lineages: &[Known],
    named: &[ArchiveRef],
    destination: Option<&str>,
) -> Vec<Known> {
    let names: Vec<&str> = lineages
        .iter()
        .map(|known| known.catalog.path.server())
        .collect();
    let is_here = |archive: &&ArchiveRef| match &archive.store {
        StoreRef::Known(store) => destination
            .is_none_or(|own| own.trim_end_matches('/') == store.destination.trim_end_matches('/')),
        _ => false,
    };
    // Without a place only the names tell that the file is about these databases at all.
    let concerns = destination.is_some()
        || named
            .iter()
            .any(|archive| names.contains(&archive.server_name.value.as_str()));
    let missing = named.iter().filter(is_here).filter(|archive| {
        concerns && !archive.has_variable() && !names.contains(&archive.server_name.value.as_str())
    });
    let empty = |archive: &ArchiveRef| Known {
        catalog: Catalog {
            near_misses: names.iter().map(|name| format!("{name}/")).collect(),
            ..Catalog::empty(ServerPath::new("", &archive.server_name.value))
        },
        noted: Noted::default(),
        depth: first.depth,
        taken_at: first.taken_at,
    };
    missing.map(empty).collect()
}

#[cfg(test)]
mod tests {
    use super::without_server;

    #[test]
    fn the_folder_of_the_only_server_is_not_part_of_the_destination() {
        let bare = |url, server| without_server(url, server);
        assert_eq!(bare("s3://b/cnpg/db", Some("db")), "s3://b/cnpg");
        assert_eq!(bare("s3://b/cnpg/db/", Some("db")), "s3://b/cnpg");
        assert_eq!(bare("s3://b/cnpg", Some("db")), "s3://b/cnpg");
        assert_eq!(bare("s3://b/cnpg/mydb", Some("db")), "s3://b/cnpg/mydb");
        assert_eq!(bare("s3://b/cnpg/db", None), "s3://b/cnpg/db");
    }
}
