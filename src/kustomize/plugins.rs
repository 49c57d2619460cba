//! Builtin transformers and generators with a configuration of their own (`transformers:`, `generators:`).
//!
//! Source: kustomize `api/internal/plugins/loader/loader.go`, `api/internal/builtins/*`.

use crate::text::{Span, Spanned};
use crate::yaml::Node;

use super::error::{BuildError, ErrorKind};
use super::fieldspec::FieldSpec;
use super::file::{Fields, GeneratorEntry, PatchEntry, Reading, copies, sections};
use super::loader::Loader;
use super::provenance::Provenance;
use super::resource::Resource;
use super::schema::Schema;
use super::set::{ResourceSet, name_span};
use super::transform::{End, NamespaceRule, Subjects};
use super::{generate, patch, replace, transform};

/// Runs one transformer on everything accumulated so far.
///
/// # Errors
/// When it is not builtin, its configuration is malformed, or what it does fails.
pub(super) fn transform(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    schema: &Schema,
    plugin: &Resource,
) -> Result<(), BuildError> {
    require_builtin(plugin)?;
    let mut fields = fields_of(plugin.node())?;
    match plugin.id().kind() {
        "LabelTransformer" => entries(set, &mut fields, "labels"),
        "AnnotationsTransformer" => entries(set, &mut fields, "annotations"),
        "NamespaceTransformer" => namespace(set, &mut fields),
        "PrefixTransformer" => affix(set, &mut fields, "prefix", End::Prefix),
        "SuffixTransformer" => affix(set, &mut fields, "suffix", End::Suffix),
        "PrefixSuffixTransformer" => {
            affix(set, &mut fields, "prefix", End::Prefix)?;
            affix(set, &mut fields, "suffix", End::Suffix)
        }
        "ImageTagTransformer" => {
            let specs = field_specs(&mut fields)?;
            match fields.map("imageTag", sections::image)? {
                Some(image) => transform::image(set, &image, &specs),
                None => Ok(()),
            }
        }
        "ReplicaCountTransformer" => {
            let specs = field_specs(&mut fields)?;
            match fields.map("replica", sections::replica)? {
                Some(replica) => transform::replicas(set, &replica, &specs),
                None => Err(BuildError::invalid(
                    name_span(plugin),
                    "this needs a `replica`",
                )),
            }
        }
        "PatchTransformer" => {
            let entry = sections::patch(&mut fields)?;
            patch::apply_entry(loader, set, schema, &entry)
        }
        "PatchJson6902Transformer" => {
            let entry = PatchEntry {
                patch: fields.string("jsonOp")?,
                ..sections::patch(&mut fields)?
            };
            patch::apply_json_entry(loader, set, &entry)
        }
        "PatchStrategicMergeTransformer" => {
            let mut patches = fields.strings("paths")?.unwrap_or_default();
            patches.extend(fields.string("patches")?);
            if patches.is_empty() {
                let place = name_span(plugin);
                return Err(BuildError::invalid(
                    place,
                    "this needs `paths` or `patches`",
                ));
            }
            patches
                .iter()
                .try_for_each(|entry| patch::apply_legacy(loader, set, schema, entry))
        }
        "ReplacementTransformer" => fields
            .maps("replacements", copies::replacement)?
            .unwrap_or_default()
            .iter()
            .try_for_each(|entry| replace::run(loader, set, entry)),
        "HashTransformer" => Ok(()),
        _ => Err(unsupported(plugin)),
    }
}

/// Runs one generator.
///
/// # Errors
/// When it is not builtin, its configuration is malformed, or what it makes does not fit.
pub(super) fn generate(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    plugin: &Resource,
) -> Result<(), BuildError> {
    require_builtin(plugin)?;
    let is_secret = match plugin.id().kind() {
        "ConfigMapGenerator" => false,
        "SecretGenerator" => true,
        _ => return Err(unsupported(plugin)),
    };
    let mut fields = fields_of(plugin.node())?;
    let mut entry: GeneratorEntry = sections::generator(&mut fields, is_secret)?;
    let metadata = fields.map("metadata", |metadata| {
        Ok((metadata.string("name")?, metadata.string("namespace")?))
    })?;
    let (name, namespace) = metadata.unwrap_or_default();
    entry.name = entry.name.or(name);
    entry.namespace = entry.namespace.or(namespace);
    let provenance = Provenance::Generator {
        configured_in: plugin
            .provenance()
            .map(|from| from.file().to_path_buf())
            .unwrap_or_default(),
        kind: plugin.id().kind().into(),
        name: plugin.id().name().into(),
    };
    generate::run(loader, set, &entry, is_secret, None, provenance)
}

fn fields_of(node: &Node) -> Result<Fields<'_>, BuildError> {
    Fields::new(node, String::new(), Reading::PLUGIN)
}

fn require_builtin(plugin: &Resource) -> Result<(), BuildError> {
    if plugin.id().api_version() == "builtin" {
        Ok(())
    } else {
        Err(unsupported(plugin))
    }
}

fn unsupported(plugin: &Resource) -> BuildError {
    let what = format!("the plugin {}", plugin.id());
    BuildError::at(name_span(plugin), ErrorKind::Unsupported(what))
        .help("only builtin transformers and generators run without programs; build this directory with kustomize")
}

fn field_specs(fields: &mut Fields<'_>) -> Result<Vec<FieldSpec>, BuildError> {
    Ok(fields
        .maps("fieldSpecs", sections::field_spec)?
        .unwrap_or_default())
}

fn entries(
    set: &mut ResourceSet,
    fields: &mut Fields<'_>,
    name: &'static str,
) -> Result<(), BuildError> {
    let pairs = fields.pairs(name)?.unwrap_or_default();
    transform::set_entries(set, &pairs, &field_specs(fields)?)
}

fn affix(
    set: &mut ResourceSet,
    fields: &mut Fields<'_>,
    name: &'static str,
    end: End,
) -> Result<(), BuildError> {
    let span: Span = fields.span();
    let specs = field_specs(fields)?;
    if specs.is_empty() {
        return Err(BuildError::invalid(span, "this needs `fieldSpecs`"));
    }
    match fields.string(name)? {
        Some(affix) => transform::rename(set, &affix, end, &specs),
        None => Ok(()),
    }
}

fn namespace(set: &mut ResourceSet, fields: &mut Fields<'_>) -> Result<(), BuildError> {
    let namespace: Option<Spanned<String>> = fields
        .map("metadata", |metadata| metadata.string("namespace"))?
        .flatten();
    let subjects = match fields.string("setRoleBindingSubjects")? {
        None => Subjects::NamedDefault,
        Some(word) => match word.value.as_str() {
            "defaultOnly" => Subjects::NamedDefault,
            "allServiceAccounts" => Subjects::ServiceAccounts,
            "none" => Subjects::Nobody,
            _ => {
                return Err(BuildError::invalid(
                    word.span,
                    "setRoleBindingSubjects takes defaultOnly, allServiceAccounts or none",
                ));
            }
        },
    };
    let specs = field_specs(fields)?;
    let unset_only = fields.bool("unsetOnly")?;
    let Some(namespace) = namespace else {
        return Ok(());
    };
    let rule = NamespaceRule {
        namespace: &namespace,
        fields: &specs,
        subjects,
        unset_only,
    };
    transform::namespace(set, &rule)
}
