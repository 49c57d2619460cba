//! Field specifications: which field of which kind a transformer changes.

use std::borrow::Cow;

use thiserror::Error;

use crate::text::Span;
use crate::yaml::{Kind, Node, Origin};

/// Group, version and kind of a resource; empty strings where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gvk<'a> {
    /// API group, empty for the core group.
    pub group: &'a str,
    /// API version.
    pub version: &'a str,
    /// Kind.
    pub kind: &'a str,
}

impl<'a> Gvk<'a> {
    /// Splits an `apiVersion`.
    pub fn new(api_version: &'a str, kind: &'a str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            group,
            version,
            kind,
        }
    }
}

/// One entry of a field table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// API group; empty accepts every group.
    pub group: Cow<'static, str>,
    /// API version; empty accepts every version.
    pub version: Cow<'static, str>,
    /// Kind; empty accepts every kind.
    pub kind: Cow<'static, str>,
    /// `/`-separated path; `\/` is a slash inside a key; `[]` after a key is optional.
    pub path: Cow<'static, str>,
    /// Whether missing maps and the field itself are made.
    pub create: bool,
}

impl FieldSpec {
    /// Whether the entry is about resources of this kind.
    pub fn selects(&self, gvk: Gvk<'_>) -> bool {
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        fits(&self.group, gvk.group)
            && fits(&self.version, gvk.version)
            && fits(&self.kind, gvk.kind)
    }

    fn gvk(&self) -> Gvk<'_> {
        Gvk {
            group: &self.group,
            version: &self.version,
            kind: &self.kind,
        }
    }
}

/// Why a field table cannot be used or a path cannot be followed.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum FieldError {
    /// A scalar stands where the path goes on.
    #[error("path {path:?} runs into a scalar; correct the path or the resource")]
    Scalar {
        /// The scalar.
        span: Span,
        /// The whole path.
        path: String,
    },
    /// Two entries name one field with different `create`.
    #[error("conflicting fieldspecs for {path:?}: `create` is both true and false")]
    Conflict {
        /// The path of both.
        path: String,
    },
}

/// What happens at each place a path reaches: the node may be changed freely.
pub type Visit<'v> = dyn FnMut(&mut Node) -> Result<(), FieldError> + 'v;

/// What a missing field becomes when `create` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// An empty map.
    Mapping,
    /// A null scalar for the visitor to fill.
    Scalar,
    /// Nothing, whatever `create` says: images, name references and variables change what is there.
    Nothing,
}

/// Calls `visit` for every node that the path of `spec` reaches in a resource of its kind.
///
/// Lists on the way are walked item by item. A null on the way ends it, unless `create` turns it into a map. With
/// `create`, missing maps are made with origin `made_by`, and the last field as a `leaf`; nothing is made below a key
/// with `[]`. Source: `api/filters/fieldspec`.
///
/// # Errors
/// When the path runs into a scalar, or `visit` fails.
pub fn for_each(
    resource: &mut Node,
    spec: &FieldSpec,
    leaf: Leaf,
    made_by: Origin,
    visit: &mut Visit<'_>,
) -> Result<(), FieldError> {
    let text = |key| resource.get(key).and_then(Node::text).unwrap_or_default();
    if !spec.selects(Gvk::new(text("apiVersion"), text("kind"))) {
        return Ok(());
    }
    let keys = split(&spec.path, '/');
    let walk = Walk {
        spec,
        leaf: if spec.create { leaf } else { Leaf::Nothing },
        made_by,
    };
    walk.node(resource, &keys, visit)
}

/// Splits at a separator that no backslash stands before. One separator at the start is ignored.
///
/// Source: `PathSplitter` in `kyaml/utils`.
pub(super) fn split(path: &str, separator: char) -> Vec<String> {
    let path = path.strip_prefix(separator).unwrap_or(path);
    let mut keys: Vec<String> = Vec::new();
    for part in path.split(separator) {
        match keys.last_mut() {
            Some(open) if open.ends_with('\\') => {
                open.pop();
                open.push(separator);
                open.push_str(part);
            }
            _ => keys.push(part.to_owned()),
        }
    }
    keys
}

struct Walk<'s> {
    spec: &'s FieldSpec,
    leaf: Leaf,
    made_by: Origin,
}

impl Walk<'_> {
    fn node(
        &self,
        node: &mut Node,
        keys: &[String],
        visit: &mut Visit<'_>,
    ) -> Result<(), FieldError> {
        let Some((key, rest)) = keys.split_first() else {
            return visit(node);
        };
        if node.is_null() {
            return Ok(());
        }
        match &mut node.kind {
            Kind::Sequence(items) => items
                .iter_mut()
                .try_for_each(|item| self.node(item, keys, visit)),
            Kind::Mapping(_) => match self.field(node, key, rest.is_empty()) {
                Some(field) => self.node(field, rest, visit),
                None => Ok(()),
            },
            Kind::Scalar(_) | Kind::Alias(_) => Err(FieldError::Scalar {
                span: node.span(),
                path: self.spec.path.to_string(),
            }),
        }
    }

    /// The field of a map, made if it is to be made.
    fn field<'n>(&self, map: &'n mut Node, key: &str, is_last: bool) -> Option<&'n mut Node> {
        let made = match (key.strip_suffix("[]"), self.leaf) {
            (Some(_), _) => Some(Node::sequence(self.made_by)),
            (None, Leaf::Nothing) => None,
            (None, Leaf::Scalar) if is_last => Some(Node::plain("", self.made_by)),
            (None, Leaf::Mapping | Leaf::Scalar) => Some(Node::mapping(self.made_by)),
        };
        let is_list = key.ends_with("[]");
        let key = key.strip_suffix("[]").unwrap_or(key);
        if key.is_empty() {
            return None;
        }
        match (map.get(key), made) {
            (None, Some(made)) if !is_list => map.set(key, made),
            (Some(found), Some(made)) if found.is_null() && made.as_scalar().is_none() => {
                map.set(key, made);
            }
            _ => {}
        }
        map.get_mut(key)
    }
}

