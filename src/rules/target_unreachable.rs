//! A recovery that does not get where its manifest says.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::options::Place;
use crate::facts::{Reason, TargetVerdict, Verdict, Wanted};

use super::archived::{Looked, Recovery, Unmet};
use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::source_lineage_empty;

pub(super) const RULE: Rule = Rule {
    id: "target-unreachable",
    summary: "recovery target that the archive cannot reach",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/target-unreachable/README.md"),
    check: Check::Recovery(check),
};

/// What the archive says about the target of a manifest. `None` where another rule says all there is to say, and for
/// replica clusters, which follow their source without a target. Source: CNPG `pkg/management/postgres/restore.go`.
pub(super) fn judged(
    recovery: &Recovery<'_>,
    context: &Context<'_>,
) -> Result<Option<Arc<TargetVerdict>>, Unmet> {
    if recovery.cluster.is_replica() {
        return Ok(None);
    }
    let source = recovery.source(context)?;
    if source_lineage_empty::is_empty(source) {
        return Ok(None);
    }
    Ok(Some(source.judge(&recovery.wanted()?)))
}

/// A finding at the target of a recovery.
pub(super) fn finding(
    rule: &Rule,
    recovery: &Recovery<'_>,
    verdict: &TargetVerdict,
    message: String,
) -> Diagnostic {
    let name = &recovery.source.server_name;
    let place = recovery.target_place();
    let finding = rule.found(&recovery.cluster.object, place, message);
    let finding = match finding.primary.span == name.place.span {
        true => finding,
        false => finding.related(name.place.span, "recovery reads from here"),
    };
    finding.seen_at(verdict.depth)
}

/// The target in words.
pub(super) fn target(recovery: &Recovery<'_>) -> String {
    let path = |field| ["spec", "bootstrap", "recovery", "recoveryTarget", field];
    let Some(field) = Wanted::field(recovery.cluster) else {
        return "the end of the archive".to_owned();
    };
    let text = recovery.cluster.object.value(&path(field));
    let text = text.map(|text| text.value).unwrap_or_default();
    format!("`{field}: {text}`")
}

/// Reasons with their codes, as `check` gives them.
pub(super) fn told(reasons: &[Reason]) -> String {
    let told = |reason: &Reason| format!("{} ({})", reason.message, reason.code.word());
    reasons.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let verdict = judged(recovery, context)?;
    let Some(verdict) = verdict.filter(|judged| judged.verdict == Verdict::Unreachable) else {
        return Ok(Vec::new());
    };
    let message = format!(
        "recovery of `{}` cannot reach {}: {}",
        recovery.cluster.title(),
        target(recovery),
        told(&verdict.reasons)
    );
    let found = finding(&RULE, recovery, &verdict, message);
    let options = verdict.options.iter();
    let options: Vec<String> = options.map(|option| option.told(Place::Manifest)).collect();
    let help = match options.is_empty() {
        true => "name another target; `walbound check` shows what the archive can reach".to_owned(),
        false => options.join("; "),
    };
    Ok(vec![found.help(help)])
}
