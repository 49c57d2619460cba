//! Two Flux Kustomizations, one for each overlay, one of them suspended.

use std::path::{Path, PathBuf};

use crate::model::cluster::Method;
use crate::project::flux::{Kustomization, Source};
use crate::project::{Database, Project};
use crate::text::{Edit, normalized};
use crate::yaml::Node;
use crate::yaml::patch::{NewValue, PatchError};

use super::sheet::Sheet;
use super::{Candidate, overlay};

/// The ways to suspend the Kustomization in use and to resume one of an overlay with this method.
pub(super) fn candidates(database: &Database<'_>, top: &Path, wanted: Method) -> Vec<Candidate> {
    let project = database.project;
    let live: Vec<PathBuf> = database
        .live()
        .iter()
        .map(|cluster| normalized(&top.join(&project.build_of(cluster).directory)))
        .collect();
    let fitting = overlay::fitting(database, top, wanted);
    let of = |directories: &[PathBuf], suspended: bool| {
        let all = project.flux.iter();
        all.filter(|own| own.is("suspend") == suspended && applies(own, top, directories))
            .collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    for new in of(&fitting, true) {
        for old in of(&live, false) {
            let title = format!("suspend {} and resume {}", old.title(), new.title());
            let (edits, refused) = match exchanged(project, old, new) {
                Ok(edits) => (edits, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            found.push(Candidate {
                title,
                edits,
                refused,
            });
        }
    }
    found
}

fn applies(own: &Kustomization, top: &Path, directories: &[PathBuf]) -> bool {
    match &own.source {
        Source::Here { directory } => directories.contains(&normalized(&top.join(directory))),
        Source::Unknown(_) => false,
    }
}

fn exchanged(
    project: &Project,
    old: &Kustomization,
    new: &Kustomization,
) -> Result<Vec<Edit>, PatchError> {
    let (old_file, new_file) = (old.place.file, new.place.file);
    let mut first = Sheet::of(&project.sources, old_file);
    set(project, &mut first, old, "true")?;
    if old_file == new_file {
        set(project, &mut first, new, "false")?;
        return Ok(first.edit().into_iter().collect());
    }
    let mut second = Sheet::of(&project.sources, new_file);
    set(project, &mut second, new, "false")?;
    Ok([first.edit(), second.edit()]
        .into_iter()
        .flatten()
        .collect())
}

fn set(
    project: &Project,
    sheet: &mut Sheet,
    own: &Kustomization,
    value: &str,
) -> Result<(), PatchError> {
    let parsed = project.parsed.get(&own.place.file);
    let documents = match parsed.map(|parsed| parsed.as_ref()) {
        Some(Ok(documents)) => documents.as_slice(),
        _ => &[],
    };
    let mut roots = documents.iter().map(|document| &document.root);
    let index = roots.position(|root| root.get("kind").map(Node::span) == Some(own.place));
    let index = index.ok_or(PatchError::NotInText)?;
    sheet.set_entry(
        index,
        &["spec"],
        "suspend",
        &NewValue::Plain(value.to_owned()),
    )
}
