//! A catalog as part of a file, and back: what [`Catalog`] holds, in the words of JSON.
//!
//! The file is data from outside. Reading it is strict: every number that something is counted or reached by is checked
//! here, so that nobody behind has to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::catalog::{Catalog, Oddities};
use super::path::ServerPath;
use crate::wal::{SegmentSize, TimelineId};

mod backup;
mod problem;
mod timeline;
mod word;

pub use word::required;

use backup::BackupPart;
use timeline::TimelinePart;

/// The part of an inventory that tells one catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogPart {
    server_name: String,
    #[serde(deserialize_with = "required")]
    path: Option<String>,
    segment_size: u64,
    segment_size_known: bool,
    backups: Vec<BackupPart>,
    timelines: Vec<TimelinePart>,
    misplaced: OdditiesPart,
    foreign_size: OdditiesPart,
    unknown: OdditiesPart,
    near_misses: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OdditiesPart {
    count: u64,
    examples: Vec<String>,
}

/// A place in the document and what is wrong there.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{path}: {problem}")]
pub struct Mistake {
    /// As in `lineages[0].timelines[1].runs[0].first`; grows while the error is handed upwards.
    pub path: String,
    /// What is wrong, without a final stop.
    pub problem: String,
}

impl Mistake {
    /// A mistake at one field.
    pub fn at(field: &str, problem: impl Into<String>) -> Self {
        Self {
            path: field.to_owned(),
            problem: problem.into(),
        }
    }

    /// The same, seen from outside of `parent`.
    #[must_use]
    pub fn inside(self, parent: &str) -> Self {
        Self {
            path: format!("{parent}.{}", self.path),
            ..self
        }
    }

    /// The same for an item of a list.
    #[must_use]
    pub fn in_item(self, list: &str, at: usize) -> Self {
        self.inside(&format!("{list}[{at}]"))
    }
}

impl CatalogPart {
    /// What a file keeps of a catalog. `redact` leaves out where the archive lies, but for its server name.
    pub fn of(catalog: &Catalog, redact: bool) -> Self {
        let numbers = catalog.timelines.keys().chain(catalog.histories.keys());
        let numbers: std::collections::BTreeSet<TimelineId> = numbers.copied().collect();
        let timelines = numbers
            .into_iter()
            .map(|number| TimelinePart::of(catalog, number));
        let prefix = catalog.path.servers_prefix();
        let oddities = |oddities: &Oddities| OdditiesPart::of(oddities, redact, &prefix);
        Self {
            server_name: catalog.path.server().to_owned(),
            path: (!redact).then(|| catalog.path.path().to_owned()),
            segment_size: catalog.segment_size.bytes(),
            segment_size_known: catalog.segment_size_known,
            backups: catalog.backups.iter().map(BackupPart::of).collect(),
            timelines: timelines.collect(),
            misplaced: oddities(&catalog.misplaced),
            foreign_size: oddities(&catalog.foreign_size),
            unknown: oddities(&catalog.unknown),
            near_misses: if redact {
                Vec::new()
            } else {
                catalog.near_misses.clone()
            },
        }
    }

    /// The catalog.
    ///
    /// # Errors
    /// [`Mistake`] for anything that no catalog of an archive can hold.
    pub fn catalog(&self) -> Result<Catalog, Mistake> {
        let size = SegmentSize::new(self.segment_size)
            .map_err(|error| Mistake::at("segment_size", error.to_string()))?;
        let mut catalog = Catalog {
            path: ServerPath::new(self.path.as_deref().unwrap_or_default(), &self.server_name),
            segment_size: size,
            segment_size_known: self.segment_size_known,
            backups: Vec::new(),
            timelines: BTreeMap::new(),
            histories: BTreeMap::new(),
            misplaced: self
                .misplaced
                .oddities()
                .map_err(|m| m.inside("misplaced"))?,
            foreign_size: self
                .foreign_size
                .oddities()
                .map_err(|m| m.inside("foreign_size"))?,
            unknown: self.unknown.oddities().map_err(|m| m.inside("unknown"))?,
            near_misses: self.near_misses.clone(),
        };
        for (at, part) in self.backups.iter().enumerate() {
            let backup = part.backup().map_err(|m| m.in_item("backups", at))?;
            if catalog
                .backups
                .last()
                .is_some_and(|last| last.id >= backup.id)
            {
                let mistake = Mistake::at("id", "the backups are not in the order of their names");
                return Err(mistake.in_item("backups", at));
            }
            catalog.backups.push(backup);
        }
        let mut before = None;
        for (at, part) in self.timelines.iter().enumerate() {
            let number = part.put_into(&mut catalog, size);
            let number = number.map_err(|m| m.in_item("timelines", at))?;
            if before.is_some_and(|before| before >= number) {
                let mistake = Mistake::at("timeline", "the timelines are not in their order");
                return Err(mistake.in_item("timelines", at));
            }
            before = Some(number);
        }
        Ok(catalog)
    }
}

impl OdditiesPart {
    fn of(oddities: &Oddities, redact: bool, prefix: &str) -> Self {
        let examples = oddities.examples.iter();
        let shown = |key: &String| match key.strip_prefix(prefix).filter(|_| redact) {
            Some(rest) => rest.to_owned(),
            None => key.clone(),
        };
        Self {
            count: oddities.count,
            examples: examples.map(shown).collect(),
        }
    }

    fn oddities(&self) -> Result<Oddities, Mistake> {
        let most = Oddities::MOST_EXAMPLES;
        if self.examples.len() > most {
            let problem = format!("more than {most} examples");
            return Err(Mistake::at("examples", problem));
        }
        Ok(Oddities {
            count: self.count,
            examples: self.examples.clone(),
        })
    }
}
