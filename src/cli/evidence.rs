//! What `lint` may look at beyond the manifests: the archives themselves, or inventories of them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::barman::{Catalog, Destination, ObjectStore, ServerPath};
use crate::facts::{Archives, Depth, Evidence, KnownArchive, Live};
use crate::io::Disk;
use crate::io::directory::directory_at;
use crate::lint::{self, Input};
use crate::model::archive::{ArchiveRef, StoreLocation, StoreRef};
use crate::text::{EntryKind, FileTree};

use super::archive::{self, ArchiveOptions, LookOptions};
use super::exit::Failure;
use super::inventories;
use super::settings::Settings;

/// What was gathered.
#[derive(Default)]
pub(super) struct Gathered {
    /// The archives.
    pub(super) archives: Archives,
    /// Archives that were asked for and could not be read, as messages.
    pub(super) unread: Vec<String>,
    /// The same, as archives.
    failed: Vec<KnownArchive>,
}

/// Which archives and inventories to look into, and how closely.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    /// Which.
    pub(super) look: &'a LookOptions,
    /// How closely.
    pub(super) depth: Depth,
    /// Whether nobody wants to see how far it is.
    pub(super) quiet: bool,
}

/// Opens the archives and inventories that the command line and the configuration ask for.
///
/// An archive that is looked at now counts before an inventory of it, and that before one that could not be read.
pub(super) fn gather(
    wish: Wish<'_>,
    settings: &Settings,
    input: &Input,
) -> Result<Gathered, Failure> {
    let mut gathered = Gathered::default();
    let look = wish.look;
    let inventories: Vec<PathBuf> = look
        .inventory
        .iter()
        .cloned()
        .chain(inventories::configured(settings))
        .collect();
    if look.archive.is_none() && inventories.is_empty() {
        return Ok(gathered);
    }
    let named = lint::archives(&Disk, input);
    if let Some(location) = &look.archive {
        gathered.take_live(location, &named, wish)?;
    }
    for file in &inventories {
        for archive in inventories::archives(file, &named)? {
            gathered.archives.add(archive);
        }
    }
    for failed in std::mem::take(&mut gathered.failed) {
        gathered.archives.add(failed);
    }
    gathered.archives = gathered.archives.at_depth(wish.depth);
    Ok(gathered)
}

/// The server names that the manifests use below one destination.
pub(super) struct Group {
    pub(super) endpoint: String,
    pub(super) destination: String,
    pub(super) servers: Vec<String>,
}

fn groups(named: &[ArchiveRef]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for archive in named.iter().filter(|archive| !archive.has_variable()) {
        let StoreRef::Known(StoreLocation {
            endpoint,
            destination,
            ..
        }) = &archive.store
        else {
            continue;
        };
        let server = archive.server_name.value.clone();
        let same =
            |group: &&mut Group| group.endpoint == *endpoint && group.destination == *destination;
        match groups.iter_mut().find(same) {
            Some(group) if group.servers.contains(&server) => {}
            Some(group) => group.servers.push(server),
            None => groups.push(Group {
                endpoint: endpoint.clone(),
                destination: destination.clone(),
                servers: vec![server],
            }),
        }
    }
    groups
}

/// A destination that can be read.
#[derive(Clone)]
pub(super) struct Opened {
    store: Arc<dyn ObjectStore>,
    /// The path of the destination inside.
    path: String,
    /// What it is called in messages.
    location: String,
}

impl Group {
    /// Opens the destination at a location.
    pub(super) fn open(
        &self,
        location: &str,
        options: &ArchiveOptions,
        quiet: bool,
    ) -> Result<Opened, Failure> {
        let own_endpoint = Some(&self.endpoint).filter(|endpoint| !endpoint.is_empty());
        let options = ArchiveOptions {
            endpoint_url: options.endpoint_url.clone().or(own_endpoint.cloned()),
            ..options.clone()
        };
        let (store, path) = archive::destination(location, &options, quiet)?;
        Ok(Opened {
            store: Arc::from(store),
            path,
            location: location.to_owned(),
        })
    }

    /// Where a copy of the destination may be, below the location that was given: as in the bucket, or right there.
    pub(super) fn candidates(&self, location: &str) -> Vec<String> {
        let inside = Destination::parse(&self.destination).map(|destination| destination.path);
        let inside = inside.unwrap_or_default();
        let inside = inside.trim_matches('/');
        let below = format!("{}/{inside}", location.trim_end_matches('/'));
        let is_there = match directory_at(&below) {
            Some(directory) => Disk.kind(&directory) == Some(EntryKind::Directory),
            None => true,
        };
        let below = Some(below).filter(|_| !inside.is_empty() && is_there);
        below.into_iter().chain([location.to_owned()]).collect()
    }
}

impl Opened {
    /// The folders of the destination, which may be archives.
    pub(super) fn names(&self) -> Result<Vec<String>, Failure> {
        let prefix = ServerPath::new(&self.path, "").servers_prefix();
        let folders = self.store.directories(&prefix);
        let folders = folders.map_err(|error| archive::unreadable(&error))?;
        let name = |folder: String| {
            let name = folder.strip_prefix(&prefix).unwrap_or(&folder);
            name.trim_end_matches('/').to_owned()
        };
        Ok(folders.into_iter().map(name).collect())
    }

