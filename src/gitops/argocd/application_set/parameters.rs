//! The parameters of one Application.

use std::collections::BTreeMap;

use super::super::template::Value;

/// How many parameters are shown to people.
const MOST_SHOWN: usize = 4;

/// The parameters of one Application, or of any number of them where some are unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Parameters {
    pub(super) values: BTreeMap<String, Value>,
    /// Why there may be further parameters, other values of these, and more or fewer such Applications.
    pub(super) open: Option<String>,
}

impl Parameters {
    /// Parameters of which nothing is known.
    pub(super) fn unknown(reason: &str) -> Self {
        Self {
            values: BTreeMap::new(),
            open: Some(reason.to_owned()),
        }
    }

    /// `key=value`, the first few of them.
    pub(super) fn shown(&self) -> String {
        let flat = Value::Map(self.values.clone()).flattened();
        let texts = flat.iter().filter_map(|(key, value)| match value {
            Value::Text(text) => Some(format!("{key}={text}")),
            _ => None,
        });
        texts.take(MOST_SHOWN).collect::<Vec<_>>().join(", ")
    }
}
