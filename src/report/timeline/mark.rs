//! Base backups as marks of the picture.

use std::collections::BTreeMap;

use crate::barman::{Backup, BackupInfo, BackupProblem, BackupStatus, Catalog};
use crate::facts::TargetVerdict;
use crate::model::instant::Instant;
use crate::wal::{SegmentName, SegmentNumber, SystemId};

/// One base backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    pub(super) backup: &'a Backup,
    /// Its name in the picture, where it has one.
    pub(super) letter: Option<char>,
    /// Why it cannot be restored.
    pub(super) problem: Option<Problem>,
    /// Whether the recovery that was judged starts from it.
    pub(super) chosen: bool,
    /// Whether it is of another database system than the one the picture is about.
    pub(super) foreign: bool,
}

/// Why a base backup cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: ProblemKind,
    pub(super) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProblemKind {
    /// Barman says that it failed.
    Failed,
    /// It runs, or its process died.
    Unfinished,
    /// Something it needs is not there.
    Unusable,
}

impl ProblemKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
            Self::Unusable => "unusable",
        }
    }
}

/// A database system that backups are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SystemRow {
    pub(super) system: SystemId,
    pub(super) backups: usize,
    /// When its first and its last backup ended.
    pub(super) ended: Option<(Instant, Instant)>,
}

/// How many marks have a letter.
pub(super) const LETTERS: usize = 20;

impl Mark<'_> {
    pub(super) fn info(&self) -> Option<&BackupInfo> {
        self.backup.info()
    }

    /// When it ended, else when it began.
    pub(super) fn time(&self) -> Option<Instant> {
        let info = self.info()?;
        let time = info.end_time.or(info.begin_time)?;
        Some(time.instant)
    }

    /// Whether the operator would restore it although it cannot be restored.
    pub(super) fn is_trap(&self) -> bool {
        self.problem.is_some() && self.backup.usable_for_operator()
    }

    /// What shows it in a text: capital letters can be restored.
    pub(super) fn sign(&self) -> Option<char> {
        self.letter.map(|letter| match self.problem {
            Some(_) => letter.to_ascii_lowercase(),
            None => letter,
        })
    }
}

/// The marks by time; those without a time first.
pub(super) fn marks<'a>(catalog: &'a Catalog, verdict: &TargetVerdict) -> Vec<Mark<'a>> {
    let chosen = verdict.backup.as_ref().map(|chosen| &chosen.id);
    let mut marks: Vec<Mark<'a>> = catalog
        .backups
        .iter()
        .map(|backup| Mark {
            backup,
            letter: None,
            problem: problem(catalog, backup),
            chosen: chosen == Some(&backup.id),
            foreign: false,
        })
        .collect();
    marks.sort_by(|left, right| {
        let key = |mark: &Mark<'a>| (mark.time(), mark.backup.id.clone());
        key(left).cmp(&key(right))
    });
    let system = own_system(&marks);
    for mark in &mut marks {
        let own = mark.info().and_then(|info| info.system_identifier);
        mark.foreign = own.is_some() && system.is_some() && own != system;
    }
    give_letters(&mut marks);
    marks
}

/// The system of the backup that is restored, else of the newest good one.
fn own_system(marks: &[Mark<'_>]) -> Option<SystemId> {
    let of = |mark: &Mark<'_>| mark.info()?.system_identifier;
    let chosen = marks.iter().find(|mark| mark.chosen).and_then(of);
    let good = marks.iter().rev().filter(|mark| mark.problem.is_none());
    chosen.or_else(|| good.filter_map(of).next())
}

/// Letters in the order of time: for what is restored, the ends of the row, what is not as it should be, and the
/// newest ones.
fn give_letters(marks: &mut [Mark<'_>]) {
    let weight = |at: usize, mark: &Mark<'_>| {
        let good = mark.problem.is_none() && !mark.foreign;
        match (mark.chosen, good) {
            (true, _) => 0,
            _ if at == 0 || at + 1 == marks.len() => 1,
            (_, false) => 2,
            (_, true) => 3,
        }
    };
    let mut order: Vec<(u8, usize)> = marks
        .iter()
        .enumerate()
        .map(|(at, mark)| (weight(at, mark), at))
        .collect();
    order.sort_by_key(|(weight, at)| (*weight, std::cmp::Reverse(*at)));
    let mut named: Vec<usize> = order.iter().take(LETTERS).map(|(_, at)| *at).collect();
    named.sort_unstable();
    for (letter, at) in ('A'..='Z').zip(named) {
        if let Some(mark) = marks.get_mut(at) {
            mark.letter = Some(letter);
        }
    }
}

fn problem(catalog: &Catalog, backup: &Backup) -> Option<Problem> {
    if let Some(first) = backup.problems().into_iter().next() {
        let kind = match &first {
            BackupProblem::NotDone { status, .. } => match status {
                BackupStatus::Failed => ProblemKind::Failed,
                _ => ProblemKind::Unfinished,
            },
            _ => ProblemKind::Unusable,
        };
        let message = first.to_string();
        return Some(Problem { kind, message });
    }
    let missing = missing_segment(catalog, backup.info()?)?;
    let message = format!(
        "segment {}, without which its data is not whole, is missing",
        missing.file_name(catalog.segment_size)
    );
    let kind = ProblemKind::Unusable;
    Some(Problem { kind, message })
}

/// The first segment of the backup that no timeline has, neither whole nor in part.
fn missing_segment(catalog: &Catalog, info: &BackupInfo) -> Option<SegmentName> {
    let timeline = info.timeline?;
    let size = catalog.segment_size;
    let number = |digits: &crate::barman::layout::SegmentDigits| {
        digits.name(size).ok().map(|name| name.number)
    };
    let first = number(info.begin_wal.as_ref()?)?;
    let last = number(info.end_wal.as_ref()?)?;
    let mut at = first;
    // Every turn skips a run, or a segment that only a `.partial` or another timeline has.
    while at <= last {
        let files = catalog.timelines.get(&timeline);
        at = match files.and_then(|files| files.unbroken_to(at)) {
            Some(end) => end.next(),
            None if held_anywhere(catalog, at) => at.next(),
            None => {
                return Some(SegmentName {
                    timeline,
                    number: at,
                });
            }
        };
    }
    None
}

fn held_anywhere(catalog: &Catalog, number: SegmentNumber) -> bool {
    let mut files = catalog.timelines.values();
    files.any(|files| files.run_holding(number).is_some() || files.partials.contains_key(&number))
}

/// The systems that backups are of, by their first backup.
pub(super) fn systems(marks: &[Mark<'_>]) -> Vec<SystemRow> {
    let mut rows: Vec<SystemRow> = Vec::new();
    let mut known: BTreeMap<SystemId, usize> = BTreeMap::new();
    for mark in marks {
        let Some(system) = mark.info().and_then(|info| info.system_identifier) else {
            continue;
        };
        let at = *known.entry(system).or_insert_with(|| {
            rows.push(SystemRow {
                system,
                backups: 0,
                ended: None,
            });
            rows.len() - 1
        });
        if let (Some(row), Some(time)) = (rows.get_mut(at), mark.time()) {
            row.backups += 1;
            row.ended = Some(row.ended.map_or((time, time), |(first, _)| (first, time)));
        }
    }
    rows
}
