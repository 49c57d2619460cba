//! What a plain scalar means.

use std::borrow::Cow;

use super::{Node, Style};

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
    /// A larger integer that fits `u64`.
    Unsigned(u64),
    /// Any other number.
    Float(f64),
    /// A string; timestamps are strings in their rewritten form.
    Text(Cow<'a, str>),
}

/// What a scalar of this text, style and tag means.
pub fn resolve<'a>(
    text: &'a str,
    style: Style,
    _tag: Option<&str>,
    _dialect: Dialect,
) -> Meaning<'a> {
    if style != Style::Plain {
        return Meaning::Text(Cow::Borrowed(text));
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        "true" | "True" | "TRUE" => Meaning::Bool(true),
        "false" | "False" | "FALSE" => Meaning::Bool(false),
        _ => text
            .parse()
            .map_or(Meaning::Text(Cow::Borrowed(text)), Meaning::Integer),
    }
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
