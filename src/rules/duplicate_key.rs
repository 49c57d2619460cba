//! A map holds each key once.

use crate::diagnostic::{Diagnostic, Severity};
use crate::project::is_manifest_text;
use crate::yaml::duplicate_keys;

use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "duplicate-key",
    summary: "key that stands in one map twice",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../fixtures/rules/duplicate-key/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (file, source) in context.project.sources.iter() {
        let Some(Ok(documents)) = context
            .project
            .parsed
            .get(&file)
            .map(|parsed| parsed.as_ref())
        else {
            continue;
        };
        if !is_manifest_text(source) {
            continue;
        }
        for duplicate in documents
            .iter()
            .flat_map(|document| duplicate_keys(&document.root))
        {
            let finding = RULE.found_at(
                duplicate.again,
                format!("key `{}` stands here a second time", duplicate.key),
            );
            let help = "keep one; kustomize refuses the document, other readers take the last and drop the first without a word";
            found.push(finding.related(duplicate.first, "the first one").help(help));
        }
    }
    found
}
