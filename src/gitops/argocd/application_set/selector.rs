//! Selectors of generators.

use crate::yaml::Node;

use super::super::template::Value;
use super::parameters::Parameters;

/// Whether parameters pass a selector on their flattened keys. Open ones pass it where a key may still come.
/// Source: Argo CD `utils.LabelSelectorAsSelector`, Kubernetes `labels.Selector`.
pub(super) fn passes(selector: Option<&Node>, parameters: &Parameters) -> bool {
    let Some(selector) = selector else {
        return true;
    };
    let flat = Value::Map(parameters.values.clone()).flattened();
    let value = |key: &str| flat.get(key).map(Value::printed);
    let open = parameters.open.is_some();
    let labels = selector
        .get("matchLabels")
        .and_then(Node::as_mapping)
        .unwrap_or(&[]);
    let labelled = labels.iter().all(|entry| {
        let wanted = entry.value.as_string();
        match value(entry.key.text().unwrap_or_default()) {
            Some(own) => wanted.as_deref() == Some(own.as_str()),
            None => open,
        }
    });
    let expressions = selector
        .get("matchExpressions")
        .and_then(Node::as_sequence)
        .unwrap_or(&[]);
    labelled
        && expressions.iter().all(|expression| {
            let key = expression
                .get("key")
                .and_then(Node::text)
                .unwrap_or_default();
            let own = value(key);
            let listed = own.as_ref().is_some_and(|own| {
                let values = expression.get("values").and_then(Node::as_sequence);
                values
                    .unwrap_or(&[])
                    .iter()
                    .any(|value| value.as_string().as_deref() == Some(own))
            });
            if own.is_none() && open {
                return true;
            }
            match expression.get("operator").and_then(Node::text) {
                Some("In") => listed,
                Some("NotIn") => !listed,
                Some("Exists") => own.is_some(),
                Some("DoesNotExist") => own.is_none(),
                _ => false,
            }
        })
}
