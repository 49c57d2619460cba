//! walbound: recovery changes for CloudNativePG databases kept in Git, offline.
//!
//! The layers, lowest first; a module uses itself and lower layers only (`tests/integration/layers.rs` keeps it so):
//!
//! - [`text`]: bytes, spans, edits, files.
//! - [`diagnostic`]: what a rule found.
//! - [`yaml`]: trees that remember where each value came from.
//! - [`model`]: what values of the manifests mean.
//!
//! Promises: nothing here talks to a Kubernetes API, nothing writes to a bucket, and a value that cannot be known
//! offline is reported as unknown, never guessed.

pub mod diagnostic;
pub mod model;
pub mod text;
pub mod yaml;
