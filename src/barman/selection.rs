//! Which base backup the operator restores.
//!
//! Source: barman-cloud `pkg/catalog/catalog.go` (`FindBackupInfo`, `LatestBackupInfo`) and `sorting.go`; the operator
//! and the plugin use the same code.

use thiserror::Error;

use super::backup::Backup;
use super::layout::BackupId;
use crate::model::instant::Instant;
use crate::wal::{Lsn, TimelineId};

/// What the choice depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'r> {
    /// `backupID`: decides alone.
    pub backup_id: Option<&'r str>,
    /// Which backups come before the target.
    pub criterion: Criterion,
    /// `targetTLI`.
    pub timeline: TargetTimeline,
}

/// What a backup is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Nothing: no target, or an XID, a restore point or `immediate`, which say nothing about time.
    Newest,
    /// `targetTime`, as the operator reads it: the backup has to end then or before.
    Time(Instant),
    /// `targetLSN`: the backup has to end before, and not there.
    Lsn(Lsn),
}

/// The timelines a backup may be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetTimeline {
    /// Empty or `latest`: any.
    Latest,
    /// A number: the backup has to be taken on exactly this one; ancestors do not count.
    Exactly(TimelineId),
    /// `current`, which admission refuses: no backup matches.
    Current,
}

/// A chosen backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'c> {
    /// The backup.
    pub backup: &'c Backup,
    /// Others that fit as well and were running at the same time. The operator's order of such backups depends on how
    /// many there are in all, so with more than twelve backups it may choose one of these.
    pub overlapping: Vec<&'c BackupId>,
}

/// Why the operator finds no backup.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum NoBackup {
    /// The archive has none at all.
    #[error("the archive holds no base backup")]
    Empty,
    /// None has both a begin and an end time.
    #[error("no base backup in the archive is finished")]
    NoneFinished,
    /// No backup of the given name.
    #[error("no backup found with ID {id}")]
    UnknownId {
        /// The name asked for.
        id: String,
    },
    /// The backup of the given name has no begin or no end time.
    #[error("backup {id} is not finished, so that the operator does not see it")]
    UnfinishedId {
        /// The name asked for.
        id: String,
    },
    /// Finished backups exist, on other timelines.
    #[error("no base backup was taken on timeline {timeline} itself")]
    NotOnTimeline {
        /// The timeline asked for.
        timeline: TimelineId,
        /// Those that finished backups are on, each once.
        found: Vec<TimelineId>,
    },
    /// `targetTLI: current` matches no backup.
    #[error("`current` is no timeline that a base backup is looked for on")]
    CurrentTimeline,
    /// Every backup on an accepted timeline ends after the target time.
    #[error("every base backup ends after {target}, the first one, {earliest}, at {ends}")]
    AllAfterTime {
        /// The target.
        target: Instant,
        /// The backup that ends first.
        earliest: BackupId,
        /// When it ends.
        ends: Instant,
    },
    /// No backup on an accepted timeline ends before the target position.
    #[error("no base backup ends before {target}")]
    AllAfterLsn {
        /// The target.
        target: Lsn,
        /// The lowest end position of a backup, where one is known. When it equals the target, PostgreSQL could
        /// restore that backup to the target; the operator does not choose it.
        earliest: Option<(BackupId, Lsn)>,
    },
}

/// The backup that the operator would restore. `backups` are in the order of their names, as Barman lists them.
///
/// # Errors
/// Why there is none; the operator itself says `no target backup found` in most cases.
pub fn choose<'c>(backups: &'c [Backup], request: &Request<'_>) -> Result<Choice<'c>, NoBackup> {
    if let Some(id) = request.backup_id {
        return by_id(backups, id);
    }
    let mut order: Vec<&Backup> = backups.iter().collect();
    // The operator's comparison is no strict order, and its list is sorted twice: when it is read and when it is
    // searched. Backups that overlap change places each time.
    sort_as_operator(&mut order);
    sort_as_operator(&mut order);
    let fits = |backup: &&Backup| backup.usable_for_operator() && matches(backup, request);
    let Some(backup) = order.iter().rev().copied().find(|backup| fits(backup)) else {
        return Err(why_none(backups, request));
    };
    let overlapping = backups
        .iter()
        .filter(|other| other.id != backup.id && fits(other) && overlap(other, backup))
        .map(|other| &other.id)
        .collect();
    Ok(Choice {
        backup,
        overlapping,
    })
}

