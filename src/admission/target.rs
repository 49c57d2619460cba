//! The target of a recovery.

use crate::model::recovery_target::{
    Consequence, GivenTargets, TargetLsn, TargetNameError, TargetTimeline, TargetXid,
    check_target_name,
};
use crate::model::target_time::TargetTime;

use super::Refusal;
use super::check::{Check, Look, Release};
use super::field::Field;
use super::manifest::Manifest;

pub(super) static CHECKS: &[Check] = &[
    Check::error(
        "admission/target-exclusive",
        "bootstrap.recovery.recoveryTarget",
        "more than one recovery target",
        Look::Whole(exclusive),
    )
    .told_by("target-conflict"),
    Check::error(
        "admission/target-time-format",
        "bootstrap.recovery.recoveryTarget.targetTime",
        "target time in a spelling that the operator does not read",
        Look::Whole(time),
    )
    .told_by("target-time-invalid"),
    Check::error(
        "admission/target-lsn-format",
        "bootstrap.recovery.recoveryTarget.targetLSN",
        "target LSN other than two hexadecimal numbers with a slash",
        Look::Whole(lsn),
    ),
    Check::error(
        "admission/target-xid-u32",
        "bootstrap.recovery.recoveryTarget.targetXID",
        "transaction that is no number of 32 bits",
        Look::Whole(xid),
    )
    .since(TARGET_TEXTS),
    Check::error(
        "admission/target-name-len",
        "bootstrap.recovery.recoveryTarget.targetName",
        "restore point of 64 bytes or more",
        Look::Whole(name_length),
    )
    .since(TARGET_TEXTS),
    Check::error(
        "admission/target-name-ctrl",
        "bootstrap.recovery.recoveryTarget.targetName",
        "restore point with control characters",
        Look::Whole(name_characters),
    )
    .since(TARGET_TEXTS),
    Check::error(
        "admission/target-needs-backupid",
        "bootstrap.recovery.recoveryTarget",
        "target that does not tell which backup to take, without `backupID`",
        Look::Whole(needs_backup),
    )
    .told_by("target-needs-backup-id"),
    Check::error(
        "admission/target-tli",
        "bootstrap.recovery.recoveryTarget.targetTLI",
        "timeline other than `latest` and numbers from 1 on",
        Look::Whole(timeline),
    ),
];

const TARGET_TEXTS: &[Release] = &[Release(28, 3), Release(29, 1)];

fn target<'m>(manifest: &Manifest<'m>, field: &'static str) -> Field<'m> {
    manifest.spec(&["bootstrap", "recovery", "recoveryTarget", field])
}

fn given(manifest: &Manifest<'_>) -> GivenTargets {
    let text = |field| {
        let field = target(manifest, field);
        field.is_set() && field.raw_text() != Some("")
    };
    GivenTargets {
        immediate: target(manifest, "targetImmediate").is_set(),
        lsn: text("targetLSN"),
        name: text("targetName"),
        time: text("targetTime"),
        xid: text("targetXID"),
    }
}

fn exclusive(manifest: &Manifest<'_>) -> Option<Refusal> {
    let fields = given(manifest).fields();
    let second = fields.get(1)?;
    let message = format!(
        "recovery has {} targets: {}",
        fields.len(),
        fields.join(", ")
    );
    Some(
        target(manifest, second)
            .refuse(message)
            .help("keep one of them"),
    )
}

fn time(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = target(manifest, "targetTime");
    let refused = TargetTime::read(field.given_text()?).err()?;
    Some(field.refuse(format!("target time is refused: {refused}")))
}

fn lsn(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = target(manifest, "targetLSN");
    let error = TargetLsn::read(field.given_text()?).err()?;
    let refused = error.consequence() == Consequence::RefusedByAdmission;
    refused.then(|| field.refuse(error.to_string()))
}

fn xid(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = target(manifest, "targetXID");
    let error = TargetXid::read(field.given_text()?).err()?;
    let refused = error.consequence() == Consequence::RefusedByAdmission;
    refused.then(|| field.refuse(error.to_string()))
}

fn name_length(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = target(manifest, "targetName");
    match check_target_name(field.given_text()?) {
        Err(error @ TargetNameError::TooLong { .. }) => Some(field.refuse(error.to_string())),
        _ => None,
    }
}

fn name_characters(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = target(manifest, "targetName");
    let control = field.given_text()?.chars().find(char::is_ascii_control)?;
    let message = format!(
        "the name of a restore point has no control characters, this one has U+{:04X}",
        u32::from(control)
    );
    Some(field.refuse(message))
}

fn needs_backup(manifest: &Manifest<'_>) -> Option<Refusal> {
    let fields = given(manifest).fields_needing_backup_id();
    let first = fields.first()?;
    let snapshots = manifest.spec(&["bootstrap", "recovery", "volumeSnapshots"]);
    let id = target(manifest, "backupID");
    if snapshots.is_set() || (id.is_set() && id.raw_text() != Some("")) {
        return None;
    }
    let message = format!("`{first}` does not tell which base backup to take");
    let help = "name the backup in `backupID`: one that ended before the target";
    Some(target(manifest, first).refuse(message).help(help))
}

fn timeline(manifest: &Manifest<'_>) -> Option<Refusal> {
    let field = target(manifest, "targetTLI");
    let error = TargetTimeline::read(field.given_text()?).err()?;
    let refused = error.consequence() == Consequence::RefusedByAdmission;
    refused.then(|| field.refuse(error.to_string()))
}
