//! Can a recovery target be reached?

use super::before;
use super::inventory::{self, Noted};
use super::options;
use super::outcome;
use super::replay::{Consistency, Replay, Start};
use super::search;
use super::shallow;
use super::systems;
use super::target::{Goal, Target};
use super::timelines::{NoPath, Path};
use super::verdict::{ChosenBackup, Depth, Reason, ReasonCode, TargetVerdict, Verdict, Window};
use super::walk::{self, Ground, Pick, Stream, StreamEnd, Walked};
use crate::barman::selection::{self, Choice};
use crate::barman::{
    Backup, BackupInfo, BackupProblem, BackupState, BackupStatus, Catalog, NoBackup, ObjectStore,
    Request, TargetTimeline,
};
use crate::wal::{SegmentName, SegmentNumber, SegmentSize, SystemId, TimelineId};

/// What is asked, and of which archive.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The archive.
    pub store: &'q dyn ObjectStore,
    /// What its listing shows.
    pub catalog: &'q Catalog,
    /// Where the recovery is to end.
    pub target: &'q Target,
    /// `targetTLI`.
    pub timeline: TargetTimeline,
    /// `backupID`.
    pub backup_id: Option<&'q str>,
    /// How closely to look.
    pub depth: Depth,
    /// What an inventory noted of the archive: nothing is read then.
    pub noted: Option<&'q Noted>,
}

/// A base backup with everything that a recovery from it starts from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base<'b> {
    pub(super) backup: &'b Backup,
    pub(super) info: &'b BackupInfo,
    pub(super) system: SystemId,
    pub(super) start: Start,
    /// The first and the last segment without which the data is not whole, on the backup's timeline.
    pub(super) begin: SegmentName,
    pub(super) end: SegmentName,
}

/// Judges a target as PostgreSQL would treat it after CloudNativePG has chosen the base backup.
pub fn judge(question: &Question<'_>) -> TargetVerdict {
    let refusal = question.target.goal.refusal();
    let choice = match refusal {
        Some(message) => Err(Reason::new(ReasonCode::InvalidTarget, message)),
        None => chosen(question),
    };
    let mut verdict = match choice {
        Ok(choice) => judge_choice(question, &choice),
        Err(reason) => refused(question, Verdict::Unreachable, reason),
    };
    let best = selection::best(
        &question.catalog.backups,
        question.target.goal.criterion(),
        question.timeline,
    );
    let chosen = verdict.backup.as_ref().map(|backup| &backup.id);
    if question.backup_id.is_none() {
        let best = best.map(|backup| &backup.id);
        verdict.better_backup = best.filter(|id| Some(*id) != chosen).cloned();
    }
    systems::warn(question, verdict.depth, &mut verdict.warnings);
    verdict.options = options::list(question, &verdict);
    verdict
}

fn chosen<'q>(question: &Question<'q>) -> Result<Choice<'q>, Reason> {
    let request = Request {
        backup_id: question.backup_id,
        criterion: question.target.goal.criterion(),
        timeline: question.timeline,
    };
    if question.catalog.is_empty() {
        let path = &question.catalog.path;
        let message = format!("nothing is archived under `{}`", path.prefix());
        return Err(Reason::new(ReasonCode::LineageEmpty, message));
    }
    selection::choose(&question.catalog.backups, &request).map_err(|none| {
        let code = match none {
            NoBackup::Empty | NoBackup::UnknownId { .. } => ReasonCode::BackupNotFound,
            NoBackup::NoneFinished | NoBackup::UnfinishedId { .. } => ReasonCode::BackupNotFinished,
            NoBackup::CurrentTimeline => ReasonCode::TimelineNotReachable,
            NoBackup::NotOnTimeline { .. }
            | NoBackup::AllAfterTime { .. }
            | NoBackup::AllAfterLsn { .. } => ReasonCode::NoBaseBackupBeforeTarget,
        };
        Reason::new(code, none.to_string())
    })
}

fn judge_choice(question: &Question<'_>, choice: &Choice<'_>) -> TargetVerdict {
    let mut verdict = judge_backup(question, choice.backup);
    if let Some(doubt) = choice_in_doubt(question, choice) {
        verdict.verdict = Verdict::Undecided;
        verdict.stops_at = None;
        verdict.window = Window::default();
        verdict.reasons.insert(0, doubt);
    }
    verdict
}

