//! The sections of a kustomization, field by field.

use std::borrow::Cow;
use std::path::Path;

use crate::kustomize::error::BuildError;
use crate::kustomize::fieldspec::FieldSpec;
use crate::kustomize::image::ImageFields;
use crate::kustomize::selector::TargetFields;
use crate::text::{FileId, Spanned};

use super::{
    Fields, GeneratorEntry, GeneratorOptions, Kustomization, LabelEntry, LegacyLists, OpenApi,
    PatchEntry, ReplicaEntry, SortOptions, copies,
};

type Read<T> = Result<T, BuildError>;

/// The whole file; `None` when nothing in it has content.
pub(super) fn kustomization(
    fields: &mut Fields<'_>,
    file: FileId,
    path: &Path,
) -> Read<Option<Kustomization>> {
    let is_component = type_meta(fields)?;
    let has_metadata = fields.map("metadata", metadata)?.is_some();
    let deprecated = deprecated(fields);
    let lists = [
        "resources",
        "components",
        "patches",
        "patchesStrategicMerge",
        "patchesJson6902",
        "labels",
        "commonLabels",
        "commonAnnotations",
        "images",
        "replicas",
        "configMapGenerator",
        "secretGenerator",
        "generatorOptions",
        "replacements",
        "vars",
        "configurations",
        "crds",
        "openapi",
        "generators",
        "transformers",
        "validators",
        "buildMetadata",
        "sortOptions",
        "helmCharts",
        "helmGlobals",
    ];
    let has_list = lists.iter().any(|name| fields.take(name).is_some());
    let read = Kustomization {
        file,
        path: path.to_path_buf(),
        is_component,
        resources: joined(fields.strings("resources")?, fields.strings("bases")?),
        components: fields.strings("components")?.unwrap_or_default(),
        patches: fields.maps("patches", patch)?.unwrap_or_default(),
        patches_strategic_merge: fields.strings("patchesStrategicMerge")?.unwrap_or_default(),
        patches_json6902: fields.maps("patchesJson6902", patch)?.unwrap_or_default(),
        namespace: fields.string("namespace")?,
        name_prefix: fields.string("namePrefix")?,
        name_suffix: fields.string("nameSuffix")?,
        labels: fields.maps("labels", label)?.unwrap_or_default(),
        common_labels: fields.pairs("commonLabels")?.unwrap_or_default(),
        common_annotations: fields.pairs("commonAnnotations")?.unwrap_or_default(),
        images: joined(
            fields.maps("images", image)?,
            fields.maps("imageTags", image)?,
        ),
        replicas: fields.maps("replicas", replica)?.unwrap_or_default(),
        config_maps: fields
            .maps("configMapGenerator", |entry| generator(entry, false))?
            .unwrap_or_default(),
        secrets: fields
            .maps("secretGenerator", |entry| generator(entry, true))?
            .unwrap_or_default(),
        generator_options: fields.map("generatorOptions", generator_options)?,
        replacements: fields
            .maps("replacements", copies::replacement)?
            .unwrap_or_default(),
        vars: fields.maps("vars", copies::var)?.unwrap_or_default(),
        configurations: fields.strings("configurations")?.unwrap_or_default(),
        crds: fields.strings("crds")?.unwrap_or_default(),
        openapi: openapi(fields)?,
        generators: fields.strings("generators")?.unwrap_or_default(),
        transformers: fields.strings("transformers")?.unwrap_or_default(),
        validators: fields.strings("validators")?.unwrap_or_default(),
        build_metadata: fields.strings("buildMetadata")?.unwrap_or_default(),
        sort: fields.map("sortOptions", sort)?,
        helm: helm(fields)?,
        deprecated,
    };
    let has_content = has_list
        || has_metadata
        || read.namespace.is_some()
        || read.name_prefix.is_some()
        || read.name_suffix.is_some()
        || !read.resources.is_empty()
        || !read.images.is_empty()
        || read.helm.is_some();
    Ok(has_content.then_some(read))
}

fn joined<T>(first: Option<Vec<T>>, second: Option<Vec<T>>) -> Vec<T> {
    let mut all = first.unwrap_or_default();
    all.extend(second.unwrap_or_default());
    all
}

/// Whether the file is a component.
fn type_meta(fields: &mut Fields<'_>) -> Read<bool> {
    let api_version = fields.string("apiVersion")?;
    let kind = fields.string("kind")?;
    let is_component = match &kind {
        None => false,
        Some(kind) => match kind.value.as_str() {
            "Kustomization" => false,
            "Component" => true,
            other => {
                let message = format!("kind `{other}` is neither Kustomization nor Component");
                return Err(BuildError::invalid(kind.span, message));
            }
        },
    };
    let wanted = if is_component {
        "kustomize.config.k8s.io/v1alpha1"
    } else {
        "kustomize.config.k8s.io/v1beta1"
    };
    match api_version {
        Some(found) if found.value != wanted => {
            let message = format!("apiVersion `{}` must be `{wanted}` here", found.value);
            Err(BuildError::invalid(found.span, message))
        }
        _ => Ok(is_component),
    }
}

fn metadata(fields: &mut Fields<'_>) -> Read<()> {
    fields.string("name")?;
    fields.string("namespace")?;
    fields.pairs("labels")?;
    fields.pairs("annotations")?;
    Ok(())
}

