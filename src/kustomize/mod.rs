//! `kustomize build` on nodes that keep their origins.

pub mod fieldspec;
pub mod fieldspecs;
pub mod generator;
pub mod hash;
pub mod image;
pub mod json6902;
pub mod merge;
pub mod order;
pub mod replacement;
pub mod schema;
pub mod selector;
pub mod variable;
