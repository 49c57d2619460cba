//! What a change introduces.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::rules::{self, Needs};
use crate::text::SourceMap;

use super::fingerprint;

/// Takes out the findings that the base revision has too. As many of one fingerprint stay as there are more now; of
/// these, those in files that had none come last into question.
pub(super) fn keep_introduced(
    findings: Vec<Diagnostic>,
    sources: &SourceMap,
    old: &[Diagnostic],
    old_sources: &SourceMap,
) -> Vec<Diagnostic> {
    let print = |finding: &Diagnostic, sources: &SourceMap| {
        let file = sources.file(finding.primary.span.file);
        (fingerprint(finding, sources), file.name.clone())
    };
    let mut known: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut anywhere: BTreeMap<String, usize> = BTreeMap::new();
    for finding in old {
        let key = print(finding, old_sources);
        *anywhere.entry(key.0.clone()).or_default() += 1;
        *known.entry(key).or_default() += 1;
    }
    let mut is_old: Vec<bool> = findings
        .iter()
        .map(|finding| {
            let key = print(finding, sources);
            let was_here = known.get_mut(&key).is_some_and(take);
            was_here && anywhere.get_mut(&key.0).is_some_and(take)
        })
        .collect();
    for (finding, is_old) in std::iter::zip(&findings, &mut is_old) {
        if !*is_old {
            let moved = anywhere.get_mut(&fingerprint(finding, sources));
            *is_old = moved.is_some_and(take);
        }
    }
    let of_change = |finding: &Diagnostic| {
        rules::find(finding.rule)
            .is_some_and(|rule| matches!(rule.needs, Needs::Base | Needs::History))
    };
    std::iter::zip(findings, is_old)
        .filter(|(finding, is_old)| !is_old || of_change(finding))
        .map(|(finding, _)| finding)
        .collect()
}

/// Takes one, if there is one left.
fn take(count: &mut usize) -> bool {
    let some = *count > 0;
    *count = count.saturating_sub(1);
    some
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Evidence, Label, Severity};
    use crate::text::{FileId, Span};

    fn finding(file: u32, rule: &'static str) -> Diagnostic {
        Diagnostic {
            rule,
            severity: Severity::Error,
            message: String::new(),
            primary: Label::new(Span::new(FileId(file), 0, 1), ""),
            related: Vec::new(),
            help: None,
            fix: None,
            object: Some(crate::diagnostic::ObjectRef {
                group: String::new(),
                kind: "Cluster".to_owned(),
                namespace: None,
                name: "db".to_owned(),
            }),
            pointer: None,
            evidence: Evidence::Manifests,
            renderings: Vec::new(),
        }
    }

    fn sources() -> SourceMap {
        let mut sources = SourceMap::default();
        for name in ["a", "b"] {
            sources.add(name.into(), name.to_owned(), "x".into());
        }
        sources
    }

    fn kept(old: &[(u32, &'static str)], new: &[(u32, &'static str)]) -> Vec<(u32, &'static str)> {
        let make = |list: &[(u32, &'static str)]| -> Vec<Diagnostic> {
            list.iter()
                .map(|(file, rule)| finding(*file, rule))
                .collect()
        };
        keep_introduced(make(new), &sources(), &make(old), &sources())
            .into_iter()
            .map(|found| (found.primary.span.file.0, found.rule))
            .collect()
    }

    #[test]
    fn only_what_is_new_is_kept() {
        assert_eq!(kept(&[(0, "r")], &[(0, "r"), (0, "q")]), [(0, "q")]);
        assert_eq!(kept(&[(0, "r")], &[]), []);
        // A file that moved has the same finding.
        assert_eq!(kept(&[(0, "r")], &[(1, "r")]), []);
        // One more of the same is one too many, and it is the one in the other file.
        assert_eq!(kept(&[(1, "r")], &[(0, "r"), (1, "r")]), [(0, "r")]);
        assert_eq!(kept(&[(0, "r")], &[(0, "r"), (0, "r")]).len(), 1);
    }

    #[test]
    fn what_judges_the_change_itself_is_never_old() {
        let rule = "write-lineage-reused";
        assert_eq!(kept(&[(0, rule)], &[(0, rule)]), [(0, rule)]);
    }
}
