//! One CustomResourceDefinition, of one release, to JSON Schema.
//!
//! Source: the structural schemas of Kubernetes, `apiextensions.k8s.io/v1` (`JSONSchemaProps`).

use serde_json::{Map, Value, json};

use crate::cel;

/// Keywords that mean the same in both.
const KEPT: &[&str] = &[
    "type",
    "pattern",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The schema of each version of the API that a definition holds. Rules that no schema can tell are added to `left_out`.
pub(crate) fn versions(definition: &Value, left_out: &mut Vec<String>) -> Vec<(String, Value)> {
    let versions = definition["spec"]["versions"].as_array();
    let versions = versions.into_iter().flatten();
    versions
        .map(|version| {
            let name = version["name"].as_str().unwrap_or_default().to_owned();
            let schema = &version["schema"]["openAPIV3Schema"];
            (name, root(schema, left_out))
        })
        .collect()
}

/// The top of an object: the API server itself reads apiVersion, kind and metadata, and ignores a status.
fn root(schema: &Value, left_out: &mut Vec<String>) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.insert("apiVersion".into(), json!({ "type": "string" }));
        properties.insert("kind".into(), json!({ "type": "string" }));
        let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
        let metadata = json!({
            "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": { "annotations": texts, "labels": texts },
        });
        properties.insert("metadata".into(), metadata);
        properties.insert("status".into(), json!({}));
    }
    node(&schema, true, "", left_out)
}

/// One schema. Inside `allOf` and its like, fields are constrained and not declared.
fn node(schema: &Value, declares: bool, path: &str, left_out: &mut Vec<String>) -> Value {
    let mut made = Map::new();
    let int_or_string = is_true(schema, "x-kubernetes-int-or-string");
    for keyword in KEPT {
        if let Some(value) = schema.get(*keyword) {
            made.insert((*keyword).into(), value.clone());
        }
    }
    bounds(schema, &mut made);
    if int_or_string {
        made.insert("type".into(), json!(["integer", "string"]));
    }
    if is_true(schema, "nullable")
        && let Some(own) = made.get("type").and_then(Value::as_str)
    {
        let types = json!([own, "null"]);
        made.insert("type".into(), types);
    }
    if let Some(values) = schema["enum"].as_array() {
        made.insert("enum".into(), sorted(values.clone()));
    }
    if schema["x-kubernetes-list-type"] == "set" {
        made.insert("uniqueItems".into(), json!(true));
    }
    required(schema, &mut made);
    fields(schema, declares, path, &mut made, left_out);
    let mut all = Vec::new();
    for (keyword, several) in [
        ("allOf", true),
        ("anyOf", true),
        ("oneOf", true),
        ("not", false),
    ] {
        let Some(value) = schema.get(keyword).filter(|_| !int_or_string) else {
            continue;
        };
        let mut inner = |schema: &Value| node(schema, false, path, left_out);
        let value = match (several, value.as_array()) {
            (true, Some(schemas)) => schemas.iter().map(inner).collect(),
            _ => inner(value),
        };
        all.push(json!({ keyword: value }));
    }
    all.extend(rules(schema, path, left_out));
    if !all.is_empty() {
        made.insert("allOf".into(), Value::Array(all));
    }
    Value::Object(made)
}

/// Bounds: whether they are exclusive is a boolean of its own in a definition.
fn bounds(schema: &Value, made: &mut Map<String, Value>) {
    for (bound, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if is_true(schema, exclusive)
            && let Some(value) = made.remove(bound)
        {
            made.insert(exclusive.into(), value);
        }
    }
}

/// The fields that must be there. One with a default is put in before anybody looks.
fn required(schema: &Value, made: &mut Map<String, Value>) {
    let names = schema["required"].as_array().into_iter().flatten();
    let names: Vec<Value> = names
        .filter(|name| {
            let property = name.as_str().map(|name| &schema["properties"][name]);
            property.is_none_or(|property| property.get("default").is_none())
        })
        .cloned()
        .collect();
    if !names.is_empty() {
        made.insert("required".into(), sorted(names));
    }
}

