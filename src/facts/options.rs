//! What can be done about a verdict. A target is never proposed: only people know what they lost.

use super::recovery::Question;
use super::target::Goal;
use super::verdict::{ReasonCode, TargetVerdict, Verdict};
use crate::barman::BackupId;
use crate::wal::TimelineId;

/// Where advice is read, which decides how a setting is called there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After a command, whose options are meant.
    CommandLine,
    /// At a manifest, whose fields are meant: CNPG `RecoveryTarget` in `api/v1/cluster_types.go`.
    Manifest,
}

/// One thing that can be done about a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// Have the old primary archive the segment it writes to.
    ArchiveTheRest,
    /// Ask whether the end of the archive can be reached.
    AskForLatest,
    /// Look for a segment that is missing.
    FindSegment,
    /// Look for an earlier version of an object.
    FindEarlierVersion,
    /// Begin at an earlier base backup, or end later.
    EarlierBackup,
    /// Look under another server name.
    OtherServerName,
    /// Name the base backup.
    NameBackup,
    /// Nothing: no base backup can be restored.
    NoBackup,
    /// Take one of these base backups, which can be restored.
    Backups(Vec<BackupId>),
    /// Take one of these timelines.
    Timelines(Vec<TimelineId>),
    /// Name the timeline.
    NameTimeline,
    /// Read one of these archives.
    Nearby(Vec<String>),
    /// Begin at this base backup, which the operator would not choose by itself.
    BetterBackup(BackupId),
}

impl Advice {
    /// The sentence, in the words of the place that shows it.
    pub fn told(&self, place: Place) -> String {
        let (backup_id, timeline, latest) = match place {
            Place::CommandLine => ("--backup-id", "--target-tli", "`--latest`"),
            Place::Manifest => ("backupID", "targetTLI", "`walbound check` with `--latest`"),
        };
        match self {
            Self::ArchiveTheRest => "if the old primary still runs, archive what it has not archived yet (`SELECT pg_switch_wal()`), and look again".to_owned(),
            Self::AskForLatest => {
                format!("{latest} tells whether everything that is archived can be recovered")
            }
            Self::FindSegment => "look for the missing segment in `pg_wal` of the old instances, and among the noncurrent versions of the bucket".to_owned(),
            Self::FindEarlierVersion => {
                "look for an earlier version of the object in the bucket".to_owned()
            }
            Self::EarlierBackup => {
                format!("name an earlier base backup with `{backup_id}`, or a later target")
            }
            Self::OtherServerName => "another server name may hold older base backups".to_owned(),
            Self::NameBackup => {
                format!("a base backup named with `{backup_id}` is taken whatever the target")
            }
            Self::NoBackup => "no base backup in this archive can be restored".to_owned(),
            Self::Backups(ids) => {
                format!("base backups that can be restored: {}", listed(ids))
            }
            Self::Timelines(known) => format!("timelines of this archive: {}", listed(known)),
            Self::NameTimeline => format!(
                "`{timeline}` chooses one; a base backup of it or of an ancestor before they part is needed"
            ),
            Self::Nearby(archives) => format!("archives nearby: {}", archives.join(", ")),
            Self::BetterBackup(id) => {
                let setting = match place {
                    Place::CommandLine => format!("{backup_id} {id}"),
                    Place::Manifest => format!("{backup_id}: {id}"),
                };
                format!("look at backup {id} with `{setting}`")
            }
        }
    }
}

fn listed<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    items.join(", ")
}

/// What can be done, the most useful first.
pub(super) fn list(question: &Question<'_>, verdict: &TargetVerdict) -> Vec<Advice> {
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
    let better = verdict.better_backup.clone();
    options.extend(better.map(Advice::BetterBackup));
    options
}

fn for_reason(code: ReasonCode, question: &Question<'_>) -> Vec<Advice> {
    match code {
        ReasonCode::NoCommitAfterTarget => vec![Advice::ArchiveTheRest, Advice::AskForLatest],
        ReasonCode::LsnBeyondEnd | ReasonCode::XidNotFound | ReasonCode::RestorePointNotFound => {
            vec![Advice::AskForLatest]
        }
        ReasonCode::WalGap | ReasonCode::BeginWalMissing => vec![Advice::FindSegment],
        ReasonCode::WalDamaged | ReasonCode::SystemIdentifierMismatch => {
            vec![Advice::FindEarlierVersion]
        }
        ReasonCode::TargetBeforeConsistency => vec![Advice::EarlierBackup],
        ReasonCode::NoBaseBackupBeforeTarget => {
            vec![Advice::OtherServerName, Advice::NameBackup]
        }
        ReasonCode::BackupNotFound | ReasonCode::BackupNotFinished => vec![backups(question)],
        ReasonCode::TimelineNotReachable => timelines(question),
        ReasonCode::LineageEmpty => {
            let near = &question.catalog.near_misses;
            let some = (!near.is_empty()).then(|| Advice::Nearby(near.clone()));
            some.into_iter().collect()
        }
        ReasonCode::ObjectUnreadable | ReasonCode::InvalidTarget => Vec::new(),
    }
}

fn backups(question: &Question<'_>) -> Advice {
    let all = question.catalog.backups.iter();
    let restorable = all.filter(|backup| backup.restorable());
    let ids: Vec<BackupId> = restorable.map(|backup| backup.id.clone()).collect();
    match ids.is_empty() {
        true => Advice::NoBackup,
        false => Advice::Backups(ids),
    }
}

fn timelines(question: &Question<'_>) -> Vec<Advice> {
    let histories = question.catalog.histories.keys().copied();
    let known = std::iter::once(TimelineId(1)).chain(histories).collect();
    let mut options = vec![Advice::Timelines(known)];
    if question.target.goal != Goal::Latest || question.backup_id.is_none() {
        options.push(Advice::NameTimeline);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_called_as_where_the_advice_is_read() {
        let id = BackupId::parse("20260101T000000").unwrap();
        let better = Advice::BetterBackup(id);
        assert_eq!(
            better.told(Place::CommandLine),
            "look at backup 20260101T000000 with `--backup-id 20260101T000000`"
        );
        assert_eq!(
            better.told(Place::Manifest),
            "look at backup 20260101T000000 with `backupID: 20260101T000000`"
        );
        let settings = [
            Advice::EarlierBackup,
            Advice::NameBackup,
            Advice::NameTimeline,
        ];
        for advice in settings {
            let told = advice.told(Place::Manifest);
            assert!(!told.contains("--"), "{told}");
        }
    }
}
