//! Runs the rules over a repository, applies what people accepted, and fixes what may be fixed.

mod accepted;
mod admission;
mod allow;
mod baseline;
mod fingerprint;
mod fix;
mod introduced;
mod overlaid;
mod run;
mod schema;
mod unmet;

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::facts::{Archives, CommitLog};
use crate::text::{FileTree, SourceMap};

pub use accepted::{Acceptance, Accepted};
pub use baseline::{Baseline, BaselineError};
pub use fingerprint::fingerprint;
pub use fix::plan;
pub use run::{archives, examine, run};

/// What to look at.
#[derive(Debug)]
pub enum Input {
    /// YAML files of a repository.
    Paths {
        /// What shown paths are relative to. Absolute.
        root: PathBuf,
        /// The files. Absolute paths.
        files: Vec<PathBuf>,
    },
    /// Manifests that another program rendered.
    Stdin(Arc<str>),
}

/// How to run.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The repository's configuration.
    pub config: &'a Config,
    /// Only these rules, when there are any.
    pub select: &'a [String],
    /// Not these rules.
    pub ignore: &'a [String],
    /// Time of the run in seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The archives at hand.
    pub archives: &'a Archives,
    /// The revision that the change under review is made to: only what the change introduces is reported.
    pub base: Option<Base<'a>>,
    /// The history of the repository. It is asked for only where a rule needs it.
    pub history: &'a dyn CommitLog,
}

/// The revision that a change is made to.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// Its files, under the paths that they have in the working tree.
    pub tree: &'a dyn FileTree,
    /// Which of them to look at.
    pub input: &'a Input,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Every file read.
    pub sources: SourceMap,
    /// Findings in the order of their places.
    pub findings: Vec<Diagnostic>,
    /// Findings that people accepted, in the order of their places.
    pub accepted: Vec<Accepted>,
    /// The ids of the rules that were asked for, in the order of the documentation.
    pub asked: Vec<&'static str>,
    /// What was not checked.
    pub skipped: Vec<Skipped>,
    /// Files that could not be read: path as shown, and why.
    pub unreadable: Vec<(String, String)>,
    /// What the change since the base revision does to each database, in words; one line each.
    pub changes: Vec<String>,
    /// Counts.
    pub summary: Summary,
}

/// Something that was not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The rule, or `None` for files.
    pub rule: Option<&'static str>,
    /// Why.
    pub reason: String,
    /// How many items.
    pub count: usize,
    /// The files, where it is about files.
    pub files: Vec<String>,
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// YAML files looked at.
    pub files: usize,
    /// Kubernetes objects rendered.
    pub objects: usize,
    /// Databases; renderings of one Cluster count once.
    pub clusters: usize,
}