/// Whether the operator may take another backup than the one that was judged.
fn choice_in_doubt(question: &Question<'_>, choice: &Choice<'_>) -> Option<Reason> {
    /// Longer lists are not sorted by insertion.
    const SORTED_BY_INSERTION: usize = 12;
    if question.backup_id.is_some() {
        return None;
    }
    let backups = &question.catalog.backups;
    let unknown = backups.iter().find(|backup| {
        let unread = matches!(
            backup.state,
            BackupState::Unreadable(_) | BackupState::Invalid(_)
        );
        unread && backup.id > choice.backup.id
    });
    if let Some(unknown) = unknown {
        let message = format!(
            "backup {} may be the one that is restored, but its backup.info cannot be read",
            unknown.id
        );
        return Some(Reason::new(ReasonCode::ObjectUnreadable, message));
    }
    let other = choice.overlapping.first()?;
    (backups.len() > SORTED_BY_INSERTION).then(|| {
        let message = format!(
            "backups {} and {other} ran at the same time, and which one the operator takes depends on chance: name one with --backup-id",
            choice.backup.id
        );
        Reason::new(ReasonCode::BackupNotFound, message)
    })
}

/// A verdict that needs no look at the WAL.
fn refused(question: &Question<'_>, verdict: Verdict, reason: Reason) -> TargetVerdict {
    TargetVerdict {
        verdict,
        reasons: vec![reason],
        ..blank(question.depth)
    }
}

fn judge_backup(question: &Question<'_>, backup: &Backup) -> TargetVerdict {
    let chosen = backup.info().map(|info| ChosenBackup {
        id: backup.id.clone(),
        info: info.clone(),
    });
    let judged = base(question.catalog, backup)
        .and_then(|base| with_path(question, &base))
        .unwrap_or_else(|(verdict, reason)| refused(question, verdict, reason));
    TargetVerdict {
        backup: chosen,
        ..judged
    }
}

/// Why a verdict can be given early.
pub(super) type Early = (Verdict, Reason);

/// What a recovery starts from, if the backup can be restored at all.
pub(super) fn base<'b>(catalog: &Catalog, backup: &'b Backup) -> Result<Base<'b>, Early> {
    let unfinished = |verdict, message: String| {
        let message = format!("backup {}: {message}", backup.id);
        (verdict, Reason::new(ReasonCode::BackupNotFinished, message))
    };
    let problems = backup.problems();
    if let Some(problem) = problems.iter().find(|problem| is_fatal(problem)) {
        return Err(unfinished(Verdict::Unreachable, problem.to_string()));
    }
    if let Some(problem) = problems.first() {
        return Err(unfinished(Verdict::Undecided, problem.to_string()));
    }
    let field = |name: &str| unfinished(Verdict::Undecided, format!("its {name} is not known"));
    let info = backup.info().ok_or_else(|| field("backup.info"))?;
    let label = info
        .backup_label
        .as_ref()
        .ok_or_else(|| field("backup_label"))?;
    let redo = info.begin_lsn.ok_or_else(|| field("begin_xlog"))?;
    let whole = info.end_lsn.ok_or_else(|| field("end_xlog"))?;
    let timeline = label
        .start_timeline
        .or(info.timeline)
        .ok_or_else(|| field("timeline"))?;
    let start = Start {
        redo,
        checkpoint: label.checkpoint.ok_or_else(|| field("checkpoint"))?,
        timeline,
        consistency: if label.from_standby {
            Consistency::Position(whole)
        } else {
            Consistency::BackupEnd
        },
    };
    let size = catalog.segment_size;
    let own_size = info
        .segment_size
        .ok_or_else(|| field("xlog_segment_size"))?;
    if own_size != size {
        let message = "its segments have another size than those of the newest backup";
        return Err(unfinished(Verdict::Undecided, message.to_owned()));
    }
    let system = info.system_identifier.ok_or_else(|| field("systemid"))?;
    let segment = |number| SegmentName { timeline, number };
    Ok(Base {
        backup,
        info,
        system,
        start,
        begin: segment(SegmentNumber::holding(redo, size)),
        end: segment(last_segment(whole.0, size)),
    })
}

