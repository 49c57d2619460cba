//! From one dialect to the other, keeping the meaning.

use std::sync::Arc;

use super::{Dialect, Meaning, resolve};
use crate::yaml::{Entry, Kind, Node, Scalar, Style};

/// A copy of a tree read as `from` that means the same when kustomize's rules are applied to it.
///
/// `yes` becomes a plain `true`, a date becomes a quoted string. Origins, anchors and aliases stay.
/// Map keys become strings the way kubectl makes them: `y: 2` is the entry `"true"`, `0755: 2` is `"493"`.
/// A `null` key, which kubectl refuses, stays as it is.
pub fn canonical(node: &Node, from: Dialect) -> Node {
    if from == Dialect::Kustomize {
        return node.clone();
    }
    let kind = match &node.kind {
        Kind::Scalar(scalar) => {
            return with_scalar(node, value(scalar, node.tag()));
        }
        Kind::Sequence(items) => {
            Kind::Sequence(items.iter().map(|item| canonical(item, from)).collect())
        }
        Kind::Mapping(entries) => Kind::Mapping(
            entries
                .iter()
                .map(|entry| Entry {
                    key: canonical_key(&entry.key),
                    value: canonical(&entry.value, from),
                })
                .collect(),
        ),
        Kind::Alias(anchor) => Kind::Alias(*anchor),
    };
    Node {
        kind,
        origin: node.origin,
        properties: node.properties.clone(),
    }
}

fn canonical_key(key: &Node) -> Node {
    let Kind::Scalar(scalar) = &key.kind else {
        return canonical(key, Dialect::Direct);
    };
    let text = match resolve(&scalar.text, scalar.style, key.tag(), Dialect::Direct) {
        Meaning::Null => return key.clone(),
        Meaning::Bool(value) => value.to_string(),
        Meaning::Integer(value) => value.to_string(),
        Meaning::Unsigned(value) => value.to_string(),
        Meaning::Float(value) => float_key(value),
        Meaning::Text(_) => return with_scalar(key, value(scalar, key.tag())),
    };
    with_scalar(key, Some(quoted(&text)))
}

/// Go's `%g` with the precision of a 32-bit float, which sigs.k8s.io/yaml uses for keys.
#[expect(
    clippy::cast_possible_truncation,
    reason = "kubectl rounds such keys too"
)]
fn float_key(value: f64) -> String {
    let narrow = value as f32;
    if narrow.is_nan() {
        return ".nan".into();
    }
    if narrow.is_infinite() {
        return if narrow > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let exponent_form = format!("{narrow:e}");
    let (mantissa, exponent) = exponent_form
        .split_once('e')
        .unwrap_or((&exponent_form, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return narrow.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The scalar to write instead, or `None` when kustomize reads the same value already.
fn value(scalar: &Scalar, tag: Option<&str>) -> Option<Scalar> {
    if scalar.style != Style::Plain && tag.is_none() {
        return None;
    }
    let direct = resolve(&scalar.text, scalar.style, tag, Dialect::Direct);
    if direct == resolve(&scalar.text, scalar.style, tag, Dialect::Kustomize) {
        return None;
    }
    let text = match direct {
        Meaning::Null => "null".to_owned(),
        Meaning::Bool(value) => value.to_string(),
        Meaning::Integer(value) => value.to_string(),
        Meaning::Unsigned(value) => value.to_string(),
        // NaN differs from itself, so its own text must come back.
        Meaning::Float(value) if value.is_nan() => ".nan".to_owned(),
        Meaning::Float(value) => format!("{value:e}"),
        Meaning::Text(text) => return Some(quoted(&text)),
    };
    Some(Scalar {
        text: text.into(),
        style: Style::Plain,
    })
}

fn quoted(text: &str) -> Scalar {
    Scalar {
        text: Arc::from(text),
        style: Style::Double,
    }
}

/// The node with another scalar; its tag goes, since the new text says everything.
fn with_scalar(node: &Node, scalar: Option<Scalar>) -> Node {
    let mut node = node.clone();
    if let Some(scalar) = scalar {
        node.kind = Kind::Scalar(scalar);
        if let Some(properties) = &mut node.properties {
            properties.tag = None;
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileId, Span};
    use crate::yaml::{AnchorId, Origin, Properties};

    fn origin() -> Origin {
        Origin::Read(Span::new(FileId(0), 3, 7))
    }

    #[test]
    fn canonical_scalars_mean_for_kustomize_what_they_meant_directly() {
        let table = [
            ("yes", "true", Style::Plain),
            ("OFF", "false", Style::Plain),
            ("2026-04-17", "2026-04-17", Style::Double),
            ("0755", "0755", Style::Plain),
            ("1e3", "1e3", Style::Plain),
            ("0o-5", "0o-5", Style::Double),
            ("9223372036854775808", "9.223372036854776e18", Style::Plain),
            ("abc", "abc", Style::Plain),
            (".nan", ".nan", Style::Plain),
            (".inf", ".inf", Style::Plain),
            ("", "", Style::Plain),
            ("<<", "<<", Style::Plain),
        ];
        for (text, expected, style) in table {
            let node = canonical(&Node::plain(text, origin()), Dialect::Direct);
            let scalar = node.as_scalar().unwrap();
            assert_eq!(
                (scalar.text.as_ref(), scalar.style),
                (expected, style),
                "{text:?}"
            );
            assert_eq!(node.origin, origin());
        }
        let quoted = canonical(&Node::string("yes", origin()), Dialect::Direct);
        assert_eq!(quoted.text(), Some("yes"));
        let untouched = canonical(&Node::plain("yes", origin()), Dialect::Kustomize);
        assert_eq!(untouched.text(), Some("yes"));
    }

    #[test]
    fn canonical_drops_a_tag_it_has_applied_and_keeps_the_anchor() {
        let mut node = Node::plain("yes", origin());
        node.properties = Some(Box::new(Properties {
            tag: Some("tag:yaml.org,2002:bool".into()),
            anchor: Some(AnchorId(4)),
        }));
        let node = canonical(&node, Dialect::Direct);
        assert_eq!(node.as_bool(), Some(true));
        assert_eq!(node.tag(), None);
        assert_eq!(node.properties.unwrap().anchor, Some(AnchorId(4)));
    }

    #[test]
    fn canonical_keys_are_the_strings_kubectl_makes_of_them() {
        for (key, expected) in [
            ("y", "true"),
            ("True", "true"),
            ("off", "false"),
            ("5", "5"),
            ("0755", "493"),
            ("1.5", "1.5"),
            ("1e7", "1e+07"),
            ("0.00001", "1e-05"),
            ("123456789.5", "1.2345679e+08"),
            ("-0.0", "-0"),
            ("1e50", ".inf"),
            (".inf", ".inf"),
            ("2024-01-01", "2024-01-01"),
            ("name", "name"),
        ] {
            let mut map = Node::mapping(origin());
            map.as_mapping_mut().unwrap().push(Entry {
                key: Node::plain(key, origin()),
                value: Node::new(Kind::Sequence(vec![Node::plain("no", origin())]), origin()),
            });
            let map = canonical(&map, Dialect::Direct);
            let entry = &map.as_mapping().unwrap()[0];
            assert_eq!(entry.key.as_string().as_deref(), Some(expected), "{key:?}");
            assert_eq!(entry.value.as_sequence().unwrap()[0].as_bool(), Some(false));
        }
    }
}
