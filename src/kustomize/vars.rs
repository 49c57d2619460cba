//! `vars`: fields of resources that replace `$(NAME)` in others.
//!
//! Source: kustomize `api/internal/accumulator/resaccumulator.go`, `refvartransformer.go`, `api/filters/refvar`.

use std::collections::BTreeMap;

use crate::text::Span;
use crate::yaml::{Kind, Node, Origin};

use super::error::{BuildError, ErrorKind, field_error};
use super::fieldspec::{FieldSpec, Gvk, Leaf, for_each};
use super::file::{ExactFields, VarEntry};
use super::replacement::{FieldOptions, source_value};
use super::resource::Resource;
use super::set::ResourceSet;
use super::variable::expand_scalar;
use crate::text::Spanned;

/// Adds vars of a child directory.
///
/// # Errors
/// When a name is there already.
pub(super) fn merge(vars: &mut Vec<VarEntry>, more: &[VarEntry]) -> Result<(), BuildError> {
    for var in more {
        let name = |var: &VarEntry| var.name.as_ref().map(|name| name.value.clone());
        if let Some(known) = vars.iter().find(|known| name(known) == name(var)) {
            let message = format!("var `{}` is defined twice", name(var).unwrap_or_default());
            return Err(BuildError::invalid(var.span, message).related(known.span, "defined here"));
        }
        vars.push(var.clone());
    }
    Ok(())
}

/// Adds the vars of one kustomization and notes the resources they are read from, under the names they have now.
///
/// # Errors
/// When a name is there already, or several resources fit.
pub(super) fn register(
    set: &mut ResourceSet,
    vars: &mut Vec<VarEntry>,
    more: &[VarEntry],
) -> Result<(), BuildError> {
    for var in more {
        let name = var
            .name
            .as_ref()
            .ok_or_else(|| BuildError::invalid(var.span, "a var needs a `name`"))?;
        let matching: Vec<usize> = set
            .items()
            .iter()
            .enumerate()
            .filter(|(_, resource)| is_object(&var.object, resource))
            .map(|(at, _)| at)
            .collect();
        match matching.as_slice() {
            [at] => {
                if let Some(resource) = set.contents_mut().get_mut(*at) {
                    resource.add_var(&name.value);
                }
            }
            [] => {}
            _ => {
                let message = format!("several resources fit var `{}`", name.value);
                return Err(
                    BuildError::invalid(var.span, message).help("add a namespace to its `objref`")
                );
            }
        }
    }
    merge(vars, more)
}

/// Whether a resource is or was the object of a var: group, version, kind and name as written, any namespace when none
/// is given.
fn is_object(object: &ExactFields, resource: &Resource) -> bool {
    let text = |field: &Option<Spanned<String>>| {
        field
            .as_ref()
            .map_or(String::new(), |field| field.value.clone())
    };
    let (group, version) = (text(&object.group), text(&object.version));
    let (kind, name) = (text(&object.kind), text(&object.name));
    let wanted = Gvk {
        group: &group,
        version: &version,
        kind: &kind,
    };
    let namespace = text(&object.namespace);
    resource.all_ids().any(|id| {
        id.gvk() == wanted
            && id.name() == name
            && (namespace.is_empty() || id.effective_namespace() == namespace)
    })
}

/// Replaces references to vars in the fields of the table.
///
/// # Errors
/// When a var has no object or its object no such field.
pub(super) fn resolve(
    set: &mut ResourceSet,
    vars: &[VarEntry],
    fields: &[FieldSpec],
) -> Result<(), BuildError> {
    if vars.is_empty() {
        return Ok(());
    }
    let values = values(set, vars)?;
    for resource in set.items_mut() {
        let id = resource.id().clone();
        for spec in fields.iter().filter(|spec| spec.selects(id.gvk())) {
            let span = super::set::name_span(resource);
            resource.change(span, |node| {
                let origin = Origin::Made { by: span };
                for_each(node, spec, Leaf::Nothing, origin, &mut |field| {
                    expand_field(field, &values);
                    Ok(())
                })
                .map_err(|error| field_error(span, error))
            })?;
        }
    }
    Ok(())
}

fn expand_field(field: &mut Node, values: &BTreeMap<String, Node>) {
    match &mut field.kind {
        Kind::Scalar(_) => {
            expand_string(field, values);
        }
        Kind::Mapping(entries) => {
            for entry in entries {
                expand_string(&mut entry.value, values);
            }
        }
        Kind::Sequence(items) => {
            for item in items {
                expand_string(item, values);
            }
        }
        Kind::Alias(_) => {}
    }
}

fn expand_string(node: &mut Node, values: &BTreeMap<String, Node>) {
    if node.as_string().is_some() {
        expand_scalar(node, values);
    }
}

fn values(set: &ResourceSet, vars: &[VarEntry]) -> Result<BTreeMap<String, Node>, BuildError> {
    let mut values = BTreeMap::new();
    for var in vars {
        let (name, span) = var
            .name
            .as_ref()
            .map_or(("", var.span), |name| (name.value.as_str(), name.span));
        let resource = set
            .items()
            .iter()
            .find(|resource| resource.vars().iter().any(|known| known.as_ref() == name))
            .ok_or_else(|| missing(span, name))?;
        let path = var
            .field_path
            .clone()
            .unwrap_or_else(|| Spanned::new("metadata.name".to_owned(), span));
        let path = Spanned::new(with_plain_indexes(&path.value), path.span);
        let value = source_value(resource.node(), &path, &FieldOptions::default())?;
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

/// The path with `a.0` for `a[0]`: vars write indexes in brackets, replacements as a step of their own.
fn with_plain_indexes(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        match after.split_once(']') {
            Some((index, tail))
                if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                plain.push('.');
                plain.push_str(index);
                rest = tail;
            }
            _ => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn missing(span: Span, name: &str) -> BuildError {
    BuildError::at(
        span,
        ErrorKind::NoMatch(format!("the object of var `{name}`")),
    )
    .help("give apiVersion, kind and name of a resource of this build")
}
