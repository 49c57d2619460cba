//! The archive that a command looks at: options that say which, and how it is opened.

use std::path::Path;

use clap::Args;

use crate::barman::{Catalog, ObjectStore, ServerPath, StoreError};
use crate::facts::Live;
use crate::io::directory::{DirectoryStore, directory_at};

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
    _common: &Common,
) -> Result<Place, Failure> {
    if location.starts_with("s3://") {
        return Err(Failure::new(format!("{location}: S3 is not supported yet in this build"))
            .remedy("copy the bucket's `base` and `wals` to a directory and check that; upload times only matter for `--depth listing`"));
    }
    let directory = directory_at(location).ok_or_else(|| {
        Failure::new(format!(
            "{location}: is neither a directory nor a URL of one"
        ))
    })?;
    in_directory(location, &directory, options.server.as_deref())
}

/// What cannot be read, and what to do about it.
pub(super) fn unreadable(error: &StoreError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.remedy() {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
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
fn servers(store: &dyn ObjectStore, location: &str, prefix: &str) -> Result<Vec<String>, Failure> {
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

fn is_archive(store: &dyn ObjectStore, prefix: &str) -> Result<bool, Failure> {
    let inside = store.directories(prefix);
    let inside = inside.map_err(|error| unreadable(&error))?;
    let holds = |name: &str| inside.contains(&format!("{prefix}{name}/"));
    Ok(holds("base") || holds("wals"))
}
