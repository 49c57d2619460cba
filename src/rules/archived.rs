//! What rules see that look into archives: a recovery with its lineages, or one lineage.
//!
//! Evidence comes with `?`: a rule that lacks it is skipped for that database, with the reason, and speaks for the
//! others.

use crate::diagnostic::{Diagnostic, Evidence};
use crate::facts::{AtHand, Depth, Wanted};
use crate::model::archive::ArchiveRef;
use crate::model::cluster::Cluster;
use crate::model::object::Place;
use crate::project::Project;

use super::rule::Context;

/// Why a rule could not look at one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The name of the Cluster.
    pub database: String,
    /// What stands in the way.
    pub cause: Cause,
}

/// What stands in the way of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// No inventory or archive of the run is that of the database.
    NoEvidence,
    /// Anything else, in one sentence.
    Reason(String),
}

/// What a rule that looks into archives comes to.
pub type Looked = Result<Vec<Diagnostic>, Unmet>;

/// A rendering of a Cluster that is recovered from an archive.
pub struct Recovery<'r> {
    /// The Cluster.
    pub cluster: &'r Cluster,
    /// Whether another overlay is in use.
    pub dormant: bool,
    /// The archive it reads.
    pub source: ArchiveRef,
    /// The archive it writes to, if it has one.
    pub target: Option<ArchiveRef>,
}

impl<'r> Recovery<'r> {
    /// The recovery of a cluster; `None` when it does not read an archive.
    pub fn of(cluster: &'r Cluster, project: &Project) -> Option<Self> {
        cluster.recovers().then_some(())?;
        Some(Self {
            cluster,
            dormant: project.is_dormant(cluster),
            source: cluster.recovers_from(&project.stores)?,
            target: cluster.archives_to(&project.stores),
        })
    }

    /// The archive it reads, as far as it is at hand.
    pub(super) fn source<'c>(&self, context: &Context<'c>) -> Result<AtHand<'c>, Unmet> {
        at_hand(&self.source, self.cluster, context)
    }

    /// The archive it writes to, when that is another one than the source.
    pub(super) fn own_target(&self) -> Option<&ArchiveRef> {
        let target = self.target.as_ref()?;
        (target.same_archive(&self.source) != Some(true)).then_some(target)
    }

    /// What it asks for.
    pub(super) fn wanted(&self) -> Result<Wanted, Unmet> {
        Wanted::of(self.cluster).map_err(|reason| unmet(self.cluster, reason.to_string()))
    }

    /// The target field, or where recovery names its source.
    pub(super) fn target_place(&self) -> Place {
        let path = |field| ["spec", "bootstrap", "recovery", "recoveryTarget", field];
        match Wanted::field(self.cluster) {
            Some(field) => self.cluster.object.place(&path(field)),
            None => self.cluster.recovery_place("source"),
        }
    }
}

/// One archive of the repository, by the Cluster that names it first: those in use before those that are not, those
/// that write before those that read.
pub struct Lineage<'l> {
    /// The Cluster.
    pub cluster: &'l Cluster,
    /// The archive.
    pub archive: ArchiveRef,
    /// Whether the Cluster is in use and archives here.
    pub live: bool,
}

impl<'l> Lineage<'l> {
    /// Every archive that the repository names, each once.
    pub fn all(project: &'l Project) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for (dormant, writes) in [(false, true), (false, false), (true, true), (true, false)] {
            let clusters = project.clusters.iter();
            for cluster in clusters.filter(|cluster| project.is_dormant(cluster) == dormant) {
                let archive = match writes {
                    true => cluster.archives_to(&project.stores),
                    false if cluster.recovers() => cluster.recovers_from(&project.stores),
                    false => None,
                };
                let Some(archive) = archive else { continue };
                let is_known = |known: &Self| known.archive.same_archive(&archive) == Some(true);
                if !found.iter().any(is_known) {
                    found.push(Self {
                        cluster,
                        archive,
                        live: writes && !dormant,
                    });
                }
            }
        }
        found
    }

    /// What is at hand about it.
    pub(super) fn at_hand<'c>(&self, context: &Context<'c>) -> Result<AtHand<'c>, Unmet> {
        at_hand(&self.archive, self.cluster, context)
    }

    /// Its server name.
    pub(super) fn name(&self) -> &str {
        &self.archive.server_name.value
    }

    /// Where its server name stands.
    pub(super) fn place(&self) -> Place {
        self.archive.server_name.place.clone()
    }
}

/// What is at hand about an archive of a cluster.
pub(super) fn at_hand<'c>(
    archive: &ArchiveRef,
    cluster: &Cluster,
    context: &Context<'c>,
) -> Result<AtHand<'c>, Unmet> {
    let found = context.archives.look_up(archive);
    let found = found.ok_or_else(|| Unmet {
        database: cluster.name().to_owned(),
        cause: Cause::NoEvidence,
    })?;
    found.map_err(|reason| unmet(cluster, reason))
}

/// A rule cannot look at this cluster.
pub(super) fn unmet(cluster: &Cluster, reason: impl Into<String>) -> Unmet {
    Unmet {
        database: cluster.name().to_owned(),
        cause: Cause::Reason(reason.into()),
    }
}

impl Diagnostic {
    /// Says how closely the archive was looked at.
    #[must_use]
    pub(super) fn seen_at(mut self, depth: Depth) -> Self {
        self.evidence = match depth {
            Depth::Listing => Evidence::Listing,
            Depth::Headers => Evidence::Headers,
            Depth::Sparing | Depth::Records => Evidence::Records,
        };
        self
    }
}