/// The newest backup that can be restored and from which PostgreSQL could reach the target: incomplete ones are
/// passed over, and one that ends exactly at the target position counts. Where it differs from [`choose`], naming it in
/// `backupID` helps.
pub fn best(backups: &[Backup], criterion: Criterion, timeline: TargetTimeline) -> Option<&Backup> {
    let before = |backup: &&Backup| match (criterion, backup.info()) {
        (Criterion::Lsn(target), Some(info)) => info.end_lsn.is_some_and(|end| end <= target),
        _ => ends_before(backup, criterion),
    };
    backups
        .iter()
        .filter(|backup| backup.restorable() && on_timeline(backup, timeline))
        .filter(before)
        .max_by_key(|backup| end(backup))
}

fn by_id<'c>(backups: &'c [Backup], id: &str) -> Result<Choice<'c>, NoBackup> {
    let unknown = || NoBackup::UnknownId { id: id.to_owned() };
    let mut named = backups.iter().filter(|backup| backup.id.as_str() == id);
    let backup = named.next().ok_or_else(unknown)?;
    if !backup.usable_for_operator() {
        return Err(NoBackup::UnfinishedId { id: id.to_owned() });
    }
    Ok(Choice {
        backup,
        overlapping: Vec::new(),
    })
}

fn begin(backup: &Backup) -> Option<Instant> {
    Some(backup.info()?.begin_time?.instant)
}

fn end(backup: &Backup) -> Option<Instant> {
    Some(backup.info()?.end_time?.instant)
}

fn overlap(left: &Backup, right: &Backup) -> bool {
    match (begin(left), end(left), begin(right), end(right)) {
        (Some(from), Some(to), Some(other_from), Some(other_to)) => {
            from < other_to && other_from < to
        }
        _ => false,
    }
}

