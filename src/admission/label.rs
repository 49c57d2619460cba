//! Names as Kubernetes takes them.
//!
//! Source: apimachinery `pkg/util/validation` and `pkg/apis/meta/v1/validation`.

use super::field::Field;

/// Whether this is a label of the domain name system that begins with a letter (RFC 1035), 63 characters at most.
pub(super) fn is_dns_label(text: &str) -> bool {
    let letter = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    letter && is_dns_part(text)
}

/// Lower-case letters, digits and inner dashes, 1 to 63 of them (RFC 1123).
fn is_dns_part(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|byte| fits(byte) || byte == b'-')
        && text.bytes().next().is_some_and(fits)
        && text.bytes().last().is_some_and(fits)
}

/// Whether this is the key of a label: a name, after a domain and a slash if there is one.
pub(super) fn is_label_key(text: &str) -> bool {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    let is_domain = |domain: &str| {
        domain.len() <= 253
            && domain
                .split('.')
                .all(|part| part.len() <= 253 && is_part(part))
    };
    domain.is_none_or(is_domain) && !name.is_empty() && is_label_value(name)
}

/// A part of a domain; the API limits the whole only.
fn is_part(part: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    part.bytes().all(|byte| fits(byte) || byte == b'-')
        && part.bytes().next().is_some_and(fits)
        && part.bytes().last().is_some_and(fits)
}

/// Whether this is the value of a label; empty ones are.
pub(super) fn is_label_value(text: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_alphanumeric();
    text.len() <= 63
        && text
            .bytes()
            .all(|byte| edge(byte) || matches!(byte, b'-' | b'_' | b'.'))
        && text.bytes().next().is_none_or(edge)
        && text.bytes().last().is_none_or(edge)
}

/// What is wrong with a label selector: the place, and why.
pub(super) fn selector_problem<'m>(selector: &Field<'m>) -> Option<(Field<'m>, String)> {
    for (key, value) in selector.get("matchLabels").entries() {
        if !is_label_key(key) {
            return Some((value, format!("`{key}` is no label")));
        }
        if let Some(text) = value.text().filter(|text| !is_label_value(text)) {
            return Some((value, format!("`{text}` is no value of a label")));
        }
    }
    let expressions = selector.get("matchExpressions").items();
    expressions.into_iter().find_map(expression_problem)
}

fn expression_problem(expression: Field<'_>) -> Option<(Field<'_>, String)> {
    let operator = expression.get("operator");
    let values = expression.get("values");
    let has_values = values.has_content();
    match operator.text()? {
        "In" | "NotIn" if !has_values => {
            return Some((operator, "the operator needs values".to_owned()));
        }
        "Exists" | "DoesNotExist" if has_values => {
            return Some((values, "the operator takes no values".to_owned()));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        other => {
            let reason = format!("`{other}` is no operator: In, NotIn, Exists or DoesNotExist");
            return Some((operator, reason));
        }
    }
    let key = expression.get("key");
    if let Some(text) = key.text().filter(|text| !is_label_key(text)) {
        return Some((key, format!("`{text}` is no label")));
    }
    let mut wrong = values.items().into_iter();
    wrong.find_map(|value| {
        let text = value.text().filter(|text| !is_label_value(text))?;
        Some((value, format!("`{text}` is no value of a label")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kubernetes() {
        for name in ["a", "db-1", &"a".repeat(63)] {
            assert!(is_dns_label(name), "{name}");
        }
        for name in ["", "1a", "a.b", "A", "a-", "-a", "a_b", &"a".repeat(64)] {
            assert!(!is_dns_label(name), "{name}");
        }
        for key in ["app", "a/b", "example.com/App_1.x", "1.2/3"] {
            assert!(is_label_key(key), "{key}");
        }
        for key in ["", "/a", "a/", "a/b/c", "-a", "a_", "Example.com/a", "a b"] {
            assert!(!is_label_key(key), "{key}");
        }
        assert!(is_label_value("") && is_label_value("A.b_c-1"));
        assert!(!is_label_value("a/b") && !is_label_value("a-"));
        assert!(!is_label_value(&"a".repeat(64)));
    }
}
