//! What a scalar means.
//!
//! Two programs read the same manifest differently: `kustomize build` with go-yaml v3, everything else of
//! Kubernetes with go-yaml v2. Both take integers in Go's notation, so no YAML library of another language
//! agrees with them on `0755`, `1_000` or `2026-04-17`.

mod canonical;
mod number;
mod timestamp;

use std::borrow::Cow;

use data_encoding::BASE64;

use super::{Node, Style};

pub use canonical::canonical;
use number::Number;

/// Which program reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Resource and patch files of `kustomize build` (kyaml, go-yaml v3).
    Kustomize,
    /// `kubectl apply`, Argo CD directory sources, and kustomization files (sigs.k8s.io/yaml, go-yaml v2): YAML 1.1 words are booleans.
    Direct,
}

/// The value of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits `i64`.
    Integer(i64),
    /// A larger integer that fits `u64`; only kustomize keeps it exact.
    Unsigned(u64),
    /// Any other number, NaN and the infinities among them.
    Float(f64),
    /// A string; timestamps are strings in their rewritten form.
    Text(Cow<'a, str>),
}

impl From<Number> for Meaning<'_> {
    fn from(number: Number) -> Self {
        match number {
            Number::Integer(value) => Self::Integer(value),
            Number::Unsigned(value) => Self::Unsigned(value),
            Number::Float(value) => Self::Float(value),
        }
    }
}

/// What a scalar of this text, style and tag means.
///
/// A tag that the text does not fit (`!!int x`, which both programs refuse) leaves a string.
pub fn resolve<'a>(
    text: &'a str,
    style: Style,
    tag: Option<&str>,
    dialect: Dialect,
) -> Meaning<'a> {
    match tag {
        None if style == Style::Plain => plain(text, dialect),
        // To go-yaml v3 the non-specific tag says nothing, to v2 it says "string".
        Some("!") if style == Style::Plain && dialect == Dialect::Kustomize => plain(text, dialect),
        None | Some("!") => Meaning::Text(Cow::Borrowed(text)),
        Some(tag) => tagged(text, tag, dialect),
    }
}

/// Whether a program that knows YAML 1.1 could take this text for something other than a string.
///
/// Kustomize quotes such strings on output, base 60 numbers among them, which it does not even read.
/// Source: `stringv`, go-yaml v2 `encode.go`.
pub(super) fn needs_quotes(text: &str) -> bool {
    let Some(first) = text.bytes().next() else {
        return true;
    };
    if !may_be_special(first) {
        return false;
    }
    !matches!(plain(text, Dialect::Direct), Meaning::Text(_))
        || timestamp::rfc3339(text).is_some()
        || number::is_sexagesimal(text)
}

/// Whether a plain scalar of this text is this very string in both dialects.
pub(super) fn reads_as_text(text: &str) -> bool {
    [Dialect::Kustomize, Dialect::Direct]
        .into_iter()
        .all(|dialect| plain(text, dialect) == Meaning::Text(Cow::Borrowed(text)))
}

/// Whether a plain scalar that starts with this byte can be anything but a string.
fn may_be_special(first: u8) -> bool {
    matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.' | b'~')
        || matches!(first | 0x20, b'n' | b't' | b'f' | b'y' | b'o')
}

fn plain(text: &str, dialect: Dialect) -> Meaning<'_> {
    let Some(first) = text.bytes().next() else {
        return Meaning::Null;
    };
    let found = match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => numeric(text, dialect),
        _ if may_be_special(first) && text.len() <= 5 => word(text, dialect),
        _ => None,
    };
    found.unwrap_or(Meaning::Text(Cow::Borrowed(text)))
}

fn numeric(text: &str, dialect: Dialect) -> Option<Meaning<'_>> {
    if dialect == Dialect::Kustomize
        && let Some(rewritten) = timestamp::rfc3339(text)
    {
        return Some(Meaning::Text(Cow::Owned(rewritten)));
    }
    number::parse(text, dialect).map(Meaning::from)
}

fn word(text: &str, dialect: Dialect) -> Option<Meaning<'_>> {
    match text {
        "~" | "null" | "Null" | "NULL" => Some(Meaning::Null),
        "true" | "True" | "TRUE" => Some(Meaning::Bool(true)),
        "false" | "False" | "FALSE" => Some(Meaning::Bool(false)),
        _ if dialect == Dialect::Kustomize => None,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Meaning::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(Meaning::Bool(false)),
        _ => None,
    }
}

fn tagged<'a>(text: &'a str, tag: &str, dialect: Dialect) -> Meaning<'a> {
    let as_text = Meaning::Text(Cow::Borrowed(text));
    let Some(known) = tag.strip_prefix("tag:yaml.org,2002:") else {
        return as_text;
    };
    let read = plain(text, dialect);
    match (known, read) {
        ("binary", _) => decoded(text).map_or(as_text, |text| Meaning::Text(Cow::Owned(text))),
        ("null", Meaning::Null) => Meaning::Null,
        ("bool", Meaning::Bool(value)) => Meaning::Bool(value),
        ("int", number @ (Meaning::Integer(_) | Meaning::Unsigned(_))) => number,
        ("float", Meaning::Float(value)) => Meaning::Float(value),
        #[expect(clippy::cast_precision_loss, reason = "the tag asks for a float")]
        ("float", Meaning::Integer(value)) => Meaning::Float(value as f64),
        // Kustomize's own reading of a timestamp is its rewritten form.
        ("timestamp", Meaning::Text(text)) => Meaning::Text(text),
        _ => as_text,
    }
}

/// The text of a `!!binary` scalar. Bytes that are no UTF-8 turn into replacement characters, as they do
/// on their way through JSON.
fn decoded(text: &str) -> Option<String> {
    let base64: Vec<u8> = text.bytes().filter(|b| !b"\r\n".contains(b)).collect();
    let bytes = BASE64.decode(&base64).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

impl Node {
    /// What a scalar means where kustomize reads it; `None` for lists, maps and aliases.
    pub fn meaning(&self) -> Option<Meaning<'_>> {
        self.as_scalar()
            .map(|scalar| resolve(&scalar.text, scalar.style, self.tag(), Dialect::Kustomize))
    }

    /// Whether this is `null`, `~` or an absent value.
    pub fn is_null(&self) -> bool {
        matches!(self.meaning(), Some(Meaning::Null))
    }

    /// The string, if it is one.
    pub fn as_string(&self) -> Option<Cow<'_, str>> {
        match self.meaning()? {
            Meaning::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.meaning()? {
            Meaning::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self.meaning()? {
            Meaning::Integer(value) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
