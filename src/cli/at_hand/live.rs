//! The archive that a command reads: named itself, or by the manifests of a database.

use crate::barman::Destination;
use crate::cli::archive::{self, ArchiveOptions, LiveArchive};
use crate::cli::args::Common;
use crate::cli::exit::Failure;
use crate::cli::repository::Repository;
use crate::io::Disk;
use crate::io::directory::directory_at;
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::project::Database;
use crate::text::{EntryKind, FileTree};

use super::Subject;

/// Opens the archive that the arguments mean.
///
/// A URL is an archive. A directory is one when it looks like one, and otherwise the place of a database's manifests,
/// as is everything else.
pub(super) fn open(subject: &Subject, common: &Common) -> Result<(String, LiveArchive), Failure> {
    let location = subject.location.as_str();
    let is_directory = directory_at(location)
        .is_some_and(|directory| Disk.kind(&directory) == Some(EntryKind::Directory));
    let mut unfit = None;
    if location.contains("://") || (is_directory && subject.live.is_none()) {
        match archive::open(location, &subject.options, common) {
            Ok(archive) => {
                let url = location.to_owned();
                return Ok((url, archive));
            }
            Err(failure) if is_directory => unfit = Some(failure),
            Err(failure) => return Err(failure),
        }
    }
    let repository = Repository::open(Some(location), common)?;
    let database = repository.database(location).map_err(|failure| {
        let unfit = unfit.filter(|_| subject.live.is_none());
        unfit.unwrap_or_else(|| Failure {
            message: format!("`{location}` is no archive, and {failure}"),
            ..failure
        })
    })?;
    of_database(&database, subject, common)
}

/// The server name of the database called `location`, where there is one.
pub(super) fn server_of(location: &str, common: &Common) -> Option<String> {
    let repository = Repository::open(Some(location), common).ok()?;
    let database = repository.database(location).ok()?;
    let archive = database
        .archives_to()
        .or_else(|| database.recovers_from())?;
    Some(archive.server_name.value)
}

/// Where the manifests say that a database archives, with its endpoint and server name among the options.
pub(in crate::cli) fn named(
    database: &str,
    options: &ArchiveOptions,
    common: &Common,
) -> Result<(String, ArchiveOptions), Failure> {
    let repository = Repository::open(Some(database), common)?;
    let database = repository.database(database)?;
    let title = database.title();
    let archive = own_archive(&database)?;
    let (url, endpoint) = manifests_say(&title, &archive)?;
    let server = options.server.clone();
    let options = ArchiveOptions {
        server: server.or(Some(archive.server_name.value)),
        endpoint_url: options.endpoint_url.clone().or(endpoint),
        ..options.clone()
    };
    Ok((url, options))
}

fn own_archive(database: &Database<'_>) -> Result<ArchiveRef, Failure> {
    let archive = database.archives_to().or_else(|| database.recovers_from());
    archive.ok_or_else(|| {
        Failure::new(format!("`{}` archives nowhere", database.title()))
            .remedy("give it an archive, or look at the archive of another one by its URL")
    })
}

/// Opens the archive of a database, where the manifests or the command line say it is.
fn of_database(
    database: &Database<'_>,
    subject: &Subject,
    common: &Common,
) -> Result<(String, LiveArchive), Failure> {
    let title = database.title();
    let archive = own_archive(database)?;
    let server = subject.options.server.clone();
    let server = server.unwrap_or_else(|| archive.server_name.value.clone());
    let (url, endpoint) = match subject.live.as_deref() {
        None => return Err(not_at_hand(&title, &archive, &server)),
        Some("") => manifests_say(&title, &archive)?,
        Some(url) => (url.to_owned(), None),
    };
    let options = ArchiveOptions {
        server: Some(server),
        endpoint_url: subject.options.endpoint_url.clone().or(endpoint),
        ..subject.options.clone()
    };
    let archive = archive::open(&url, &options, common)?;
    Ok((url, archive))
}

/// Destination and endpoint, as far as the manifests tell them.
fn manifests_say(title: &str, archive: &ArchiveRef) -> Result<(String, Option<String>), Failure> {
    const ELSEWHERE: &str =
        "say where it is with `--archive=URL`, and `--server` for another server name";
    let unknown = |why: String| Err(Failure::new(why).remedy(ELSEWHERE));
    let store = match &archive.store {
        StoreRef::Known(store) => store,
        StoreRef::Unresolved { name } => {
            return unknown(format!(
                "the ObjectStore `{}` of `{title}` is not among the manifests",
                name.value
            ));
        }
        StoreRef::Unknown => {
            return unknown(format!("the manifests do not say where `{title}` archives"));
        }
    };
    if archive.has_variable() {
        return unknown(format!(
            "where `{title}` archives depends on a variable: {}, server {}",
            store.destination, archive.server_name.value
        ));
    }
    if let Err(error) = Destination::parse(&store.destination) {
        return Err(Failure::new(format!("`{title}`: {error}"))
            .remedy("copy the archive to a directory and name that with `--archive=DIRECTORY`"));
    }
    let endpoint = Some(store.endpoint.clone()).filter(|endpoint| !endpoint.is_empty());
    Ok((store.destination.clone(), endpoint))
}

fn not_at_hand(title: &str, archive: &ArchiveRef, server: &str) -> Failure {
    let place = match &archive.store {
        StoreRef::Known(store) => format!(" at {}, server {server}", store.destination),
        _ => String::new(),
    };
    Failure::new(format!("nothing is at hand of the archive of `{title}`")).remedy(format!(
        "`--archive` reads it{place}; `--archive=URL` reads a copy of the destination"
    ))
}
