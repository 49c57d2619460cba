//! What the API server refuses or drops before anybody else sees an object: fields and values that the definition of a
//! kind does not have.
//!
//! The schemas are in `schemas/crd/`, one for each kind, every release in one file; `schemas/README.md` tells how they
//! are made. One is read and compiled when the first object of its kind is met.

mod check;
mod compiled;
mod document;
mod kinds;
mod lookup;
mod manifest;
mod unknown;
mod words;

pub use check::problems;

/// What a problem is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A value that the schema refuses, or one that is missing.
    Violation,
    /// A field that no release has.
    UnknownField,
    /// A kind, field or value that other releases of the operator have.
    OtherRelease,
}

/// Something that the schema of a kind does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is about.
    pub sort: Sort,
    /// Keys and indexes down to the place. The last one is a field that is there.
    pub path: Vec<String>,
    /// Whether the key is the mistake, and not its value.
    pub is_key: bool,
    /// One sentence, lower case, no final stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether a release that is not known here may take it.
    pub may_be_newer: bool,
}
