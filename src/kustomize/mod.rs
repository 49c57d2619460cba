//! `kustomize build` on nodes that keep their origins.
//!
//! The reference is kustomize 5.5.0 as `kubectl kustomize` 1.32 ships it: same resources, same bytes. [`Builder`]
//! builds directories, [`write()`] writes a build, [`Kustomization`] is the typed file for those who only look.

mod accumulated;
mod additions;
mod additions_argocd;
mod build;
mod documents;
pub mod error;
pub mod fieldspec;
pub mod fieldspecs;
pub mod file;
mod finish;
mod generate;
pub mod generator;
pub mod hash;
pub mod image;
pub mod json6902;
mod loader;
#[cfg(test)]
mod memory;
pub mod merge;
pub mod order;
mod patch;
mod plugins;
mod provenance;
mod references;
mod replace;
pub mod replacement;
mod resource;
pub mod schema;
pub mod selector;
mod set;
mod shared;
mod tables;
mod transform;
pub mod variable;
mod vars;

use std::path::Path;

use crate::yaml::emit::emit;
use crate::yaml::{DocumentStore, Node};

pub use additions::Additions;
pub use build::{Build, Builder};
pub use error::{BuildError, ErrorKind};
pub use file::Kustomization;
pub use resource::{Resource, ResourceId};

/// What `kustomize build` prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Standard output.
    pub text: String,
    /// Lines on standard error: deprecated fields.
    pub warnings: Vec<String>,
}

/// Builds a directory and writes it.
///
/// # Errors
/// When it cannot be built or written; nothing is returned then, as the reference prints nothing.
pub fn render(store: &mut DocumentStore<'_>, dir: &Path) -> Result<Rendered, BuildError> {
    render_changed(store, dir, &|_| None)
}

/// The same with another node in the place of each resource for which `change` gives one.
///
/// # Errors
/// When it cannot be built or written; nothing is returned then.
pub fn render_changed(
    store: &mut DocumentStore<'_>,
    dir: &Path,
    change: &dyn Fn(&Node) -> Option<Node>,
) -> Result<Rendered, BuildError> {
    let build = Builder::new(store).build(dir)?;
    Ok(Rendered {
        text: write_changed(&build, change)?,
        warnings: build.warnings,
    })
}

/// The documents of a build, joined by `---`; empty for a build without resources.
///
/// # Errors
/// When a resource cannot be written, such as one with a key that is no string.
pub fn write(build: &Build) -> Result<String, BuildError> {
    write_changed(build, &|_| None)
}

fn write_changed(
    build: &Build,
    change: &dyn Fn(&Node) -> Option<Node>,
) -> Result<String, BuildError> {
    let mut text = String::new();
    for resource in &build.resources {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&match change(resource.node()) {
            Some(changed) => emit(&changed)?,
            None => emit(resource.node())?,
        });
    }
    Ok(text)
}
