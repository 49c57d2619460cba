//! What a rule found, independent of how it will be printed.

use std::fmt;

use crate::text::{Edit, Span};

/// How bad a finding is. `Error` defeats a recovery or loses data, `Warning` can, `Note` informs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; never fails a run unless asked.
    Note,
    /// Can hurt a recovery.
    Warning,
    /// Defeats a recovery, loses data, or is refused by the server.
    Error,
}

impl Severity {
    /// The word used in reports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A place and what to say about it. `text` may be empty on a primary label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bytes to underline.
    pub span: Span,
    /// What stands there, in a few words.
    pub text: String,
}

impl Label {
    /// A labelled place.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }
}

/// Whether a fix may be applied without a human reading it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Shown only, never applied.
    Display,
    /// Applied with `--unsafe-fixes`: may change what the manifests mean.
    Unsafe,
    /// Applied with `--fix`: keeps the meaning, or restores the only possible one.
    Safe,
}

impl Safety {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}

/// A change that would remove the finding: all edits or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, in the imperative.
    pub title: String,
    /// Who may apply it.
    pub safety: Safety,
    /// The edits, in any order, never overlapping.
    pub edits: Vec<Edit>,
}

/// The Kubernetes object a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectRef {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind, such as `Cluster`.
    pub kind: String,
    /// Namespace as rendered, `None` when the manifest names none.
    pub namespace: Option<String>,
    /// Name as rendered.
    pub name: String,
}

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// The manifests of the working tree.
    Manifests,
    /// The history of the repository, or a base revision of it.
    History,
    /// Names, sizes and upload times of an archive, its `backup.info` files and histories.
    Listing,
    /// The first page of some WAL segments besides.
    Headers,
    /// The records of the WAL.
    Records,
}

impl Evidence {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::History => "history",
            Self::Listing => "listing",
            Self::Headers => "headers",
            Self::Records => "records",
        }
    }
}

/// One finding of one rule, independent of how it will be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Rule id, kebab-case.
    pub rule: &'static str,
    /// Severity after configuration.
    pub severity: Severity,
    /// One sentence, lower case, no final stop; true without its labels.
    pub message: String,
    /// Where to look first. Not optional: a finding nobody can locate is a bug.
    pub primary: Label,
    /// Other places that make the finding understandable, in any file.
    pub related: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The change that removes the finding, when one is known.
    pub fix: Option<Fix>,
    /// The object it is about, when it is about one.
    pub object: Option<ObjectRef>,
    /// JSON pointer into the rendered object.
    pub pointer: Option<String>,
    /// What the finding rests on.
    pub evidence: Evidence,
    /// Directories of the builds that show it, filled in by the engine.
    pub renderings: Vec<String>,
}

impl Diagnostic {
    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label::new(span, text));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Cuts what quotes values of absurd length: a report is for reading.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        let labels = self.related.iter_mut().map(|label| &mut label.text);
        let texts = labels
            .chain([&mut self.message, &mut self.primary.text])
            .chain(self.help.as_mut());
        texts.for_each(shorten);
        self
    }

    /// Offers a change.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Overrides the severity of the rule.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Leaves out the middle of a text of more than 1,500 bytes.
fn shorten(text: &mut String) {
    const START: usize = 1_000;
    const END: usize = 400;
    if text.len() <= START + END + 100 {
        return;
    }
    let boundary = |from: usize| {
        (0..=from)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let (start, end) = (boundary(START), boundary(text.len() - END));
    *text = format!("{}…{}", &text[..start], &text[end..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_middle_of_long_texts_is_left_out() {
        let mut short = "é".repeat(750);
        shorten(&mut short);
        assert_eq!(short, "é".repeat(750));
        let mut long = format!("schedule `{}` never fires", "é".repeat(1_000_000));
        shorten(&mut long);
        assert!(long.len() < 1_500, "{}", long.len());
        assert!(long.starts_with("schedule `éé"), "{long}");
        assert!(long.ends_with("é` never fires"), "{long}");
        assert!(long.contains('…'), "{long}");
    }
}
