//! Settings that annotations of earlier releases carried, which the defaulter turns into fields.

use serde_json::Value;

use crate::yaml::Node;

/// Source: CNPG `pkg/utils/labels_annotations.go`.
pub(in crate::admission) const LIVENESS_PINGER: &str = "alpha.cnpg.io/livenessPinger";
pub(in crate::admission) const FAILOVER_QUORUM: &str = "alpha.cnpg.io/failoverQuorum";

/// The check by which an isolated primary shuts itself down; times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::admission) struct IsolationCheck {
    pub(super) enabled: bool,
    pub(super) request_timeout: i64,
    pub(super) connection_timeout: i64,
}

impl Default for IsolationCheck {
    fn default() -> Self {
        Self {
            enabled: true,
            request_timeout: 1000,
            connection_timeout: 1000,
        }
    }
}

pub(super) fn has(cluster: &Node, name: &str, value: &str) -> bool {
    annotation(cluster, name) == Some(value)
}

fn annotation<'n>(cluster: &'n Node, name: &str) -> Option<&'n str> {
    cluster.at(&["metadata", "annotations", name])?.text()
}

pub(super) fn isolation_check(cluster: &Node) -> Option<IsolationCheck> {
    liveness_pinger(annotation(cluster, LIVENESS_PINGER)?).ok()
}

pub(super) fn failover_quorum(cluster: &Node) -> Option<bool> {
    go_boolean(annotation(cluster, FAILOVER_QUORUM)?)
}

/// A boolean as Go's `strconv.ParseBool` reads it.
pub(in crate::admission) fn go_boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Reads the annotation; Go takes the names of JSON fields in any case.
///
/// # Errors
/// What the operator cannot read, in words.
pub(in crate::admission) fn liveness_pinger(text: &str) -> Result<IsolationCheck, &'static str> {
    let read: Value = serde_json::from_str(text).map_err(|_| "it is not JSON")?;
    let fields = match &read {
        Value::Object(fields) => fields,
        Value::Null => return Err("`enabled` is missing"),
        _ => return Err("it is not a JSON object"),
    };
    let field = |name: &str| {
        let mut named = fields
            .iter()
            .filter(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
        named.next().map(|(_, value)| value)
    };
    let time = |name: &str| match field(name).map(Value::as_i64) {
        None | Some(Some(0)) => Ok(1000),
        Some(Some(time)) => Ok(time),
        Some(None) => Err("a timeout is not a whole number of milliseconds"),
    };
    let enabled = match field("enabled").map(Value::as_bool) {
        None => return Err("`enabled` is missing"),
        Some(None) => return Err("`enabled` is neither true nor false"),
        Some(Some(enabled)) => enabled,
    };
    Ok(IsolationCheck {
        enabled,
        request_timeout: time("requestTimeout")?,
        connection_timeout: time("connectionTimeout")?,
    })
}
