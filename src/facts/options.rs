//! What can be done about a verdict. A target is never proposed: only people know what they lost.

use super::recovery::Question;
use super::target::Goal;
use super::verdict::{ReasonCode, TargetVerdict, Verdict};

/// Sentences, the most useful first.
pub(super) fn list(question: &Question<'_>, verdict: &TargetVerdict) -> Vec<String> {
    let mut options = Vec::new();
    if verdict.verdict == Verdict::Reachable {
        return options;
    }
    for reason in &verdict.reasons {
        for option in for_reason(reason.code, question) {
            if !options.contains(&option) {
                options.push(option);
            }
        }
    }
    if let Some(better) = &verdict.better_backup {
        options.push(format!(
            "look at backup {better} with `--backup-id {better}`"
        ));
    }
    options
}

fn for_reason(code: ReasonCode, question: &Question<'_>) -> Vec<String> {
    let texts: &[&str] = match code {
        ReasonCode::NoCommitAfterTarget => &[
            "if the old primary still runs, archive what it has not archived yet (`SELECT pg_switch_wal()`), and look again",
            "`--latest` tells whether everything that is archived can be recovered",
        ],
        ReasonCode::LsnBeyondEnd | ReasonCode::XidNotFound | ReasonCode::RestorePointNotFound => {
            &["`--latest` tells whether everything that is archived can be recovered"]
        }
        ReasonCode::WalGap | ReasonCode::BeginWalMissing => &[
            "look for the missing segment in `pg_wal` of the old instances, and among the noncurrent versions of the bucket",
        ],
        ReasonCode::WalDamaged | ReasonCode::SystemIdentifierMismatch => {
            &["look for an earlier version of the object in the bucket"]
        }
        ReasonCode::TargetBeforeConsistency => {
            &["name an earlier base backup with `--backup-id`, or a later target"]
        }
        ReasonCode::NoBaseBackupBeforeTarget => &[
            "another server name may hold older base backups",
            "a base backup named with `--backup-id` is taken whatever the target",
        ],
        ReasonCode::BackupNotFound | ReasonCode::BackupNotFinished => {
            return backups(question);
        }
        ReasonCode::TimelineNotReachable => {
            return timelines(question);
        }
        ReasonCode::LineageEmpty => return near_misses(question),
        ReasonCode::ObjectUnreadable | ReasonCode::InvalidTarget => &[],
    };
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn backups(question: &Question<'_>) -> Vec<String> {
    let ids: Vec<&str> = question
        .catalog
        .backups
        .iter()
        .filter(|backup| backup.restorable())
        .map(|backup| backup.id.as_str())
        .collect();
    if ids.is_empty() {
        return vec!["no base backup in this archive can be restored".to_owned()];
    }
    vec![format!(
        "base backups that can be restored: {}",
        ids.join(", ")
    )]
}

fn timelines(question: &Question<'_>) -> Vec<String> {
    let histories = question.catalog.histories.keys();
    let known: Vec<String> = std::iter::once("1".to_owned())
        .chain(histories.map(ToString::to_string))
        .collect();
    let mut options = vec![format!("timelines of this archive: {}", known.join(", "))];
    if question.target.goal != Goal::Latest || question.backup_id.is_none() {
        options.push("`--target-tli` chooses one; a base backup of it or of an ancestor before they part is needed".to_owned());
    }
    options
}

fn near_misses(question: &Question<'_>) -> Vec<String> {
    let near = &question.catalog.near_misses;
    if near.is_empty() {
        return Vec::new();
    }
    vec![format!("archives nearby: {}", near.join(", "))]
}
