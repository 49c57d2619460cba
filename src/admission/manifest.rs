//! A manifest as the checks see it.

use crate::config::OperatorVersion;
use crate::model::object::Object;
use crate::yaml::Node;

use super::field::Field;

/// The annotation that switches admission off. Source: CNPG `pkg/utils/labels_annotations.go`.
pub(super) const VALIDATION: &str = "cnpg.io/validation";

/// Whether the object switches admission off.
pub fn is_disabled(object: &Object) -> bool {
    let annotation = object.annotation(VALIDATION);
    annotation.is_some_and(|value| value.value == "disabled")
}

/// A manifest with its defaults.
#[derive(Debug, Clone, Copy)]
pub struct Manifest<'m> {
    written: &'m Object,
    stored: &'m Node,
    before: Option<&'m Node>,
    created: bool,
    version: OperatorVersion,
}

impl<'m> Manifest<'m> {
    /// `written` is the object as rendered, `stored` the same with its defaults and with the variables whose values are
    /// known.
    pub fn new(written: &'m Object, stored: &'m Node, version: OperatorVersion) -> Self {
        Self {
            written,
            stored,
            before: None,
            created: false,
            version,
        }
    }

    /// The same as an update of an object that was stored like this before.
    #[must_use]
    pub fn after(self, before: &'m Node) -> Self {
        Self {
            before: Some(before),
            ..self
        }
    }

    /// The same where a base revision shows that the object did not exist before.
    #[must_use]
    pub fn created(self) -> Self {
        Self {
            created: true,
            ..self
        }
    }

    /// The operator that judges.
    pub fn version(&self) -> OperatorVersion {
        self.version
    }

    /// The name of the object.
    pub(super) fn name(&self) -> &'m str {
        &self.written.name.value
    }

    /// What was stored before.
    pub(super) fn before(&self) -> Option<Field<'m>> {
        self.before.map(Field::root)
    }

    /// Whether the object is not known to exist already.
    pub(super) fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// Whether the object is known not to exist already.
    pub(super) fn is_created(&self) -> bool {
        self.created
    }

    /// What stands at a path.
    pub(super) fn at(&self, path: &[&'m str]) -> Field<'m> {
        Field::root(self.stored).at(path)
    }

    /// What stands at a path below `spec`.
    pub(super) fn spec(&self, path: &[&'m str]) -> Field<'m> {
        self.at(&["spec"]).at(path)
    }

    /// A parameter of PostgreSQL.
    pub(super) fn parameter(&self, name: &'m str) -> Field<'m> {
        self.spec(&["postgresql", "parameters", name])
    }

    /// An annotation, where it is there.
    pub(super) fn annotation(&self, name: &'m str) -> Option<Field<'m>> {
        let field = self.at(&["metadata", "annotations", name]);
        field.is_set().then_some(field)
    }

    /// The number of instances.
    pub(super) fn instances(&self) -> Option<i64> {
        self.spec(&["instances"]).number_or(1)
    }
}
