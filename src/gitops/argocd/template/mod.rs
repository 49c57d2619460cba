//! The two template engines of ApplicationSets.
//!
//! [`fast`] is the default, [`go`] the one of `goTemplate: true`. Both are bounded in time and memory: a template is
//! somebody else's program.

pub mod fast;
pub mod go;
mod value;

use thiserror::Error;

pub use value::Value;

/// Why a template cannot be filled in.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// Argo CD refuses it as well: the syntax is wrong.
    #[error("the template is malformed: {0}")]
    Malformed(String),
    /// Argo CD refuses it as well: it fails for these parameters.
    #[error("the template fails: {0}")]
    Failed(String),
    /// It asks for a parameter that only a running controller knows.
    #[error("the template needs `{0}`, which is not known here")]
    Unresolved(String),
    /// It uses a function that walbound does not know.
    #[error("the template function `{0}` is not known here")]
    Unsupported(String),
    /// It takes more time or memory than it is given.
    #[error("the template takes too long, or gives too much")]
    TooMuch,
}
