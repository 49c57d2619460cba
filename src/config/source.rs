//! The file that a configuration was read from.

use std::path::PathBuf;
use std::sync::Arc;

use super::Config;

/// The file that a configuration was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSource {
    /// The path on this machine.
    pub path: PathBuf,
    /// The path shown to people.
    pub name: String,
    /// The text, byte for byte.
    pub text: Arc<str>,
}

impl Config {
    /// Lets findings point into the file.
    #[must_use]
    pub fn read_from(self, source: ConfigSource) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }
}
