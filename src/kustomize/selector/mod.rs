//! Which resources a patch, label selector or annotation selector means.

mod labels;

use std::collections::BTreeMap;

use regex::Regex;
use thiserror::Error;

use crate::text::{Span, Spanned};

use super::fieldspec::Gvk;

pub use labels::LabelSelector;

/// Why a selector cannot be used.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum SelectorError {
    /// A field of a target is no regular expression.
    #[error("{pattern:?} is not a regular expression: {reason}")]
    Pattern {
        /// Its place.
        span: Span,
        /// The pattern as written.
        pattern: String,
        /// What the parser says.
        reason: String,
    },
    /// A label or annotation selector is malformed.
    #[error("{text:?} is not a selector: {reason}")]
    Labels {
        /// Its place.
        span: Span,
        /// The selector as written.
        text: String,
        /// What is wrong.
        reason: String,
    },
}

impl SelectorError {
    /// The place of the bad selector.
    pub fn span(&self) -> Span {
        match self {
            Self::Pattern { span, .. } | Self::Labels { span, .. } => *span,
        }
    }
}

/// The fields of a `target`, as written; absent and empty fields accept everything.
#[derive(Debug, Clone, Default)]
pub struct TargetFields {
    /// Regular expression for the group.
    pub group: Option<Spanned<String>>,
    /// Regular expression for the version.
    pub version: Option<Spanned<String>>,
    /// Regular expression for the kind.
    pub kind: Option<Spanned<String>>,
    /// Regular expression for the name.
    pub name: Option<Spanned<String>>,
    /// Regular expression for the namespace.
    pub namespace: Option<Spanned<String>>,
    /// Label selector.
    pub label_selector: Option<Spanned<String>>,
    /// Annotation selector.
    pub annotation_selector: Option<Spanned<String>>,
}

/// What a target looks at in one resource.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Current group, version, kind.
    pub gvk: Gvk<'a>,
    /// Current name.
    pub name: &'a str,
    /// Name as first read.
    pub original_name: &'a str,
    /// Current effective namespace; a missing one is `default`.
    pub namespace: &'a str,
    /// Effective namespace as first read.
    pub original_namespace: &'a str,
    /// `metadata.labels` as text.
    pub labels: &'a BTreeMap<String, String>,
    /// `metadata.annotations` as text.
    pub annotations: &'a BTreeMap<String, String>,
}

/// A target ready to match: everything compiled once.
#[derive(Debug, Clone)]
pub struct Target {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Target {
    /// Compiles the fields.
    ///
    /// # Errors
    /// When a pattern or selector is malformed.
    pub fn compile(fields: &TargetFields) -> Result<Self, SelectorError> {
        let pattern = |field: &Option<Spanned<String>>| match field {
            Some(field) => Pattern::compile(field),
            None => Ok(Pattern::Any),
        };
        let selector = |field: &Option<Spanned<String>>| match field {
            Some(field) => LabelSelector::parse(field),
            None => Ok(LabelSelector::default()),
        };
        Ok(Self {
            group: pattern(&fields.group)?,
            version: pattern(&fields.version)?,
            kind: pattern(&fields.kind)?,
            name: pattern(&fields.name)?,
            namespace: pattern(&fields.namespace)?,
            labels: selector(&fields.label_selector)?,
            annotations: selector(&fields.annotation_selector)?,
        })
    }

    /// Whether the target selects the resource.
    ///
    /// Name and namespace may be the first or the current ones, in any combination.
    pub fn matches(&self, candidate: &Candidate<'_>) -> bool {
        let either = |pattern: &Pattern, first: &str, current: &str| {
            pattern.matches(first) || (first != current && pattern.matches(current))
        };
        self.kind.matches(candidate.gvk.kind)
            && self.group.matches(candidate.gvk.group)
            && self.version.matches(candidate.gvk.version)
            && either(&self.name, candidate.original_name, candidate.name)
            && either(
                &self.namespace,
                candidate.original_namespace,
                candidate.namespace,
            )
            && self.labels.matches(candidate.labels)
            && self.annotations.matches(candidate.annotations)
    }
}

/// A regular expression for a whole text.
#[derive(Debug, Clone)]
enum Pattern {
    Any,
    /// Most patterns are plain names; they need no regular expression.
    Literal(String),
    Expression(Regex),
}

impl Pattern {
    fn compile(field: &Spanned<String>) -> Result<Self, SelectorError> {
        let text = &field.value;
        if text.is_empty() {
            return Ok(Self::Any);
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
        if text.bytes().all(plain) {
            return Ok(Self::Literal(text.clone()));
        }
        Regex::new(&format!("^(?:{text})$"))
            .map(Self::Expression)
            .map_err(|error| SelectorError::Pattern {
                span: field.span,
                pattern: text.clone(),
                reason: last_line(&error),
            })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(literal) => literal == text,
            Self::Expression(expression) => expression.is_match(text),
        }
    }
}

/// The reason without the picture of the pattern that the regex crate draws above it.
pub(super) fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::FileId;

    fn written(text: &str) -> Option<Spanned<String>> {
        Some(Spanned::new(text.to_owned(), Span::new(FileId(0), 0, 0)))
    }

    fn selects(fields: &TargetFields) -> bool {
        let labels = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        Target::compile(fields).unwrap().matches(&Candidate {
            gvk: Gvk::new("postgresql.cnpg.io/v1", "Cluster"),
            name: "prod-app-db",
            original_name: "app-db",
            namespace: "prod",
            original_namespace: "default",
            labels: &labels,
            annotations: &BTreeMap::new(),
        })
    }

    fn by_name(name: &str) -> TargetFields {
        TargetFields {
            name: written(name),
            ..TargetFields::default()
        }
    }

    #[test]
    fn an_empty_target_selects_everything() {
        assert!(selects(&TargetFields::default()));
        assert!(selects(&by_name("")));
    }

    #[test]
    fn names_match_whole_and_by_first_or_current_value() {
        assert!(selects(&by_name("app-db")));
        assert!(selects(&by_name("prod-app-db")));
        assert!(selects(&by_name("app-.*")));
        assert!(selects(&by_name("x|app-db")));
        assert!(!selects(&by_name("app")));
        assert!(!selects(&by_name("p-db|app")));
    }

    #[test]
    fn a_dot_in_a_group_is_any_character() {
        let fields = TargetFields {
            group: written("postgresql.cnpg.i."),
            kind: written("Cluster"),
            namespace: written("default"),
            label_selector: written("team in (a,b),!gone"),
            ..TargetFields::default()
        };
        assert!(selects(&fields));
    }

    #[test]
    fn a_broken_pattern_is_an_error_with_a_reason() {
        let error = Target::compile(&by_name("a(")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"a(\" is not a regular expression: unclosed group"
        );
    }
}
