//! A rendered object as the API server reads it.

use serde_json::{Map, Number, Value};

use crate::yaml::scalar::Meaning;
use crate::yaml::{Kind, Node};

/// The value of a node. Fields that hold null are dropped, as the API server does where a field is not nullable.
pub(super) fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar(_) => scalar(node),
        Kind::Sequence(items) => items.iter().map(value).collect(),
        Kind::Mapping(entries) => {
            let present = entries.iter().filter(|entry| !entry.value.is_null());
            let fields = present.filter_map(|entry| {
                let key = entry.key.text()?;
                Some((key.to_owned(), value(&entry.value)))
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Kind::Alias(_) => Value::Null,
    }
}

fn scalar(node: &Node) -> Value {
    match node.meaning() {
        None | Some(Meaning::Null) => Value::Null,
        Some(Meaning::Bool(flag)) => Value::Bool(flag),
        Some(Meaning::Integer(number)) => Value::Number(number.into()),
        Some(Meaning::Unsigned(number)) => Value::Number(number.into()),
        Some(Meaning::Float(number)) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Some(Meaning::Text(text)) => Value::String(text.into_owned()),
    }
}

/// What stands down a path.
pub(super) fn node_at<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match &node.kind {
        Kind::Sequence(items) => items.get(step.parse::<usize>().ok()?),
        _ => node.get(step),
    })
}

/// Whether something else decides what stands here: a variable of Flux or kustomize, or a template.
pub(super) fn is_open(node: &Node) -> bool {
    node.text().is_some_and(is_open_text)
}

/// Whether a text holds a variable or a template.
pub(super) fn is_open_text(text: &str) -> bool {
    ["${", "$(", "{{"].iter().any(|sign| text.contains(sign))
}
