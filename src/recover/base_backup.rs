//! The base backup that a recovery starts from, where the manifest has to name it.

use crate::facts::{Ask, Depth, Goal};
use crate::model::archive::ArchiveRef;

use super::plan::Request;
use super::refusal::Refusal;
use super::sight::{Seen, Sight};

/// `backupID` of the recovery: the one asked for, or, for a target that admission takes only with one, the one that is
/// restored without a name. A note says so.
///
/// # Errors
/// Where the target needs one and nothing at hand tells of any.
pub(super) fn named(
    request: &Request<'_>,
    source: &ArchiveRef,
    sight: &dyn Sight,
    notes: &mut Vec<String>,
) -> Result<Option<String>, Refusal> {
    if let Some(id) = request.backup_id {
        return Ok(Some(id.to_owned()));
    }
    let Some(field) = field_in_need(&request.target.goal) else {
        return Ok(None);
    };
    let ask = Ask {
        target: request.target,
        timeline: request.timeline,
        backup_id: None,
        depth: Depth::Listing,
    };
    let backup = match sight.look(source) {
        Seen::There(evidence) => evidence.judge(&ask).backup,
        Seen::Nothing | Seen::Failed(_) => None,
    };
    let backup = backup.ok_or(Refusal::NeedsBackup { field })?;
    let id = backup.id.to_string();
    notes.push(format!(
        "CloudNativePG takes `{field}` only with a `backupID`: the base backup is {id}"
    ));
    Ok(Some(id))
}

/// The field of a target that says nothing about which base backup is to be taken.
/// Source: CNPG `internal/webhook/v1/cluster_webhook.go` (`validateRecoveryTarget`).
fn field_in_need(goal: &Goal) -> Option<&'static str> {
    match goal {
        Goal::Xid(_) => Some("targetXID"),
        Goal::Name(_) => Some("targetName"),
        Goal::Immediate => Some("targetImmediate"),
        Goal::Latest | Goal::Time { .. } | Goal::Lsn(_) => None,
    }
}
