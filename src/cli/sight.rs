//! The archives that a change is checked against, opened when somebody asks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::facts::{Evidence, KnownArchive};
use crate::model::archive::{ArchiveRef, StoreLocation, StoreRef};
use crate::recover::sight::{Seen, Sight};

use super::archive::LookOptions;
use super::evidence::{Group, Opened, destination_of, in_one_line};
use super::exit::Failure;
use super::inventories;
use super::repository::Repository;

type Remembered<T> = RefCell<BTreeMap<(String, String, String), Result<T, String>>>;

/// The archives of a run.
pub(super) struct ArchiveSight<'a> {
    asked: &'a LookOptions,
    inventories: Vec<PathBuf>,
    /// The archives that the repository names, by which a file without a place shows that it is about them.
    named: Vec<ArchiveRef>,
    /// Whether nobody wants to see how far it is.
    quiet: bool,
    opened: Remembered<Opened>,
    read: Remembered<Arc<dyn Evidence>>,
}

impl<'a> ArchiveSight<'a> {
    /// An archive that is looked at now counts before inventories of it.
    pub(super) fn new(asked: &'a LookOptions, repository: &Repository, quiet: bool) -> Self {
        let inventories = match &asked.archive {
            Some(_) => Vec::new(),
            None => {
                let configured = inventories::configured(&repository.settings);
                asked.inventory.iter().cloned().chain(configured).collect()
            }
        };
        let databases = repository.project.all_databases(repository.config());
        let named = databases.iter();
        let named = named.flat_map(|own| [own.archives_to(), own.recovers_from()]);
        Self {
            asked,
            named: named.flatten().collect(),
            inventories,
            quiet,
            opened: RefCell::default(),
            read: RefCell::default(),
        }
    }

    /// What the inventories tell of an archive; the first that does counts.
    fn in_inventories(&self, archive: &ArchiveRef) -> Seen {
        let place = match &archive.store {
            StoreRef::Known(store) => Some(store.destination.trim_end_matches('/')),
            _ => None,
        };
        let named: Vec<ArchiveRef> = self.named.iter().chain([archive]).cloned().collect();
        for file in &self.inventories {
            let known = match inventories::archives(file, &named) {
                Ok(known) => known,
                Err(failure) => return Seen::Failed(in_one_line(&failure)),
            };
            let fits = |known: &KnownArchive| {
                let own = known
                    .destination
                    .as_deref()
                    .map(|own| own.trim_end_matches('/'));
                known.server_name == archive.server_name.value
                    && (own.is_none() || place.is_none() || own == place)
            };
            if let Some(known) = known.into_iter().find(fits) {
                return match known.evidence {
                    Ok(evidence) => Seen::There(Arc::from(evidence)),
                    Err(reason) => Seen::Failed(reason),
                };
            }
        }
        Seen::Nothing
    }

    fn evidence(&self, store: &StoreLocation, server: &str) -> Result<Arc<dyn Evidence>, String> {
        let key = |server: &str| {
            (
                store.endpoint.clone(),
                store.destination.clone(),
                server.to_owned(),
            )
        };
        if let Some(known) = self.read.borrow().get(&key(server)) {
            return known.clone();
        }
        let known = self.opened.borrow().get(&key("")).cloned();
        let opened = known.unwrap_or_else(|| {
            let opened = self.open(store, server);
            let opened = opened.map_err(|failure| in_one_line(&failure));
            self.opened.borrow_mut().insert(key(""), opened.clone());
            opened
        });
        let read = opened.and_then(|opened| {
            let read = opened.read(server).map(Arc::from);
            read.map_err(|failure| in_one_line(&failure))
        });
        self.read.borrow_mut().insert(key(server), read.clone());
        read
    }

    /// Opens the destination, or the copy of it that holds something.
    fn open(&self, store: &StoreLocation, server: &str) -> Result<Opened, Failure> {
        let group = Group {
            endpoint: store.endpoint.clone(),
            destination: store.destination.clone(),
            servers: vec![server.to_owned()],
        };
        let options = &self.asked.reach;
        let asked = self.asked.archive.as_deref().unwrap_or_default();
        if asked.is_empty() {
            return group.open(&store.destination, options, self.quiet);
        }
        let location = destination_of(asked);
        for candidate in group.candidates(&location) {
            let opened = group.open(&candidate, options, self.quiet)?;
            if opened.names()?.iter().any(|name| opened.holds(name)) {
                return Ok(opened);
            }
        }
        Err(Failure::new(format!(
            "{location}: no archive of Barman Cloud is here"
        )))
    }
}

impl Sight for ArchiveSight<'_> {
    fn look(&self, archive: &ArchiveRef) -> Seen {
        let Some(asked) = &self.asked.archive else {
            return self.in_inventories(archive);
        };
        let unknown = StoreLocation {
            endpoint: String::new(),
            destination: String::new(),
            span: archive.server_name.place.span,
        };
        let store = match &archive.store {
            StoreRef::Known(store) => store,
            _ if !asked.is_empty() => &unknown,
            _ => {
                let reason = "the manifests do not say where the archive is";
                return Seen::Failed(reason.to_owned());
            }
        };
        match self.evidence(store, &archive.server_name.value) {
            Ok(evidence) => Seen::There(evidence),
            Err(reason) => Seen::Failed(reason),
        }
    }
}
