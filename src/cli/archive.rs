//! The archive that a command looks at: options that say which, and how it is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::barman::{Catalog, Destination, ObjectStore, ServerPath, StoreError};
use crate::facts::Live;
use crate::io::directory::{DirectoryStore, directory_at};
use crate::io::progress::{self, Watched};
#[cfg(feature = "s3")]
use crate::io::s3::{S3Options, S3Store};

use super::args::Common;
use super::exit::Failure;

/// Which archive, and how to reach it. Credentials come from the environment, never from here.
#[derive(Debug, Clone, Default, Args)]
pub struct ArchiveOptions {
    /// Server name (`serverName`), where the destination holds several
    #[arg(long, value_name = "NAME", help_heading = "Archive")]
    pub server: Option<String>,
    /// The S3 service, where it is not that of AWS
    #[arg(long, value_name = "URL", help_heading = "Archive")]
    pub endpoint_url: Option<String>,
    /// Region of the bucket [default: that of the profile, else us-east-1]
    #[arg(long, help_heading = "Archive")]
    pub region: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME", help_heading = "Archive")]
    pub profile: Option<String>,
}

/// Whether to look into the archives that manifests name, and how to reach them.
#[derive(Debug, Clone, Default, Args)]
pub struct LookOptions {
    /// Look into the archives: where the manifests say, or in this copy of their destination
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = "Archive"
    )]
    pub archive: Option<String>,
    /// Look into the archives as this inventory tells them, besides those that the configuration names; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Archive")]
    pub inventory: Vec<PathBuf>,
    /// How to reach the archives.
    #[command(flatten)]
    pub reach: ArchiveOptions,
}

/// An archive that can be read now, whatever holds it.
pub(super) type LiveArchive = Live<Box<dyn ObjectStore>>;

/// Where an archive lies.
pub(super) struct Place {
    /// What holds it.
    pub(super) store: Box<dyn ObjectStore>,
    /// Where in it.
    pub(super) path: ServerPath,
}

/// Finds the archive at `location` and lists it: one server of a destination, or the server's own folder.
///
/// A location is `s3://bucket/prefix`, `file:///directory` or the path of a directory.
pub(super) fn open(
    location: &str,
    options: &ArchiveOptions,
    common: &Common,
) -> Result<LiveArchive, Failure> {
    let Place { store, path } = place(location, options, common)?;
    let catalog = Catalog::read(&store, path).map_err(|error| unreadable(&error))?;
    Ok(Live { store, catalog })
}

/// Finds the archive at `location` without listing it.
pub(super) fn place(
    location: &str,
    options: &ArchiveOptions,
    common: &Common,
) -> Result<Place, Failure> {
    let server = options.server.as_deref();
    let quiet = common.quiet;
    if location.starts_with("s3://") {
        let destination = Destination::parse(location);
        let destination = destination.map_err(|error| Failure::new(error.to_string()))?;
        let store = bucket(location, &destination.bucket, options)?;
        let store = watched(store, quiet, Duration::ZERO);
        let path = in_bucket(&store, location, &destination.path, server)?;
        return Ok(Place { store, path });
    }
    let directory = directory_at(location).ok_or_else(|| no_location(location))?;
    let Place { store, path } = in_directory(location, &directory, server)?;
    let store = watched(store, quiet, QUICK);
    Ok(Place { store, path })
}

/// What a local directory may take before a line tells of it.
const QUICK: Duration = Duration::from_millis(500);

/// Shows on the terminal what is listed and read.
fn watched(store: Box<dyn ObjectStore>, quiet: bool, patience: Duration) -> Box<dyn ObjectStore> {
    match progress::is_wanted(quiet) {
        true => Box::new(Watched::new(store, patience)),
        false => store,
    }
}

/// A destination and the path of its servers inside, taken by its word: no archive is looked for.
///
/// What the manifests name must not be found a level higher because it would make sense there.
pub(super) fn destination(
    location: &str,
    options: &ArchiveOptions,
    quiet: bool,
) -> Result<(Box<dyn ObjectStore>, String), Failure> {
    if location.starts_with("s3://") {
        let destination = Destination::parse(location);
        let destination = destination.map_err(|error| Failure::new(error.to_string()))?;
        let store = bucket(location, &destination.bucket, options)?;
        return Ok((watched(store, quiet, Duration::ZERO), destination.path));
    }
    let directory = directory_at(location).ok_or_else(|| no_location(location))?;
    let store = DirectoryStore::open(&directory).map_err(|error| unreadable(&error))?;
    Ok((watched(Box::new(store), quiet, QUICK), String::new()))
}

fn no_location(location: &str) -> Failure {
    let message = format!("{location}: is neither a directory nor a URL of one");
    Failure::new(message)
        .remedy("archives are read from `s3://bucket/prefix`, `file:///directory` or a directory")
}

/// What cannot be read, and what to do about it.
pub(super) fn unreadable(error: &StoreError) -> Failure {
    let failure = Failure::new(error.to_string());
    match (error, error.remedy()) {
        (_, Some(remedy)) => failure.remedy(remedy),
        (StoreError::Denied { what, .. }, None) if what.starts_with("s3://") => failure.remedy(
            "the credentials need `s3:ListBucket` for the bucket and `s3:GetObject` for its objects",
        ),
        _ => failure,
    }
}

