//! Why a change is not made.

use std::path::PathBuf;

use thiserror::Error;

use super::lineages::NoNextLineage;
use crate::model::cluster::Cluster;
use crate::project::Project;
use crate::text::Span;
use crate::yaml::patch::PatchError;

/// Why a change is not made. Places are `file:line:column`.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum Refusal {
    /// The Cluster archives nowhere.
    #[error(
        "{title} has no archive: neither a Barman Cloud plugin with `barmanObjectName` nor `spec.backup.barmanObjectStore`"
    )]
    NoArchive {
        /// The database.
        title: String,
    },
    /// There is a recovery to switch to.
    #[error("{title} has a recovery already, in {directory}")]
    RecoversAlready {
        /// The database.
        title: String,
        /// The build that recovers.
        directory: String,
    },
    /// No kustomization renders the Cluster.
    #[error(
        "no kustomization of this repository renders {title}, so there is no place for a switch"
    )]
    NoKustomization {
        /// The database.
        title: String,
    },
    /// The switch cannot be written.
    #[error("{place}: {error}")]
    OverlayEdit {
        /// The file.
        place: String,
        /// Why not.
        error: PatchError,
    },
    /// The switch would not work.
    #[error("a recovery overlay for {title} would not work: {why}")]
    OverlayFails {
        /// The database.
        title: String,
        /// What would be wrong.
        why: String,
    },
    /// There is no next name.
    #[error(transparent)]
    NoNext(#[from] NoNextLineage),
    /// A server name that Barman could not use as a directory.
    #[error("`{0}` cannot be a server name: use letters, digits, `-`, `_` and `.`")]
    BadName(String),
    /// The write lineage that was asked for was used before.
    #[error("the lineage `{name}` is in use: {place}")]
    InUse {
        /// The name.
        name: String,
        /// Where it was met.
        place: String,
    },
    /// What the database archives to is not what `--from` says.
    #[error("{title} archives to `{current}`, not to `{asked}`")]
    OtherLineage {
        /// The database.
        title: String,
        /// Where it archives to.
        current: String,
        /// What was asked for.
        asked: String,
    },
    /// The target lies in the future.
    #[error("the target {target} lies in the future: it is {now}")]
    Future {
        /// The target.
        target: String,
        /// The time of the run.
        now: String,
    },
    /// The target does not tell which base backup to take, and nothing at hand does.
    #[error("CloudNativePG refuses `{field}` without a `backupID`")]
    NeedsBackup {
        /// The field of the target.
        field: &'static str,
    },
    /// A recovery is active, and the lineage written since then could be restored too.
    #[error(
        "{title} recovers from `{read}` and has archived a base backup to `{written}` since: which of the two is to be read?"
    )]
    WhichSource {
        /// The database.
        title: String,
        /// What the active recovery reads.
        read: String,
        /// What the database writes.
        written: String,
    },
    /// Several overlays recover.
    #[error("{title} has several overlays that recover: {}", overlays.join(", "))]
    WhichOverlay {
        /// The database.
        title: String,
        /// Their directories.
        overlays: Vec<String>,
    },
    /// An overlay is reached through a symbolic link.
    #[error(
        "{overlay} is reached through a symbolic link: what it holds stands elsewhere, and may serve others"
    )]
    Linked {
        /// The overlay.
        overlay: String,
    },
    /// The Cluster is copied from a running server.
    #[error(
        "{title} bootstraps with `pg_basebackup`: it is a copy of a running server and has nothing to recover"
    )]
    CopiesServer {
        /// The database.
        title: String,
    },
    /// The Cluster follows another one.
    #[error("{title} is a replica cluster: recover the one it follows")]
    Replica {
        /// The database.
        title: String,
    },
    /// A name that the operator would refuse for the Cluster beside the live one.
    #[error(
        "`{name}` cannot be the name of a Cluster: lower-case letters, digits and `-`, a letter first, at most {longest} characters"
    )]
    BadClusterName {
        /// The name.
        name: String,
        /// The most characters.
        longest: usize,
    },
    /// There is a Cluster of the name that the one beside the live one is to get.
    #[error("{title} exists already: {place}")]
    ClusterExists {
        /// The Cluster.
        title: String,
        /// Where it stands.
        place: String,
    },
    /// Several builds in use render the Cluster, so that a second one has no single place.
    #[error("{title} is rendered by several builds in use: {}", builds.join(", "))]
    SeveralBuilds {
        /// The database.
        title: String,
        /// Their directories.
        builds: Vec<String>,
    },
    /// Flux puts another bootstrap into every Cluster of the Kustomization.
    #[error(
        "the label in {file} lets Flux replace the bootstrap of every Cluster it applies, so a recovery beside {title} would not recover"
    )]
    Replaced {
        /// The database.
        title: String,
        /// The file with the label.
        file: String,
    },
    /// The second Cluster cannot be made part of what renders the live one.
    #[error("`{name}` cannot be wired into {place}: {why}")]
    NotWired {
        /// The new Cluster.
        name: String,
        /// The kustomization or directory.
        place: String,
        /// Why not.
        why: String,
    },
    /// A value is computed by kustomize, such as by a replacement.
    #[error("{place}: the value is made by what stands here and cannot be edited as a value")]
    Made {
        /// What makes it.
        place: String,
    },
    /// A value is a variable that nobody resolves here.
    #[error(
        "{place}: `{text}` is filled in by Flux, and its value is not known here{}",
        hidden(sources)
    )]
    Variable {
        /// The text with the variable.
        text: String,
        /// Where it stands.
        place: String,
        /// Where the value may come from.
        sources: Vec<String>,
    },
    /// A value or its file is encrypted by SOPS.
    #[error("{place}: this is encrypted by SOPS and cannot be edited here")]
    Encrypted {
        /// Where it stands.
        place: String,
    },
    /// Fields that must differ share one value in a way that cannot be split here.
    #[error(
        "{place}: this value is shared by fields that must differ, in a way that only a person can take apart"
    )]
    Shared {
        /// Where it stands.
        place: String,
    },
    /// A field has no place in the files.
    #[error("`{pointer}` of {title} has no place in the files")]
    NoPlace {
        /// The Cluster.
        title: String,
        /// The field.
        pointer: String,
    },
    /// A text does not allow an edit.
    #[error("{place}: cannot be edited: {reason}")]
    Patch {
        /// Where.
        place: String,
        /// Why.
        reason: String,
    },
    /// Edits of one file do not fit together.
    #[error("{place}: the edits of this file do not fit together")]
    Entangled {
        /// The file.
        place: String,
    },
    /// A file that is to be made is there.
    #[error("{} is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Other databases would change too.
    #[error("the change would reach other databases too: {}", others.join(", "))]
    Spread {
        /// Those databases.
        others: Vec<String>,
    },
    /// The switch puts a Cluster of another name in the place of this one.
    #[error("the switch to recovery puts another Cluster in the place of {title}")]
    Renamed {
        /// The database.
        title: String,
    },
    /// The switch to recovery cannot be moved.
    #[error("{message}")]
    Flip {
        /// Why.
        message: String,
    },
    /// Lint would find errors that were not there.
    #[error("the result would have new errors: {}", errors.join("; "))]
    Worse {
        /// The errors.
        errors: Vec<String>,
    },
    /// More than the planned fields would change, or less.
    #[error("the result would not be the planned one: {}", differences.join("; "))]
    Unplanned {
        /// What differs.
        differences: Vec<String>,
    },
}

