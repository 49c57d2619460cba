//! ConfigMaps and Secrets from literals, files and env files.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::text::{Span, Spanned};
use crate::yaml::Node;

/// What a generator makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret of this type; `None` is `Opaque`.
    Secret {
        /// `type`.
        of_type: Option<Spanned<String>>,
    },
}

/// A file given to a generator, read by the caller.
#[derive(Debug, Clone)]
pub struct FileContent {
    /// The entry of the generator that names the file.
    pub span: Span,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// Everything that ends up in one generated object, read by the caller.
#[derive(Debug, Clone)]
pub struct GeneratorFields {
    /// Kind.
    pub output: Output,
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// Contents of `env` and `envs` files.
    pub env_files: Vec<FileContent>,
    /// `key=value` entries.
    pub literals: Vec<Spanned<String>>,
    /// Key (from [`file_argument`]) and content of `files`.
    pub files: Vec<(Spanned<String>, FileContent)>,
    /// Labels, local ones merged over those of generatorOptions.
    pub labels: BTreeMap<String, Spanned<String>>,
    /// Annotations, merged likewise.
    pub annotations: BTreeMap<String, Spanned<String>>,
    /// `immutable` of either options.
    pub immutable: Option<Span>,
    /// The whole entry.
    pub span: Span,
}

/// Why an object cannot be generated.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct GeneratorError {
    /// The place of the entry that is wrong.
    pub span: Span,
    /// What is wrong and what to do.
    pub message: String,
}

/// Splits an entry of `files` into key and path: `key=path`, or `path` with its base name as the key.
///
/// # Errors
/// When there are several `=` or key or path is empty.
pub fn file_argument(_entry: &Spanned<String>) -> Result<(String, String), GeneratorError> {
    Ok(Default::default())
}

/// Makes the object.
///
/// # Errors
/// When an entry is malformed or a key comes twice.
pub fn generate(fields: &GeneratorFields) -> Result<Node, GeneratorError> {
    Ok(Node::mapping(crate::yaml::Origin::Made { by: fields.span }))
}
