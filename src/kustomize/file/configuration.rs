//! Files of `configurations`.

use std::borrow::Cow;

use crate::kustomize::error::BuildError;
use crate::kustomize::fieldspec::FieldSpec;
use crate::kustomize::fieldspecs::NameReference;

use super::Fields;
use super::sections::field_spec;

type Read<T> = Result<T, BuildError>;

/// One file of `configurations`.
pub(in crate::kustomize) struct Configuration {
    /// Additions to tables, by the name of the table.
    pub(in crate::kustomize) tables: Vec<(&'static str, Vec<FieldSpec>)>,
    /// Additions to the name references.
    pub(in crate::kustomize) references: Vec<NameReference>,
}

/// Reads one file.
pub(in crate::kustomize) fn read(fields: &mut Fields<'_>) -> Read<Configuration> {
    let mut tables = Vec::new();
    for name in [
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "labels",
        "templateLabels",
        "commonAnnotations",
        "varReference",
        "images",
        "replicas",
    ] {
        if let Some(table) = fields.maps(name, field_spec)? {
            tables.push((name, table));
        }
    }
    let references = fields
        .maps("nameReference", name_reference)?
        .unwrap_or_default();
    Ok(Configuration { tables, references })
}

fn name_reference(fields: &mut Fields<'_>) -> Read<NameReference> {
    let mut text = |name| -> Read<Cow<'static, str>> {
        Ok(fields
            .string(name)?
            .map_or(Cow::Borrowed(""), |text| Cow::Owned(text.value)))
    };
    Ok(NameReference {
        group: text("group")?,
        version: text("version")?,
        kind: text("kind")?,
        fields: fields.maps("fieldSpecs", field_spec)?.unwrap_or_default(),
    })
}
