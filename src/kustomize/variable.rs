//! `$(VAR)` references.

use std::collections::BTreeMap;

use crate::yaml::Node;

/// Replaces `$(NAME)` in a scalar; returns the names used. `$$` is a dollar, an unknown name stays.
/// A scalar that is one whole reference takes the value's node, type and all.
pub fn expand_scalar(_node: &mut Node, _values: &BTreeMap<String, Node>) -> Vec<String> {
    Vec::new()
}
