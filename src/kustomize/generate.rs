//! Generated ConfigMaps and Secrets, and how they meet what is there.
//!
//! Source: kustomize `api/resmap/reswrangler.go` (appendReplaceOrMerge), `api/types/generatoroptions.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::text::Spanned;
use crate::yaml::Node;

use super::error::{BuildError, ErrorKind};
use super::file::{GeneratorEntry, GeneratorOptions};
use super::generator::{FileContent, GeneratorFields, Output, file_argument, generate};
use super::loader::Loader;
use super::provenance::Provenance;
use super::resource::{Behavior, Resource, stringify};
use super::set::{ResourceSet, name_span};

/// Runs one entry of `configMapGenerator` or `secretGenerator`.
///
/// # Errors
/// When the entry is malformed, a file is missing, or its behavior does not fit what is there.
pub(super) fn run(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    entry: &GeneratorEntry,
    is_secret: bool,
    global: Option<&GeneratorOptions>,
    provenance: Provenance,
) -> Result<(), BuildError> {
    let fields = read(loader, entry, is_secret, global)?;
    let no_hash = |options: Option<&GeneratorOptions>| {
        options.is_some_and(|options| options.disable_name_suffix_hash)
    };
    let needs_hash = !no_hash(entry.options.as_ref()) && !no_hash(global);
    let behavior = match entry.behavior.as_ref().map(|word| word.value.as_str()) {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        _ => Behavior::Create,
    };
    let made = Resource::generated(generate(&fields)?, needs_hash, Some(Arc::new(provenance)))?;
    absorb(set, made, behavior, entry)
}

fn read(
    loader: &mut Loader<'_, '_>,
    entry: &GeneratorEntry,
    is_secret: bool,
    global: Option<&GeneratorOptions>,
) -> Result<GeneratorFields, BuildError> {
    let name = entry
        .name
        .clone()
        .ok_or_else(|| BuildError::invalid(entry.span, "a generator needs a `name`"))?;
    let mut env_files = Vec::new();
    for path in &entry.envs {
        env_files.push(FileContent {
            span: path.span,
            bytes: loader.bytes(path, "env file")?,
        });
    }
    let mut files = Vec::new();
    for argument in &entry.files {
        let (key, path) = file_argument(argument)?;
        let path = Spanned::new(path, argument.span);
        let content = FileContent {
            span: argument.span,
            bytes: loader.bytes(&path, "generator file")?,
        };
        files.push((Spanned::new(key, argument.span), content));
    }
    let options = [global, entry.options.as_ref()].into_iter().flatten();
    let mut labels = BTreeMap::new();
    let mut annotations = BTreeMap::new();
    let mut immutable = None;
    for options in options {
        labels.extend(options.labels.iter().cloned());
        annotations.extend(options.annotations.iter().cloned());
        immutable = options.immutable.or(immutable);
    }
    Ok(GeneratorFields {
        output: if is_secret {
            Output::Secret {
                of_type: entry.of_type.clone(),
            }
        } else {
            Output::ConfigMap
        },
        name,
        namespace: entry.namespace.clone(),
        env_files,
        literals: entry.literals.clone(),
        files,
        labels,
        annotations,
        immutable,
        span: entry.span,
    })
}

fn absorb(
    set: &mut ResourceSet,
    made: Resource,
    behavior: Behavior,
    entry: &GeneratorEntry,
) -> Result<(), BuildError> {
    let place = entry.name.as_ref().map_or(entry.span, |name| name.span);
    let at = match (set.find_any(made.id()), behavior) {
        ([], Behavior::Create) => return set.append(made),
        ([], _) => {
            return Err(
                BuildError::at(place, ErrorKind::NoMatch(made.id().to_string())).help(
                    "`behavior: merge` and `replace` need an object generated or listed before",
                ),
            );
        }
        ([at], _) => *at,
        _ => {
            let message = format!("several objects are or were {}", made.id());
            return Err(BuildError::invalid(place, message));
        }
    };
    let Some(old) = set.items_mut().get_mut(at) else {
        return Ok(());
    };
    if behavior == Behavior::Create {
        return Err(
            BuildError::at(place, ErrorKind::Duplicate(made.id().to_string()))
                .related(name_span(old), "first defined here")
                .help("set `behavior: merge` or `replace` to change the one that is there"),
        );
    }
    let mut node = made.node().clone();
    inherit(&mut node, old.node(), behavior == Behavior::Merge);
    let kept = if behavior == Behavior::Merge {
        old.provenance()
    } else {
        made.provenance()
    };
    let mut successor = Resource::generated(node, made.needs_hash(), kept.cloned())?;
    successor.succeed(old);
    *old = successor;
    Ok(())
}

/// Takes name, namespace, labels, annotations and, to merge, data over from the object that was there.
fn inherit(new: &mut Node, old: &Node, with_data: bool) {
    let old_metadata = old.get("metadata");
    if let Some(metadata) = new.get_mut("metadata") {
        for key in ["name", "namespace"] {
            let value = old_metadata.and_then(|metadata| metadata.get(key));
            match value {
                Some(value) if !value.is_null() => metadata.set(key, value.clone()),
                _ => {
                    metadata.remove(key);
                }
            }
        }
        for key in ["labels", "annotations"] {
            let value = old_metadata.and_then(|metadata| metadata.get(key));
            underlay(metadata, key, value);
        }
    }
    if with_data {
        for key in ["data", "binaryData"] {
            underlay(new, key, old.get(key));
        }
    }
}

/// Puts the old entries under the new ones, all as strings.
fn underlay(parent: &mut Node, key: &str, old: Option<&Node>) {
    let Some(old) = old.filter(|old| old.as_mapping().is_some_and(|map| !map.is_empty())) else {
        return;
    };
    let mut merged = old.clone();
    stringify(&mut merged);
    for entry in parent.get(key).and_then(Node::as_mapping).unwrap_or(&[]) {
        if let Some(name) = entry.key.text() {
            merged.set(name, entry.value.clone());
        }
    }
    parent.set(key, merged);
}
