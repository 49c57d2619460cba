//! What GitHub Actions tells the steps of a workflow, and the file it shows on the page of a run.
//!
//! Source: docs.github.com, "Variables reference" and "Workflow commands", section on job summaries.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Whether the program runs as a step of a workflow.
pub fn is_workflow() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The file that takes the summary of the step.
pub fn step_summary() -> Option<PathBuf> {
    let file = std::env::var_os("GITHUB_STEP_SUMMARY")?;
    (!file.is_empty()).then(|| file.into())
}

/// Adds text at the end of a file that the runner made.
///
/// # Errors
/// When the system refuses.
pub fn append(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(text.as_bytes())
}
