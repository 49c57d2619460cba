//! Replacements: reading a source field and writing target fields.

use thiserror::Error;

use crate::text::{Span, Spanned};
use crate::yaml::Node;

/// `options` of a source or target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldOptions {
    /// Splits the text; absent takes the whole.
    pub delimiter: Option<String>,
    /// Part to take or replace.
    pub index: i64,
    /// Makes missing fields (targets only).
    pub create: bool,
}

/// Why a replacement cannot be made.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct ReplacementError {
    /// The place of the path or node that is wrong.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads the source value from one resource.
///
/// # Errors
/// When the path is malformed or missing, the value empty, or the index out of range.
pub fn source_value(
    resource: &Node,
    _path: &Spanned<String>,
    _options: &FieldOptions,
) -> Result<Node, ReplacementError> {
    Ok(resource.clone())
}

/// Writes the value into every field of one resource that the path reaches.
///
/// # Errors
/// When the path is malformed, or missing without `create`, or cannot hold the value.
pub fn write_target(
    _resource: &mut Node,
    _path: &Spanned<String>,
    _options: &FieldOptions,
    _value: &Node,
) -> Result<(), ReplacementError> {
    Ok(())
}