/// The segment that holds the byte before a position.
fn last_segment(end: u64, size: SegmentSize) -> SegmentNumber {
    SegmentNumber(end.saturating_sub(1) / size.bytes())
}

/// Whether `barman-cloud-restore` fails on it for sure. A failed backup whose files are all there may still work.
fn is_fatal(problem: &BackupProblem) -> bool {
    match problem {
        BackupProblem::TarMissing { .. }
        | BackupProblem::TarPartMissing { .. }
        | BackupProblem::TarEmpty { .. }
        | BackupProblem::InfoMissing => true,
        BackupProblem::NotDone { status, .. } => *status == BackupStatus::Started,
        BackupProblem::InfoInvalid(_)
        | BackupProblem::InfoUnreadable(_)
        | BackupProblem::FieldMissing { .. }
        | BackupProblem::Snapshots => false,
    }
}

fn with_path(question: &Question<'_>, base: &Base<'_>) -> Result<TargetVerdict, Early> {
    let path = path(question, base)?;
    let ground = Ground {
        store: question.store,
        catalog: question.catalog,
        path: &path,
        pick: Pick::Whole,
    };
    if ground.object(base.begin).is_none() {
        return Err(begin_missing(question.catalog, base));
    }
    let judged = match (question.depth, question.noted) {
        (Depth::Listing, _) | (Depth::Headers, Some(_)) => shallow::judge(question, base, ground),
        (Depth::Headers, None) => headers(question, base, ground),
        (Depth::Sparing | Depth::Records, Some(noted)) => told(question, base, ground, noted),
        (Depth::Records, None) => deep(question, base, ground),
        (Depth::Sparing, None) => sparing(question, base, ground),
    };
    let left = path.left_behind(&question.catalog.timelines, question.catalog.segment_size);
    let left = left.into_iter();
    let left = left.map(|message| Reason::new(ReasonCode::TimelineNotReachable, message));
    let reasons = judged.reasons.into_iter().chain(left).collect();
    Ok(TargetVerdict {
        timeline: Some(path.target()),
        reasons,
        ..judged
    })
}

fn begin_missing(catalog: &Catalog, base: &Base<'_>) -> Early {
    let message = format!(
        "{}, the first segment that backup {} needs, is missing",
        base.begin.file_name(catalog.segment_size),
        base.backup.id
    );
    (
        Verdict::Unreachable,
        Reason::new(ReasonCode::BeginWalMissing, message),
    )
}

/// The way over timelines; it has to lead through the checkpoint of the backup.
fn path(question: &Question<'_>, base: &Base<'_>) -> Result<Path, Early> {
    let histories = &question.catalog.histories;
    let timeline = base.start.timeline;
    let no_way = |verdict, message: String| {
        (
            verdict,
            Reason::new(ReasonCode::TimelineNotReachable, message),
        )
    };
    let path = Path::find(histories, question.timeline, timeline).map_err(|problem| {
        let verdict = match problem {
            NoPath::Missing(_) | NoPath::Refused { .. } => Verdict::Unreachable,
            NoPath::Unreadable { .. } => Verdict::Undecided,
        };
        no_way(verdict, problem.to_string())
    })?;
    let on_path = path.timeline_at(base.start.checkpoint);
    if on_path != timeline {
        return Err(no_way(
            Verdict::Unreachable,
            not_descended(base, path.target(), on_path),
        ));
    }
    Ok(path)
}

fn not_descended(base: &Base<'_>, target: TimelineId, on_path: TimelineId) -> String {
    format!(
        "timeline {target} does not descend from backup {}: at {} its history is on timeline {on_path}, the backup is on timeline {}",
        base.backup.id, base.start.checkpoint, base.start.timeline
    )
}

/// What an inventory noted of the records that the recovery would read.
fn told(
    question: &Question<'_>,
    base: &Base<'_>,
    ground: Ground<'_>,
    noted: &Noted,
) -> TargetVerdict {
    let walked = match &noted.index {
        Some(index) => inventory::walk(index, question.target, base, ground),
        None => Err(Reason::new(
            ReasonCode::ObjectUnreadable,
            "the inventory holds no records",
        )),
    };
    let mut walked = match walked {
        Ok(walked) => walked,
        Err(reason) => return refused(question, Verdict::Undecided, reason),
    };
    let mut judged = outcome::judge(question, base, &walked, ground);
    if let Some(key) = walked.ambiguous.take() {
        doubt_object(&mut judged, &key);
    }
    judged
}

