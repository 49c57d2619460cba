//! A recovery that succeeds, with newer data than asked.

use crate::diagnostic::Severity;
use crate::facts::{Verdict, WarningCode};

use super::archived::{Looked, Recovery};
use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::target_unreachable::{finding, judged, target};

pub(super) const RULE: Rule = Rule {
    id: "target-yields-newer-data",
    summary: "recovery succeeds with newer data than the target time asks for",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/target-yields-newer-data/README.md"),
    check: Check::Recovery(check),
};

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let verdict = judged(recovery, context)?;
    let Some(verdict) = verdict.filter(|judged| judged.verdict == Verdict::Reachable) else {
        return Ok(Vec::new());
    };
    let newer = |warning: &&crate::facts::Warning| warning.code == WarningCode::NewerDataThanTarget;
    let Some(warning) = verdict.warnings.iter().find(newer) else {
        return Ok(Vec::new());
    };
    let message = format!(
        "recovery of `{}` to {} gives newer data than asked: {}",
        recovery.cluster.title(),
        target(recovery),
        warning.message
    );
    let found = finding(&RULE, recovery, &verdict, message);
    let backup = [
        "spec",
        "bootstrap",
        "recovery",
        "recoveryTarget",
        "backupID",
    ];
    let place = recovery.cluster.object.place(&backup).span;
    Ok(vec![found.related(place, "this backup ended too late").help(
        "name a base backup that ended before the target in `backupID`, or leave `backupID` out and let the operator choose one",
    )])
}