fn deprecated(fields: &mut Fields<'_>) -> Vec<Spanned<&'static str>> {
    [
        "bases",
        "commonLabels",
        "imageTags",
        "patchesJson6902",
        "patchesStrategicMerge",
        "vars",
    ]
    .into_iter()
    .filter_map(|name| Some(Spanned::new(name, fields.key_span(name)?)))
    .collect()
}

pub(in crate::kustomize) fn patch(fields: &mut Fields<'_>) -> Read<PatchEntry> {
    let mut entry = PatchEntry {
        span: fields.span(),
        path: fields.string("path")?,
        patch: fields.string("patch")?,
        target: fields.map("target", target)?,
        allow_name_change: false,
        allow_kind_change: false,
    };
    // A plain map in the reference: other keys are accepted and mean nothing.
    let options = fields.flags("options")?;
    entry.allow_name_change = options.contains(&"allowNameChange".to_owned());
    entry.allow_kind_change = options.contains(&"allowKindChange".to_owned());
    Ok(entry)
}

fn target(fields: &mut Fields<'_>) -> Read<TargetFields> {
    Ok(TargetFields {
        group: fields.string("group")?,
        version: fields.string("version")?,
        kind: fields.string("kind")?,
        name: fields.string("name")?,
        namespace: fields.string("namespace")?,
        label_selector: fields.string("labelSelector")?,
        annotation_selector: fields.string("annotationSelector")?,
    })
}

fn label(fields: &mut Fields<'_>) -> Read<LabelEntry> {
    Ok(LabelEntry {
        span: fields.span(),
        pairs: fields.pairs("pairs")?.unwrap_or_default(),
        include_selectors: fields.bool("includeSelectors")?,
        include_templates: fields.bool("includeTemplates")?,
        fields: fields.maps("fields", field_spec)?.unwrap_or_default(),
    })
}

pub(in crate::kustomize) fn field_spec(fields: &mut Fields<'_>) -> Read<FieldSpec> {
    let mut text = |name| -> Read<Cow<'static, str>> {
        Ok(fields
            .string(name)?
            .map_or(Cow::Borrowed(""), |text| Cow::Owned(text.value)))
    };
    Ok(FieldSpec {
        group: text("group")?,
        version: text("version")?,
        kind: text("kind")?,
        path: text("path")?,
        create: fields.bool("create")?,
    })
}

pub(in crate::kustomize) fn image(fields: &mut Fields<'_>) -> Read<ImageFields> {
    let span = fields.span();
    let mut made_by = None;
    let mut text = |name| -> Read<Option<String>> {
        let found = fields.string(name)?;
        made_by = made_by.or(found.as_ref().map(|text| text.span));
        Ok(found.map(|text| text.value))
    };
    let new_tag = text("newTag")?;
    let digest = text("digest")?;
    let tag_suffix = text("tagSuffix")?;
    let new_name = text("newName")?;
    Ok(ImageFields {
        name: fields.string("name")?,
        new_name,
        new_tag,
        digest,
        tag_suffix,
        made_by: made_by.unwrap_or(span),
    })
}

pub(in crate::kustomize) fn replica(fields: &mut Fields<'_>) -> Read<ReplicaEntry> {
    Ok(ReplicaEntry {
        span: fields.span(),
        name: fields.string("name")?,
        count: fields.integer("count")?.unwrap_or_default(),
    })
}

pub(in crate::kustomize) fn generator(
    fields: &mut Fields<'_>,
    is_secret: bool,
) -> Read<GeneratorEntry> {
    Ok(GeneratorEntry {
        span: fields.span(),
        name: fields.string("name")?,
        namespace: fields.string("namespace")?,
        behavior: fields.string("behavior")?,
        literals: fields.strings("literals")?.unwrap_or_default(),
        files: fields.strings("files")?.unwrap_or_default(),
        envs: joined(
            fields.strings("envs")?,
            fields.string("env")?.map(|path| vec![path]),
        ),
        options: fields.map("options", generator_options)?,
        of_type: if is_secret {
            fields.string("type")?
        } else {
            None
        },
    })
}

fn generator_options(fields: &mut Fields<'_>) -> Read<GeneratorOptions> {
    let immutable = fields.key_span("immutable");
    Ok(GeneratorOptions {
        labels: fields.pairs("labels")?.unwrap_or_default(),
        annotations: fields.pairs("annotations")?.unwrap_or_default(),
        disable_name_suffix_hash: fields.bool("disableNameSuffixHash")?,
        immutable: if fields.bool("immutable")? {
            immutable
        } else {
            None
        },
    })
}

fn openapi(fields: &mut Fields<'_>) -> Read<Option<OpenApi>> {
    let Some(span) = fields.key_span("openapi") else {
        return Ok(None);
    };
    let mut openapi = OpenApi {
        span,
        version: None,
        path: None,
    };
    for (key, value) in fields.pairs("openapi")?.unwrap_or_default() {
        match key.as_str() {
            "version" => openapi.version = Some(value),
            "path" => openapi.path = Some(value),
            _ => {}
        }
    }
    Ok(Some(openapi))
}

fn sort(fields: &mut Fields<'_>) -> Read<SortOptions> {
    Ok(SortOptions {
        span: fields.span(),
        order: fields.string("order")?,
        legacy: fields.map("legacySortOptions", |lists| {
            Ok(LegacyLists {
                first: lists.strings("orderFirst")?.unwrap_or_default(),
                last: lists.strings("orderLast")?.unwrap_or_default(),
            })
        })?,
    })
}

/// Helm needs a program and the network, so its fields are noticed and not read.
fn helm(fields: &mut Fields<'_>) -> Read<Option<Spanned<&'static str>>> {
    fields.take("helmGlobals");
    let mut found = None;
    for name in ["helmCharts", "helmChartInflationGenerator"] {
        let span = fields.key_span(name);
        if fields.list(name)?.is_some_and(|charts| !charts.is_empty()) {
            found = found.or(span.map(|span| Spanned::new(name, span)));
        }
    }
    Ok(found)
}
