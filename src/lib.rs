//! walbound: recovery changes for CloudNativePG databases kept in Git, offline.
//!
//! The layers, lowest first; a module uses itself and lower layers only (`tests/integration/layers.rs` keeps it so):
//!
//! - [`text`]: bytes, spans, edits, files.
//! - [`diagnostic`]: what a rule found.
//! - [`yaml`]: trees that remember where each value came from.
//! - [`config`]: what a repository asks for in `.walbound.yaml`.
//! - [`model`]: what the manifests mean.
//! - [`admission`]: what the operator refuses when a manifest is applied.
//! - [`schema`]: what the definition of a kind does not have.
//! - [`wal`]: what the segments of a write-ahead log hold.
//! - [`jq`]: what a jq expression does.
//! - [`barman`]: what an archive of Barman Cloud holds.
//! - [`kustomize`]: `kustomize build` on nodes that keep their origins.
//! - [`project`]: a repository resolved, every cluster as every build renders it.
//! - [`gitops`]: what a GitOps controller will apply.
//! - [`facts`]: what is known beyond the manifests: can a recovery target be reached?
//! - [`rules`], [`lint`]: the rules, and the engine that runs them.
//! - [`recover`]: a recovery, or a part of one, as one change to the repository.
//! - [`generate`]: the files of a new database.
//! - [`migrate`]: the way from in-tree Barman support to the Barman Cloud plugin.
//! - [`report`], [`io`]: what people and programs read; files, clock and terminal.
//! - [`cli`]: the command line.
//!
//! Promises: nothing here talks to a Kubernetes API, nothing writes to a bucket, and a value that cannot be known
//! offline is reported as unknown, never guessed.

pub mod admission;
pub mod barman;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod facts;
pub mod generate;
pub mod gitops;
pub mod io;
pub mod jq;
pub mod kustomize;
pub mod lint;
pub mod migrate;
pub mod model;
pub mod project;
pub mod recover;
pub mod report;
pub mod rules;
pub mod schema;
pub mod text;
pub mod wal;
pub mod yaml;
