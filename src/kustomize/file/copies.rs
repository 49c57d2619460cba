//! `replacements` and `vars`: values copied from one resource into others.

use crate::kustomize::error::BuildError;
use crate::kustomize::replacement::FieldOptions;
use crate::text::Spanned;

use super::{
    ExactFields, Fields, ReplacementEntry, ReplacementSource, ReplacementTarget, VarEntry,
};

type Read<T> = Result<T, BuildError>;

/// An entry of `replacements`, there or in a file of its own.
pub(in crate::kustomize) fn replacement(fields: &mut Fields<'_>) -> Read<ReplacementEntry> {
    Ok(ReplacementEntry {
        span: fields.span(),
        path: fields.string("path")?,
        source: fields.map("source", replacement_source)?,
        targets: fields.maps("targets", replacement_target)?,
    })
}

fn replacement_source(fields: &mut Fields<'_>) -> Read<ReplacementSource> {
    Ok(ReplacementSource {
        span: fields.span(),
        select: exact(fields)?,
        field_path: fields.string("fieldPath")?,
        options: fields.map("options", field_options)?.unwrap_or_default(),
    })
}

fn replacement_target(fields: &mut Fields<'_>) -> Read<ReplacementTarget> {
    Ok(ReplacementTarget {
        span: fields.span(),
        select: fields.map("select", selected)?,
        reject: fields.maps("reject", selected)?.unwrap_or_default(),
        field_paths: fields.strings("fieldPaths")?.unwrap_or_default(),
        options: fields.map("options", field_options)?.unwrap_or_default(),
    })
}

fn field_options(fields: &mut Fields<'_>) -> Read<FieldOptions> {
    fields.string("encoding")?;
    Ok(FieldOptions {
        delimiter: fields.string("delimiter")?.map(|text| text.value),
        index: fields.integer("index")?.unwrap_or_default(),
        create: fields.bool("create")?,
    })
}

/// An entry of `vars`.
pub(super) fn var(fields: &mut Fields<'_>) -> Read<VarEntry> {
    Ok(VarEntry {
        span: fields.span(),
        name: fields.string("name")?,
        object: fields.map("objref", var_object)?.unwrap_or_default(),
        field_path: fields
            .map("fieldref", |field| field.string("fieldpath"))?
            .flatten(),
    })
}

fn var_object(fields: &mut Fields<'_>) -> Read<ExactFields> {
    let mut object = exact(fields)?;
    if let Some(api_version) = fields.string("apiVersion")? {
        let (group, version) = api_version
            .value
            .split_once('/')
            .unwrap_or(("", &api_version.value));
        object.group = Some(Spanned::new(group.to_owned(), api_version.span));
        object.version = Some(Spanned::new(version.to_owned(), api_version.span));
    }
    Ok(object)
}

fn exact(fields: &mut Fields<'_>) -> Read<ExactFields> {
    Ok(ExactFields {
        group: fields.string("group")?,
        version: fields.string("version")?,
        kind: fields.string("kind")?,
        name: fields.string("name")?,
        namespace: fields.string("namespace")?,
        label_selector: None,
        annotation_selector: None,
    })
}

fn selected(fields: &mut Fields<'_>) -> Read<ExactFields> {
    Ok(ExactFields {
        label_selector: fields.string("labelSelector")?,
        annotation_selector: fields.string("annotationSelector")?,
        ..exact(fields)?
    })
}
