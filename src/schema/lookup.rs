//! The schema of a place.

use serde_json::{Map, Value};

/// The schema of what stands down a path, with references followed.
pub(super) fn schema_at<'d>(
    definitions: &'d Value,
    top: &str,
    path: &[String],
) -> Option<&'d Value> {
    let mut schema = definitions.get(top)?;
    for step in path {
        schema = below(definitions, schema, step)?;
    }
    Some(schema)
}

/// The schema of a field or an item.
fn below<'d>(definitions: &'d Value, schema: &'d Value, step: &str) -> Option<&'d Value> {
    let field = schema.get("properties").and_then(|fields| fields.get(step));
    let others = schema
        .get("additionalProperties")
        .filter(|below| below.is_object());
    resolved(definitions, field.or(others).or(schema.get("items"))?)
}

fn resolved<'d>(definitions: &'d Value, schema: &'d Value) -> Option<&'d Value> {
    match schema["$ref"].as_str() {
        Some(reference) => definitions.get(reference.strip_prefix("#/$defs/")?),
        None => Some(schema),
    }
}

/// The names of the fields of a schema.
pub(super) fn field_names(schema: &Value) -> Vec<&str> {
    let fields = schema["properties"].as_object();
    fields
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

/// The only field of a schema that holds a field of this name in any case, itself or in the items of a list, and the name
/// as it is written there.
pub(super) fn holder<'d>(
    definitions: &'d Value,
    schema: &'d Value,
    name: &str,
) -> Option<(&'d str, &'d str)> {
    let fields = schema["properties"].as_object()?;
    let holds = |below: &'d Value| {
        let below = resolved(definitions, below)?;
        let below = match below.get("items") {
            Some(items) => resolved(definitions, items)?,
            None => below,
        };
        let names = field_names(below);
        names.into_iter().find(|own| own.eq_ignore_ascii_case(name))
    };
    let holders = fields.iter();
    let mut holders = holders.filter_map(|(field, below)| Some((field.as_str(), holds(below)?)));
    let holder = holders.next()?;
    holders.next().is_none().then_some(holder)
}
