//! The suffix hash of generated ConfigMaps and Secrets.

use crate::yaml::Node;

/// The ten characters that kustomize appends to the name of this ConfigMap or Secret.
///
/// `None` for other kinds (which never ask for a hash).
/// Source: `api/hasher/hasher.go`.
pub fn suffix(_resource: &Node) -> Option<String> {
    None
}
