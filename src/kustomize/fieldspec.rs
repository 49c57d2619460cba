//! Field specifications: which field of which kind a transformer changes.

use std::borrow::Cow;

use thiserror::Error;

use crate::text::Span;
use crate::yaml::{Node, Origin};

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
    pub fn selects(&self, _gvk: Gvk<'_>) -> bool {
        true
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
}

/// Calls `visit` for every node that the path of `spec` reaches in a resource of its kind.
///
/// Lists on the way are walked item by item. With `create`, missing maps are made with origin `made_by`, and the last
/// field as a `leaf`.
///
/// # Errors
/// When the path runs into a scalar, or `visit` fails.
pub fn for_each(
    _resource: &mut Node,
    _spec: &FieldSpec,
    _leaf: Leaf,
    _made_by: Origin,
    _visit: &mut Visit<'_>,
) -> Result<(), FieldError> {
    Ok(())
}

/// Adds entries to a table: equal ones once.
///
/// # Errors
/// When an entry is there with another `create`.
pub fn merge(_table: &mut Vec<FieldSpec>, _more: &[FieldSpec]) -> Result<(), FieldError> {
    Ok(())
}
