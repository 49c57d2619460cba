//! The field tables built into kustomize (`api/internal/konfig/builtinpluginconsts`).

use super::fieldspec::FieldSpec;

/// A kind that others refer to, and the fields that do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameReference {
    /// Group, version and kind of the named resources (path unused).
    pub group: std::borrow::Cow<'static, str>,
    /// Version; empty accepts every version.
    pub version: std::borrow::Cow<'static, str>,
    /// Kind.
    pub kind: std::borrow::Cow<'static, str>,
    /// The fields that hold such a name.
    pub fields: Vec<FieldSpec>,
}

/// Names that get prefix and suffix.
pub fn name_prefix() -> Vec<FieldSpec> {
    Vec::new()
}

/// Fields that get the namespace besides metadata.namespace.
pub fn namespace() -> Vec<FieldSpec> {
    Vec::new()
}

/// `commonLabels` and `labels` with `includeSelectors`.
pub fn common_labels() -> Vec<FieldSpec> {
    Vec::new()
}

/// `labels` without `includeSelectors` and `includeTemplates`.
pub fn metadata_labels() -> Vec<FieldSpec> {
    Vec::new()
}

/// What `includeTemplates` adds.
pub fn template_labels() -> Vec<FieldSpec> {
    Vec::new()
}

/// `commonAnnotations`.
pub fn common_annotations() -> Vec<FieldSpec> {
    Vec::new()
}

/// Extra image fields (none by default beyond every containers list).
pub fn images() -> Vec<FieldSpec> {
    Vec::new()
}

/// `replicas`.
pub fn replicas() -> Vec<FieldSpec> {
    Vec::new()
}

/// Fields that name other resources.
pub fn name_references() -> Vec<NameReference> {
    Vec::new()
}

/// Fields in which `$(VAR)` is replaced.
pub fn var_references() -> Vec<FieldSpec> {
    Vec::new()
}