#[cfg(feature = "s3")]
fn bucket(
    _location: &str,
    bucket: &str,
    options: &ArchiveOptions,
) -> Result<Box<dyn ObjectStore>, Failure> {
    let store = S3Store::open(&S3Options {
        bucket: bucket.to_owned(),
        endpoint_url: options.endpoint_url.clone(),
        region: options.region.clone(),
        profile: options.profile.clone(),
    });
    Ok(Box::new(store.map_err(|error| unreadable(&error))?))
}

#[cfg(not(feature = "s3"))]
fn bucket(
    location: &str,
    _bucket: &str,
    _options: &ArchiveOptions,
) -> Result<Box<dyn ObjectStore>, Failure> {
    Err(Failure::new(format!(
        "{location}: this program was built without S3"
    ))
    .remedy("build it with the feature `s3`, which is on by default, or copy the archive to a directory and name that"))
}

/// The archive of a server whose own prefix was named, or one of those below the prefix.
fn in_bucket(
    store: &dyn ObjectStore,
    location: &str,
    path: &str,
    server: Option<&str>,
) -> Result<ServerPath, Failure> {
    if let Some((above, own)) = split_server(path)
        && server.is_none_or(|server| server == own)
    {
        let own = ServerPath::new(above, own);
        if is_archive(store, &own.prefix())? {
            return Ok(own);
        }
    }
    in_destination(store, location, path, server)
}

/// The destination and the server name that make up a prefix, so that joining them gives it back.
fn split_server(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let Some((above, own)) = path.rsplit_once('/') else {
        return (!path.is_empty()).then_some(("", path));
    };
    // One `/` between the two is the joint; a second one belongs to the destination.
    let kept = match above.ends_with('/') {
        true => path.get(..=above.len()).unwrap_or(above),
        false => above,
    };
    (!own.is_empty()).then_some((kept, own))
}

fn in_directory(location: &str, directory: &Path, server: Option<&str>) -> Result<Place, Failure> {
    let opened = DirectoryStore::open(directory).map_err(|error| unreadable(&error))?;
    let own = opened.root().file_name().and_then(|name| name.to_str());
    // The folder of a server lies in a destination, be it the root of the file system.
    if let Some(own) = own
        && server.is_none_or(|server| server == own)
        && is_archive(&opened, "")?
    {
        let above = opened.root().parent().unwrap_or(Path::new("/"));
        let store = DirectoryStore::open(above).map_err(|error| unreadable(&error))?;
        let path = ServerPath::new("", own);
        let store = Box::new(store);
        return Ok(Place { store, path });
    }
    let path = in_destination(&opened, location, "", server)?;
    let store = Box::new(opened);
    Ok(Place { store, path })
}

/// The server's archive in a destination; without a name, the only one there is.
fn in_destination(
    store: &dyn ObjectStore,
    location: &str,
    destination: &str,
    server: Option<&str>,
) -> Result<ServerPath, Failure> {
    let path = |server: &str| ServerPath::new(destination, server);
    if let Some(server) = server {
        return Ok(path(server));
    }
    let servers = servers(store, location, &path("").servers_prefix())?;
    match servers.as_slice() {
        [only] => Ok(path(only)),
        [] => Err(
            Failure::new(format!("{location}: no archive of Barman Cloud is here")).remedy(
                "name the folder that holds the server's `base` and `wals`, or the one above it",
            ),
        ),
        several => Err(
            Failure::new(format!("{location} holds the archives of several servers")).remedy(
                format!("choose one with `--server`: {}", several.join(", ")),
            ),
        ),
    }
}

/// How many folders of a destination are looked into; each costs a request.
const MOST_FOLDERS: usize = 256;

/// The folders that look like archives.
pub(super) fn servers(
    store: &dyn ObjectStore,
    location: &str,
    prefix: &str,
) -> Result<Vec<String>, Failure> {
    let folders = store.directories(prefix);
    let folders = folders.map_err(|error| unreadable(&error))?;
    if folders.len() > MOST_FOLDERS {
        let found = folders.len();
        return Err(Failure::new(format!(
            "{location} holds {found} folders, too many to look for archives in each"
        ))
        .remedy("name one with `--server`"));
    }
    let mut servers = Vec::new();
    for folder in folders {
        if is_archive(store, &folder)? {
            let name = folder.strip_prefix(prefix).unwrap_or(&folder);
            servers.push(name.trim_end_matches('/').to_owned());
        }
    }
    Ok(servers)
}

pub(super) fn is_archive(store: &dyn ObjectStore, prefix: &str) -> Result<bool, Failure> {
    let inside = store.directories(prefix);
    let inside = inside.map_err(|error| unreadable(&error))?;
    let holds = |name: &str| inside.contains(&format!("{prefix}{name}/"));
    Ok(holds("base") || holds("wals"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_a_server_is_its_destination_and_its_name() {
        for (path, parts) in [
            ("cnpg/gitea", Some(("cnpg", "gitea"))),
            ("cnpg/gitea/", Some(("cnpg", "gitea"))),
            ("gitea", Some(("", "gitea"))),
            ("a/b/c", Some(("a/b", "c"))),
            ("cnpg//gitea", Some(("cnpg//", "gitea"))),
            ("cnpg/gitea//", None),
            ("", None),
        ] {
            assert_eq!(split_server(path), parts, "{path}");
            if let Some((above, own)) = parts {
                let joined = ServerPath::new(above, own).prefix();
                assert_eq!(joined, format!("{}/", path.trim_end_matches('/')));
            }
        }
    }
}
