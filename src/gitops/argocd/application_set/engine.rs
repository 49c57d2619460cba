//! The template engine that an ApplicationSet asks for.

use crate::model::object::Object;
use crate::yaml::Node;

use super::super::template::go::MissingKey;
use super::super::template::{TemplateError, Value, fast, go};
use super::parameters::Parameters;

/// The engine, with its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Engine {
    /// Whether it is Go's.
    pub(super) is_go: bool,
    missing: MissingKey,
}

impl Engine {
    /// `goTemplate` and `goTemplateOptions` of a set.
    pub(super) fn of(set: &Object) -> Self {
        let options = set
            .find(&["spec", "goTemplateOptions"])
            .and_then(Node::as_sequence)
            .unwrap_or(&[]);
        let is_strict = |option: &Node| option.text() == Some("missingkey=error");
        Self {
            is_go: set.flag(&["spec", "goTemplate"]) == Some(true),
            missing: if options.iter().any(is_strict) {
                MissingKey::Error
            } else {
                MissingKey::Nothing
            },
        }
    }

    /// The same engine where a missing key is an error.
    pub(super) fn strict(self) -> Self {
        Self {
            missing: MissingKey::Error,
            ..self
        }
    }

    /// Fills in one text.
    pub(super) fn fill(self, text: &str, parameters: &Parameters) -> Result<String, TemplateError> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let is_open = parameters.open.is_some();
        if self.is_go {
            let missing = if is_open {
                MissingKey::Open
            } else {
                self.missing
            };
            go::fill(text, &Value::Map(parameters.values.clone()), missing)
        } else {
            fast::fill(text, &parameters.values, is_open)
        }
    }
}
