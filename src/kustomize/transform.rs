//! The transformers that change fields of every resource: namespace, names, labels, annotations, images, replicas.
//!
//! Source: kustomize `api/internal/builtins/*Transformer.go`, `api/filters/*`.

use std::sync::Arc;

use crate::text::Spanned;
use crate::yaml::{Entry, Kind, Node, Origin, Scalar, Style};

use super::error::{BuildError, ErrorKind, field_error};
use super::fieldspec::{FieldError, FieldSpec, Gvk, Leaf, for_each};
use super::file::{LabelEntry, ReplicaEntry};
use super::image::{ImageFields, ImageRule};
use super::resource::Resource;
use super::set::ResourceSet;
use super::shared::Shared;
use super::tables::FieldTables;

/// Which subjects of role bindings `namespace` changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Subjects {
    /// Those named `default`.
    #[default]
    NamedDefault,
    /// Every service account.
    ServiceAccounts,
    /// None.
    Nobody,
}

/// How `namespace` is applied.
pub(super) struct NamespaceRule<'a> {
    pub(super) namespace: &'a Spanned<String>,
    pub(super) fields: &'a [FieldSpec],
    pub(super) subjects: Subjects,
    /// Whether fields that hold something are left alone.
    pub(super) unset_only: bool,
}

/// Puts every resource into a namespace.
///
/// # Errors
/// When a field to set is no scalar, or two resources become one.
pub(super) fn namespace(set: &mut ResourceSet, rule: &NamespaceRule<'_>) -> Result<(), BuildError> {
    let by = rule.namespace.span;
    for resource in set.items_mut() {
        resource.store_previous_id();
        let cluster_scoped = resource.id().is_cluster_scoped();
        let kind = resource.id().kind().to_owned();
        let is_core = resource.id().api_version() == "v1";
        let gvk = resource.id().clone();
        resource.change(by, |node| {
            if !cluster_scoped {
                set_scalar(node, &METADATA_NAMESPACE, rule)?;
            }
            let is_binding = kind == "RoleBinding" || kind == "ClusterRoleBinding";
            if is_binding {
                bind_subjects(node, rule);
            }
            for spec in rule.fields {
                let skipped = spec.path == "metadata/namespace"
                    || (spec.path == "metadata/name" && !is_core)
                    || (is_binding && spec.path == "subjects/namespace" && is_binding_kind(spec));
                if !skipped && spec.selects(gvk.gvk()) {
                    set_scalar(node, spec, rule)?;
                }
            }
            Ok(())
        })?;
    }
    set.check_unique(by)
}

const METADATA_NAMESPACE: FieldSpec = FieldSpec {
    group: std::borrow::Cow::Borrowed(""),
    version: std::borrow::Cow::Borrowed(""),
    kind: std::borrow::Cow::Borrowed(""),
    path: std::borrow::Cow::Borrowed("metadata/namespace"),
    create: true,
};

fn is_binding_kind(spec: &FieldSpec) -> bool {
    spec.kind == "RoleBinding" || spec.kind == "ClusterRoleBinding"
}

fn set_scalar(
    node: &mut Node,
    spec: &FieldSpec,
    rule: &NamespaceRule<'_>,
) -> Result<(), BuildError> {
    let by = rule.namespace.span;
    let origin = Origin::Made { by };
    for_each(node, spec, Leaf::Scalar, origin, &mut |field| {
        let Some(text) = field.text() else {
            return Err(FieldError::Scalar {
                span: field.span(),
                path: spec.path.to_string(),
            });
        };
        if !rule.unset_only || text.is_empty() {
            *field = Node::string(rule.namespace.value.as_str(), origin);
        }
        Ok(())
    })
    .map_err(|error| field_error(by, error))
}

