//! A rule that Argo CD cannot use, for which it stops comparing.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Finding, Verdict};

use super::super::rule::{Check, Context, Needs, Remedy, Rule};
use super::ignored::{found, reach};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "ignore-rule-breaks-comparison",
    summary: "ignore rule that Argo CD cannot use",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/ignore-rule-breaks-comparison/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.ignores.findings.iter().filter_map(judged).collect()
}

fn judged(finding: &Finding) -> Option<Diagnostic> {
    let Verdict::Breaks(reason) = &finding.verdict else {
        return None;
    };
    let reach = reach(finding);
    if finding.text.value.is_empty() && finding.clusters.is_empty() {
        let message = format!("Argo CD cannot load its settings, for {reach}: {reason}");
        let help = "keys are `resource.customizations.ignoreDifferences.GROUP_KIND`, values YAML in a string";
        return Some(found(&RULE, finding, message).help(help));
    }
    let message = format!(
        "`{}` ends in a ComparisonError for {reach}: {reason}",
        finding.text.value
    );
    let help = "nothing is synced until it is right: write one path (`.spec.logLevel`) without `;`, `#` and a variable, \
                several with `,` or as items of their own";
    Some(
        found(&RULE, finding, message)
            .label("put between `del(` and `)`")
            .help(help),
    )
}
