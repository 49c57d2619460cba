//! The schemas of several releases as one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The schema of one release, and its number in the list of releases.
type Present<'v> = (usize, &'v Value);

/// One schema that tells all releases: it is that of the newest, and says of what differs which releases have it.
///
/// `x-in` names, for fields that not every release has, the spans of releases that have them: the first one, and the
/// first one without, where there is one. `x-was` lists other keywords, each with the spans of releases where they stand
/// in place of those beside it; null is none.
pub(crate) fn releases(schemas: &[Option<Value>], labels: &[String]) -> Value {
    let present: Vec<Present<'_>> = schemas
        .iter()
        .enumerate()
        .filter_map(|(at, schema)| Some((at, schema.as_ref()?)))
        .collect();
    one(&present, labels)
}

fn one(present: &[Present<'_>], labels: &[String]) -> Value {
    let Some((_, newest)) = present.last() else {
        return json!({});
    };
    let every: Vec<usize> = present.iter().map(|(at, _)| *at).collect();
    let (mut made, was) = keywords(present, newest, &every, labels);
    for keyword in ["items", "additionalProperties"] {
        let below: Vec<Present<'_>> = below(present, keyword);
        if !below.is_empty() && below.len() == present.len() {
            made.insert(keyword.into(), one(&below, labels));
        }
    }
    let mut fields = Map::new();
    let mut sometimes = Map::new();
    let of_field = |schema: &Value| schema.get("properties").cloned();
    if present.iter().any(|(_, schema)| of_field(schema).is_some()) {
        for name in names(present) {
            let below: Vec<Present<'_>> = present
                .iter()
                .filter_map(|(at, schema)| Some((*at, schema.get("properties")?.get(name)?)))
                .collect();
            let there: Vec<usize> = below.iter().map(|(at, _)| *at).collect();
            if there != every {
                sometimes.insert(name.clone(), spans(&there, &every, labels));
            }
            fields.insert(name.clone(), one(&below, labels));
        }
        made.insert("properties".into(), Value::Object(fields));
    }
    if !sometimes.is_empty() {
        made.insert("x-in".into(), Value::Object(sometimes));
    }
    if !was.is_empty() {
        made.insert("x-was".into(), Value::Array(was));
    }
    Value::Object(made)
}

/// What stands under a keyword that holds a schema.
fn below<'v>(present: &[Present<'v>], keyword: &str) -> Vec<Present<'v>> {
    let schema = |(at, schema): &Present<'v>| {
        let below = schema.get(keyword)?;
        below.is_object().then_some((*at, below))
    };
    present.iter().filter_map(schema).collect()
}

fn names<'v>(present: &[Present<'v>]) -> BTreeSet<&'v String> {
    let fields = present
        .iter()
        .filter_map(|(_, schema)| schema["properties"].as_object());
    fields.flat_map(Map::keys).collect()
}