fn bind_subjects(node: &mut Node, rule: &NamespaceRule<'_>) {
    let (field, wanted) = match rule.subjects {
        Subjects::NamedDefault => ("name", "default"),
        Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        Subjects::Nobody => return,
    };
    let subjects = node.get_mut("subjects").and_then(Node::as_sequence_mut);
    for subject in subjects.into_iter().flatten() {
        let set_already = subject
            .get("namespace")
            .and_then(Node::text)
            .is_some_and(|text| !text.is_empty());
        if subject.get(field).and_then(Node::text) == Some(wanted)
            && !(rule.unset_only && set_already)
        {
            let origin = Origin::Made {
                by: rule.namespace.span,
            };
            subject.set(
                "namespace",
                Node::string(rule.namespace.value.as_str(), origin),
            );
        }
    }
}

/// Which end of a name grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Prefix,
    Suffix,
}

/// Adds a prefix or suffix to names, and to the fields of the table.
///
/// # Errors
/// When a field of the table is no scalar.
pub(super) fn rename(
    set: &mut ResourceSet,
    affix: &Spanned<String>,
    end: End,
    fields: &[FieldSpec],
) -> Result<(), BuildError> {
    for resource in set.items_mut() {
        let original = resource.original_id().clone();
        if keeps_its_name(original.gvk()) {
            continue;
        }
        for spec in fields {
            if !spec.selects(original.gvk()) {
                continue;
            }
            if spec.path == "metadata/name" {
                match end {
                    End::Prefix => resource.add_prefix(&affix.value),
                    End::Suffix => resource.add_suffix(&affix.value),
                }
                resource.store_previous_id();
            }
            resource.change(affix.span, |node| affix_field(node, spec, affix, end))?;
        }
    }
    Ok(())
}

/// Kinds whose name means something outside the build.
fn keeps_its_name(gvk: Gvk<'_>) -> bool {
    matches!(gvk.kind, "CustomResourceDefinition" | "Namespace")
        || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
}

fn affix_field(
    node: &mut Node,
    spec: &FieldSpec,
    affix: &Spanned<String>,
    end: End,
) -> Result<(), BuildError> {
    let origin = Origin::Made { by: affix.span };
    for_each(node, spec, Leaf::Scalar, origin, &mut |field| {
        let Some(old) = field.as_scalar() else {
            return Err(FieldError::Scalar {
                span: field.span(),
                path: spec.path.to_string(),
            });
        };
        let text = match end {
            End::Prefix => format!("{}{}", affix.value, old.text),
            End::Suffix => format!("{}{}", old.text, affix.value),
        };
        // Written without a tag by the reference, so a name made of digits only is a number.
        *field = Node::plain(text, origin);
        Ok(())
    })
    .map_err(|error| field_error(affix.span, error))
}

/// Sets entries of labels or annotations in every field of the table.
///
/// # Errors
/// When a field of the table is no map.
pub(super) fn set_entries(
    set: &mut ResourceSet,
    pairs: &[(String, Spanned<String>)],
    fields: &[FieldSpec],
) -> Result<(), BuildError> {
    if pairs.is_empty() {
        return Ok(());
    }
    for resource in set.contents_mut() {
        let id = resource.id().clone();
        let fields: Vec<&FieldSpec> = fields
            .iter()
            .filter(|spec| spec.selects(id.gvk()))
            .collect();
        if fields.is_empty() {
            continue;
        }
        for (key, value) in pairs {
            set_entry(resource, &fields, key, value)?;
        }
    }
    Ok(())
}

