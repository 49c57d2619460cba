//! Image names: matching and rewriting.

use thiserror::Error;

use crate::text::{Span, Spanned};
use crate::yaml::{Node, Origin};

/// One entry of `images`, as written.
#[derive(Debug, Clone)]
pub struct ImageFields {
    /// The image to change, a regular expression; absent matches nothing.
    pub name: Option<Spanned<String>>,
    /// Replaces the name.
    pub new_name: Option<String>,
    /// Replaces the tag.
    pub new_tag: Option<String>,
    /// Replaces the digest.
    pub digest: Option<String>,
    /// Appended to the old tag.
    pub tag_suffix: Option<String>,
    /// Origin of a rewritten image (the entry, or its new tag).
    pub made_by: Span,
}

/// Why an entry cannot be used.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("image name {name:?} is not a regular expression: {reason}")]
pub struct ImageError {
    /// The place of the name.
    pub span: Span,
    /// The name as written.
    pub name: String,
    /// What the parser says.
    pub reason: String,
}

/// An entry ready to apply.
#[derive(Debug, Clone)]
pub struct ImageRule {}

impl ImageRule {
    /// Compiles the entry once.
    ///
    /// # Errors
    /// When its name is no regular expression.
    pub fn compile(_fields: &ImageFields) -> Result<Self, ImageError> {
        Ok(Self {})
    }

    /// The new image, or `None` when the entry is not about this one.
    pub fn rewrite(&self, _image: &str) -> Option<String> {
        None
    }

    /// Rewrites `image` in the items of every `containers` and `initContainers` list at any depth.
    pub fn apply_to_containers(&self, _resource: &mut Node) {}

    /// Rewrites one scalar (a configured image field); anything but a scalar is left alone.
    pub fn apply_to_scalar(&self, _node: &mut Node) {}

    /// The origin that rewritten images get.
    pub fn origin(&self) -> Option<Origin> {
        None
    }
}
