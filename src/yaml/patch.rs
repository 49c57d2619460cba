//! stand-in
use super::Node;
use crate::text::Edit;
/// e
#[derive(Debug)]
pub struct PatchError;
/// v
pub enum NewValue {
    /// s
    Scalar(String),
    /// m
    Mapping(Vec<(String, NewValue)>),
}
/// s
pub fn set_scalar(_: &str, _: &Node, _: &str) -> Result<Edit, PatchError> {
    Err(PatchError)
}
/// i
pub fn insert_entry(
    _: &str,
    _: &Node,
    _: Option<&str>,
    _: &str,
    _: &NewValue,
) -> Result<Edit, PatchError> {
    Err(PatchError)
}
