//! An ignored field whose change shows no difference.

use crate::diagnostic::{Diagnostic, Severity};
use crate::gitops::argocd::ignore::{Damage, Finding, Verdict};

use super::super::rule::{Check, Context, Needs, Remedy, Rule};
use super::ignored::{clusters, fields, found_kept, listed};

pub(in crate::rules) const RULE: Rule = Rule {
    id: "recovery-hidden-by-argocd",
    summary: "ignored field whose change shows no difference",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Manifests,
    explain: include_str!("../../../fixtures/rules/recovery-hidden-by-argocd/README.md"),
    check: Check::Project(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    context.ignores.findings.iter().filter_map(judged).collect()
}

fn judged(finding: &Finding) -> Option<Diagnostic> {
    let Verdict::Effects { hidden, .. } = &finding.verdict else {
        return None;
    };
    if hidden.is_empty() || hidden.contains_key(&Damage::Protection) {
        return None;
    }
    let what = if finding.is_manager {
        format!("a value that `{}` set", finding.text.value)
    } else {
        listed(&fields(
            hidden
                .iter()
                .filter(|(damage, _)| damage.when_hidden().is_some()),
        ))
    };
    let message = format!(
        "{}: a change of {what} alone shows no difference, and automated sync never applies it",
        clusters(finding)
    );
    let help = "remove it, or ignore defaults only, each by its own path (`/spec/enablePDB`, `/spec/bootstrap/initdb/encoding`); \
                until then sync by hand after a change, without `ApplyOutOfSyncOnly=true`";
    Some(found_kept(&RULE, finding, message).help(help))
}
