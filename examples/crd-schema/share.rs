//! A document in which what occurs often stands once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Shorter schemas are written where they are.
const SHORTEST: usize = 90;

/// The document as text: `head`, and below `$defs` each version and each schema that occurs more than once, one a line.
pub(crate) fn written(head: Map<String, Value>, versions: Map<String, Value>) -> String {
    let mut shared = Shared::default();
    for (name, version) in &versions {
        shared.count(version, name);
        shared.taken.insert(name.clone());
    }
    shared.name();
    let mut definitions: Vec<(String, Value)> = Vec::new();
    for (name, version) in versions {
        definitions.push((name, shared.inside(&version)));
    }
    for (text, name) in shared.names.clone() {
        if let Ok(schema) = serde_json::from_str(&text) {
            definitions.push((name, shared.inside(&schema)));
        }
    }
    definitions.sort_by(|left, right| left.0.cmp(&right.0));
    let lines: Vec<String> = definitions
        .into_iter()
        .map(|(name, schema)| format!("{}:{schema}", json!(name)))
        .collect();
    let head: Vec<String> = head
        .into_iter()
        .map(|(keyword, value)| format!("{}:{value}", json!(keyword)))
        .collect();
    format!(
        "{{{},\n\"$defs\":{{\n{}\n}}}}\n",
        head.join(",\n"),
        lines.join(",\n")
    )
}

#[derive(Default)]
struct Shared {
    /// How many different places hold each schema, by its text, and the name of the first field that does.
    places: BTreeMap<String, (usize, String)>,
    /// The names of those that are shared.
    names: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Shared {
    /// Counts the schemas below one. What a schema holds is counted where that is met first.
    fn count(&mut self, schema: &Value, field: &str) {
        let text = schema.to_string();
        let known = self.places.entry(text).or_insert((0, field.to_owned()));
        known.0 += 1;
        if known.0 == 1 {
            for (name, below) in children(schema) {
                self.count(below, if name.is_empty() { field } else { name });
            }
        }
    }

    /// Names what occurs in several places after its field.
    fn name(&mut self) {
        for (text, (places, field)) in &self.places {
            if *places < 2 || text.len() < SHORTEST {
                continue;
            }
            let numbered = (2..).map(|number| format!("{field}-{number}"));
            let mut names = std::iter::once(field.clone()).chain(numbered);
            let name = names.find(|name| !self.taken.contains(name));
            let name = name.unwrap_or_else(|| field.clone());
            self.taken.insert(name.clone());
            self.names.insert(text.clone(), name);
        }
    }

    /// The schema with references to what is shared below it.
    fn inside(&self, schema: &Value) -> Value {
        let mut schema = schema.clone();
        for keyword in ["items", "additionalProperties"] {
            if let Some(below) = schema.get_mut(keyword).filter(|below| below.is_object()) {
                *below = self.reference(below);
            }
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for below in properties.into_iter().flat_map(Map::values_mut) {
            *below = self.reference(below);
        }
        schema
    }

    fn reference(&self, schema: &Value) -> Value {
        match self.names.get(&schema.to_string()) {
            Some(name) => json!({ "$ref": format!("#/$defs/{name}") }),
            None => self.inside(schema),
        }
    }
}

/// The schemas of fields and items, with the names of fields.
fn children(schema: &Value) -> Vec<(&str, &Value)> {
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, below)| (name.as_str(), below));
    let others = ["items", "additionalProperties"];
    let others = others.into_iter().filter_map(|keyword| schema.get(keyword));
    let others = others.filter(|below| below.is_object());
    fields.chain(others.map(|below| ("", below))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_occurs_twice_stands_once() {
        let long = json!({ "type": "string", "pattern": "x".repeat(SHORTEST) });
        let holder = json!({ "properties": { "inner": long }, "type": "object" });
        let version = json!({ "properties": {
            "a": holder, "b": holder, "c": { "items": long, "type": "array" }, "d": { "type": "string" },
        } });
        let mut versions = Map::new();
        versions.insert("v1".into(), version);
        let text = written(Map::from_iter([("title".to_owned(), json!("x"))]), versions);
        let document: Value = serde_json::from_str(&text).unwrap();
        let defs = document["$defs"].as_object().unwrap();
        assert_eq!(defs.keys().collect::<Vec<_>>(), ["a", "inner", "v1"]);
        assert_eq!(
            defs["a"]["properties"]["inner"],
            json!({ "$ref": "#/$defs/inner" })
        );
        assert_eq!(defs["inner"], long);
        assert_eq!(defs["v1"]["properties"]["d"], json!({ "type": "string" }));
        assert_eq!(
            defs["v1"]["properties"]["b"],
            json!({ "$ref": "#/$defs/a" })
        );
    }
}