fn fields(
    schema: &Value,
    declares: bool,
    path: &str,
    made: &mut Map<String, Value>,
    left_out: &mut Vec<String>,
) {
    if let Some(items) = schema.get("items") {
        let items = node(items, declares, &format!("{path}[]"), left_out);
        made.insert("items".into(), items);
    }
    let others = &schema["additionalProperties"];
    if others.is_object() {
        let others = node(others, declares, &format!("{path}{{}}"), left_out);
        made.insert("additionalProperties".into(), others);
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let mut fields = Map::new();
    for (name, property) in properties {
        let path = format!("{path}.{name}");
        fields.insert(name.clone(), node(property, declares, &path, left_out));
    }
    if is_true(schema, "x-kubernetes-embedded-resource") {
        for name in ["apiVersion", "kind", "metadata"] {
            fields.entry(name).or_insert(json!({}));
        }
    }
    made.insert("properties".into(), Value::Object(fields));
    if declares && !is_true(schema, "x-kubernetes-preserve-unknown-fields") && !others.is_object() {
        made.insert("additionalProperties".into(), json!(false));
    }
}

/// The CEL rules of a schema, as far as a schema can tell them. Each says in words what it asks for, and of which fields.
fn rules(schema: &Value, path: &str, left_out: &mut Vec<String>) -> Vec<Value> {
    let rules = schema["x-kubernetes-validations"].as_array();
    let mut made = Vec::new();
    for rule in rules.into_iter().flatten() {
        let text = rule["rule"].as_str().unwrap_or_default();
        match cel::parse(text) {
            Some(rule) => made.push(json!({
                "title": rule.in_words(), "x-fields": rule.fields(), "anyOf": [rule.schema()],
            })),
            None => left_out.push(format!("{path}: {text}")),
        }
    }
    made
}

fn is_true(schema: &Value, keyword: &str) -> bool {
    schema.get(keyword) == Some(&Value::Bool(true))
}

/// Values in an order that does not depend on the definition.
fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_cached_key(Value::to_string);
    Value::Array(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(schema: &str) -> Value {
        node(
            &serde_yaml::from_str(schema).unwrap(),
            true,
            "",
            &mut Vec::new(),
        )
    }

    #[test]
    fn declared_fields_are_all_there_are_unless_unknown_ones_are_preserved() {
        let open =
            "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {}}}";
        assert_eq!(converted(open).get("additionalProperties"), None);
        let closed = converted("{type: object, properties: {a: {type: string}}}");
        assert_eq!(closed["additionalProperties"], json!(false));
        let map = converted("{type: object, additionalProperties: {type: string}}");
        assert_eq!(map["additionalProperties"], json!({ "type": "string" }));
    }

    #[test]
    fn a_field_with_a_default_is_not_required() {
        let schema = converted(
            "{type: object, required: [b, a, c], properties: {a: {default: 1}, b: {}, c: {}}}",
        );
        assert_eq!(schema["required"], json!(["b", "c"]));
    }

    #[test]
    fn types_follow_the_extensions_of_kubernetes() {
        let schema = "{anyOf: [{type: integer}, {type: string}], x-kubernetes-int-or-string: true, pattern: x}";
        let expected = json!({ "type": ["integer", "string"], "pattern": "x" });
        assert_eq!(converted(schema), expected);
        let nullable = converted("{type: string, nullable: true}");
        assert_eq!(nullable, json!({ "type": ["string", "null"] }));
        let bound = converted("{type: integer, minimum: 0, exclusiveMinimum: true}");
        assert_eq!(bound, json!({ "type": "integer", "exclusiveMinimum": 0 }));
    }

    #[test]
    fn what_stands_in_all_of_constrains_and_declares_nothing() {
        let schema = converted(
            "{type: object, properties: {a: {}}, oneOf: [{properties: {a: {pattern: x}}}]}",
        );
        let expected = json!([{ "oneOf": [{ "properties": { "a": { "pattern": "x" } } }] }]);
        assert_eq!(schema["allOf"], expected);
    }

    #[test]
    fn rules_that_compare_with_the_past_are_left_out() {
        let mut left_out = Vec::new();
        let schema = json!({ "x-kubernetes-validations": [{ "rule": "self == oldSelf" }] });
        assert_eq!(node(&schema, true, ".spec", &mut left_out), json!({}));
        assert_eq!(left_out, [".spec: self == oldSelf"]);
    }
}
