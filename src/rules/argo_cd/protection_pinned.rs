//! Annotations that guard data, ignored.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Damage, Finding, Verdict};

use super::super::rule::{Check, Context, Needs, Remedy, Rule};
use super::ignored::{clusters, existing_keep, found_kept};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "protection-pinned-by-argocd",
    summary: "ignored annotations, among them those that guard data",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/protection-pinned-by-argocd/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.ignores.findings.iter().filter_map(judged).collect()
}

fn judged(finding: &Finding) -> Option<Diagnostic> {
    let Verdict::Effects { pinned, hidden } = &finding.verdict else {
        return None;
    };
    let message = if pinned.contains_key(&Damage::Protection) {
        format!(
            "{} annotations as they are; `Prune=false`, `Delete=false` and CloudNativePG's own will not take effect from Git",
            existing_keep(finding)
        )
    } else if hidden.contains_key(&Damage::Protection) {
        format!(
            "{}: a change of annotations that guard data shows no difference",
            clusters(finding)
        )
    } else {
        return None;
    };
    let help = "ignore the one annotation that differs (`/metadata/annotations/example.com~1name`), never all of them; \
                Argo CD reads `Prune` and `Delete` from the object in the cluster";
    Some(found_kept(&RULE, finding, message).help(help))
}
