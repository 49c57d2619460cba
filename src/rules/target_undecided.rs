//! A recovery target that what is at hand does not decide.

use crate::diagnostic::Severity;
use crate::facts::{Depth, Verdict};

use super::archived::{Looked, Recovery};
use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::target_unreachable::{finding, judged, target, told};

pub(super) const RULE: Rule = Rule {
    id: "target-undecided",
    summary: "recovery target that the evidence at hand does not decide",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/target-undecided/README.md"),
    check: Check::Recovery(check),
};

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let verdict = judged(recovery, context)?;
    let Some(verdict) = verdict.filter(|judged| judged.verdict == Verdict::Undecided) else {
        return Ok(Vec::new());
    };
    let why = match verdict.reasons.as_slice() {
        [] => format!(
            "the archive was looked at to depth `{}` only",
            verdict.depth.word()
        ),
        reasons => told(reasons),
    };
    let message = format!(
        "whether recovery of `{}` reaches {} is undecided: {why}",
        recovery.cluster.title(),
        target(recovery)
    );
    let found = finding(&RULE, recovery, &verdict, message);
    let help = match verdict.depth {
        Depth::Sparing | Depth::Records => {
            "try the recovery beside the live database before you rely on it"
        }
        Depth::Listing | Depth::Headers => {
            "only the records tell: look at the archive itself with `--archive`, or make the inventory with `--depth records`"
        }
    };
    Ok(vec![found.help(help)])
}
