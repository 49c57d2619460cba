//! Functions on maps, and on their texts. Source: sprig `dict.go`, `defaults.go`; Argo CD `template_functions.go`.

use std::collections::BTreeMap;

use crate::text::{FileId, Span};
use crate::yaml::emit::emit;
use crate::yaml::scalar::{Dialect, canonical};
use crate::yaml::{Locator, Node, Origin, expand, parse};

use super::arguments::{Arguments, list_of};
use super::functions::Answer;
use super::{TemplateError, Value};

pub(super) fn call(name: &str, arguments: &mut Arguments<'_>) -> Answer {
    Ok(Some(match name {
        "dict" => dictionary(arguments)?,
        "get" => {
            let mut map = arguments.map()?;
            map.remove(&arguments.text()?)
                .unwrap_or_else(|| Value::Text(String::new()))
        }
        "hasKey" => {
            let map = arguments.map()?;
            Value::Bool(map.contains_key(&arguments.text()?))
        }
        "set" => {
            let mut map = arguments.map()?;
            let key = arguments.text()?;
            map.insert(key, arguments.any()?);
            Value::Map(map)
        }
        "unset" => {
            let mut map = arguments.map()?;
            map.remove(&arguments.text()?);
            Value::Map(map)
        }
        "keys" => {
            let mut keys = Vec::new();
            while arguments.left() > 0 {
                keys.extend(arguments.map()?.into_keys());
            }
            list_of(keys)
        }
        "values" => Value::List(arguments.map()?.into_values().collect()),
        "pick" | "omit" => {
            let map = arguments.map()?;
            let mut named = Vec::new();
            while arguments.left() > 0 {
                named.push(arguments.text()?);
            }
            let kept = map
                .into_iter()
                .filter(|(key, _)| named.contains(key) == (name == "pick"));
            Value::Map(kept.collect())
        }
        "merge" | "mergeOverwrite" => {
            let mut merged = arguments.map()?;
            while arguments.left() > 0 {
                merge(&mut merged, arguments.map()?, name == "mergeOverwrite");
            }
            Value::Map(merged)
        }
        "dig" => dig(arguments)?,
        "deepCopy" => arguments.any()?,
        "toJson" | "toRawJson" => Value::Text(arguments.any()?.to_json().to_string()),
        "fromJson" => {
            let text = arguments.text()?;
            let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
            json.map_or(Value::Null, |json| Value::from_json(&json))
        }
        "toYaml" => Value::Text(yaml_of(&arguments.any()?)?),
        "fromYaml" => match read_yaml(&arguments.text()?, arguments)? {
            Value::Map(map) => Value::Map(map),
            other if other.is_nothing() => Value::Map(BTreeMap::new()),
            _ => return arguments.failed("not a map"),
        },
        "fromYamlArray" => match read_yaml(&arguments.text()?, arguments)? {
            Value::List(items) => Value::List(items),
            other if other.is_nothing() => Value::List(Vec::new()),
            _ => return arguments.failed("not a list"),
        },
        _ => return Ok(None),
    }))
}

fn dictionary(arguments: &mut Arguments<'_>) -> Result<Value, TemplateError> {
    let mut map = BTreeMap::new();
    while arguments.left() > 0 {
        let key = arguments.any()?.printed();
        let value = if arguments.left() > 0 {
            arguments.any()?
        } else {
            Value::Text(String::new())
        };
        map.insert(key, value);
    }
    Ok(Value::Map(map))
}

/// mergo's merge: without overwriting, only what is empty is filled.
pub(in crate::gitops::argocd) fn merge(
    target: &mut BTreeMap<String, Value>,
    source: BTreeMap<String, Value>,
    overwrite: bool,
) {
    for (key, value) in source {
        match (target.get_mut(&key), value) {
            (Some(Value::Map(own)), Value::Map(other)) => merge(own, other, overwrite),
            (Some(own), value) => {
                let replaces = if overwrite {
                    value.is_true()
                } else {
                    !own.is_true()
                };
                if replaces {
                    *own = value;
                }
            }
            (None, value) => {
                target.insert(key, value);
            }
        }
    }
}

/// `dig "a" "b" default map`.
fn dig(arguments: &mut Arguments<'_>) -> Result<Value, TemplateError> {
    let mut values = arguments.rest();
    let (Some(Value::Map(map)), Some(default)) = (values.pop(), values.pop()) else {
        return arguments.failed("takes keys, a default and a map");
    };
    let mut at = Value::Map(map);
    for key in values {
        let Value::Text(key) = key else {
            return arguments.failed("a key is no string");
        };
        at = match at {
            Value::Map(mut entries) => match entries.remove(&key) {
                Some(value) => value,
                None => return Ok(default),
            },
            _ => return arguments.failed("no map on the way"),
        };
    }
    Ok(at)
}

fn read_yaml(text: &str, arguments: &Arguments<'_>) -> Result<Value, TemplateError> {
    let documents = match parse(text, &Locator::File(FileId(0))) {
        Ok(documents) => documents,
        Err(error) => return arguments.failed(error.to_string()),
    };
    let Some(document) = documents.first() else {
        return Ok(Value::Null);
    };
    match expand(document) {
        Ok(root) => Ok(Value::read(&canonical(&root, Dialect::Direct))),
        Err(error) => arguments.failed(error.to_string()),
    }
}

/// The YAML of a value, without the line end.
fn yaml_of(value: &Value) -> Result<String, TemplateError> {
    let text = emit(&node(value)).map_err(|error| TemplateError::Failed(error.to_string()))?;
    Ok(text.trim_end_matches('\n').to_owned())
}

fn node(value: &Value) -> Node {
    let nowhere = Origin::Made {
        by: Span::new(FileId(0), 0, 0),
    };
    match value {
        Value::Text(text) => Node::string(text.as_str(), nowhere),
        Value::List(items) => {
            let mut list = Node::sequence(nowhere);
            if let Some(own) = list.as_sequence_mut() {
                own.extend(items.iter().map(node));
            }
            list
        }
        Value::Map(entries) => {
            let mut map = Node::mapping(nowhere);
            for (key, value) in entries {
                map.set(key, node(value));
            }
            map
        }
        Value::Missing | Value::Null => Node::plain("null", nowhere),
        other => Node::plain(other.to_json().to_string(), nowhere),
    }
}