fn hidden(sources: &[String]) -> String {
    if sources.is_empty() {
        String::new()
    } else {
        format!(" (it may come from {})", sources.join(", "))
    }
}

impl Refusal {
    /// What to do.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            Self::InUse { .. } => "leave `--to` out, or name a lineage that nobody used",
            Self::RecoversAlready { .. } => "`walbound flip DB recovery` switches to it",
            Self::NoKustomization { .. } => {
                "put a kustomization.yaml beside the manifests that lists them, or let `walbound recover` edit the bootstrap in place"
            }
            Self::Future { .. } => "check the time and its zone",
            Self::NeedsBackup { .. } => {
                "name the base backup with `--backup-id`, or look into the archive with `--archive` or `--inventory`"
            }
            Self::WhichSource { .. } => {
                "`--from` the lineage that holds the data you want; the one written since where the database worked after the last recovery"
            }
            Self::ClusterExists { .. } => "choose another name behind `--as`",
            Self::SeveralBuilds { .. } => {
                "recover in one of them by hand: each would need a name and a lineage of its own"
            }
            Self::Renamed { .. } => {
                "`walbound flip DB recovery` first, then recover the Cluster that takes the place; a new generation is made where each Cluster is called as the lineage it writes"
            }
            Self::Linked { .. } => "replace the link by a directory of its own",
            Self::NotWired { .. } => {
                "a patch that is for the live Cluster alone needs its name in the target"
            }
            Self::Replaced { .. } => "take the label off first: `walbound flip DB recovery`",
            Self::WhichOverlay { .. } => "keep one recovery overlay for each database",
            Self::Made { .. } => "change what makes the value, or write the server name out",
            Self::Variable { .. } => {
                "write the variable into `spec.postBuild.substitute` of the Flux Kustomization, or the server name out in the Cluster"
            }
            Self::Encrypted { .. } => {
                "a lineage is no secret: keep it in a file that is not encrypted"
            }
            Self::Shared { .. } => "write the server names out, one for each field",
            Self::Spread { .. } => {
                "give this database a value of its own, in a patch of its overlay or a variable of its Flux Kustomization"
            }
            Self::NoNext(NoNextLineage::Variable(_)) => {
                "name the lineage with `--to`, or write the server name out"
            }
            _ => return None,
        })
    }

    pub(super) fn no_place(cluster: &Cluster, path: &[String]) -> Self {
        Self::NoPlace {
            title: cluster.title(),
            pointer: format!("/{}", path.join("/")),
        }
    }

    pub(super) fn shared(project: &Project, span: Span) -> Self {
        Self::Shared {
            place: project.sources.describe(span),
        }
    }

    pub(super) fn patch(project: &Project, span: Span, error: &PatchError) -> Self {
        Self::Patch {
            place: project.sources.describe(span),
            reason: error.to_string(),
        }
    }
}
