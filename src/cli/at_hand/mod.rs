//! What a command goes by: an archive that is read now, or an inventory of one.

mod live;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::facts::Evidence;
use crate::io::Disk;
use crate::text::{EntryKind, FileTree};

use super::archive::ArchiveOptions;
use super::args::Common;
use super::exit::Failure;
use super::inventory;
use super::settings::Settings;

pub(super) use live::named;

/// The archive that a command is about.
#[derive(Debug, Args)]
pub struct Subject {
    /// A database; an archive, as `s3://bucket/prefix` or a directory laid out like that, of a destination or of one
    /// server in it; or an inventory file
    #[arg(value_name = "DB|URL")]
    pub location: String,
    /// Read the archive of a database where its manifests say it is, or here
    #[arg(long = "archive", value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "", help_heading = "Archive", conflicts_with = "inventory")]
    pub live: Option<String>,
    /// Ask this inventory instead of the archive
    #[arg(long, value_name = "FILE", help_heading = "Archive")]
    pub inventory: Option<PathBuf>,
    /// Which archive there.
    #[command(flatten)]
    pub options: ArchiveOptions,
}

/// What is known of the archive, and what it is called.
pub(super) struct AtHand {
    /// Where it lies, for people.
    pub(super) url: String,
    /// What is known.
    pub(super) evidence: Box<dyn Evidence>,
}

/// The evidence about the subject: of the inventory that is named or that the configuration names for a database, of
/// the location itself where it is such a file, else the archive there.
pub(super) fn at(subject: &Subject, common: &Common) -> Result<AtHand, Failure> {
    let location = subject.location.as_str();
    let path = Path::new(location);
    let file = match (&subject.inventory, &subject.live) {
        (Some(file), _) => Some(file.to_owned()),
        (None, Some(_)) => None,
        (None, None) => match Disk.kind(path) {
            Some(EntryKind::File) => Some(path.to_owned()),
            Some(EntryKind::Directory) => None,
            None => configured(location, common)?,
        },
    };
    if let Some(file) = file {
        let server = || {
            // A file says nothing about a database of that name.
            let named = subject.inventory.is_some() || file != path;
            let asked = subject.options.server.clone();
            asked.or_else(|| named.then(|| live::server_of(location, common))?)
        };
        return Ok(AtHand {
            url: location.to_owned(),
            evidence: in_file(&file, subject.options.server.is_some(), &server)?,
        });
    }
    let (url, archive) = live::open(subject, common)?;
    Ok(AtHand {
        url,
        evidence: Box::new(archive),
    })
}

/// The inventory of a database of that name.
fn configured(location: &str, common: &Common) -> Result<Option<PathBuf>, Failure> {
    if location.contains("://") {
        return Ok(None);
    }
    let settings = Settings::find(Path::new("."), common)?;
    let mut databases = settings.config.databases.iter();
    let database = databases.find(|database| database.name == location);
    let file = database.and_then(|database| database.inventory.as_ref());
    Ok(file.map(|file| settings.root.join(file)))
}

/// The evidence of one server of an inventory. The only one needs no name, unless one was asked for.
fn in_file(
    file: &Path,
    asked: bool,
    server: &dyn Fn() -> Option<String>,
) -> Result<Box<dyn Evidence>, Failure> {
    let mut known = inventory::known(file)?;
    let names: Vec<String> = known
        .iter()
        .map(|known| known.catalog.path.server().to_owned())
        .collect();
    let server = if known.len() == 1 && !asked {
        None
    } else {
        server()
    };
    let at = match (&server, known.len()) {
        (Some(server), _) => names.iter().position(|name| name == server),
        (None, 1) => Some(0),
        (None, _) => None,
    };
    match at {
        Some(at) => Ok(Box::new(known.swap_remove(at))),
        None => {
            let message = match &server {
                Some(server) => format!("{}: no server `{server}`", file.display()),
                None => format!("{} tells of several servers, or none", file.display()),
            };
            let remedy = format!("choose one with `--server`: {}", names.join(", "));
            Err(Failure::new(message).remedy(remedy))
        }
    }
}
