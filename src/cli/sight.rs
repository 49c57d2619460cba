//! The archives that a change is checked against, opened when somebody asks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use clap::Args;

use crate::facts::Evidence;
use crate::model::archive::{ArchiveRef, StoreLocation, StoreRef};
use crate::recover::sight::{Seen, Sight};

use super::archive::ArchiveOptions;
use super::evidence::{Group, Opened, destination_of, in_one_line};
use super::exit::Failure;

/// Whether to look at archives, and how to reach them.
#[derive(Debug, Clone, Default, Args)]
pub struct SightOptions {
    /// Look into the archive: where the manifests say, or in this copy of its destination
    #[arg(
        long,
        value_name = "URL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = "Archive"
    )]
    pub archive: Option<String>,
    /// How to reach it.
    #[command(flatten)]
    pub reach: ArchiveOptions,
}

type Remembered<T> = RefCell<BTreeMap<(String, String, String), Result<T, String>>>;

/// The archives of a run.
pub(super) struct ArchiveSight<'a> {
    asked: &'a SightOptions,
    opened: Remembered<Opened>,
    read: Remembered<Rc<dyn Evidence>>,
}

impl<'a> ArchiveSight<'a> {
    pub(super) fn new(asked: &'a SightOptions) -> Self {
        Self {
            asked,
            opened: RefCell::default(),
            read: RefCell::default(),
        }
    }

    fn evidence(&self, store: &StoreLocation, server: &str) -> Result<Rc<dyn Evidence>, String> {
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
            let read = opened.read(server).map(Rc::from);
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
            return group.open(&store.destination, options);
        }
        let location = destination_of(asked);
        for candidate in group.candidates(&location) {
            let opened = group.open(&candidate, options)?;
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
            return Seen::Nothing;
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