/// Sorts up to twelve elements as Go's `sort.Sort` does: by insertion. Longer lists give the same result unless
/// backups overlap.
fn sort_as_operator(backups: &mut [&Backup]) {
    for place in 1..backups.len() {
        let mut at = place;
        while at > 0 && sorts_before(backups[at], backups[at - 1]) {
            backups.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// A missing time is the year 1 there.
fn sorts_before(left: &Backup, right: &Backup) -> bool {
    match (begin(left), end(left), end(right)) {
        (None, _, _) => false,
        (Some(_), None, _) => true,
        (Some(_), Some(_), None) => false,
        (Some(begin), Some(_), Some(end)) => begin < end,
    }
}

fn matches(backup: &Backup, request: &Request<'_>) -> bool {
    on_timeline(backup, request.timeline) && ends_before(backup, request.criterion)
}

fn on_timeline(backup: &Backup, timeline: TargetTimeline) -> bool {
    match timeline {
        TargetTimeline::Latest => true,
        TargetTimeline::Current => false,
        TargetTimeline::Exactly(number) => {
            backup.info().and_then(|info| info.timeline) == Some(number)
        }
    }
}

fn ends_before(backup: &Backup, criterion: Criterion) -> bool {
    match criterion {
        Criterion::Newest => true,
        Criterion::Time(target) => end(backup).is_some_and(|end| end <= target),
        Criterion::Lsn(target) => {
            let end = backup.info().and_then(|info| info.end_lsn);
            end.is_some_and(|end| end < target)
        }
    }
}

fn why_none(backups: &[Backup], request: &Request<'_>) -> NoBackup {
    if backups.is_empty() {
        return NoBackup::Empty;
    }
    let usable: Vec<&Backup> = backups.iter().filter(|b| b.usable_for_operator()).collect();
    if usable.is_empty() {
        return NoBackup::NoneFinished;
    }
    let accepted = |backup: &&&Backup| on_timeline(backup, request.timeline);
    let mut candidates = usable.iter().filter(accepted).peekable();
    match request.timeline {
        TargetTimeline::Current => return NoBackup::CurrentTimeline,
        TargetTimeline::Exactly(timeline) if candidates.peek().is_none() => {
            let timelines = usable.iter().filter_map(|b| b.info()?.timeline);
            let mut found: Vec<TimelineId> = timelines.collect();
            found.sort();
            found.dedup();
            return NoBackup::NotOnTimeline { timeline, found };
        }
        _ => {}
    }
    let by_time = |target| {
        let ends = candidates
            .clone()
            .filter_map(|b| Some((end(b)?, b.id.clone())));
        let (ends, earliest) = ends.min()?;
        Some(NoBackup::AllAfterTime {
            target,
            earliest,
            ends,
        })
    };
    match request.criterion {
        Criterion::Newest => NoBackup::NoneFinished,
        Criterion::Time(target) => by_time(target).unwrap_or(NoBackup::NoneFinished),
        Criterion::Lsn(target) => {
            let ends = candidates.filter_map(|b| Some((b.info()?.end_lsn?, b.id.clone())));
            let earliest = ends.min().map(|(lsn, id)| (id, lsn));
            NoBackup::AllAfterLsn { target, earliest }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::barman::backup::{BackupState, TarPart};
    use crate::barman::backup_info::BackupInfo;
    use crate::barman::compression::Compression;
    use crate::barman::layout::TarContent;

    /// A complete backup that ran from `begin` to `end`, in minutes of one hour, and ends at that LSN.
    fn backup(begin: u32, end: Option<u32>, timeline: u32) -> Backup {
        let time = |minute: u32| format!("2026-03-01 10:{minute:02}:00+00:00");
        let end_fields = end.map_or("status=STARTED".to_owned(), |end| {
            format!(
                "status=DONE\nend_time={}\nend_xlog=0/{end:X}\nend_wal=000000010000000000000001",
                time(end)
            )
        });
        let text = format!(
            "begin_time={}\nbegin_xlog=0/{begin:X}\nbegin_wal=000000010000000000000001\ntimeline={timeline}\n{end_fields}",
            time(begin)
        );
        let info = BackupInfo::parse(text.as_bytes()).unwrap();
        let tar = TarPart {
            part: 0,
            compression: Compression::None,
            size: 1,
        };
        Backup {
            id: BackupId::parse(&format!("20260301T10{begin:02}00")).unwrap(),
            state: BackupState::Read(Box::new(info)),
            tars: BTreeMap::from([(TarContent::Data, vec![tar])]),
            label: false,
            keep: false,
            unknown: 0,
        }
    }

    fn request(criterion: Criterion) -> Request<'static> {
        Request {
            backup_id: None,
            criterion,
            timeline: TargetTimeline::Latest,
        }
    }

    fn at(minute: i64) -> Criterion {
        let ten = 1_772_359_200;
        Criterion::Time(Instant::from_seconds(ten + minute * 60))
    }

    /// The minute in which the chosen backup began.
    fn chosen(backups: &[Backup], request: &Request<'_>) -> Result<String, String> {
        let choice = choose(backups, request).map_err(|error| error.to_string())?;
        Ok(choice.backup.id.as_str()[11..13].to_owned())
    }

    fn three() -> Vec<Backup> {
        vec![
            backup(0, Some(5), 1),
            backup(10, Some(15), 1),
            backup(20, Some(25), 2),
        ]
    }

    fn ok(minute: &str) -> Result<String, String> {
        Ok(minute.to_owned())
    }

    #[test]
    fn the_newest_backup_that_ends_at_the_target_time_or_before_is_chosen() {
        let backups = three();
        assert_eq!(chosen(&backups, &request(at(60))), ok("20"));
        assert_eq!(chosen(&backups, &request(at(25))), ok("20"));
        assert_eq!(chosen(&backups, &request(at(24))), ok("10"));
        assert_eq!(chosen(&backups, &request(at(5))), ok("00"));
        assert_eq!(
            chosen(&backups, &request(at(4))).unwrap_err(),
            "every base backup ends after 2026-03-01 10:04:00.000000+00, the first one, 20260301T100000, at \
             2026-03-01 10:05:00.000000+00"
        );
    }

    #[test]
    fn a_backup_has_to_end_before_the_target_position_and_not_there() {
        let backups = three();
        let lsn = |lsn| request(Criterion::Lsn(Lsn(lsn)));
        assert_eq!(chosen(&backups, &lsn(26)), ok("20"));
        assert_eq!(chosen(&backups, &lsn(25)), ok("10"));
        let id = BackupId::parse("20260301T100000").unwrap();
        let error = NoBackup::AllAfterLsn {
            target: Lsn(5),
            earliest: Some((id, Lsn(5))),
        };
        assert_eq!(choose(&backups, &lsn(5)), Err(error));
        let best = best(&backups, Criterion::Lsn(Lsn(5)), TargetTimeline::Latest);
        assert_eq!(best.unwrap().id.as_str(), "20260301T100000");
    }

    #[test]
    fn a_numbered_timeline_accepts_no_backup_of_an_ancestor() {
        let backups = three();
        let on = |number| Request {
            timeline: TargetTimeline::Exactly(TimelineId(number)),
            ..request(Criterion::Newest)
        };
        assert_eq!(chosen(&backups, &on(1)), ok("10"));
        assert_eq!(chosen(&backups, &on(2)), ok("20"));
        let error = NoBackup::NotOnTimeline {
            timeline: TimelineId(3),
            found: vec![TimelineId(1), TimelineId(2)],
        };
        assert_eq!(choose(&backups, &on(3)), Err(error));
        let current = Request {
            timeline: TargetTimeline::Current,
            ..request(at(60))
        };
        assert_eq!(choose(&backups, &current), Err(NoBackup::CurrentTimeline));
    }

    #[test]
    fn a_backup_id_decides_alone() {
        let mut backups = three();
        backups.push(backup(30, None, 2));
        let named = |id| Request {
            backup_id: Some(id),
            timeline: TargetTimeline::Exactly(TimelineId(9)),
            criterion: at(0),
        };
        assert_eq!(chosen(&backups, &named("20260301T101000")), ok("10"));
        assert_eq!(
            chosen(&backups, &named("x")).unwrap_err(),
            "no backup found with ID x"
        );
        let id = "20260301T103000".to_owned();
        assert_eq!(
            choose(&backups, &named("20260301T103000")),
            Err(NoBackup::UnfinishedId { id })
        );
    }

    #[test]
    fn backups_without_an_end_are_passed_over_and_failed_ones_are_not() {
        let mut backups = three();
        backups.push(backup(30, None, 2));
        assert_eq!(chosen(&backups, &request(Criterion::Newest)), ok("20"));
        let mut failed = backup(40, Some(45), 2);
        if let BackupState::Read(info) = &mut failed.state {
            info.status = Some(crate::barman::BackupStatus::Failed);
        }
        failed.tars.clear();
        backups.push(failed);
        assert_eq!(chosen(&backups, &request(Criterion::Newest)), ok("40"));
        let best = best(&backups, Criterion::Newest, TargetTimeline::Latest);
        assert_eq!(best.unwrap().id.as_str(), "20260301T102000");
    }

    #[test]
    fn an_archive_without_a_finished_backup_says_so() {
        let newest = request(Criterion::Newest);
        assert_eq!(choose(&[], &newest), Err(NoBackup::Empty));
        assert_eq!(
            choose(&[backup(1, None, 1)], &newest),
            Err(NoBackup::NoneFinished)
        );
    }

    #[test]
    fn overlapping_backups_are_named() {
        let backups = [
            backup(0, Some(5), 1),
            backup(10, Some(20), 1),
            backup(15, Some(18), 1),
        ];
        let choice = choose(&backups, &request(Criterion::Newest)).unwrap();
        // The list is sorted twice, so that the overlapping ones are back in their order.
        assert_eq!(choice.backup.id.as_str(), "20260301T101500");
        let overlapping: Vec<_> = choice.overlapping.iter().map(|id| id.as_str()).collect();
        assert_eq!(overlapping, ["20260301T101000"]);
        let choice = choose(&backups, &request(at(19))).unwrap();
        assert!(choice.overlapping.is_empty(), "the other one ends too late");
    }
}
