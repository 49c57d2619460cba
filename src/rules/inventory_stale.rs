//! An inventory that is too old to rely on.

use crate::diagnostic::Severity;
use crate::model::instant::Instant;

use super::archived::{Lineage, Looked};
use super::backup_runs::Runs;
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "inventory-stale",
    summary: "inventory that is older than the newest backup should be",
    severity: Severity::Note,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/inventory-stale/README.md"),
    check: Check::Lineage(check),
};

const HOUR_MICROS: i64 = 3_600 * 1_000_000;

/// Without a schedule, and with one that fires more often, an inventory is fresh for a day.
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

fn check(lineage: &Lineage<'_>, context: &Context<'_>) -> Looked {
    let archive = lineage.at_hand(context)?;
    let Some(taken) = archive.taken_at() else {
        return Ok(Vec::new());
    };
    let since = |from: Instant, to: Instant| to.as_micros().saturating_sub(from.as_micros());
    let periods = Runs::of(lineage.cluster, context)
        .iter()
        .filter_map(|runs| match runs.after(taken, 2).as_slice() {
            [first, second] => Some(since(*first, *second)),
            _ => None,
        })
        .min();
    let age = since(taken, context.now);
    if age <= periods.unwrap_or(DAY_MICROS).max(DAY_MICROS) {
        return Ok(Vec::new());
    }
    let message = format!(
        "the inventory of `{}` is of {taken}, {} hours ago: what the archive holds now may differ",
        lineage.name(),
        age / HOUR_MICROS
    );
    let finding = RULE
        .found(&lineage.cluster.object, lineage.place(), message)
        .help("make it anew with `walbound inventory`, or look at the archive itself with `--archive`");
    Ok(vec![finding.seen_at(archive.depth())])
}
