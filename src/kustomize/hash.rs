//! The suffix hash of generated ConfigMaps and Secrets.

use sha2::{Digest, Sha256};

use crate::yaml::Node;

/// The ten characters that kustomize appends to the name of this ConfigMap or Secret.
///
/// Only the data counts (and the type of a Secret), so objects with equal data have equal hashes. `None` for other
/// kinds (which never ask for a hash).
/// Source: `api/hasher/hasher.go`.
pub fn suffix(resource: &Node) -> Option<String> {
    let fields: &[(&str, Presence)] = match resource.get("kind")?.text()? {
        "ConfigMap" => &[("binaryData", Presence::IfMap), ("data", Presence::Always)],
        "Secret" => &[("data", Presence::Always), ("stringData", Presence::IfMap)],
        _ => return None,
    };
    let mut json = serde_json::Map::new();
    for (name, presence) in fields {
        let value = field(resource, name);
        if *presence == Presence::Always || value.is_object() {
            json.insert((*name).to_owned(), value);
        }
    }
    json.insert("kind".to_owned(), field(resource, "kind"));
    // kustomize looks for a key called `metadata/name` and so never finds the name.
    json.insert("name".to_owned(), "".into());
    if json.get("kind").is_some_and(|kind| kind == "Secret") {
        json.insert("type".to_owned(), field(resource, "type"));
    }
    let digest = Sha256::digest(go_json(&json.into()).as_bytes());
    let hex = data_encoding::HEXLOWER.encode(&digest);
    let encoded = hex.chars().take(10).map(|digit| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    });
    Some(encoded.collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Always,
    IfMap,
}

/// A field as kustomize reads it: a missing one is an empty text.
fn field(resource: &Node, name: &str) -> serde_json::Value {
    let Some(node) = resource.get(name) else {
        return "".into();
    };
    let Some(entries) = node.as_mapping() else {
        return node.text().unwrap_or_default().into();
    };
    let pairs = entries.iter().filter_map(|entry| {
        let key = entry.key.text()?.to_owned();
        Some((key, value(&entry.value)))
    });
    serde_json::Value::Object(pairs.collect())
}

/// Data values are strings; anything else is hashed as the JSON it is written as.
fn value(node: &Node) -> serde_json::Value {
    use crate::yaml::scalar::Meaning;
    match node.meaning() {
        Some(Meaning::Text(text)) => text.into_owned().into(),
        Some(Meaning::Bool(value)) => value.into(),
        Some(Meaning::Integer(value)) => value.into(),
        Some(Meaning::Unsigned(value)) => value.into(),
        Some(Meaning::Float(value)) => value.into(),
        Some(Meaning::Null) | None => serde_json::Value::Null,
    }
}

/// JSON as Go writes it: compact, keys in byte order, and these characters escaped.
fn go_json(value: &serde_json::Value) -> String {
    let mut escaped = String::new();
    for letter in value.to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;
    use crate::yaml::{Locator, parse};

    fn hash(text: &str) -> Option<String> {
        let documents = parse(text, &Locator::File(FileId(0))).unwrap();
        suffix(&documents[0].root)
    }

    #[test]
    fn hashes_equal_those_of_kustomize() {
        for (text, expected) in [
            ("kind: ConfigMap\ndata: {k: v}", "bdg947hgcc"),
            ("kind: ConfigMap", "6ct58987ht"),
            ("kind: Secret\ntype: Opaque\ndata: {k: dg==}", "ftgtgc4t9f"),
            (
                "kind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}",
                "4h2mbtbbt6",
            ),
            (
                r#"{kind: ConfigMap, data: {a: "<&>\t\e é\u2028\\\b\f\r\n\""}}"#,
                "g9g94gc54g",
            ),
        ] {
            assert_eq!(hash(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn labels_and_immutable_do_not_count() {
        let plain = hash("kind: ConfigMap\ndata: {k: v}");
        let rich =
            hash("kind: ConfigMap\nimmutable: true\nmetadata: {labels: {a: b}}\ndata: {k: v}");
        assert_eq!(plain, rich);
    }

    #[test]
    fn other_kinds_have_no_hash() {
        assert_eq!(hash("kind: Pod"), None);
    }
}
