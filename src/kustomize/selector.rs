//! Which resources a patch, label selector or annotation selector means.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::text::{Span, Spanned};

use super::fieldspec::Gvk;

/// Why a selector cannot be used.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum SelectorError {
    /// A field of a target is no regular expression.
    #[error("{pattern:?} is not a regular expression: {reason}")]
    Pattern {
        /// Its place.
        span: Span,
        /// The pattern as written.
        pattern: String,
        /// What the parser says.
        reason: String,
    },
    /// A label or annotation selector is malformed.
    #[error("{text:?} is not a selector: {reason}")]
    Labels {
        /// Its place.
        span: Span,
        /// The selector as written.
        text: String,
        /// What is wrong.
        reason: String,
    },
}

impl SelectorError {
    /// The place of the bad selector.
    pub fn span(&self) -> Span {
        match self {
            Self::Pattern { span, .. } | Self::Labels { span, .. } => *span,
        }
    }
}

/// The fields of a `target`, as written; absent and empty fields accept everything.
#[derive(Debug, Clone, Default)]
pub struct TargetFields {
    /// Regular expression for the group.
    pub group: Option<Spanned<String>>,
    /// Regular expression for the version.
    pub version: Option<Spanned<String>>,
    /// Regular expression for the kind.
    pub kind: Option<Spanned<String>>,
    /// Regular expression for the name.
    pub name: Option<Spanned<String>>,
    /// Regular expression for the namespace.
    pub namespace: Option<Spanned<String>>,
    /// Label selector.
    pub label_selector: Option<Spanned<String>>,
    /// Annotation selector.
    pub annotation_selector: Option<Spanned<String>>,
}

/// What a target looks at in one resource.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Current group, version, kind.
    pub gvk: Gvk<'a>,
    /// Current name.
    pub name: &'a str,
    /// Name as first read.
    pub original_name: &'a str,
    /// Current effective namespace; a missing one is `default`.
    pub namespace: &'a str,
    /// Effective namespace as first read.
    pub original_namespace: &'a str,
    /// `metadata.labels` as text.
    pub labels: &'a BTreeMap<String, String>,
    /// `metadata.annotations` as text.
    pub annotations: &'a BTreeMap<String, String>,
}

/// A target ready to match: everything compiled once.
#[derive(Debug, Clone)]
pub struct Target {}

impl Target {
    /// Compiles the fields.
    ///
    /// # Errors
    /// When a pattern or selector is malformed.
    pub fn compile(_fields: &TargetFields) -> Result<Self, SelectorError> {
        Ok(Self {})
    }

    /// Whether the target selects the resource.
    pub fn matches(&self, _candidate: &Candidate<'_>) -> bool {
        true
    }
}

/// A label or annotation selector in the Kubernetes grammar.
#[derive(Debug, Clone, Default)]
pub struct LabelSelector {}

impl LabelSelector {
    /// Parses `a=b, c!=d, e in (f,g), h, !i`; the empty text selects everything.
    ///
    /// # Errors
    /// When the text is malformed.
    pub fn parse(_text: &Spanned<String>) -> Result<Self, SelectorError> {
        Ok(Self {})
    }

    /// Whether all requirements hold.
    pub fn matches(&self, _labels: &BTreeMap<String, String>) -> bool {
        true
    }
}
