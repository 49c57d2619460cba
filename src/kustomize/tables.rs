//! The field tables of a build: the built-in ones and what `configurations` add.
//!
//! Source: kustomize `api/internal/plugins/builtinconfig/transformerconfig.go`.

use std::sync::{Arc, LazyLock};

use crate::text::Span;
use crate::yaml::{Node, expand};

use super::error::{BuildError, ErrorKind, field_error};
use super::fieldspec::{FieldError, FieldSpec, merge};
use super::fieldspecs::{self, NameReference};
use super::file::{Fields, Reading, configuration};
use super::loader::Loader;
use crate::text::Spanned;

/// Which fields the transformers change.
#[derive(Debug, Clone)]
pub(super) struct FieldTables {
    pub(super) name_prefix: Vec<FieldSpec>,
    pub(super) name_suffix: Vec<FieldSpec>,
    pub(super) namespace: Vec<FieldSpec>,
    pub(super) common_labels: Vec<FieldSpec>,
    pub(super) labels: Vec<FieldSpec>,
    pub(super) template_labels: Vec<FieldSpec>,
    pub(super) common_annotations: Vec<FieldSpec>,
    pub(super) name_references: Vec<NameReference>,
    pub(super) var_references: Vec<FieldSpec>,
    pub(super) images: Vec<FieldSpec>,
    pub(super) replicas: Vec<FieldSpec>,
}

static BUILT_IN: LazyLock<Arc<FieldTables>> = LazyLock::new(|| {
    Arc::new(FieldTables {
        name_prefix: fieldspecs::name_prefix(),
        name_suffix: fieldspecs::name_prefix(),
        namespace: fieldspecs::namespace(),
        common_labels: fieldspecs::common_labels(),
        labels: Vec::new(),
        template_labels: fieldspecs::template_labels(),
        common_annotations: fieldspecs::common_annotations(),
        name_references: fieldspecs::name_references(),
        var_references: fieldspecs::var_references(),
        images: fieldspecs::images(),
        replicas: fieldspecs::replicas(),
    })
});

impl FieldTables {
    /// The tables of a build without `configurations`.
    pub(super) fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    /// Adds the tables of a child directory.
    ///
    /// # Errors
    /// When both name one field with different `create`.
    pub(super) fn absorb(this: &mut Arc<Self>, other: &Arc<Self>) -> Result<(), FieldError> {
        if Arc::ptr_eq(this, other) || Arc::ptr_eq(other, &BUILT_IN) {
            return Ok(());
        }
        let tables = Arc::make_mut(this);
        merge(&mut tables.name_prefix, &other.name_prefix)?;
        merge(&mut tables.name_suffix, &other.name_suffix)?;
        merge(&mut tables.namespace, &other.namespace)?;
        merge(&mut tables.common_labels, &other.common_labels)?;
        merge(&mut tables.labels, &other.labels)?;
        merge(&mut tables.template_labels, &other.template_labels)?;
        merge(&mut tables.common_annotations, &other.common_annotations)?;
        merge(&mut tables.var_references, &other.var_references)?;
        merge(&mut tables.images, &other.images)?;
        merge(&mut tables.replicas, &other.replicas)?;
        tables.merge_references(&other.name_references)
    }

    fn merge_references(&mut self, more: &[NameReference]) -> Result<(), FieldError> {
        for reference in more {
            let same = |known: &&mut NameReference| {
                known.group == reference.group
                    && known.version == reference.version
                    && known.kind == reference.kind
            };
            match self.name_references.iter_mut().find(same) {
                Some(known) => merge(&mut known.fields, &reference.fields)?,
                None => self.name_references.push(reference.clone()),
            }
        }
        Ok(())
    }

    fn table(&mut self, name: &str) -> &mut Vec<FieldSpec> {
        match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.var_references,
            "images" => &mut self.images,
            _ => &mut self.replicas,
        }
    }
}

/// Adds the files of `configurations` to the tables.
///
/// # Errors
/// When a file is missing, malformed, or contradicts a table.
pub(super) fn configure(
    loader: &mut Loader<'_, '_>,
    tables: &mut Arc<FieldTables>,
    files: &[Spanned<String>],
) -> Result<(), BuildError> {
    for entry in files {
        let file = loader.open(entry, "configuration file")?;
        let documents = loader.store().documents(file);
        let documents = documents.as_ref().as_ref().map_err(Clone::clone)?;
        let Some(document) = documents.first() else {
            continue;
        };
        let root: Node = expand(document)?;
        add(Arc::make_mut(tables), &root, entry.span)?;
    }
    Ok(())
}

fn add(tables: &mut FieldTables, root: &Node, asked: Span) -> Result<(), BuildError> {
    let mut fields = Fields::new(root, String::new(), Reading::CONFIGURATION)?;
    let added = configuration::read(&mut fields)?;
    fields.finish().map_err(|error| match error.kind() {
        ErrorKind::UnknownField { .. } => error.related(asked, "this file is a configuration"),
        _ => error,
    })?;
    for (name, table) in added.tables {
        merge(tables.table(name), &table).map_err(|error| field_error(asked, error))?;
    }
    tables
        .merge_references(&added.references)
        .map_err(|error| field_error(asked, error))
}