/// Reads a few segments at most. Of a short stretch they show that a target time is out of reach, but not that it is
/// within: for that every segment would have to be read, which is not asked for.
fn headers(question: &Question<'_>, base: &Base<'_>, ground: Ground<'_>) -> TargetVerdict {
    let listed = shallow::judge(question, base, ground);
    if listed.verdict != Verdict::Undecided {
        return listed;
    }
    if let Some(found) = search::judge(question, base, ground, false) {
        return found;
    }
    let found = search::judge(question, base, ground, true);
    let found = found.filter(|found| found.verdict == Verdict::Unreachable);
    found.unwrap_or(listed)
}

/// Reads every record that the recovery would, unless those are very many and some suffice.
fn sparing(question: &Question<'_>, base: &Base<'_>, ground: Ground<'_>) -> TargetVerdict {
    if let Some(found) = search::judge(question, base, ground, false) {
        return found;
    }
    let is_time = matches!(question.target.goal, Goal::Time { .. });
    if !is_time {
        return deep(question, base, ground);
    }
    let limit = Some(search::LONG);
    let walked = replay(question, base, ground, limit);
    if walked.end == StreamEnd::TooLong
        && let Some(found) = search::judge(question, base, ground, true)
    {
        return found;
    }
    finished(question, base, ground, walked)
}

/// Reads every record that the recovery would.
fn deep(question: &Question<'_>, base: &Base<'_>, ground: Ground<'_>) -> TargetVerdict {
    let walked = replay(question, base, ground, None);
    finished(question, base, ground, walked)
}

/// The verdict on a walk that is over, and on its other way where the archive leaves a choice.
fn finished(
    question: &Question<'_>,
    base: &Base<'_>,
    ground: Ground<'_>,
    mut walked: Walked,
) -> TargetVerdict {
    let mut judged = outcome::judge(question, base, &walked, ground);
    if let Some(stop) = judged.stops_at.as_mut().filter(|stop| stop.kept.is_none()) {
        stop.kept = before::last_commit(ground, base.start.redo, base.system);
    }
    if let Some(key) = walked.ambiguous.take() {
        let other = Ground {
            pick: Pick::Other,
            ..ground
        };
        let again = replay(question, base, other, None);
        let again = outcome::judge(question, base, &again, other);
        judged.window = judged.window.common(again.window);
        let position = |verdict: &TargetVerdict| verdict.stops_at.map(|stop| stop.position);
        let same = (again.verdict, position(&again)) == (judged.verdict, position(&judged));
        if !same || ground.has_third_objects(&walked) {
            doubt_object(&mut judged, &key);
        }
    }
    judged
}

/// Leaves open what depends on which of several objects a restore gets.
fn doubt_object(judged: &mut TargetVerdict, key: &str) {
    judged.verdict = Verdict::Undecided;
    judged.stops_at = None;
    let message = format!(
        "the archive has several objects for the segment of `{key}`, and which one a restore gets depends on Barman's version"
    );
    let reason = Reason::new(ReasonCode::ObjectUnreadable, message);
    judged.reasons.insert(0, reason);
}

fn replay(
    question: &Question<'_>,
    base: &Base<'_>,
    ground: Ground<'_>,
    limit: Option<u64>,
) -> Walked {
    let stream = Stream {
        redo: base.start.redo,
        system: base.system,
        major: base.info.server_major(),
    };
    let timelines = ground.path.timelines().collect();
    let replay = Replay::new(question.target, base.start, timelines);
    walk::walk(ground, stream, replay, limit)
}

/// A verdict to be filled.
pub(super) fn blank(depth: Depth) -> TargetVerdict {
    TargetVerdict {
        verdict: Verdict::Undecided,
        depth: match depth {
            Depth::Sparing => Depth::Records,
            depth => depth,
        },
        backup: None,
        better_backup: None,
        timeline: None,
        wal: None,
        last_commit: None,
        stops_at: None,
        window: Window::default(),
        reasons: Vec::new(),
        warnings: Vec::new(),
        notes: Vec::new(),
        options: Vec::new(),
    }
}
