//! The inventory file.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::build::{self, Grain, Material};
use super::fingerprints::Fingerprints;
use super::index::CommitIndex;
use super::known::{Known, Noted};
use super::{headers, layout};
use crate::barman::inventory::{CatalogPart, Mistake, required};
use crate::barman::{Catalog, ObjectStore, ServerPath, StoreError};
use crate::facts::verdict::Depth;
use crate::model::instant::Instant;
use crate::wal::SystemId;

/// What the file is, in its key `schema`.
pub const SCHEMA: &str = "walbound.inventory/1";

/// The largest inventory that is read, in bytes (16 MiB). One of a million segments has less than one.
pub const LARGEST_INVENTORY: u64 = 16 << 20;

/// An inventory file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    schema: String,
    /// The version of the program that made it.
    pub version: String,
    taken_at: String,
    /// Where the archive lies, unless that was left out.
    #[serde(deserialize_with = "required")]
    pub url: Option<String>,
    /// The address of the object store, unless that was left out or is the usual one.
    #[serde(deserialize_with = "required")]
    pub endpoint_url: Option<String>,
    depth: DepthWord,
    /// Whether every server name of the destination is in it, so that one that is not had nothing archived.
    pub whole: bool,
    lineages: Vec<LineagePart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum DepthWord {
    Listing,
    Headers,
    Records,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineagePart {
    archive: CatalogPart,
    #[serde(deserialize_with = "required")]
    systems: Option<Vec<SystemPart>>,
    #[serde(deserialize_with = "required")]
    index: Option<CommitIndex>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemPart {
    object: String,
    system_identifier: String,
}

/// One lineage, as it is put into an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The listing.
    pub catalog: Catalog,
    /// What was read of the WAL.
    pub noted: Noted,
}

/// What is said about an inventory as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// When the archive was looked at.
    pub taken_at: Instant,
    /// Where it lies.
    pub url: String,
    /// The address of the object store, where it is not the usual one.
    pub endpoint_url: Option<String>,
    /// How closely it was looked at.
    pub depth: Depth,
    /// Whether to leave out where it lies.
    pub redact: bool,
    /// Whether every server name of the destination was looked at.
    pub whole: bool,
}

/// Why a text is no inventory.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum InventoryError {
    /// It is larger than [`LARGEST_INVENTORY`].
    #[error("the file is larger than {LARGEST_INVENTORY} bytes")]
    TooLarge,
    /// It is not JSON, or not of this shape.
    #[error("{0}")]
    Shape(String),
    /// It is another kind of document, or of another version.
    #[error("`schema` is `{0}`, expected `{SCHEMA}`")]
    Schema(String),
    /// A value makes no sense.
    #[error(transparent)]
    Mistake(#[from] Mistake),
}

impl From<Depth> for DepthWord {
    fn from(depth: Depth) -> Self {
        match depth {
            Depth::Listing => Self::Listing,
            Depth::Headers => Self::Headers,
            Depth::Sparing | Depth::Records => Self::Records,
        }
    }
}

impl From<DepthWord> for Depth {
    fn from(word: DepthWord) -> Self {
        match word {
            DepthWord::Listing => Self::Listing,
            DepthWord::Headers => Self::Headers,
            DepthWord::Records => Self::Records,
        }
    }
}

impl Lineage {
    /// Reads an archive. `earlier` is what an earlier inventory tells of it; `progress` is told how many segments were
    /// read since it was called last.
    ///
    /// # Errors
    /// When a listing fails.
    pub fn read(
        store: &dyn ObjectStore,
        path: ServerPath,
        depth: Depth,
        earlier: Option<&Noted>,
        progress: &dyn Fn(u64),
    ) -> Result<Self, StoreError> {
        let mut prints = Fingerprints::default();
        let catalog = Catalog::read_with(store, path, &mut |name, object| {
            if depth > Depth::Headers {
                prints.add(name, object);
            }
        })?;
        let systems = match depth {
            Depth::Listing => Default::default(),
            Depth::Headers | Depth::Sparing | Depth::Records => headers::read(store, &catalog),
        };
        let index = (depth > Depth::Headers).then(|| {
            build::build(&Material {
                store,
                catalog: &catalog,
                prints: &prints,
                earlier: earlier.and_then(|noted| noted.index.as_ref()),
                progress,
                grain: Grain::default(),
            })
        });
        let noted = Noted { systems, index };
        Ok(Self { catalog, noted })
    }
}