    /// Whether a server has archived here.
    pub(super) fn holds(&self, server: &str) -> bool {
        let prefix = ServerPath::new(&self.path, server).prefix();
        archive::is_archive(&self.store, &prefix).unwrap_or(false)
    }

    /// Reads the archive of a server.
    pub(super) fn read(&self, server: &str) -> Result<Box<dyn Evidence>, Failure> {
        let path = ServerPath::new(&self.path, server);
        let catalog =
            Catalog::read(&self.store, path).map_err(|error| archive::unreadable(&error))?;
        Ok(Box::new(Live {
            store: Arc::clone(&self.store),
            catalog,
        }))
    }
}

impl Gathered {
    /// Takes the archives of the manifests, where they say or in a copy.
    fn take_live(
        &mut self,
        location: &str,
        named: &[ArchiveRef],
        wish: Wish<'_>,
    ) -> Result<(), Failure> {
        let options = &wish.look.reach;
        let mut groups = groups(named);
        let wanted = |name: &String| options.server.as_ref().is_none_or(|server| server == name);
        for group in &mut groups {
            group.servers.retain(wanted);
        }
        if !location.is_empty() {
            return self.take_copies(location, &groups, wish);
        }
        for group in &groups {
            let opened = group.open(&group.destination, options, wish.quiet);
            self.take(group, opened);
        }
        Ok(())
    }

    /// Takes every archive of a destination that the manifests name, and those of the same names with other numbers.
    fn take(&mut self, group: &Group, opened: Result<Opened, Failure>) {
        let opened = match opened {
            Ok(opened) => opened,
            Err(failure) => {
                let reason = in_one_line(&failure);
                for server in &group.servers {
                    self.add(group, server, Err(reason.clone()));
                }
                self.unread.push(reason);
                return;
            }
        };
        for server in &group.servers {
            let read = opened.read(server);
            let read = read.map_err(|failure| {
                format!("{}/{server}: {}", opened.location, in_one_line(&failure))
            });
            self.unread.extend(read.as_ref().err().cloned());
            self.add(group, server, read);
        }
        // Nobody asked for the others: what cannot be read is left out.
        let mut beside = opened.names().unwrap_or_default();
        beside.retain(|server| {
            let related = group.servers.iter().any(|own| stem(own) == stem(server));
            related && !group.servers.contains(server)
        });
        for server in beside {
            if let Ok(read) = opened.read(&server) {
                self.add(group, &server, Ok(read));
            }
        }
    }

    /// Takes the destinations that a copy holds. A destination of which it holds no server is not in it; of the
    /// others, what is missing is missing in the archive.
    fn take_copies(
        &mut self,
        location: &str,
        groups: &[Group],
        wish: Wish<'_>,
    ) -> Result<(), Failure> {
        let location = destination_of(location);
        let mut found = groups.is_empty();
        for group in groups {
            for candidate in group.candidates(&location) {
                let opened = group.open(&candidate, &wish.look.reach, wish.quiet)?;
                let holds = |server: &String| opened.holds(server);
                let is_own = group.servers.iter().any(holds);
                if is_own || (groups.len() == 1 && opened.names()?.iter().any(holds)) {
                    self.take(group, Ok(opened));
                    found = true;
                    break;
                }
            }
        }
        if found {
            return Ok(());
        }
        let names = groups.iter().flat_map(|group| &group.servers);
        let names: Vec<&str> = names.map(String::as_str).collect();
        Err(Failure::new(format!(
            "{location}: none of the archives that the manifests name is here"
        ))
        .remedy(format!(
            "name a copy of the destination, the folder that holds {}",
            names.join(", ")
        )))
    }

    fn add(&mut self, group: &Group, server: &str, evidence: Result<Box<dyn Evidence>, String>) {
        let known = KnownArchive {
            endpoint: Some(group.endpoint.clone()),
            destination: Some(group.destination.clone()),
            server_name: server.to_owned(),
            evidence,
        };
        match known.evidence {
            Ok(_) => self.archives.add(known),
            Err(_) => self.failed.push(known),
        }
    }
}

pub(super) fn in_one_line(failure: &Failure) -> String {
    match &failure.remedy {
        Some(remedy) => format!("{failure}; {remedy}"),
        None => failure.to_string(),
    }
}

/// The destination of a location that may be the folder of one server.
pub(super) fn destination_of(location: &str) -> String {
    let own = directory_at(location).and_then(|directory| Disk.canonical(&directory).ok());
    let is_server = |directory: &PathBuf| {
        let holds = |name| Disk.kind(&directory.join(name)) == Some(EntryKind::Directory);
        holds("base") || holds("wals")
    };
    let above = own.filter(is_server);
    let above = above.and_then(|directory| Some(directory.parent()?.to_str()?.to_owned()));
    above.unwrap_or_else(|| location.to_owned())
}

/// A server name without what counts its generations.
fn stem(name: &str) -> &str {
    let counted = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let bare = name.trim_end_matches(counted);
    let bare = bare.strip_suffix("-v").unwrap_or(bare);
    bare.trim_end_matches(counted)
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn generations_of_one_name_share_a_stem() {
        for (name, expected) in [
            ("gitea-database-v6", "gitea-database"),
            ("gitea-database", "gitea-database"),
            ("postgres16-v6", "postgres"),
            ("postgres16-08", "postgres"),
            ("app-backup-1", "app-backup"),
            ("keycloak-db-20260526", "keycloak-db"),
            ("v7", "v"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
