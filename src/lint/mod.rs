//! Stand-in until the engine is here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Safety};
use crate::text::{FileTree, SourceMap};

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Files.
    pub sources: SourceMap,
    /// Findings.
    pub findings: Vec<Diagnostic>,
    /// Not checked.
    pub skipped: Vec<Skipped>,
    /// Counts.
    pub summary: Summary,
}

/// Not checked.
#[derive(Debug)]
pub struct Skipped {
    /// Rule id, or `file`.
    pub what: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: usize,
}

/// Counts.
#[derive(Debug, Default)]
pub struct Summary {
    /// YAML files.
    pub files: usize,
    /// Objects.
    pub objects: usize,
    /// Clusters.
    pub clusters: usize,
    /// Accepted findings.
    pub suppressed: usize,
}

/// Settings.
#[derive(Debug)]
pub struct Options<'a> {
    /// Configuration.
    pub config: &'a Config,
    /// Only these rules.
    pub select: &'a [String],
    /// Not these rules.
    pub ignore: &'a [String],
    /// Seconds since 1970.
    pub now: i64,
}

/// What to look at.
#[derive(Debug)]
pub enum Input {
    /// Files.
    Paths {
        /// Top.
        root: PathBuf,
        /// Listing.
        files: Vec<PathBuf>,
    },
    /// Text.
    Stdin(Arc<str>),
}

/// Runs.
pub fn run(_tree: &dyn FileTree, _input: &Input, _options: &Options<'_>) -> Outcome {
    let _ = BTreeMap::<u8, u8>::new();
    Outcome::default()
}

/// Plans.
pub fn plan(
    _tree: &dyn FileTree,
    _input: &Input,
    _options: &Options<'_>,
    _least: Safety,
) -> Vec<(PathBuf, Arc<str>, String)> {
    Vec::new()
}
