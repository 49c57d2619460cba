//! `walbound render`.

use super::args::{Common, Render};
use super::exit::{Exit, Failure};

/// Builds one kustomization and prints it.
pub(super) fn run(_arguments: &Render, _common: &Common) -> Result<Exit, Failure> {
    Err(Failure::new("render is not wired yet"))
}
