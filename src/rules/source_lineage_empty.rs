//! A recovery needs a finished base backup under the exact prefix of its source.

use crate::diagnostic::Severity;
use crate::facts::{AtHand, NoTarget};

use super::archived::{Looked, Recovery, unmet};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "source-lineage-empty",
    summary: "source lineage without a finished base backup",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/source-lineage-empty/README.md"),
    check: Check::Recovery(check),
};

/// Whether the operator finds no base backup at all.
pub(super) fn is_empty(source: AtHand<'_>) -> bool {
    let mut backups = source.catalog().backups.iter();
    !backups.any(|backup| backup.usable_for_operator())
}

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let source = recovery.source(context)?;
    if !is_empty(source) {
        return Ok(Vec::new());
    }
    if recovery.cluster.has_data_from_elsewhere() {
        // The WAL that it takes from here may be enough.
        return Err(unmet(recovery.cluster, NoTarget::OtherStart.to_string()));
    }
    let catalog = source.catalog();
    let name = &recovery.source.server_name;
    let holds = match (catalog.is_empty(), catalog.backups.len()) {
        (true, _) => "nothing is archived there".to_owned(),
        (false, 0) => "there is WAL, and no base backup to apply it to".to_owned(),
        (false, 1) => "its only base backup was never finished".to_owned(),
        (false, count) => format!("none of its {count} base backups was ever finished"),
    };
    let message = format!(
        "recovery of `{}` finds no finished base backup under `{}`: {holds}",
        recovery.cluster.title(),
        name.value
    );
    let written = if name.explicit {
        "recovery reads from here"
    } else {
        "recovery reads the default name"
    };
    let finding = RULE
        .found(&recovery.cluster.object, name.place.clone(), message)
        .label(written)
        .help(help(source));
    Ok(vec![finding.seen_at(source.depth())])
}

fn help(source: AtHand<'_>) -> String {
    let own = source.catalog().path.prefix();
    let near: Vec<String> = source
        .catalog()
        .near_misses
        .iter()
        .map(|prefix| near_miss(prefix, &own))
        .collect();
    if near.is_empty() {
        return "name the server name of a lineage that has one; destination path and server name together are the prefix that is read".to_owned();
    }
    format!("archives nearby: {}", near.join(", "))
}

/// A prefix where an archive is, with what sets it apart where that shows a slip.
fn near_miss(found: &str, own: &str) -> String {
    let shown = found.trim_end_matches('/');
    if found.strip_prefix(own).is_some_and(|rest| !rest.is_empty()) {
        format!("`{shown}` (one level deeper)")
    } else if own.strip_prefix(found).is_some_and(|rest| !rest.is_empty()) {
        format!("`{shown}` (the destination path names the server already)")
    } else {
        format!("`{shown}`")
    }
}
