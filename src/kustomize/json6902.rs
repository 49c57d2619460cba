//! JSON 6902 patches.

use thiserror::Error;

use crate::text::Span;
use crate::yaml::Node;

/// Why operations cannot be read or applied.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct PatchError {
    /// The place of the operation, or of the part of it that is wrong.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The whole operation in the patch.
    pub span: Span,
}

/// Reads a list of operations from an expanded node of the patch text.
///
/// Values are read as YAML 1.1 and turned into nodes that mean the same to every later reader; they keep the origin
/// of the patch text.
///
/// # Errors
/// When the node is no list of operations, or an operation lacks a part or has an unknown `op`.
pub fn parse_operations(_patch: &Node) -> Result<Vec<Operation>, PatchError> {
    Ok(Vec::new())
}

/// Applies all operations in order, then passes every number of the resource through a 64-bit float as kustomize does.
///
/// # Errors
/// When an operation fails; the resource is then left as it was.
pub fn apply(_resource: &mut Node, _operations: &[Operation]) -> Result<(), PatchError> {
    Ok(())
}
