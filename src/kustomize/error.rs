//! Why a directory cannot be built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::diagnostic::Label;
use crate::text::{ReadError, SourceMap, Span};
use crate::yaml::emit::EmitError;
use crate::yaml::{ExpandError, ParseError, ParseErrorKind};

use super::fieldspec::FieldError;
use super::generator::GeneratorError;
use super::image::ImageError;
use super::json6902::PatchError;
use super::merge::MergeError;
use super::replacement::ReplacementError;
use super::selector::SelectorError;

/// What went wrong. The text of a variant is one sentence without its place.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum ErrorKind {
    /// A file or directory that is asked for is not there.
    #[error("{what} `{path}` does not exist")]
    Missing {
        /// `resource`, `component`, `patch file`, …
        what: &'static str,
        /// The path as written.
        path: String,
    },
    /// A file is there and cannot be read.
    #[error("`{path}` cannot be read: {error}")]
    Unreadable {
        /// The path as shown to people.
        path: String,
        /// Why.
        error: ReadError,
    },
    /// A file lies outside the directory of its kustomization.
    #[error("file `{path}` is not in or below `{root}`")]
    OutsideRoot {
        /// The path as written.
        path: String,
        /// The kustomization's directory.
        root: String,
    },
    /// A directory without kustomization file.
    #[error("directory `{0}` has no kustomization file")]
    NoKustomization(String),
    /// A directory with several kustomization files.
    #[error("directory `{0}` has more than one kustomization file")]
    SeveralKustomizations(String),
    /// A directory includes itself or a directory above it.
    #[error("directories include each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    /// Directories include each other deeper than walbound follows.
    #[error("directories include each other more than {0} levels deep")]
    TooDeep(usize),
    /// Something that walbound cannot build, although the reference may.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A field that a kustomization does not have.
    #[error("unknown field `{field}` in {place}")]
    UnknownField {
        /// The field as written.
        field: String,
        /// Where it stands: `the kustomization`, `patches[0].target`, …
        place: String,
    },
    /// A kustomization without content.
    #[error("the kustomization is empty")]
    EmptyKustomization,
    /// A text that is not YAML.
    #[error("not valid YAML: {0}")]
    Malformed(ParseErrorKind),
    /// An alias or merge key that cannot be resolved.
    #[error("not valid YAML: {0}")]
    Expand(ExpandError),
    /// Two resources with one identity.
    #[error("{0} exists twice")]
    Duplicate(String),
    /// A patch, replacement or generator whose object is not there.
    #[error("nothing here is {0}")]
    NoMatch(String),
    /// A resource that cannot be written.
    #[error("{0}")]
    Emit(EmitError),
    /// Anything else, in one sentence.
    #[error("{0}")]
    Invalid(String),
}

/// Why a directory cannot be built: what, where, and what to do about it.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{}", .0.kind)]
pub struct BuildError(Box<Details>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    span: Option<Span>,
    path: Option<PathBuf>,
    related: Vec<Label>,
    help: Option<String>,
}

impl BuildError {
    /// An error at a place in a file.
    pub fn at(span: Span, kind: ErrorKind) -> Self {
        Self::new(kind, Some(span), None)
    }

    /// An error about a file or directory as a whole.
    pub fn of(path: &Path, kind: ErrorKind) -> Self {
        Self::new(kind, None, Some(path.to_path_buf()))
    }

    /// An error that is one sentence about a place.
    pub fn invalid(span: Span, message: impl Into<String>) -> Self {
        Self::at(span, ErrorKind::Invalid(message.into()))
    }

    fn new(kind: ErrorKind, span: Option<Span>, path: Option<PathBuf>) -> Self {
        Self(Box::new(Details {
            kind,
            span,
            path,
            related: Vec::new(),
            help: None,
        }))
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.0.related.push(Label::new(span, text));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The place, when it is one in a file.
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }

    /// The file or directory, when the error is about a whole one.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Other places that make the error understandable.
    pub fn related_places(&self) -> &[Label] {
        &self.0.related
    }

    /// What to do about it.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Whether the input may be right and walbound cannot build it.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Unsupported(_))
    }

    /// The error as plain text: `file:line:column: message`, then the other places, then the help.
    pub fn describe(&self, sources: &SourceMap) -> String {
        let mut text = match (self.0.span, &self.0.path) {
            (Some(span), _) => format!("{}: {self}", sources.describe(span)),
            (None, Some(path)) => format!("{}: {self}", path.display()),
            (None, None) => self.to_string(),
        };
        for label in &self.0.related {
            let _ = write!(text, "\n  {}: {}", sources.describe(label.span), label.text);
        }
        if let Some(help) = &self.0.help {
            let _ = write!(text, "\n  help: {help}");
        }
        text
    }
}

impl From<ParseError> for BuildError {
    fn from(error: ParseError) -> Self {
        Self::at(error.span, ErrorKind::Malformed(error.kind))
    }
}

impl From<ExpandError> for BuildError {
    fn from(error: ExpandError) -> Self {
        Self::at(error.span(), ErrorKind::Expand(error))
    }
}

impl From<SelectorError> for BuildError {
    fn from(error: SelectorError) -> Self {
        Self::invalid(error.span(), error.to_string())
    }
}

impl From<PatchError> for BuildError {
    fn from(error: PatchError) -> Self {
        Self::invalid(error.span, error.message)
    }
}

impl From<GeneratorError> for BuildError {
    fn from(error: GeneratorError) -> Self {
        Self::invalid(error.span, error.message)
    }
}

impl From<ReplacementError> for BuildError {
    fn from(error: ReplacementError) -> Self {
        Self::invalid(error.span, error.message)
    }
}

impl From<ImageError> for BuildError {
    fn from(error: ImageError) -> Self {
        Self::invalid(error.span, error.to_string())
    }
}

impl From<MergeError> for BuildError {
    fn from(error: MergeError) -> Self {
        let invalid = Self::invalid(error.span(), error.to_string());
        match error {
            MergeError::KindMismatch { resource_span, .. } => {
                invalid.related(resource_span, "the resource's value")
            }
            _ => invalid,
        }
    }
}

impl From<EmitError> for BuildError {
    fn from(error: EmitError) -> Self {
        let span = match &error {
            EmitError::KeyNotString(span)
            | EmitError::DuplicateKey { span, .. }
            | EmitError::NotFinite(_, span)
            | EmitError::ControlCharacter(span) => *span,
        };
        Self::at(span, ErrorKind::Emit(error))
    }
}

/// A field table error is about the field that asked for the change; a scalar in the way is a second place.
pub(super) fn field_error(asked: Span, error: FieldError) -> BuildError {
    match error {
        FieldError::Scalar { span, .. } => {
            BuildError::invalid(asked, error.to_string()).related(span, "the value in the way")
        }
        FieldError::Conflict { .. } => BuildError::invalid(asked, error.to_string()),
    }
}