/// Sets one entry in every field. Where the key is new, the maps share the value from then on.
fn set_entry(
    resource: &mut Resource,
    fields: &[&FieldSpec],
    key: &str,
    value: &Spanned<String>,
) -> Result<(), BuildError> {
    let origin = Origin::Made { by: value.span };
    let new = Node::string(value.value.as_str(), origin);
    let shared = resource
        .shares_values()
        .then(|| Shared::of(resource.node()));
    let mut added = 0;
    for spec in fields {
        let mut visit = |map: &mut Node| {
            if let Some(found) = map.get_mut(key) {
                *found = Node::string(value.value.as_str(), origin);
                return Ok(());
            }
            let Some(entries) = map.as_mapping_mut() else {
                return Err(FieldError::Scalar {
                    span: map.span(),
                    path: spec.path.to_string(),
                });
            };
            // Written without quotes by the reference: a key that reads as a number cannot be written.
            entries.push(Entry {
                key: Node::plain(key, origin),
                value: new.clone(),
            });
            added += 1;
            Ok(())
        };
        for_each(resource.node_mut(), spec, Leaf::Mapping, origin, &mut visit)
            .map_err(|error| field_error(value.span, error))?;
    }
    if let Some(shared) = shared {
        shared.carry(resource.node_mut());
    }
    if added > 1 {
        resource.share_values();
    }
    Ok(())
}

/// Applies one entry of `labels`.
///
/// # Errors
/// When its fields contradict a table, or a field is no map.
pub(super) fn labels(
    set: &mut ResourceSet,
    entry: &LabelEntry,
    tables: &FieldTables,
) -> Result<(), BuildError> {
    let mut fields = Vec::new();
    let mut add = |more: &[FieldSpec]| {
        super::fieldspec::merge(&mut fields, more).map_err(|error| field_error(entry.span, error))
    };
    add(&entry.fields)?;
    add(&tables.labels)?;
    if entry.include_selectors {
        add(&tables.common_labels)?;
    } else {
        if entry.include_templates {
            add(&tables.template_labels)?;
        }
        add(&super::fieldspecs::metadata_labels())?;
    }
    set_entries(set, &entry.pairs, &fields)
}

/// Applies one entry of `images`.
///
/// # Errors
/// When the name is no regular expression, or a configured path runs into a scalar.
pub(super) fn image(
    set: &mut ResourceSet,
    fields: &ImageFields,
    extra: &[FieldSpec],
) -> Result<(), BuildError> {
    let rule = ImageRule::compile(fields)?;
    let origin = Origin::Made { by: fields.made_by };
    for resource in set.contents_mut() {
        if resource.id().kind() == "CustomResourceDefinition" {
            continue;
        }
        let id = resource.id().clone();
        rule.apply_to_containers(resource.node_mut());
        for spec in extra.iter().filter(|spec| spec.selects(id.gvk())) {
            for_each(
                resource.node_mut(),
                spec,
                Leaf::Nothing,
                origin,
                &mut |field| {
                    rule.apply_to_scalar(field);
                    Ok(())
                },
            )
            .map_err(|error| field_error(fields.made_by, error))?;
        }
    }
    Ok(())
}

/// Applies one entry of `replicas`.
///
/// # Errors
/// When no workload has or had the name.
pub(super) fn replicas(
    set: &mut ResourceSet,
    entry: &ReplicaEntry,
    fields: &[FieldSpec],
) -> Result<(), BuildError> {
    let (name, by) = match &entry.name {
        Some(name) => (name.value.as_str(), name.span),
        None => ("", entry.span),
    };
    let origin = Origin::Made { by };
    let mut found = false;
    for resource in set.contents_mut() {
        for spec in fields {
            let chosen = resource
                .all_ids()
                .any(|id| id.name() == name && spec.selects(id.gvk()));
            if !chosen {
                continue;
            }
            found = true;
            for_each(
                resource.node_mut(),
                spec,
                Leaf::Scalar,
                origin,
                &mut |field| {
                    field.kind = Kind::Scalar(Scalar {
                        text: Arc::from(entry.count.to_string()),
                        style: Style::Plain,
                    });
                    field.origin = origin;
                    field.properties = None;
                    Ok(())
                },
            )
            .map_err(|error| field_error(by, error))?;
        }
    }
    if found {
        return Ok(());
    }
    let what = format!("a workload named `{name}`");
    Err(
        BuildError::at(by, ErrorKind::NoMatch(what)).help(
            "replicas sets Deployment, StatefulSet, ReplicaSet and ReplicationController only; patch spec.instances of a Cluster",
        ),
    )
}
