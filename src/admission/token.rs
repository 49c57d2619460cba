//! The token that a demoted primary leaves for the cluster that takes over.
//!
//! Source: CNPG `pkg/utils/parser.go` (`PgControldataTokenContent`).

use data_encoding::{BASE64, Encoding, Specification};
use serde_json::Value;

/// The parts, each of which must be there.
const PARTS: [&str; 6] = [
    "latestCheckpointTimelineID",
    "redoWalFile",
    "databaseSystemIdentifier",
    "latestCheckpointREDOLocation",
    "timeOfLatestCheckpoint",
    "operatorVersion",
];

/// Go's decoder skips line ends and does not look at the bits that fill up the last character.
fn encoding() -> Encoding {
    let mut specification: Specification = BASE64.specification();
    specification.ignore.push_str("\r\n");
    specification.check_trailing_bits = false;
    specification.encoding().unwrap_or(BASE64)
}

/// The parts that a token lacks.
///
/// # Errors
/// Why it cannot be read, in words.
pub(super) fn missing_parts(token: &str) -> Result<Vec<&'static str>, &'static str> {
    let bytes = encoding()
        .decode(token.as_bytes())
        .map_err(|_| "it is not base64")?;
    let read: Value = serde_json::from_slice(&bytes).map_err(|_| "it holds no JSON")?;
    let fields = match read {
        Value::Object(fields) => fields,
        Value::Null => return Ok(PARTS.to_vec()),
        _ => return Err("it holds no JSON object"),
    };
    let mut missing = Vec::new();
    for part in PARTS {
        // Go takes the names of fields in any case; null leaves the field empty.
        let mut named = fields
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(part));
        match named.next().map(|(_, value)| value) {
            None | Some(Value::Null) => missing.push(part),
            Some(Value::String(text)) if text.is_empty() => missing.push(part),
            Some(Value::String(_)) => {}
            Some(_) => return Err("one of its parts is no text"),
        }
    }
    Ok(missing)
}
