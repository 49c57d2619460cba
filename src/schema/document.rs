//! A schema file: every release of a kind in one.

use serde_json::{Map, Value};

use crate::config::OperatorVersion;

/// The oldest release that the schemas know. A kind whose file begins later came later.
const OLDEST: OperatorVersion = OperatorVersion {
    major: 1,
    minor: 24,
    patch: 0,
};

/// A schema file that was read.
pub(super) struct Document {
    /// All of it.
    pub(super) whole: Value,
    /// The releases in it, oldest first. Never empty.
    releases: Vec<OperatorVersion>,
    /// Whether it refuses only what every release refuses, because nobody tells which one is in use.
    any_release: bool,
}

impl Document {
    /// Reads the text of a file; `None` where it is no such document, which a test rules out.
    pub(super) fn read(text: &str) -> Option<Self> {
        let whole: Value = serde_json::from_str(text).ok()?;
        let releases: Vec<OperatorVersion> = whole["x-releases"]
            .as_array()?
            .iter()
            .map(|release| release.as_str()?.parse().ok())
            .collect::<Option<_>>()?;
        let any_release = whole["x-any-release"].as_bool()?;
        (!releases.is_empty()).then_some(Self {
            whole,
            releases,
            any_release,
        })
    }

    /// The releases in it; none where nobody tells which one is in use.
    pub(super) fn releases(&self) -> &[OperatorVersion] {
        if self.any_release {
            &[]
        } else {
            &self.releases
        }
    }

    /// The newest release in it.
    pub(super) fn newest(&self) -> OperatorVersion {
        self.releases.last().copied().unwrap_or(OLDEST)
    }

    /// The release whose schema tells about this version: itself, or the one before it. Without a version the newest.
    pub(super) fn release_for(&self, version: Option<OperatorVersion>) -> OperatorVersion {
        let Some(version) = version.filter(|_| !self.any_release) else {
            return self.newest();
        };
        let before = self.releases.iter().rfind(|release| **release <= version);
        before.or(self.releases.first()).copied().unwrap_or(OLDEST)
    }

    /// The release that brought the kind, for versions before it.
    pub(super) fn came_after(&self, version: Option<OperatorVersion>) -> Option<OperatorVersion> {
        let first = *self.releases().first()?;
        (version? < first && first > OLDEST).then_some(first)
    }

    /// Whether a version is of a release line that nobody could know here, or nobody tells which one it is.
    pub(super) fn may_be_newer(&self, version: Option<OperatorVersion>) -> bool {
        let newest = self.newest();
        let line = |version: OperatorVersion| (version.major, version.minor);
        self.any_release || version.is_some_and(|version| line(version) > line(newest))
    }

    /// The schemas as one release has them.
    pub(super) fn at(&self, release: OperatorVersion) -> Value {
        let mut definitions = self.whole["$defs"].clone();
        if !self.any_release {
            let schemas = definitions.as_object_mut().into_iter().flatten();
            schemas.for_each(|(_, schema)| narrow(schema, release));
        }
        definitions
    }
}

/// Leaves of a schema what one release has.
fn narrow(schema: &mut Value, release: OperatorVersion) {
    let Some(own) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Object(sometimes)) = own.remove("x-in") {
        let fields = own.get_mut("properties").and_then(Value::as_object_mut);
        if let Some(fields) = fields {
            fields.retain(|name, _| sometimes.get(name).is_none_or(|spans| has(spans, release)));
        }
    }
    if let Some(Value::Array(variants)) = own.remove("x-was") {
        for variant in variants {
            if has(&variant["x-in"], release) {
                replace(own, variant);
            }
        }
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(below) = own.get_mut(keyword) {
            narrow(below, release);
        }
    }
    let fields = own.get_mut("properties").and_then(Value::as_object_mut);
    for below in fields.into_iter().flat_map(Map::values_mut) {
        narrow(below, release);
    }
}

/// Puts the keywords of a variant in place of those that are there.
fn replace(own: &mut Map<String, Value>, variant: Value) {
    let Value::Object(variant) = variant else {
        return;
    };
    for (keyword, value) in variant {
        match (keyword.as_str(), value) {
            ("x-in", _) => {}
            (_, Value::Null) => {
                own.remove(&keyword);
            }
            (_, value) => {
                own.insert(keyword, value);
            }
        }
    }
}

/// Whether a release lies in one of the spans: the first release with something, and the first one without.
pub(super) fn has(spans: &Value, release: OperatorVersion) -> bool {
    let bound = |label: &Value| label.as_str()?.parse::<OperatorVersion>().ok();
    let within = |span: &Value| {
        bound(&span[0]).is_some_and(|from| from <= release)
            && bound(&span[1]).is_none_or(|until| release < until)
    };
    spans
        .as_array()
        .is_some_and(|spans| spans.iter().any(within))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(text: &str) -> OperatorVersion {
        text.parse().unwrap()
    }

    fn document() -> Document {
        let document = json!({
            "x-releases": ["1.24.0", "1.24.4", "1.25.0", "1.25.2"],
            "x-any-release": false,
            "$defs": { "v1": {
                "properties": { "a": { "enum": ["x", "y"], "x-was": [
                    { "enum": ["x"], "minLength": 1, "x-in": [["1.24.0", "1.24.4"], ["1.25.0", "1.25.2"]] },
                ] }, "b": {} },
                "x-in": { "b": [["1.24.4", "1.25.0"], ["1.25.2"]] },
            } },
        });
        Document::read(&document.to_string()).unwrap()
    }

    #[test]
    fn a_version_is_told_by_the_release_before_it() {
        let document = document();
        for (asked, expected) in [
            ("1.23.0", "1.24.0"),
            ("1.24.3", "1.24.0"),
            ("1.24.9", "1.24.4"),
            ("1.25.0", "1.25.0"),
            ("1.31.0", "1.25.2"),
        ] {
            let release = document.release_for(Some(version(asked)));
            assert_eq!(release, version(expected), "{asked}");
        }
        assert_eq!(document.release_for(None), version("1.25.2"));
    }

    #[test]
    fn a_release_has_its_own_fields_and_values() {
        let document = document();
        for (release, has_b, values) in [
            ("1.24.0", false, json!(["x"])),
            ("1.24.4", true, json!(["x", "y"])),
            ("1.25.0", false, json!(["x"])),
            ("1.25.2", true, json!(["x", "y"])),
        ] {
            let schema = &document.at(version(release))["v1"];
            assert_eq!(schema["properties"].get("b").is_some(), has_b, "{release}");
            assert_eq!(schema["properties"]["a"]["enum"], values, "{release}");
            assert_eq!(schema["properties"]["a"].get("minLength").is_some(), !has_b);
            assert!(!schema.to_string().contains("x-"), "{schema}");
        }
    }

    #[test]
    fn only_a_newer_release_line_may_have_more() {
        let document = document();
        assert!(!document.may_be_newer(None));
        assert!(!document.may_be_newer(Some(version("1.25.9"))));
        assert!(document.may_be_newer(Some(version("1.26.0"))));
    }
}
