//! A running Cluster that was initialised afresh although its manifest says recovery.
//!
//! Speaks while recovery is selected and the write lineage is not the source; `write_lineage_not_empty` has the table.

use crate::diagnostic::Severity;
use crate::facts::Descent;

use super::archived::{Looked, Recovery, at_hand, unmet};
use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::write_lineage_not_empty::came_from;

pub(super) const RULE: Rule = Rule {
    id: "lineage-not-descended",
    summary: "write lineage that was not recovered from the declared source",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/lineage-not-descended/README.md"),
    check: Check::Recovery(check),
};

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let Some(target) = recovery.own_target().filter(|_| !recovery.dormant) else {
        return Ok(Vec::new());
    };
    let write = at_hand(target, recovery.cluster, context)?;
    if write.catalog().is_empty() {
        return Ok(Vec::new());
    }
    let source = recovery.source(context)?;
    let why = match came_from(recovery, source, write) {
        Descent::Empty | Descent::Recovered { .. } => return Ok(Vec::new()),
        Descent::Unknown(_) if recovery.cluster.replica.is_some() => return Ok(Vec::new()),
        Descent::Unknown(why) => return Err(unmet(recovery.cluster, why)),
        Descent::OtherSystem { found, expected } => {
            let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
            format!(
                "database system {found} wrote it, the source is of {}",
                expected.join(" and ")
            )
        }
        Descent::Elsewhere(why) => why,
    };
    let (written, read) = (&target.server_name, &recovery.source.server_name);
    let message = format!(
        "`{}` was not recovered from `{}`: {why}",
        written.value, read.value
    );
    let finding = RULE
        .found(&recovery.cluster.object, written.place.clone(), message)
        .label("what the cluster archives")
        .related(read.place.span, "what it should have been recovered from")
        .help("if the cluster runs, it was created anew and holds none of the source's data: recover into a server name that no lineage has used yet; if it does not run yet, choose such a name all the same");
    Ok(vec![finding.seen_at(write.depth())])
}
