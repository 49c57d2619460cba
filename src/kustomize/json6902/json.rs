//! Values as JSON sees them: what is equal, and what the way to JSON and back changes.

use std::borrow::Cow;

use crate::yaml::scalar::Meaning;
use crate::yaml::{Kind, Node};

/// The largest integer below which a 64-bit float holds every integer.
const EXACT: u64 = 1 << 53;

/// Whether two nodes have the same JSON.
pub(super) fn equal(left: &Node, right: &Node) -> bool {
    match (&left.kind, &right.kind) {
        (Kind::Sequence(left), Kind::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| equal(l, r))
        }
        (Kind::Mapping(left), Kind::Mapping(entries)) => {
            left.len() == entries.len()
                && left.iter().all(|entry| {
                    let other = entry.key.text().and_then(|key| right.get(key));
                    other.is_some_and(|other| equal(&entry.value, other))
                })
        }
        (Kind::Scalar(_), Kind::Scalar(_)) => match (left.meaning(), right.meaning()) {
            (Some(left), Some(right)) => same_scalar(&left, &right),
            _ => false,
        },
        _ => false,
    }
}

fn same_scalar(left: &Meaning<'_>, right: &Meaning<'_>) -> bool {
    match (as_float(left), as_float(right)) {
        (Some(left), Some(right)) => left.to_bits() == right.to_bits(),
        _ => left == right,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "kustomize loses the same digits"
)]
fn as_float(meaning: &Meaning<'_>) -> Option<f64> {
    match meaning {
        Meaning::Integer(value) => Some(*value as f64),
        Meaning::Unsigned(value) => Some(*value as f64),
        Meaning::Float(value) => Some(*value),
        Meaning::Null | Meaning::Bool(_) | Meaning::Text(_) => None,
    }
}

/// What the way to JSON and back does to values that no operation touched: each is written anew.
///
/// Integers that a float cannot hold lose digits, an absent value becomes an explicit null, a timestamp a string.
pub(super) fn through_json(node: &mut Node) {
    match &mut node.kind {
        Kind::Sequence(items) => items.iter_mut().for_each(through_json),
        Kind::Mapping(entries) => {
            for entry in entries {
                through_json(&mut entry.value);
            }
        }
        Kind::Scalar(_) | Kind::Alias(_) => {
            if let Some(written) = rewritten(node) {
                *node = written;
            }
        }
    }
}

fn rewritten(node: &Node) -> Option<Node> {
    let text = match node.meaning()? {
        Meaning::Text(Cow::Borrowed(_)) => return None,
        Meaning::Text(Cow::Owned(text)) => return Some(Node::string(text, node.origin)),
        Meaning::Null => "null".to_owned(),
        Meaning::Bool(value) => value.to_string(),
        Meaning::Integer(value) if value.unsigned_abs() <= EXACT => value.to_string(),
        number => go_float(as_float(&number).filter(|value| value.is_finite())?),
    };
    (node.text() != Some(text.as_str())).then(|| Node::plain(text, node.origin))
}

/// A float as Go's `%g` writes it: an exponent of two digits below 0.0001 and from a million on.
fn go_float(value: f64) -> String {
    let form = format!("{value:e}");
    let (digits, exponent) = form.split_once('e').unwrap_or((&form, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    #[test]
    fn every_value_is_written_anew() {
        let text = "[0755, 1.50, 1e3, 1234567.5, True, ~, 2026-04-17, '0755', 0.00001]";
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        let mut node = documents[0].root.clone();
        through_json(&mut node);
        let texts: Vec<_> = node
            .as_sequence()
            .unwrap()
            .iter()
            .map(|item| item.text().unwrap())
            .collect();
        let date = "2026-04-17T00:00:00Z";
        assert_eq!(
            texts,
            [
                "493",
                "1.5",
                "1000",
                "1.2345675e+06",
                "true",
                "null",
                date,
                "0755",
                "1e-05"
            ]
        );
    }
}