/// The keywords of the newest, and those of releases where they differ.
fn keywords(
    present: &[Present<'_>],
    newest: &Value,
    every: &[usize],
    labels: &[String],
) -> (Map<String, Value>, Vec<Value>) {
    let nested = ["items", "additionalProperties"]
        .into_iter()
        .filter(|keyword| below(present, keyword).len() == present.len());
    let nested: Vec<&str> = nested.chain(["properties"]).collect();
    let own = |schema: &Value| {
        let entries = schema.as_object().into_iter().flatten();
        entries
            .filter(|(keyword, _)| !nested.contains(&keyword.as_str()))
            .map(|(keyword, value)| (keyword.clone(), value.clone()))
            .collect::<Map<_, _>>()
    };
    let of_newest = own(newest);
    let mut differences: BTreeMap<String, (Map<String, Value>, Vec<usize>)> = BTreeMap::new();
    for (at, schema) in present {
        let of_release = own(schema);
        let mut difference = Map::new();
        for keyword in of_release.keys().chain(of_newest.keys()) {
            let value = of_release.get(keyword);
            if value != of_newest.get(keyword) {
                difference.insert(keyword.clone(), value.cloned().unwrap_or(Value::Null));
            }
        }
        if !difference.is_empty() {
            let key = json!(difference).to_string();
            let known = differences.entry(key).or_insert((difference, Vec::new()));
            known.1.push(*at);
        }
    }
    let was = differences.into_values().map(|(mut difference, there)| {
        difference.insert("x-in".into(), spans(&there, every, labels));
        Value::Object(difference)
    });
    let was = was.collect();
    (of_newest, was)
}

/// The releases `there` among those of `every` as spans: the first with it, and the first without.
fn spans(there: &[usize], every: &[usize], labels: &[String]) -> Value {
    let mut spans: Vec<Vec<&str>> = Vec::new();
    let mut open = false;
    for at in every {
        let with = there.contains(at);
        if with && !open {
            spans.push(vec![&labels[*at]]);
        } else if !with
            && open
            && let Some(span) = spans.last_mut()
        {
            span.push(&labels[*at]);
        }
        open = with;
    }
    json!(spans)
}

/// One schema that refuses only what every release refuses, for kinds whose release nobody tells us.
pub(crate) fn any(schemas: &[Value]) -> Value {
    let Some(newest) = schemas.last() else {
        return json!({});
    };
    let mut made = Map::new();
    for (keyword, value) in newest.as_object().into_iter().flatten() {
        let others: Vec<Option<&Value>> = schemas.iter().map(|own| own.get(keyword)).collect();
        let kept = match keyword.as_str() {
            "properties" => Some(any_fields(&others)),
            _ if others.iter().all(|other| *other == Some(value)) => Some(value.clone()),
            "items" | "additionalProperties" => {
                let others: Option<Vec<Value>> = others
                    .into_iter()
                    .map(|other| other.filter(|schema| schema.is_object()).cloned())
                    .collect();
                others.map(|others| any(&others))
            }
            "enum" => joined(&others, |value, list| {
                list.iter().any(|own| own.contains(value))
            }),
            "required" => joined(&others, |value, list| {
                list.iter().all(|own| own.contains(value))
            }),
            _ => None,
        };
        made.extend(kept.map(|kept| (keyword.clone(), kept)));
    }
    Value::Object(made)
}

/// The values of the lists that are wanted; `None` where a list is missing or nothing is left.
fn joined(lists: &[Option<&Value>], wanted: fn(&Value, &[&Vec<Value>]) -> bool) -> Option<Value> {
    let lists: Vec<&Vec<Value>> = lists
        .iter()
        .map(|list| list.and_then(Value::as_array))
        .collect::<Option<_>>()?;
    let mut values: Vec<Value> = Vec::new();
    for value in lists.iter().rev().copied().flatten() {
        if wanted(value, &lists) && !values.contains(value) {
            values.push(value.clone());
        }
    }
    (!values.is_empty()).then_some(Value::Array(values))
}

fn any_fields(fields: &[Option<&Value>]) -> Value {
    let mut by_name: BTreeMap<&String, Vec<Value>> = BTreeMap::new();
    for (name, schema) in fields
        .iter()
        .flatten()
        .filter_map(|own| own.as_object())
        .flatten()
    {
        by_name.entry(name).or_default().push(schema.clone());
    }
    let field = |(name, schemas): (&String, Vec<Value>)| (name.clone(), any(&schemas));
    by_name.into_iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("1.{at}.0")).collect()
    }

    #[test]
    fn fields_tell_the_spans_of_releases_that_have_them() {
        let without = json!({ "type": "object", "properties": { "a": {} } });
        let with =
            json!({ "type": "object", "properties": { "a": {}, "b": { "type": "string" } } });
        let schemas = [&without, &with, &without, &with].map(|schema| Some(schema.clone()));
        let merged = releases(&schemas, &labels(4));
        assert_eq!(
            merged["x-in"],
            json!({ "b": [["1.1.0", "1.2.0"], ["1.3.0"]] })
        );
        assert_eq!(merged["properties"]["b"], json!({ "type": "string" }));
        assert_eq!(merged.get("x-was"), None);
    }

    #[test]
    fn a_field_below_one_that_comes_and_goes_is_told_by_its_own_releases() {
        let with = |inner: Value| Some(json!({ "properties": { "a": { "properties": inner } } }));
        let none = || Some(json!({ "properties": {} }));
        let schemas = [
            none(),
            with(json!({ "b": {} })),
            none(),
            with(json!({ "b": {} })),
        ];
        let merged = releases(&schemas, &labels(4));
        assert_eq!(merged["properties"]["a"].get("x-in"), None);
    }

    #[test]
    fn keywords_of_older_releases_stand_beside() {
        let schemas = [
            json!({ "enum": ["a"], "pattern": "x" }),
            json!({ "enum": ["a", "b"] }),
            json!({ "enum": ["a"], "pattern": "x" }),
            json!({ "enum": ["a", "b"] }),
        ];
        let merged = releases(&schemas.map(Some), &labels(4));
        let was = json!([{ "enum": ["a"], "pattern": "x", "x-in": [["1.0.0", "1.1.0"], ["1.2.0", "1.3.0"]] }]);
        assert_eq!(merged, json!({ "enum": ["a", "b"], "x-was": was }));
    }

    #[test]
    fn a_kind_of_any_release_refuses_only_what_every_release_refuses() {
        let old = json!({
            "type": "object", "required": ["a", "b"], "additionalProperties": false,
            "properties": { "a": { "enum": ["x"] }, "b": {}, "old": {} },
        });
        let new = json!({
            "type": "object", "required": ["a", "c"], "additionalProperties": false,
            "properties": { "a": { "enum": ["y"], "minLength": 1 }, "b": {}, "c": {} },
        });
        let expected = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": { "a": { "enum": ["y", "x"] }, "b": {}, "c": {}, "old": {} },
        });
        assert_eq!(any(&[old, new]), expected);
    }
}
