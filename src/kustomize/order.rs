//! The order of the output.

use std::cmp::Ordering;

use super::fieldspec::Gvk;

/// What the order looks at in one resource. `namespace` is the effective one, empty where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortId<'a> {
    /// Group, version, kind.
    pub gvk: Gvk<'a>,
    /// Effective namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

/// The order called `legacy`, with its two lists of kinds.
#[derive(Debug, Clone)]
pub struct LegacyOrder {
    first: Vec<String>,
    last: Vec<String>,
}

impl LegacyOrder {
    /// An order with lists of its own (`legacySortOptions`); an omitted list is empty.
    pub fn new(first: Vec<String>, last: Vec<String>) -> Self {
        Self { first, last }
    }

    /// Compares two resources.
    pub fn compare(&self, _left: SortId<'_>, _right: SortId<'_>) -> Ordering {
        let _ = (&self.first, &self.last);
        Ordering::Equal
    }
}

impl Default for LegacyOrder {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}
