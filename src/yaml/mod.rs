//! Trees that remember where each value came from.
//!
//! [`parse`] reads a text into [`Node`]s with exact byte spans, [`expand()`] resolves aliases and merge keys,
//! [`scalar`] tells what a plain scalar means, [`emit`] writes nodes the way kustomize does.

pub mod comments;
mod cursor;
pub mod duplicates;
pub mod emit;
pub mod expand;
mod lines;
pub mod locate;
pub mod node;
pub mod parse;
pub mod patch;
pub mod scalar;
pub mod store;

pub use comments::{Comment, comments};
pub use duplicates::{DuplicateKey, duplicate_keys};
pub use expand::{ExpandError, expand};
pub use locate::Locator;
pub use node::{AnchorId, Entry, Kind, Node, Origin, Properties, Scalar, Style};
pub use parse::{Document, ParseError, ParseErrorKind, parse};
pub use store::DocumentStore;
