//! A Cluster that is to be recovered needs an empty archive to write to.
//!
//! "Not yet done" cannot be seen in the manifests, so the write lineage tells: a recovery that is done wrote WAL that
//! goes on where the source was left.
//!
//! | write lineage | recovery selected | recovery not selected |
//! |---|---|---|
//! | is the source itself | `write-lineage-is-source`, `lineage-in-place` | the same |
//! | holds no WAL | – | – |
//! | goes on from the source, with finished backups | done: `recovery-left-active` | warning |
//! | goes on from the source, without any | warning: just done, or left by a try that failed | warning |
//! | of the source's system, in a replica cluster | done: it follows its source | warning |
//! | of another system, or of another branch | error, and `lineage-not-descended` | warning |
//! | cannot be told | warning | warning |
//!
//! While recovery is not selected the cluster in use legitimately writes there, so it is only a warning that switching
//! alone is not enough. With `cnpg.io/skipEmptyWalArchiveCheck` the same holds; the restore then does not stop, and new
//! WAL lands among the old.

use crate::diagnostic::Severity;
use crate::facts::{AtHand, Descent, descent};

use super::archived::{Looked, Recovery, at_hand};
use super::rule::{Check, Context, Needs, Remedy, Rule};

pub(super) const RULE: Rule = Rule {
    id: "write-lineage-not-empty",
    summary: "recovery archives into a lineage that already holds WAL",
    severity: Severity::Error,
    remedy: Remedy::ByHand,
    needs: Needs::Archive,
    explain: include_str!("../../fixtures/rules/write-lineage-not-empty/README.md"),
    check: Check::Recovery(check),
};

/// Whether `barman-cloud-check-wal-archive` calls it empty. Backups do not count.
/// Source: barman `clients/cloud_check_wal_archive.py`.
fn has_wal(archive: AtHand<'_>) -> bool {
    let catalog = archive.catalog();
    !catalog.timelines.is_empty() || !catalog.histories.is_empty()
}

/// Whether a lineage was written after a recovery from the source, or follows it.
pub(super) fn came_from(recovery: &Recovery<'_>, source: AtHand<'_>, write: AtHand<'_>) -> Descent {
    match descent(source, write) {
        // A replica writes what it gets, on the timelines of its source.
        Descent::Elsewhere(why) if recovery.cluster.replica.is_some() => Descent::Unknown(why),
        other => other,
    }
}

fn check(recovery: &Recovery<'_>, context: &Context<'_>) -> Looked {
    let Some(target) = recovery.own_target() else {
        return Ok(Vec::new());
    };
    let write = at_hand(target, recovery.cluster, context)?;
    if !has_wal(write) {
        return Ok(Vec::new());
    }
    let source = recovery.source(context)?;
    let name = &target.server_name.value;
    let (severity, what) = match came_from(recovery, source, write) {
        _ if recovery.dormant => (
            Severity::Warning,
            "holds WAL already, so that selecting recovery alone is not enough".to_owned(),
        ),
        Descent::Recovered { .. } if has_backup(write) => return Ok(Vec::new()),
        Descent::Recovered {
            timeline,
            parent,
            at,
        } => (
            Severity::Warning,
            format!(
                "already holds timeline {timeline}, which left timeline {parent} of `{}` at {at}, and no base backup: this recovery was just done, or a try failed",
                recovery.source.server_name.value
            ),
        ),
        Descent::Unknown(_) if recovery.cluster.replica.is_some() => return Ok(Vec::new()),
        Descent::Unknown(why) => (
            Severity::Warning,
            format!("already holds WAL, and whether it is of this recovery cannot be told: {why}"),
        ),
        Descent::Empty | Descent::OtherSystem { .. } | Descent::Elsewhere(_) => {
            (Severity::Error, "already holds WAL".to_owned())
        }
    };
    let message = format!(
        "recovery of `{}` writes to `{name}`, which {what}",
        recovery.cluster.title()
    );
    let finding = RULE
        .found(
            &recovery.cluster.object,
            target.server_name.place.clone(),
            message,
        )
        .severity(severity)
        .label("new WAL would be written here")
        .related(
            recovery.source.server_name.place.span,
            "recovery reads from here",
        )
        .help(help(recovery));
    Ok(vec![finding.seen_at(write.depth())])
}

fn has_backup(write: AtHand<'_>) -> bool {
    let mut backups = write.catalog().backups.iter();
    backups.any(|backup| backup.usable_for_operator())
}

fn help(recovery: &Recovery<'_>) -> &'static str {
    if recovery.cluster.skips_empty_archive_check() {
        "give the archive a server name that no lineage has used yet; `cnpg.io/skipEmptyWalArchiveCheck` is on, so that nothing stops new WAL from landing among the old"
    } else {
        "give the archive a server name that no lineage has used yet; as it stands the restore stops with `Expected empty archive`"
    }
}