/// Adds entries to a table. One that is there already, or falls under one that is there, is left out.
///
/// # Errors
/// When an entry is there with another `create`.
pub fn merge(table: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), FieldError> {
    for new in more {
        // The new entry is the selector here, so a general one disappears behind a special one; kustomize has it so.
        let known = table
            .iter()
            .find(|known| new.selects(known.gvk()) && known.path == new.path);
        match known {
            Some(known) if known.create != new.create => {
                return Err(FieldError::Conflict {
                    path: new.path.to_string(),
                });
            }
            Some(_) => {}
            None => table.push(new.clone()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, emit::emit, parse};

    fn spec(kind: &str, path: &str, create: bool) -> FieldSpec {
        FieldSpec {
            group: "".into(),
            version: "".into(),
            kind: kind.to_owned().into(),
            path: path.to_owned().into(),
            create,
        }
    }

    /// Writes 7 into every scalar the path reaches.
    fn changed(resource: &str, spec: &FieldSpec, leaf: Leaf) -> Result<String, FieldError> {
        let documents = parse(resource, &Locator::File(FileId(0))).unwrap();
        let mut node = documents[0].root.clone();
        let origin = node.origin;
        for_each(&mut node, spec, leaf, origin, &mut |field| {
            if field.as_scalar().is_some() {
                *field = Node::plain("7", origin);
            }
            Ok(())
        })?;
        Ok(emit(&node).unwrap())
    }

    #[test]
    fn lists_on_the_way_are_walked_with_and_without_brackets() {
        let resource = "{l: [{a: 1}, {b: 2}, ~, [{a: 3}]]}";
        let expected = "l:\n- a: 7\n- b: 2\n- null\n- - a: 7\n";
        for path in ["l/a", "l[]/a", "/l/a"] {
            let found = changed(resource, &spec("", path, false), Leaf::Scalar);
            assert_eq!(found.as_deref(), Ok(expected), "{path}");
        }
    }

    #[test]
    fn missing_fields_are_made_only_when_asked_for() {
        let made = "m:\n  a:\n    b: 7\n";
        for resource in ["{m: {}}", "{m: ~}", "{m: {a: ~}}", "{}"] {
            let found = changed(resource, &spec("", "m/a/b", true), Leaf::Scalar);
            assert_eq!(found.as_deref(), Ok(made), "{resource}");
        }
        let none = changed("{m: {}}", &spec("", "m/a/b", true), Leaf::Nothing);
        assert_eq!(none.as_deref(), Ok("m: {}\n"));
        let none = changed("{m: {}}", &spec("", "m/a/b", false), Leaf::Scalar);
        assert_eq!(none.as_deref(), Ok("m: {}\n"));
        let none = changed("{m: {}}", &spec("", "m/a[]/b", true), Leaf::Mapping);
        assert_eq!(none.as_deref(), Ok("m: {}\n"));
    }

    #[test]
    fn a_slash_can_be_part_of_a_key() {
        let found = changed("{a: {b/c: 1}}", &spec("", r"a/b\/c", false), Leaf::Scalar);
        assert_eq!(found.as_deref(), Ok("a:\n  b/c: 7\n"));
    }

    #[test]
    fn a_scalar_on_the_way_is_an_error() {
        assert!(changed("{a: 1}", &spec("", "a/b", false), Leaf::Scalar).is_err());
    }

    #[test]
    fn entries_select_by_group_version_and_kind() {
        let of = |group: &'static str, version: &'static str, kind: &'static str| FieldSpec {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            path: "a".into(),
            create: false,
        };
        let gvk = Gvk::new("apps/v1", "Deployment");
        assert!(of("", "", "").selects(gvk));
        assert!(of("apps", "v1", "Deployment").selects(gvk));
        assert!(!of("extensions", "", "Deployment").selects(gvk));
        assert!(!of("", "v1beta1", "").selects(gvk));
    }

    #[test]
    fn equal_entries_merge_and_a_different_create_is_a_conflict() {
        let mut table = vec![spec("Pod", "a", false)];
        merge(
            &mut table,
            &[
                spec("Pod", "a", false),
                spec("", "a", false),
                spec("Job", "a", true),
            ],
        )
        .unwrap();
        assert_eq!(table, [spec("Pod", "a", false), spec("Job", "a", true)]);
        assert!(merge(&mut table, &[spec("Job", "a", false)]).is_err());
    }
}
