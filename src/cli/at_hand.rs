//! What a command goes by: an archive that is read now, or an inventory of one.

use std::path::{Path, PathBuf};

use crate::facts::Evidence;
use crate::io::Disk;
use crate::text::{EntryKind, FileTree};

use super::archive::{self, ArchiveOptions};
use super::args::Common;
use super::exit::Failure;
use super::inventory;
use super::settings::Settings;

/// The evidence about `location`: of the inventory that is named or that the configuration names for a database, of
/// `location` itself where it is such a file, else the archive there.
pub(super) fn at(
    location: &str,
    named: Option<&Path>,
    options: &ArchiveOptions,
    common: &Common,
) -> Result<Box<dyn Evidence>, Failure> {
    let path = Path::new(location);
    let file = match named {
        Some(file) => Some(file.to_owned()),
        None => match Disk.kind(path) {
            Some(EntryKind::File) => Some(path.to_owned()),
            Some(EntryKind::Directory) => None,
            None => configured(location, common)?,
        },
    };
    match file {
        Some(file) => in_file(&file, options.server.as_deref()),
        None => Ok(Box::new(archive::open(location, options, common)?)),
    }
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

fn in_file(file: &Path, server: Option<&str>) -> Result<Box<dyn Evidence>, Failure> {
    let mut known = inventory::known(file)?;
    let names: Vec<String> = known
        .iter()
        .map(|known| known.catalog.path.server().to_owned())
        .collect();
    let at = match (server, known.len()) {
        (Some(server), _) => names.iter().position(|name| name == server),
        (None, 1) => Some(0),
        (None, _) => None,
    };
    match at {
        Some(at) => Ok(Box::new(known.swap_remove(at))),
        None => {
            let message = match server {
                Some(server) => format!("{}: no server `{server}`", file.display()),
                None => format!("{} tells of several servers, or none", file.display()),
            };
            let remedy = format!("choose one with `--server`: {}", names.join(", "));
            Err(Failure::new(message).remedy(remedy))
        }
    }
}