impl Inventory {
    /// The inventory of some lineages, which come in the order of their server names.
    pub fn new(heading: &Heading, lineages: &[Lineage]) -> Self {
        let shown = |text: &String| Some(text.clone()).filter(|_| !heading.redact);
        let read = heading.depth > Depth::Listing;
        let parts = lineages.iter().map(|lineage| LineagePart {
            archive: CatalogPart::of(&lineage.catalog, heading.redact),
            systems: read.then(|| lineage.noted.systems.iter().map(SystemPart::of).collect()),
            index: lineage.noted.index.clone(),
        });
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at: heading.taken_at.rfc3339(),
            url: shown(&heading.url),
            endpoint_url: heading.endpoint_url.as_ref().and_then(shown),
            depth: heading.depth.into(),
            whole: heading.whole,
            lineages: parts.collect(),
        }
    }

    /// The text of the file.
    ///
    /// # Errors
    /// [`InventoryError::Shape`] never happens in practice; it would be a value that JSON cannot hold.
    pub fn render(&self) -> Result<String, InventoryError> {
        layout::render(self).map_err(|error| InventoryError::Shape(error.to_string()))
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`InventoryError`].
    pub fn parse(text: &str) -> Result<Self, InventoryError> {
        if text.len() as u64 > LARGEST_INVENTORY {
            return Err(InventoryError::TooLarge);
        }
        /// Any document that says what it is.
        #[derive(Deserialize)]
        struct Marked {
            schema: String,
        }
        let shape = |error: serde_json::Error| InventoryError::Shape(error.to_string());
        let marked: Marked = serde_json::from_str(text).map_err(shape)?;
        if marked.schema != SCHEMA {
            return Err(InventoryError::Schema(marked.schema));
        }
        serde_json::from_str(text).map_err(shape)
    }

    /// What it tells, by lineage.
    ///
    /// # Errors
    /// [`InventoryError::Mistake`] for values that no archive can have.
    pub fn known(&self) -> Result<Vec<Known>, InventoryError> {
        let taken_at = Instant::from_rfc3339(&self.taken_at)
            .ok_or_else(|| Mistake::at("taken_at", "it is no time"))?;
        let depth = self.depth.into();
        let lineages = self.lineages.iter().enumerate().map(|(at, part)| {
            let (catalog, noted) = part
                .content(depth)
                .map_err(|mistake| mistake.in_item("lineages", at))?;
            Ok(Known {
                catalog,
                noted,
                depth,
                taken_at,
            })
        });
        lineages.collect()
    }
}

impl LineagePart {
    fn content(&self, depth: Depth) -> Result<(Catalog, Noted), Mistake> {
        let catalog = self.archive.catalog().map_err(|m| m.inside("archive"))?;
        let mut noted = Noted::default();
        for (at, part) in self.systems.iter().flatten().enumerate() {
            let system = part.system_identifier.parse().map(SystemId);
            let system = system.map_err(|_| {
                Mistake::at("system_identifier", "it is no number").in_item("systems", at)
            })?;
            noted.systems.insert(part.object.clone(), system);
        }
        match (&self.index, depth) {
            (Some(index), Depth::Sparing | Depth::Records) => {
                index.check().map_err(|m| m.inside("index"))?;
                noted.index = Some(index.clone());
            }
            (None, Depth::Listing | Depth::Headers) => {}
            _ => return Err(Mistake::at("index", "it is there at depth `records` only")),
        }
        Ok((catalog, noted))
    }
}

impl SystemPart {
    fn of((object, system): (&String, &SystemId)) -> Self {
        Self {
            object: object.clone(),
            system_identifier: system.to_string(),
        }
    }
}
