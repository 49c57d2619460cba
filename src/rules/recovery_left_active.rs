//! Recovery is still selected although it is done.

use crate::diagnostic::Severity;
use crate::facts::{Depth, Descent};
use crate::wal::{Lsn, TimelineId};

use super::archived::{Looked, Recovery, Unmet, at_hand};
use super::rule::{Check, Context, Needs, Remedy, Rule};
use super::write_lineage_not_empty::came_from;

pub(super) const RULE: Rule = Rule {
    id: "recovery-left-active",
    summary: "recovery is done and still selected",
    severity: Severity::Warning,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/recovery-left-active/README.md"),
    check: Check::Recovery(check),
};

/// A recovery that is done: what it wrote goes on where the source was left.
struct Done {
    timeline: TimelineId,
    parent: TimelineId,
    at: Lsn,
    /// The newest base backup of its own.
    newest: String,
    depth: Depth,
}

impl Done {
    fn of(recovery: &Recovery<'_>, context: &Context<'_>) -> Result<Option<Self>, Unmet> {
        // A replica cluster is bootstrapped from its source whenever it is created.
        let speaks = !recovery.dormant && recovery.cluster.replica.is_none();
        let Some(target) = recovery.own_target().filter(|_| speaks) else {
            return Ok(None);
        };
        let write = at_hand(target, recovery.cluster, context)?;
        let mut backups = write.catalog().backups.iter();
        let Some(newest) = backups.rfind(|backup| backup.restorable()) else {
            return Ok(None);
        };
        let source = recovery.source(context)?;
        Ok(match came_from(recovery, source, write) {
            Descent::Recovered {
                timeline,
                parent,
                at,
            } => Some(Self {
                timeline,
                parent,
                at,
                newest: newest.id.to_string(),
                depth: write.depth(),
            }),
            _ => None,
        })
    }
}

/// Whether the rule speaks of it.
pub(super) fn is_done(recovery: &Recovery<'_>, context: &Context<'_>) -> bool {
    matches!(Done::of(recovery, context), Ok(Some(_)))
}

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let (Some(done), Some(target)) = (Done::of(recovery, context)?, &recovery.target) else {
        return Ok(Vec::new());
    };
    let (written, read) = (&target.server_name, &recovery.source.server_name);
    let message = format!(
        "recovery of `{}` from `{}` is done and still selected: `{}` left timeline {} at {} for timeline {} and has base backups up to {}",
        recovery.cluster.title(),
        read.value,
        written.value,
        done.parent,
        done.at,
        done.timeline,
        done.newest
    );
    let place = recovery.cluster.recovery_place("source");
    let finding = RULE
        .found(&recovery.cluster.object, place, message)
        .label("a Cluster created anew is recovered from here")
        .related(written.place.span, "the newer data is here")
        .help(help(recovery));
    Ok(vec![finding.seen_at(done.depth)])
}

fn help(recovery: &Recovery<'_>) -> String {
    let read = &recovery.source.server_name.value;
    let created = if recovery.cluster.skips_empty_archive_check() {
        format!(
            "is rolled back to `{read}` without a word, because `cnpg.io/skipEmptyWalArchiveCheck` is on"
        )
    } else {
        "stops with `Expected empty archive`, and with a new server name it is rolled back to the old source".to_owned()
    };
    format!(
        "select initdb again, or make the write lineage the source of the next recovery; as it stands, a Cluster that is deleted and created {created}"
    )
}
