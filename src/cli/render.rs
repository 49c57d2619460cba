//! `walbound render`.

use std::path::Path;

use crate::admission::defaults;
use crate::config::OperatorVersion;
use crate::io::terminal::write_stderr;
use crate::io::{Disk, files};
use crate::kustomize;
use crate::report::clean;
use crate::text::{EntryKind, FileTree};
use crate::yaml::{DocumentStore, Node};

use super::answer;
use super::args::{Common, Render};
use super::exit::{Exit, Failure};
use super::settings::{Settings, unreadable, working_directory};

/// Builds one kustomization and prints it. Nothing is printed or written when it cannot be built.
pub(super) fn run(arguments: &Render, common: &Common) -> Result<Exit, Failure> {
    let named = &arguments.directory;
    let directory = Disk
        .canonical(named)
        .map_err(|error| unreadable(named, &error))?;
    if Disk.kind(&directory) == Some(EntryKind::File) {
        let message = format!("{}: is a file, not a directory", named.display());
        return Err(Failure::new(message).remedy("name the directory that holds the kustomization"));
    }
    let mut store = DocumentStore::new(&Disk, working_directory()?);
    let rendered = if arguments.defaults {
        let config = Settings::find(&directory, common)?.config;
        let version = config.operator_version.unwrap_or(defaults::NEWEST);
        kustomize::render_changed(&mut store, &directory, &|node| stored(node, version))
    } else {
        kustomize::render(&mut store, &directory)
    };
    let rendered = rendered.map_err(|error| Failure::new(error.describe(store.sources())))?;
    if !common.quiet {
        for warning in &rendered.warnings {
            write_stderr(&format!("{}\n", clean::line(warning)));
        }
    }
    match &arguments.output {
        Some(file) => write(file, &rendered.text)?,
        None => answer(&rendered.text)?,
    }
    Ok(Exit::Clean)
}

/// A Cluster as this operator stores it.
fn stored(node: &Node, version: OperatorVersion) -> Option<Node> {
    defaults::is_cluster(node).then(|| {
        let mut stored = node.clone();
        defaults::fill(&mut stored, version);
        stored
    })
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    files::write_output(file, text)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))
}
