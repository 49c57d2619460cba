//! `replacements`: values copied from one resource into fields of others.
//!
//! Source: kustomize `api/filters/replacement/replacement.go`.

use crate::text::Spanned;
use crate::yaml::{Kind, Node, expand};

use super::error::{BuildError, ErrorKind};
use super::file::{
    ExactFields, Fields, Reading, ReplacementEntry, ReplacementSource, ReplacementTarget, copies,
};
use super::loader::Loader;
use super::replacement::{source_value, write_target};
use super::resource::{Resource, ResourceId};
use super::selector::LabelSelector;
use super::set::ResourceSet;

/// The field that an absent path means.
const DEFAULT_PATH: &str = "metadata.name";

/// Applies one entry of `replacements`.
///
/// # Errors
/// When the entry or its file is malformed, the source is not one resource, or a path does not fit.
pub(super) fn run(
    loader: &mut Loader<'_, '_>,
    set: &mut ResourceSet,
    entry: &ReplacementEntry,
) -> Result<(), BuildError> {
    let Some(path) = &entry.path else {
        return replace(set, entry);
    };
    if entry.source.is_some() || entry.targets.is_some() {
        return Err(BuildError::invalid(
            path.span,
            "a replacement has either `path` or `source` and `targets`",
        ));
    }
    for replacement in from_file(loader, path)? {
        replace(set, &replacement)?;
    }
    Ok(())
}

fn from_file(
    loader: &mut Loader<'_, '_>,
    path: &Spanned<String>,
) -> Result<Vec<ReplacementEntry>, BuildError> {
    let file = loader.open(path, "replacement file")?;
    let documents = loader.store().documents(file);
    let documents = documents.as_ref().as_ref().map_err(Clone::clone)?;
    let Some(document) = documents.first() else {
        return Ok(Vec::new());
    };
    let root = expand(document)?;
    let one = |node: &Node| {
        copies::replacement(&mut Fields::new(node, String::new(), Reading::REPLACEMENT)?)
    };
    match &root.kind {
        Kind::Sequence(items) => items.iter().map(one).collect(),
        _ => Ok(vec![one(&root)?]),
    }
}

fn replace(set: &mut ResourceSet, entry: &ReplacementEntry) -> Result<(), BuildError> {
    let (Some(source), Some(targets)) = (&entry.source, &entry.targets) else {
        return Err(BuildError::invalid(
            entry.span,
            "a replacement needs a `source` and `targets`",
        ));
    };
    let default = |span| Spanned::new(DEFAULT_PATH.to_owned(), span);
    let from = find_source(set, source)?;
    let path = source.field_path.clone().unwrap_or(default(source.span));
    let value = source_value(from.node(), &path, &source.options)?;
    for target in targets {
        let select = Selection::new(target)?;
        let paths = if target.field_paths.is_empty() {
            vec![default(target.span)]
        } else {
            target.field_paths.clone()
        };
        for resource in set.items_mut() {
            if !select.accepts(resource) {
                continue;
            }
            for path in &paths {
                resource.change(path.span, |node| {
                    Ok(write_target(node, path, &target.options, &value)?)
                })?;
            }
        }
    }
    Ok(())
}

fn find_source<'s>(
    set: &'s ResourceSet,
    source: &ReplacementSource,
) -> Result<&'s Resource, BuildError> {
    let mut matching = set
        .items()
        .iter()
        .filter(|resource| matches_any(&source.select, resource));
    match (matching.next(), matching.next()) {
        (Some(resource), None) => Ok(resource),
        (None, _) => Err(BuildError::at(
            source.span,
            ErrorKind::NoMatch("what the replacement's source selects".to_owned()),
        )
        .help("give kind and name of a resource of this build")),
        (Some(first), Some(second)) => Err(BuildError::invalid(
            source.span,
            format!(
                "the source selects several resources: {} and {}",
                first.id(),
                second.id()
            ),
        )
        .help("add `kind`, `name` or `namespace`")),
    }
}

/// Which resources a target changes.
struct Selection<'e> {
    select: &'e ExactFields,
    labels: LabelSelector,
    annotations: LabelSelector,
    reject: Vec<(&'e ExactFields, Option<(LabelSelector, LabelSelector)>)>,
}

impl<'e> Selection<'e> {
    fn new(target: &'e ReplacementTarget) -> Result<Self, BuildError> {
        let select = target.select.as_ref().ok_or_else(|| {
            BuildError::invalid(target.span, "a target of a replacement needs `select`")
        })?;
        let mut reject = Vec::new();
        for fields in &target.reject {
            let has_selector =
                fields.label_selector.is_some() || fields.annotation_selector.is_some();
            let selectors = if has_selector {
                Some((
                    selector(fields.label_selector.as_ref())?,
                    selector(fields.annotation_selector.as_ref())?,
                ))
            } else {
                None
            };
            reject.push((fields, selectors));
        }
        Ok(Self {
            select,
            labels: selector(select.label_selector.as_ref())?,
            annotations: selector(select.annotation_selector.as_ref())?,
            reject,
        })
    }

    fn accepts(&self, resource: &Resource) -> bool {
        if !matches_any(self.select, resource) {
            return false;
        }
        let (labels, annotations) = (resource.labels(), resource.annotations());
        let rejected = self.reject.iter().any(|(fields, selectors)| {
            let by_selector = selectors.as_ref().is_some_and(|(first, second)| {
                first.matches(&labels) && second.matches(&annotations)
            });
            by_selector || (!is_empty(fields) && matches_any(fields, resource))
        });
        !rejected && self.labels.matches(&labels) && self.annotations.matches(&annotations)
    }
}

fn selector(text: Option<&Spanned<String>>) -> Result<LabelSelector, BuildError> {
    Ok(match text {
        Some(text) => LabelSelector::parse(text)?,
        None => LabelSelector::default(),
    })
}

fn is_empty(fields: &ExactFields) -> bool {
    [
        &fields.group,
        &fields.version,
        &fields.kind,
        &fields.name,
        &fields.namespace,
    ]
    .iter()
    .all(|field| field.is_none())
}

/// Whether a current or previous identity has exactly these values.
fn matches_any(fields: &ExactFields, resource: &Resource) -> bool {
    resource.all_ids().any(|id| matches_id(fields, id))
}

fn matches_id(fields: &ExactFields, id: &ResourceId) -> bool {
    let same = |wanted: &Option<Spanned<String>>, found: &str| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted.value.is_empty() || wanted.value == found)
    };
    let gvk = id.gvk();
    same(&fields.group, gvk.group)
        && same(&fields.version, gvk.version)
        && same(&fields.kind, gvk.kind)
        && same(&fields.name, id.name())
        && same(&fields.namespace, id.effective_namespace())
}
