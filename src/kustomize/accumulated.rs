//! What a directory gives to the one that includes it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::text::{Span, Spanned};

use super::error::{BuildError, ErrorKind, field_error};
use super::file::{Kustomization, VarEntry};
use super::schema::Schema;
use super::set::ResourceSet;
use super::tables::FieldTables;
use super::vars;

/// A schema of `openapi.path`: the first one met holds for the whole build.
#[derive(Debug, Clone)]
pub(super) struct CustomSchema {
    pub(super) path: PathBuf,
    pub(super) schema: Arc<Schema>,
}

/// What a directory gives to the one that includes it.
#[derive(Debug, Clone)]
pub(super) struct Accumulated {
    pub(super) set: ResourceSet,
    pub(super) tables: Arc<FieldTables>,
    pub(super) vars: Vec<VarEntry>,
    pub(super) deprecated: Vec<Spanned<&'static str>>,
    pub(super) files: BTreeSet<PathBuf>,
    pub(super) directories: BTreeSet<PathBuf>,
    pub(super) schema: Option<CustomSchema>,
    /// What a partial build does without.
    pub(super) left_out: Vec<BuildError>,
}

impl Accumulated {
    pub(super) fn new() -> Self {
        Self {
            set: ResourceSet::default(),
            tables: FieldTables::built_in(),
            vars: Vec::new(),
            deprecated: Vec::new(),
            files: BTreeSet::new(),
            directories: BTreeSet::new(),
            schema: None,
            left_out: Vec::new(),
        }
    }

    /// In a partial build, notes what cannot be built instead of failing.
    pub(super) fn without<T>(
        &mut self,
        partial: bool,
        result: Result<T, BuildError>,
    ) -> Result<Option<T>, BuildError> {
        match result {
            Err(error) if partial && error.is_unsupported() => {
                self.left_out.push(error);
                Ok(None)
            }
            result => result.map(Some),
        }
    }

    /// Where something is left out, what a patch or replacement does not find may be part of it.
    pub(super) fn without_match(&self, result: Result<(), BuildError>) -> Result<(), BuildError> {
        match result {
            Err(error)
                if !self.left_out.is_empty() && matches!(error.kind(), ErrorKind::NoMatch(_)) =>
            {
                Ok(())
            }
            result => result,
        }
    }

    /// Appends what a directory gave.
    pub(super) fn absorb(&mut self, other: &Self, asked: Span) -> Result<(), BuildError> {
        self.set
            .append_all(other.set.items().iter().cloned())
            .map_err(|error| error.related(asked, "included here"))?;
        FieldTables::absorb(&mut self.tables, &other.tables)
            .map_err(|error| field_error(asked, error))?;
        vars::merge(&mut self.vars, &other.vars)?;
        self.deprecated.extend(other.deprecated.iter().cloned());
        self.files.extend(other.files.iter().cloned());
        self.directories.extend(other.directories.iter().cloned());
        self.left_out.extend(other.left_out.iter().cloned());
        Ok(())
    }
}

/// Fields that need programs, the network, or are not built yet.
pub(super) fn refuse_unsupported(file: &Kustomization) -> Result<(), BuildError> {
    let refuse = |span: Span, field: &str| {
        Err(
            BuildError::at(span, ErrorKind::Unsupported(format!("field `{field}`"))).help(
                "build this directory with kustomize and lint the result, or remove the field",
            ),
        )
    };
    if let Some(helm) = &file.helm {
        return refuse(helm.span, helm.value);
    }
    for (entries, field) in [(&file.crds, "crds"), (&file.validators, "validators")] {
        if let Some(entry) = entries.first() {
            return refuse(entry.span, field);
        }
    }
    Ok(())
}

/// The words of the reference, once for each place.
pub(super) fn warnings(deprecated: &[Spanned<&'static str>]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    deprecated
        .iter()
        .filter(|field| seen.insert(field.span))
        .map(|field| {
            let (instead, note) = match field.value {
                "bases" => ("resources", ""),
                "commonLabels" => ("labels", ""),
                "imageTags" => ("images", ""),
                "vars" => ("replacements", "[EXPERIMENTAL] "),
                _ => ("patches", ""),
            };
            format!(
                "# Warning: '{}' is deprecated. Please use '{instead}' instead. {note}Run 'kustomize edit fix' to update your Kustomization automatically.",
                field.value
            )
        })
        .collect()
}
