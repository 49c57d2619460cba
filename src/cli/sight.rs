//! The archives that a change is checked against.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use clap::Args;

use crate::facts::Evidence;
use crate::model::archive::{ArchiveRef, StoreRef};
use crate::recover::sight::{Seen, Sight};

use super::archive::{self, ArchiveOptions};
use super::args::Common;

/// Whether to look at archives, and how to reach them.
#[derive(Debug, Clone, Default, Args)]
pub struct SightOptions {
    /// Look at the archive: where the manifests say it is, or here
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "", help_heading = "Archive")]
    pub archive: Option<String>,
    /// How to reach it.
    #[command(flatten)]
    pub options: ArchiveOptions,
}

/// Archives that are opened when somebody asks.
pub(super) struct ArchiveSight<'a> {
    asked: &'a SightOptions,
    common: &'a Common,
    known: RefCell<BTreeMap<(String, String), Remembered>>,
}

type Remembered = Result<Rc<dyn Evidence>, String>;

impl<'a> ArchiveSight<'a> {
    pub(super) fn new(asked: &'a SightOptions, common: &'a Common) -> Self {
        Self {
            asked,
            common,
            known: RefCell::default(),
        }
    }

    fn open(&self, location: &str, endpoint: &str, server: &str) -> Remembered {
        let key = (format!("{endpoint} {location}"), server.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut options = self.asked.options.clone();
        options.server = Some(server.to_owned());
        if options.endpoint_url.is_none() && !endpoint.is_empty() {
            options.endpoint_url = Some(endpoint.to_owned());
        }
        let opened = archive::open(location, &options, self.common);
        let evidence: Remembered = match opened {
            Ok(live) => Ok(Rc::new(live)),
            Err(failure) => Err(failure.message),
        };
        self.known.borrow_mut().insert(key, evidence.clone());
        evidence
    }
}

impl Sight for ArchiveSight<'_> {
    fn look(&self, archive: &ArchiveRef) -> Seen {
        let Some(asked) = &self.asked.archive else {
            return Seen::Nothing;
        };
        let server = archive.server_name.value.as_str();
        let opened = match (asked.as_str(), &archive.store) {
            ("", StoreRef::Known(store)) => self.open(&store.destination, &store.endpoint, server),
            ("", _) => Err("the manifests do not say where the archive is".to_owned()),
            (location, _) => self.open(location, "", server),
        };
        match opened {
            Ok(evidence) => Seen::There(evidence),
            Err(reason) => Seen::Failed(reason),
        }
    }
}
